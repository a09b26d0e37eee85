//! Where key sets come from, and how they are kept fresh.
//!
//! [`Jwks`] has the settings, with [`Https`] as the default source; a program can bring its own [`KeySource`]. The
//! [status](KeyStatus) of the keys is that of [`CognitoAuthLayer::status`](crate::CognitoAuthLayer::status).

mod board;
mod events;
mod handle;
#[cfg(feature = "https")]
mod https;
mod last_known;
mod pool;
#[doc(hidden)]
pub mod schedule;
mod settings;
mod snapshot;
mod source;
mod state;
mod status;
mod task;
mod wait;

pub use cognito_verify::{KeyProblem, KeySetError, Pool, SkippedKey};
#[cfg(feature = "https")]
pub use https::Https;
pub use settings::Jwks;
pub(crate) use settings::KeySettings;
pub(crate) use source::AnySource;
pub use source::{FetchError, FetchedKeys, KeyRequest, KeySource, KeySourceError};
pub use status::{KeyStatus, PoolStatus};

pub(crate) use handle::Keys;
pub(crate) use last_known::LastKnown;
pub(crate) use schedule::Timing;
pub(crate) use snapshot::Snapshot;
pub(crate) use wait::{KeyWait, Refreshed};
