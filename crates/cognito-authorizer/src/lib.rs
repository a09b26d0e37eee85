//! Authorizes requests with Amazon Cognito tokens: API Gateway's Cognito authorizer for services that are not behind
//! API Gateway.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use cognito_authorizer::{CognitoAuthLayer, RequireScope, scopes};
//!
//! scopes! {
//!     pub ReadOrders = "orders/read";
//! }
//!
//! # async fn example() -> Result<(), cognito_authorizer::ConfigError> {
//! let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789").connect().await?;
//! let app: Router = Router::new().route("/orders", get(orders)).route_layer(auth);
//! # Ok(()) }
//!
//! async fn orders(caller: RequireScope<ReadOrders>) -> String {
//!     format!("the orders of {}", caller.subject())
//! }
//! ```
//!
//! [`CognitoAuthLayer`] lets a request in, with [`Arc<Verified>`](Verified) in the request's extensions, or answers it, with the
//! [`Refusal`] in the response's extensions. Responses follow RFC 6750: 401 without a good token, 403 if a good token is not
//! enough, and 503 while the pool's keys cannot be fetched. Other [`Profile`]s decide and answer as API Gateway does; [`moving`]
//! lists API Gateway's settings and their equivalents here.
//!
//! # Features
//!
//! - `axum` (default): the extractors. Without it, the layer works with any `tower` service.
//! - `definition`: builds a layer from an existing API definition: `serverless.yml`, SAM, CloudFormation or OpenAPI. Re-exports
//!   the crate that reads it as `apigateway_definition`, so you need not depend on that crate yourself.
//! - `utoipa` and `aide`: OpenAPI documents that state what the guards require; see `openapi`.

// Labels each item with the feature that enables it, where docs.rs or `.ci/run docs` builds the pages.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod authorizer;
mod backend;
mod builder;
mod clock;
mod config;
#[cfg(feature = "definition")]
mod definition;
mod extract;
mod gateway;
pub mod keys;
mod layer;
mod log_limiter;
#[cfg(any(feature = "utoipa", feature = "aide"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "utoipa", feature = "aide"))))]
pub mod openapi;
mod profile;
mod respond;
mod revocation;
mod routes;

#[cfg(feature = "definition")]
#[doc(no_inline)]
pub use apigateway_definition;

#[doc = include_str!("../docs/api-gateway.md")]
pub mod moving {}

#[cfg(feature = "definition")]
#[doc = include_str!("../docs/from-the-console.md")]
pub mod from_the_console {}

/// How a decision was made, step by step: the result of [`CognitoAuthorizer::explain`].
pub mod explain {
    pub use cognito_verify::{Check, Finding};

    pub use crate::authorizer::{Explanation, Fact, Step, StepName, StepOutcome, TokenForm};
}

#[doc = include_str!("../docs/logging.md")]
pub mod logging {}

pub use authorizer::{
    Authorized, CognitoAuthorizer, IdentityError, IdentitySource, IdentitySourceError, Refusal, Refused,
    RouteError,
};
pub use backend::{AuthorizerContext, HttpApiClaims, PayloadFormat, RestApiClaims};
pub use builder::{CognitoAuthBuilder, Connecting};
pub use clock::{Clock, ManualClock, SystemClock};
pub use cognito_verify::{
    Accept, ClaimsError, Denied, Granted, IntoRequirement, IssuerForm, KeySet, LeewayError, Part, PoolError,
    Rejected, Requirement, RequirementError, ScopeSet, TokenUse, UnixTime, UserPool, UserPoolId, Verified,
    all_of, all_scopes, any_group, any_of, any_scope, any_user_pool, claim, claim_is, group, is_group,
    is_scope, scope, token_use,
};
pub use config::ConfigError;
#[cfg(feature = "definition")]
pub use definition::{DefinesRoutes, DefinitionError};
#[cfg(feature = "axum")]
pub use extract::{AccessClaims, Claims, IdClaims, Rejection, RequireGroup, RequireScope};
pub use extract::{RequiredGroups, RequiredScopes};
pub use gateway::{
    GatewayResponse, GatewayResponseError, GatewayResponses, ResponseProblem, ResponseType, ResponseTypeError,
};
pub use layer::{CognitoAuth, CognitoAuthLayer, ResponseFuture};
pub use profile::Profile;
pub use respond::ResponseBody;
pub use revocation::{Revocation, RevocationCheck, RevocationError, RevocationFailure};
pub use routes::{
    Comparison, Parameters, PathProblem, RouteKey, RouteKeyError, RouteMethod, RouteRule, RouteTable,
    RouteTableBuilder, RouteTableError, Ruling,
};
