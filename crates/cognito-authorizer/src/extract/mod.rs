//! The extractors of axum handlers, and the types that represent scopes and groups.

#[cfg(feature = "axum")]
mod callers;
mod markers;
#[cfg(feature = "axum")]
mod rejection;

#[cfg(feature = "axum")]
pub use callers::{AccessClaims, Claims, IdClaims, RequireGroup, RequireScope};
pub use markers::{RequiredGroups, RequiredScopes};
#[cfg(feature = "axum")]
pub use rejection::Rejection;
