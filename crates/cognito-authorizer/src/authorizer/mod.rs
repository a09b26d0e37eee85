//! The engine: decides about requests, for the layer and for every other caller.

mod engine;
mod explanation;
mod handle;
mod outcome;
mod pending;
mod recorder;
mod step;

pub(crate) use engine::{Decision, Engine};
pub use explanation::{Explanation, Step, StepOutcome};
pub use handle::CognitoAuthorizer;
pub use outcome::{Authorized, Refused};
pub(crate) use pending::Pending;
pub use step::{Fact, StepName};
