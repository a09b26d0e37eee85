//! What a pool is made of, and whether Cognito would accept it.

use std::collections::HashSet;

use crate::client::AppClient;
use crate::clock::Clock;
use crate::error::PoolError;
use crate::keys::{KeyPairs, KeyRing};
use crate::pool::LocalPool;
use crate::resource_server::ResourceServer;
use crate::syntax;
use crate::user::User;

/// A pool before it is built; [`LocalPool::builder`] starts one.
#[derive(Clone, Debug)]
#[must_use = "call `.build()` to have a pool"]
pub struct LocalPoolBuilder {
    id: String,
    issuer: Option<String>,
    clock: Clock,
    resource_servers: Vec<ResourceServer>,
    clients: Vec<AppClient>,
    users: Vec<User>,
    keys_of: Option<LocalPool>,
    key_id: Option<String>,
}

impl LocalPoolBuilder {
    pub(crate) fn new(id: String) -> Self {
        Self {
            id,
            issuer: None,
            clock: Clock::system(),
            resource_servers: Vec::new(),
            clients: Vec::new(),
            users: Vec::new(),
            keys_of: None,
            key_id: None,
        }
    }

    /// The `iss` of the tokens, without a final `/`.
    ///
    /// The default is AWS's, `https://cognito-idp.{region}.amazonaws.com/{id}`, which is also what a verifier that
    /// is configured with the pool's id alone expects.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Where the pool takes the time from; the system by default.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Adds a resource server with its custom scopes.
    pub fn resource_server(mut self, server: ResourceServer) -> Self {
        self.resource_servers.push(server);
        self
    }

    /// Adds an app client. The first one is what minted tokens are for unless the test says otherwise.
    pub fn app_client(mut self, client: AppClient) -> Self {
        self.clients.push(client);
        self
    }

    /// Adds a user.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Takes the key pairs and key ids that `pool` has now, for two pools that share a `kid`, and to save the time
    /// of making keys. A later rotation of one pool leaves the other alone.
    pub fn keys_of(mut self, pool: &LocalPool) -> Self {
        self.keys_of = Some(pool.clone());
        self
    }

    /// One key for access and ID tokens under this `kid` instead of Cognito's two random ones, as moto has it
    /// (`dummy`). [Rotation](LocalPool::rotate) goes back to two.
    pub fn key_id(mut self, id: impl Into<String>) -> Self {
        self.key_id = Some(id.into());
        self
    }

    /// Makes the pool and its keys, which takes a fraction of a second.
    ///
    /// # Errors
    /// [`PoolError`] for what Cognito would refuse, with the fix.
    pub fn build(self) -> Result<LocalPool, PoolError> {
        self.check()?;
        Ok(self.assemble())
    }

    /// Builds what is known to be right.
    pub(crate) fn assemble(self) -> LocalPool {
        let keys = match (&self.keys_of, self.key_id) {
            (Some(other), _) => other.key_ring(),
            (None, Some(id)) => KeyRing::new(KeyPairs::single(id)),
            (None, None) => KeyRing::new(KeyPairs::generate()),
        };
        let issuer = self.issuer.unwrap_or_else(|| {
            let region = self.id.rsplit_once('_').map_or("", |(region, _)| region);
            format!("https://cognito-idp.{region}.amazonaws.com/{}", self.id)
        });
        let scopes = self.resource_servers.iter().flat_map(ResourceServer::full_scopes).collect();
        LocalPool::assemble(self.id, issuer, self.clock, scopes, self.clients, self.users, keys)
    }

    fn check(&self) -> Result<(), PoolError> {
        if !syntax::is_pool_id(&self.id) {
            return Err(PoolError::PoolId { id: self.id.clone() });
        }
        if let Some(issuer) = self.issuer.as_ref().filter(|issuer| !syntax::is_issuer(issuer)) {
            return Err(PoolError::Issuer { issuer: issuer.clone() });
        }
        if self.keys_of.is_some() && self.key_id.is_some() {
            return Err(PoolError::KeysTwice);
        }
        if let Some(id) = self.key_id.as_ref().filter(|id| !(1..=256).contains(&id.len())) {
            return Err(PoolError::KeyId { length: id.len() });
        }
        self.resource_servers.iter().try_for_each(ResourceServer::check)?;
        let scopes: Vec<String> =
            self.resource_servers.iter().flat_map(ResourceServer::full_scopes).collect();
        self.clients.iter().try_for_each(|client| client.check(&scopes))?;
        self.users.iter().try_for_each(User::check)?;
        unique("resource server", self.resource_servers.iter().map(ResourceServer::identifier))?;
        unique("scope", scopes.iter().map(String::as_str))?;
        unique("app client", self.clients.iter().map(AppClient::id))?;
        unique("user", self.users.iter().map(User::name))
    }
}

fn unique<'a>(what: &'static str, names: impl Iterator<Item = &'a str>) -> Result<(), PoolError> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(PoolError::Duplicate { what, id: name.to_owned() });
        }
    }
    Ok(())
}
