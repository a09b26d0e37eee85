//! An API: its kind, routes, authorizers, CORS configuration and gateway responses.

use crate::{
    model::{authorizer::Authorizer, route::Route},
    source::Location,
};

/// One API of a definition.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Api {
    /// The logical id in the definition; the file's name for an OpenAPI document. If several APIs have it, their stack
    /// or file comes before it: `Customers.Api`, `orders.yaml:Api`.
    pub id: String,
    /// Its name, if it is known.
    pub name: Option<String>,
    /// REST or HTTP, which decides how authorizers behave and respond.
    pub kind: ApiKind,
    /// The stage, if the definition names exactly one.
    pub stage: Option<String>,
    /// The authorizers, used or not, by name.
    pub authorizers: Vec<Authorizer>,
    /// The routes, by path and method. A request that matches none of them must be refused.
    pub routes: Vec<Route>,
    /// The CORS configuration of an HTTP API, with which the gateway answers preflights itself.
    pub cors: Option<Cors>,
    /// The gateway responses of a REST API that differ from the defaults.
    pub gateway_responses: Vec<GatewayResponse>,
    /// Where it is declared.
    pub source: Location,
}

/// The two kinds of API that have authorizers for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiKind {
    /// A REST API (API Gateway v1).
    Rest,
    /// An HTTP API (API Gateway v2).
    Http,
}

/// The literal part of the CORS configuration of an HTTP API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cors {
    /// `AllowOrigins`
    pub allow_origins: Vec<String>,
    /// `AllowMethods`
    pub allow_methods: Vec<String>,
    /// `AllowHeaders`
    pub allow_headers: Vec<String>,
    /// `ExposeHeaders`
    pub expose_headers: Vec<String>,
    /// `AllowCredentials`; AWS's default is that they are not.
    pub allow_credentials: bool,
    /// `MaxAge`, in seconds.
    pub max_age: Option<u32>,
}

/// A customised gateway response ("Gateway responses in API Gateway", API Gateway developer guide).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GatewayResponse {
    /// The type, such as `UNAUTHORIZED` or `DEFAULT_4XX`.
    pub response_type: String,
    /// The status, if it is changed.
    pub status: Option<u16>,
    /// `ResponseParameters`: `gatewayresponse.header.X` to `'literal'` or `method.request.…`.
    pub parameters: Vec<(String, String)>,
    /// `ResponseTemplates`: content type to template.
    pub templates: Vec<(String, String)>,
    /// Where it is declared.
    pub source: Location,
}
