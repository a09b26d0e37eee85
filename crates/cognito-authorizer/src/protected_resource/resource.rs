//! What an API says about itself.

use std::sync::Arc;

use cognito_verify::{Pool, is_scope};

use super::url;
use crate::config::ConfigError;

/// This API as a protected resource: what its metadata says about it (RFC 9728 §2). Give it to
/// [`Standard::protected_resource`](crate::Standard::protected_resource); it is checked when the layer is built.
///
/// | member of the document | from |
/// |---|---|
/// | `resource` | [`new`](Self::new) |
/// | `authorization_servers` | [`authorization_server`](Self::authorization_server), otherwise the issuers of the layer's user pools |
/// | `scopes_supported` | [`scope`](Self::scope), otherwise the scopes that the layer and its route table require |
/// | `bearer_methods_supported` | `header`, if the token is in the header `Authorization` |
/// | `resource_name` | [`name`](Self::name) |
/// | `resource_documentation` | [`documentation`](Self::documentation) |
///
/// The document is public, and says nothing about callers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "give it to `.protected_resource(…)` of the profile"]
pub struct ProtectedResource {
    pub(super) url: String,
    pub(super) name: Option<String>,
    pub(super) documentation: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) authorization_servers: Vec<String>,
}

impl ProtectedResource {
    /// The API with this public URL: `https`, or `http` on a loopback address or `localhost`, without query and fragment.
    ///
    /// Clients ask for tokens with exactly this text as `resource=`, so it must also be a [`resource`](crate::UserPool::resource) of
    /// each user pool.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            name: None,
            documentation: None,
            scopes: Vec::new(),
            authorization_servers: Vec::new(),
        }
    }

    /// The name of the API, to be shown to users.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The URL of the documentation for developers of clients.
    pub fn documentation(mut self, url: impl Into<String>) -> Self {
        self.documentation = Some(url.into());
        self
    }

    /// A scope that clients can ask for; call it again for each further scope. If none is named, the document lists the scopes that
    /// the layer and its route table require.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// The issuer of an authorization server to name instead of the issuers of the user pools; call it again for each further one.
    /// For a service with many tenants, whose pools should not be listed publicly.
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Self {
        self.authorization_servers.push(issuer.into());
        self
    }

    /// The URL of the metadata: `/.well-known/oauth-protected-resource` between the host and the path of the API (RFC 9728 §3.1).
    ///
    /// # Errors
    ///
    /// If a setting cannot be used.
    pub(crate) fn metadata_url(&self) -> Result<String, ConfigError> {
        let error = |setting, given: &String, problem, fix| ConfigError::ProtectedResource {
            setting,
            given: given.clone(),
            problem,
            fix,
        };
        let url_error = |setting, given: &String, problem| error(setting, given, problem, url::FIX);
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope(scope)) {
            let fix = "give its full name, such as `orders/read`";
            return Err(error(".scope", scope, "is not a scope", fix));
        }
        let urls = self.documentation.iter().map(|url| (".documentation", url));
        let servers = self.authorization_servers.iter().map(|url| (".authorization_server", url));
        for (setting, given) in urls.chain(servers) {
            url::check(given).map_err(|problem| url_error(setting, given, problem))?;
        }
        let parts = url::check(&self.url)
            .map_err(|problem| url_error("ProtectedResource::new", &self.url, problem))?;
        let path = url::routable(parts.path)
            .map_err(|problem| error("ProtectedResource::new", &self.url, problem, url::PATH_FIX))?;
        Ok(format!("{}{}{path}", parts.origin, url::WELL_KNOWN))
    }

    /// Whether each pool requires the resource that clients are told to ask for.
    ///
    /// # Errors
    ///
    /// If one does not.
    pub(crate) fn check_pools(&self, pools: &[Arc<Pool>]) -> Result<(), ConfigError> {
        match pools.iter().find(|pool| !pool.resources().any(|known| known == self.url)) {
            None => Ok(()),
            Some(pool) => {
                Err(ConfigError::ResourceNotRequired { pool: pool.id().clone(), resource: self.url.clone() })
            }
        }
    }
}
