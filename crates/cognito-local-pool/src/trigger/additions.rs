//! Scopes, claims and groups that tokens get without any code.

use std::fmt;

use serde_json::Value;

use super::{TokenEvent, is_reserved_claim};
use crate::error::PoolError;
use crate::syntax;

/// Additions to the tokens of one user or of one app client, which a small pre token generation trigger
/// would do.
///
/// It is added to the tokens that the pool issues by a sign-in, a refresh or `client_credentials`, before
/// [`on_token`](crate::LocalPoolBuilder::on_token) is called, and not to those of a
/// [`TokenBuilder`](crate::TokenBuilder).
///
/// ```
/// use cognito_local_pool::{LocalPool, TokenAdditions};
///
/// let pool = LocalPool::builder("ap-south-1_abcdefghi")
///     .token_additions(TokenAdditions::for_user("ada").scope("orders/read").claim("tenant", 7))
///     .token_additions(TokenAdditions::for_client("web").group("testers"))
///     .build()?;
/// # Ok::<(), cognito_local_pool::PoolError>(())
/// ```
#[derive(Clone)]
pub struct TokenAdditions {
    of: Of,
    scopes: Vec<String>,
    groups: Vec<String>,
    claims: Vec<(String, Value)>,
}

#[derive(Clone)]
enum Of {
    User(String),
    Client(String),
}

impl TokenAdditions {
    /// Additions to the tokens of the user with this user name.
    #[must_use]
    pub fn for_user(username: impl Into<String>) -> Self {
        Self::of(Of::User(username.into()))
    }

    /// Additions to the tokens that this app client gets, for its users and for itself.
    #[must_use]
    pub fn for_client(id: impl Into<String>) -> Self {
        Self::of(Of::Client(id.into()))
    }

    fn of(of: Of) -> Self {
        Self { of, scopes: Vec::new(), groups: Vec::new(), claims: Vec::new() }
    }

    /// Adds a scope to access tokens, whether or not the client is allowed it (`scopesToAdd`).
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Adds a group to `cognito:groups` of a user's tokens.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// Sets a claim of access and ID tokens (`claimsToAddOrOverride`).
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.push((name.into(), value.into()));
        self
    }

    pub(crate) fn check(&self) -> Result<(), PoolError> {
        if let Some(scope) = self.scopes.iter().find(|scope| !syntax::is_added_scope(scope)) {
            return Err(PoolError::AddedScope { scope: scope.clone() });
        }
        if let Some(name) = self.groups.iter().find(|group| !syntax::is_name(group)) {
            return Err(PoolError::GroupName { name: name.clone() });
        }
        match self.claims.iter().find(|(name, _)| is_reserved_claim(name)) {
            Some((claim, _)) => Err(PoolError::AddedClaim { claim: claim.clone() }),
            None => Ok(()),
        }
    }

    /// Makes the additions if they are for this user or client.
    pub(crate) fn apply(&self, event: &mut TokenEvent) {
        let applies = match &self.of {
            Of::User(name) => event.username() == Some(name),
            Of::Client(id) => event.client_id() == id,
        };
        if !applies {
            return;
        }
        for scope in &self.scopes {
            event.access_token().add_scope(scope);
        }
        for (name, value) in &self.claims {
            event.access_token().add_or_override_claim(name, value.clone());
            event.id_token().add_or_override_claim(name, value.clone());
        }
        if !self.groups.is_empty() && event.username().is_some() {
            let mut groups = event.groups().to_vec();
            groups.extend(self.groups.iter().filter(|group| !event.groups().contains(group)).cloned());
            event.override_groups(groups);
        }
    }
}

/// The client and the scopes. Users, groups and claims are left out.
impl fmt::Debug for TokenAdditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("TokenAdditions");
        if let Of::Client(id) = &self.of {
            debug.field("client", id);
        }
        debug.field("scopes", &self.scopes).finish_non_exhaustive()
    }
}
