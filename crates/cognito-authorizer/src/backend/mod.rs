//! The claims of a token in the form that Lambda functions behind API Gateway get them, for handlers that moved from there.

mod claim;
mod context;
mod http_api;
mod java_date;
mod rest_api;

pub use context::AuthorizerContext;
pub use http_api::{HttpApiClaims, PayloadFormat};
pub use rest_api::RestApiClaims;
