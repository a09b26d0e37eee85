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
//! let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi") // the id of the user pool
//!     .client("4example23456789") // the app client whose tokens are accepted
//!     .connect() // fetches the keys now and keeps them fresh
//!     .await?;
//! let app: Router = Router::new().route("/orders", get(orders)).route_layer(auth);
//! # Ok(()) }
//!
//! async fn orders(caller: RequireScope<ReadOrders>) -> String {
//!     format!("the orders of {}", caller.subject())
//! }
//! ```
//!
//! [`CognitoAuthLayer`] verifies the token of each request. A request that it lets in has [`Arc<Verified>`](Verified) in its
//! extensions, where extractors such as [`RequireScope`] find it. The layer answers all other requests itself, and puts the reason
//! ([`Refusal`]) into the extensions of the response.
//!
//! Responses follow RFC 6750: 401 without a good token, 403 if a good token is not enough, and 503 while the pool's keys cannot be
//! fetched. Other [`Profile`]s decide and answer as API Gateway does.
//!
//! [The guide](guide) begins with a [first service](guide::getting_started), and continues with moving an API off API Gateway,
//! testing, operating, and the security model. [`guide::settings`] lists the settings of API Gateway and Cognito, and
//! [`guide::errors`] every refusal.
//!
//! # Features
//!
//! - `axum` (default): the extractors. Without it, the layer works with any `tower` service.
//! - `api-gateway` (default): API Gateway's profiles and responses ([`RestApi`], [`HttpApi`], [`gateway`]), and claims as Lambda
//!   functions get them ([`backend`]). A new service needs none of this.
//! - `https` (default): fetches keys over https. Without it, the program supplies the keys or a [`KeySource`](keys::KeySource).
//! - `clock`: sets the clock of a layer, for tests and for programs that check tokens at another time than now.
//! - `definition`: builds a layer from an existing API definition, such as `serverless.yml`, SAM, CloudFormation or OpenAPI.
//!   Re-exports the crate that reads it as `apigateway_definition`, so you need not depend on that crate yourself. Enables
//!   `api-gateway`.
//! - `metrics`: counters, gauges and histograms through the crate `metrics`; see the module `metrics`.
//! - `utoipa` and `aide`: OpenAPI documents that state what each route requires; see the module `openapi`.

// Labels each item with the feature that enables it, where docs.rs or `.ci/run docs` builds the pages.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod authorizer;
#[cfg(feature = "api-gateway")]
#[cfg_attr(docsrs, doc(cfg(feature = "api-gateway")))]
pub mod backend;
mod builder;
#[cfg(feature = "clock")]
#[cfg_attr(docsrs, doc(cfg(feature = "clock")))]
pub mod clock;
#[cfg(not(feature = "clock"))]
mod clock;
mod config;
#[cfg(feature = "definition")]
mod definition;
mod extract;
#[cfg(feature = "api-gateway")]
#[cfg_attr(docsrs, doc(cfg(feature = "api-gateway")))]
pub mod gateway;
pub mod keys;
mod layer;
mod log_limiter;
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "metrics/off.rs"]
mod metrics;
#[cfg(any(feature = "utoipa", feature = "aide"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "utoipa", feature = "aide"))))]
pub mod openapi;
mod problems;
mod profile;
pub mod protected_resource;
pub mod requirement;
mod respond;
pub mod revocation;
pub mod routes;

#[cfg(feature = "definition")]
#[doc(no_inline)]
pub use apigateway_definition;

// The code of its chapters is compiled with the tests of the workspace, which have the crates that it uses.
#[cfg(not(doctest))]
pub mod guide;

/// How a decision was made, step by step: the result of [`CognitoAuthorizer::explain`].
pub mod explain {
    pub use cognito_verify::{Check, Finding};

    pub use crate::authorizer::{Explanation, Fact, Step, StepName, StepOutcome, TokenForm};
}

/// Where the token of a request is, and what logs are told about the caller.
pub mod identity {
    pub use crate::authorizer::{
        CallerFields, IdentityError, IdentitySource, IdentitySourceError, SubjectField,
    };
}

/// Types that the layer, its service and its builder return, and that programs rarely name.
pub mod response {
    pub use crate::{builder::Connecting, layer::ResponseFuture, respond::ResponseBody};
}

/// The segments, claims and scopes of a token, and errors about them.
pub mod token {
    pub use cognito_verify::{ClaimsError, LeewayError, Part, RequiredClaim, ScopeSet};
}

pub use authorizer::{Authorized, CognitoAuthorizer, Refusal, Refused};
pub use builder::{CognitoAuthBuilder, Limits, ProfileSettings, Standard};
#[cfg(feature = "api-gateway")]
pub use builder::{HttpApi, RestApi};
pub use cognito_verify::{
    Accept, IntoRequirement, IssuerForm, KeySet, PoolError, Rejected, Requirement, TokenUse, UnixTime,
    UserPool, UserPoolId, Verified, all_of, any_of, group, scope, token_use,
};
pub use config::ConfigError;
// For the macros `scopes!`, `groups!` and `acr_levels!`; users find them in `requirement`.
#[doc(hidden)]
pub use cognito_verify::{
    COGNITO_ACR_LEVELS, acr_at_least, any_group, any_scope, is_acr, is_group, is_scope,
};
#[cfg(feature = "definition")]
pub use definition::{DefinesRoutes, DefinitionError};
#[cfg(feature = "axum")]
pub use extract::{AccessClaims, Claims, IdClaims, Rejection, RequireAcr, RequireGroup, RequireScope};
#[doc(hidden)]
pub use extract::{RequiredAcr, RequiredGroups, RequiredScopes, levels_contain};
pub use layer::{CognitoAuth, CognitoAuthLayer};
pub use profile::Profile;
// Without `inline`, the front page lists these as re-exports, because their modules are public.
#[doc(inline)]
pub use revocation::{Revocation, RevocationCheck};
#[doc(inline)]
pub use routes::{RouteRule, RouteTable};
