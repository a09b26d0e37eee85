//! A user pool as the options or a definition describe it, for the verifier and for the middleware alike.

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer};
use cognito_verify::UserPool;

use crate::explain::expected::Clients;

/// What is known of a pool.
#[derive(Clone, Debug)]
pub(super) struct PoolSettings {
    pub(super) id: String,
    pub(super) clients: Clients,
    pub(super) resources: Vec<String>,
    pub(super) issuer: Option<String>,
    pub(super) jwks_url: Option<String>,
    pub(super) allowed_http: Option<String>,
}

impl PoolSettings {
    /// For the verifier.
    pub(super) fn user_pool(&self) -> UserPool {
        let pool = UserPool::new(&self.id);
        let pool = match &self.clients {
            Clients::Unsaid | Clients::Any => pool.any_client(),
            Clients::These(ids) => ids.iter().fold(pool, UserPool::client),
        };
        let pool = self.resources.iter().fold(pool, UserPool::resource);
        let pool = self.issuer.iter().fold(pool, UserPool::issuer);
        let pool = self.jwks_url.iter().fold(pool, UserPool::jwks_url);
        self.allowed_http.iter().fold(pool, UserPool::dangerous_allow_http)
    }

    /// For the middleware, whose builder starts with a pool.
    pub(super) fn layer(&self) -> CognitoAuthBuilder {
        let layer = CognitoAuthLayer::builder(&self.id);
        let layer = match &self.clients {
            Clients::Unsaid | Clients::Any => layer.any_client(),
            Clients::These(ids) => ids.iter().fold(layer, CognitoAuthBuilder::client),
        };
        let layer = self.resources.iter().fold(layer, CognitoAuthBuilder::resource);
        let layer = self.issuer.iter().fold(layer, CognitoAuthBuilder::issuer);
        let layer = self.jwks_url.iter().fold(layer, CognitoAuthBuilder::jwks_url);
        self.allowed_http.iter().fold(layer, CognitoAuthBuilder::dangerous_allow_http)
    }
}
