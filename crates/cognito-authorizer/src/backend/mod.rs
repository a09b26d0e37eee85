//! What a Lambda function behind API Gateway would have seen of a token, for handlers that moved from there.

mod claim;
mod context;
mod http_api;
mod java_date;
mod rest_api;

pub use context::AuthorizerContext;
pub use http_api::{HttpApiClaims, PayloadFormat};
pub use rest_api::RestApiClaims;
