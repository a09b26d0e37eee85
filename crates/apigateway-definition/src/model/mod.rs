//! The content of a definition, with everything resolved.

mod api;
mod authorizer;
mod cognito;
mod decision;
mod definition;
mod rest_jwt;
mod route;
mod value;

pub use api::{Api, ApiKind, Cors, GatewayResponse};
pub use authorizer::{Authorizer, CognitoAuthorizer, IdentitySource, JwtAuthorizer};
pub use cognito::{
    AppClient, PasswordPolicy, PoolGroup, PoolUser, ResourceServer, ResourceServerScope, UserPoolResource,
};
pub use decision::{DecidingParameter, DisplacedRoute, ParameterSource};
pub use definition::{ApiDefinition, NotCarriedOver};
pub use rest_jwt::{AdditionalClaim, RestJwtAuthorizer, TrustedIssuer};
pub use route::{ApiKey, OpenReason, Origin, RefusedReason, Route, Rule};
pub use value::{PoolRef, Symbol, Value};
