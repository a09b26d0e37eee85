//! The engine: decides about requests, for the layer and for every other caller.

mod engine;
mod handle;
mod outcome;
mod pending;

pub(crate) use engine::{Decision, Engine};
pub use handle::CognitoAuthorizer;
pub use outcome::{Authorized, Refused};
pub(crate) use pending::Pending;
