//! The engine: decides about requests, for the layer and for every other caller.

#[cfg(feature = "api-gateway")]
mod audience;
mod cache;
mod callers;
mod engine;
mod explanation;
mod handle;
mod identity;
mod identity_sources;
mod log;
mod outcome;
mod pending;
mod policy;
mod recorder;
mod refusal;
mod request;
mod resolve;
mod routing;
mod step;

#[cfg(feature = "api-gateway")]
pub(crate) use audience::AudiencePattern;
pub(crate) use cache::VerifiedTokens;
pub use callers::{CallerFields, SubjectField};
pub(crate) use callers::{CallerLog, insert_caller};
pub(crate) use engine::{Decision, Engine};
pub use explanation::{Explanation, Step, StepOutcome};
pub use handle::CognitoAuthorizer;
pub use identity::{IdentityError, IdentitySource, IdentitySourceError, TokenForm};
pub(crate) use identity_sources::IdentitySources;
pub(crate) use log::DecisionLog;
#[cfg(feature = "axum")]
pub(crate) use log::refused_inside;
pub use outcome::{Authorized, Refused};
pub(crate) use pending::Pending;
pub(crate) use policy::Policy;
pub use refusal::Refusal;
pub(crate) use request::RequestHead;
pub(crate) use routing::{Anonymous, Preflight, Routes, Routing, Row, RowRef};
pub use step::{Fact, StepName};
