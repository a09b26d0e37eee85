//! OpenAPI documents that state what the guards of an API require (features `utoipa` and `aide`).
//!
//! OpenAPI 3.1 has no place for an authorizer, but one for what clients must know about it: a *security scheme*, and for each
//! operation *security requirements* and the responses that a refused client gets. This module writes all of them from the
//! layer, its route table and the extractors, so that the document cannot disagree with the code.
//!
//! | guard | how it gets into the document |
//! |---|---|
//! | a row of the route table | [`CognitoAuthLayer::openapi`] describes every operation of a `utoipa` document |
//! | `auth.require(…)` on one route of a `utoipa` router | `routes!(list).require(&auth, …)`, see `RequireRoutes` |
//! | `RequireScope`, `RequireGroup`, `RequireAcr`, `AccessClaims`, `IdClaims`, `Claims<T>`, and `Option` of the last three | by themselves in an `aide` router; with `utoipa`, the macro does not see extractors, so require the scope by one of the rows above |
//!
//! In a list of security requirements, a client needs to meet one, and each needs all its scopes. So a requirement for any of
//! several scopes becomes several entries, and a route where a token is optional has an empty one (`{}`). OpenAPI cannot express groups:
//! they are written into the operation's description and its extension `x-cognito-groups`. The guide's
//! chapter [OpenAPI](crate::guide::openapi) shows both libraries in use.

#[cfg(feature = "aide")]
mod aide;
#[cfg(feature = "utoipa")]
mod api_gateway;
mod operation;
#[cfg(feature = "utoipa")]
mod utoipa;

use std::sync::Arc;

#[cfg(feature = "utoipa")]
pub use self::{api_gateway::ApiGatewayError, utoipa::RequireRoutes};
use crate::{authorizer::Engine, layer::CognitoAuthLayer};

/// The name of the security scheme in the document's `components.securitySchemes`.
pub const SCHEME: &str = "cognito";

/// The extension of an operation with the groups that its requirement names.
pub const GROUPS: &str = "x-cognito-groups";

/// The extension of an operation with its requirement in words, if the scopes of its security requirements do not state all of it.
pub const REQUIREMENT: &str = "x-cognito-requirement";

impl CognitoAuthLayer {
    /// Describes this layer in an OpenAPI document; see [`openapi`](crate::openapi).
    #[cfg_attr(docsrs, doc(cfg(any(feature = "utoipa", feature = "aide"))))]
    pub fn openapi(&self) -> OpenApiSecurity {
        OpenApiSecurity { engine: self.engine.clone(), managed_login: None }
    }
}

/// What a layer adds to an OpenAPI document: a security scheme, and for each operation that its route table covers, the security
/// requirements and the responses to refused requests. Made by [`CognitoAuthLayer::openapi`].
///
/// The security scheme names the discovery document of the first user pool (`openIdConnect`), unless
/// [`managed_login`](Self::managed_login) gives the domain of its managed login (`oauth2`). Swagger UI and Scalar need the latter
/// to sign in.
#[derive(Clone, Debug)]
#[must_use = "nothing is described until it modifies a document"]
pub struct OpenApiSecurity {
    engine: Arc<Engine>,
    managed_login: Option<String>,
}

impl OpenApiSecurity {
    /// Describes the pool's managed login at this base URL, such as `https://auth.example.com`, as the security scheme: OAuth 2.0
    /// with the authorization code flow (`/oauth2/authorize`, `/oauth2/token`). Scopes that the route table requires are listed.
    pub fn managed_login(mut self, base_url: impl Into<String>) -> Self {
        self.managed_login = Some(base_url.into().trim_end_matches('/').to_owned());
        self
    }

    /// Every scope that a rule of the route table or the layer itself requires, each once and sorted.
    fn scopes(&self) -> Vec<String> {
        self.engine.routing.scopes()
    }

    /// The URL of the discovery document of the first user pool (OpenID Connect Discovery 1.0 §4).
    fn discovery(&self) -> String {
        let verifier = self.engine.keys.verifier();
        let issuer = verifier.pools().first().map_or("", |pool| pool.issuer());
        format!("{issuer}/.well-known/openid-configuration")
    }
}
