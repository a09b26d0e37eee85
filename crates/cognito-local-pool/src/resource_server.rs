//! Resource servers, which define custom scopes.

use crate::error::PoolError;
use crate::syntax;

/// The most scopes that a resource server has in Cognito.
const MAX_SCOPES: usize = 100;

/// An API with its custom scopes; a scope's full name is `{identifier}/{scope}`.
///
/// See [Scopes, M2M, and resource servers][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
///
/// ```
/// use cognito_local_pool::ResourceServer;
///
/// let orders = ResourceServer::new("orders").scope("read").scope("write"); // `orders/read` and `orders/write`
/// ```
#[derive(Clone, Debug)]
pub struct ResourceServer {
    pub(crate) identifier: String,
    pub(crate) scopes: Vec<String>,
}

impl ResourceServer {
    /// A resource server without scopes. The identifier has 1 to 256 visible ASCII characters and may be a URL.
    #[must_use]
    pub fn new(identifier: impl Into<String>) -> Self {
        Self { identifier: identifier.into(), scopes: Vec::new() }
    }

    /// Adds a scope by its own name, without the identifier: `read`, not `orders/read`.
    #[must_use]
    pub fn scope(mut self, name: impl Into<String>) -> Self {
        self.scopes.push(name.into());
        self
    }

    /// The full names of the scopes, as in a token.
    pub(crate) fn full_scopes(&self) -> impl Iterator<Item = String> {
        self.scopes.iter().map(|scope| format!("{}/{scope}", self.identifier))
    }

    pub(crate) fn check(&self) -> Result<(), PoolError> {
        if !syntax::is_resource_server_id(&self.identifier) {
            return Err(PoolError::ResourceServerId { id: self.identifier.clone() });
        }
        if self.scopes.len() > MAX_SCOPES {
            let (of, count) = (self.identifier.clone(), self.scopes.len());
            return Err(PoolError::TooManyScopes { of, count, most: MAX_SCOPES });
        }
        for (index, scope) in self.scopes.iter().enumerate() {
            if !syntax::is_scope_name(scope) {
                return Err(PoolError::ScopeName { name: scope.clone() });
            }
            if self.scopes.iter().take(index).any(|earlier| earlier == scope) {
                return Err(PoolError::Duplicate {
                    what: "scope",
                    id: format!("{}/{scope}", self.identifier),
                });
            }
        }
        Ok(())
    }
}
