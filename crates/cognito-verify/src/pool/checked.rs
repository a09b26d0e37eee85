//! A user pool with checked settings.

use std::time::Duration;

use super::{clients::Clients, error::PoolError, url::KeysUrl};
use crate::pool_id::UserPoolId;

/// A user pool with checked settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    pub(super) id: UserPoolId,
    pub(super) issuer: String,
    pub(super) more_issuers: Vec<String>,
    pub(super) keys_at: KeysUrl,
    pub(super) clients: Clients,
    /// The values of both `.resource(…)` and `.audience(…)`.
    pub(super) resources: Vec<String>,
    pub(super) accepts_missing_audience: bool,
    pub(super) max_token_age: Option<Duration>,
}

impl Pool {
    /// The pool's id.
    #[must_use]
    pub fn id(&self) -> &UserPoolId {
        &self.id
    }

    /// The issuer, which `iss` of the pool's tokens must equal exactly. If both of AWS's forms are accepted, the one that was
    /// named first.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Every issuer that its tokens may have, [`issuer`](Self::issuer) first.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.issuer).chain(&self.more_issuers).map(String::as_str)
    }

    /// The URL of its keys. Call [`check_jwks_url`](Self::check_jwks_url) before you fetch from it.
    #[must_use]
    pub fn jwks_url(&self) -> &str {
        self.keys_at.as_str()
    }

    /// Whether keys may be fetched from [`jwks_url`](Self::jwks_url): it is `https`, on a loopback address, or on the host of
    /// [`dangerous_allow_http`](crate::UserPool::dangerous_allow_http).
    ///
    /// # Errors
    ///
    /// If keys would be fetched over plain `http` below an issuer on any other host. Such a pool is only for programs that supply
    /// its keys.
    pub fn check_jwks_url(&self) -> Result<(), PoolError> {
        self.keys_at.check()
    }

    /// The host from which keys are fetched over plain `http` because
    /// [`dangerous_allow_http`](crate::UserPool::dangerous_allow_http) allows it; `None` for `https` and on loopback.
    #[must_use]
    pub fn allowed_http_host(&self) -> Option<&str> {
        self.keys_at.allowed_http_host()
    }

    /// The app clients that are accepted by name; `None` if any is accepted. More may be accepted by
    /// [`clients_where`](crate::UserPool::clients_where): see [`has_client_rules`](Self::has_client_rules).
    #[must_use]
    pub fn clients(&self) -> Option<impl Iterator<Item = &str>> {
        match &self.clients {
            Clients::Any => None,
            Clients::Some { listed, .. } => Some(listed.iter().map(|client| &**client)),
        }
    }

    /// Whether app clients are also accepted by a rule of [`clients_where`](crate::UserPool::clients_where).
    #[must_use]
    pub fn has_client_rules(&self) -> bool {
        self.clients.has_rules()
    }

    /// The identifiers of this API, from [`resource`](crate::UserPool::resource) and [`audience`](crate::UserPool::audience). If there are any,
    /// the `aud` of an access token must contain one of them.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(String::as_str)
    }

    /// Whether access tokens must have `aud`.
    #[must_use]
    pub fn requires_audience(&self) -> bool {
        !self.resources.is_empty() && !self.accepts_missing_audience
    }

    /// See [`UserPool::max_token_age`](crate::UserPool::max_token_age).
    #[must_use]
    pub fn max_token_age(&self) -> Option<Duration> {
        self.max_token_age
    }

    pub(crate) fn lets_in(&self, client: &str) -> bool {
        self.clients.accepts(client)
    }

    /// Whether this app client is accepted by its name.
    pub(crate) fn lists(&self, client: &str) -> bool {
        self.clients.lists(client)
    }

    pub(crate) fn names_resource(&self, name: &str) -> bool {
        self.resources.iter().any(|known| known == name)
    }
}
