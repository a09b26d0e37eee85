//! The extractors of axum handlers, and the types that represent scopes and groups.

#[cfg(feature = "axum")]
mod acr;
#[cfg(feature = "axum")]
mod callers;
mod levels;
mod markers;
#[cfg(feature = "axum")]
mod rejection;

#[cfg(feature = "axum")]
pub use acr::RequireAcr;
#[cfg(feature = "axum")]
pub use callers::{AccessClaims, Claims, IdClaims, RequireGroup, RequireScope};
pub use levels::RequiredAcr;
#[doc(hidden)]
pub use levels::levels_contain;
pub use markers::{RequiredGroups, RequiredScopes};
#[cfg(feature = "axum")]
pub use rejection::Rejection;
