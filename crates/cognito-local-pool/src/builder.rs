//! The settings of a pool, checked as Cognito checks them.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use crate::acr::AcrLevel;
use crate::client::AppClient;
use crate::clock::{Clock, unix_seconds};
use crate::directory::{Directory, SentCode, SignInAttribute, SignInNames};
use crate::error::PoolError;
use crate::grants::Grants;
use crate::keys::{KeyPairs, RotatingKeys};
use crate::password_policy::PasswordPolicy;
use crate::pool::{LocalPool, Parts};
use crate::random;
use crate::resource_server::ResourceServer;
use crate::settings::{SelfSignUp, Settings};
use crate::state::{Restored, StateBytes};
use crate::syntax;
use crate::trigger::{TokenAdditions, TokenEvent};
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
    names: SignInNames,
    settings: Settings,
    keys_of: Option<LocalPool>,
    key_id: Option<String>,
    state: Option<StateBytes>,
}

impl LocalPool {
    /// An empty pool in `ap-south-1` with a random id, two fresh keys and the time of the system.
    ///
    /// # Panics
    /// If the system has no memory or randomness left to make a key.
    #[must_use]
    pub fn new() -> Self {
        LocalPoolBuilder::new(random::pool_id()).assemble(Directory::empty())
    }

    /// A pool with this id, such as `ap-south-1_abcdefghi`, and what is added to it.
    pub fn builder(id: impl Into<String>) -> LocalPoolBuilder {
        LocalPoolBuilder::new(id.into())
    }
}

impl Default for LocalPool {
    fn default() -> Self {
        Self::new()
    }
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
            names: SignInNames::default(),
            settings: Settings::default(),
            keys_of: None,
            key_id: None,
            state: None,
        }
    }

    /// The `iss` of the tokens, without a final `/`.
    ///
    /// The default is AWS's, `https://cognito-idp.{region}.amazonaws.com/{id}`, which is also what a verifier
    /// expects if it is configured with only the pool's id.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// The pool's clock; the system clock by default.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Adds a resource server with its custom scopes.
    pub fn resource_server(mut self, server: ResourceServer) -> Self {
        self.resource_servers.push(server);
        self
    }

    /// Adds an app client. Minted tokens are for the first one unless the test sets another.
    pub fn app_client(mut self, client: AppClient) -> Self {
        self.clients.push(client);
        self
    }

    /// Adds a user.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Lets users sign up and in with an email address or a phone number in place of a user name
    /// (`UsernameAttributes`). Their user name is then their `sub`, and the name in [`User::new`] is a value of the
    /// attribute.
    pub fn username_attribute(mut self, attribute: SignInAttribute) -> Self {
        self.names.username.push(attribute);
        self
    }

    /// Lets users sign in with the value of an attribute beside their user name (`AliasAttributes`). An email address
    /// or phone number counts once it is verified.
    pub fn alias_attribute(mut self, attribute: SignInAttribute) -> Self {
        self.names.alias.push(attribute);
        self
    }

    /// Lets users sign themselves up, by `SignUp` and on the pages of managed login.
    ///
    /// Off by default, unlike in Cognito, where `AllowAdminCreateUserOnly` disables it.
    pub fn allow_self_sign_up(mut self) -> Self {
        self.settings.self_sign_up = SelfSignUp::Allowed;
        self
    }

    /// Which passwords users may choose; Cognito's default unless this is called.
    pub fn password_policy(mut self, policy: PasswordPolicy) -> Self {
        self.settings.password_policy = policy;
        self
    }

    /// Renames an authentication level (`AcrConfiguration`): what `acr` is for a sign-in that reached it, and what clients
    /// ask for by `acr_values` or `TARGET_ACR_VALUES`.
    pub fn acr_name(mut self, level: AcrLevel, name: impl Into<String>) -> Self {
        self.settings.acr_names.set(level, name.into());
        self
    }

    /// Adds scopes, claims and groups to the tokens of a user or of an app client.
    pub fn token_additions(mut self, additions: TokenAdditions) -> Self {
        self.settings.additions.push(additions);
        self
    }

    /// Calls `on_token` before tokens are issued by a sign-in, a refresh or `client_credentials`, and lets it change
    /// them: the pre token generation trigger. The last call counts.
    pub fn on_token(mut self, on_token: impl Fn(&mut TokenEvent) + Send + Sync + 'static) -> Self {
        self.settings.on_token = Some(Arc::new(on_token));
        self
    }

    /// Calls `on_code` with each code that Cognito would have sent by mail or text message, for example to print it.
    /// The last call counts. A test reads [`LocalPool::sent_code`].
    pub fn on_code(mut self, on_code: impl Fn(&SentCode) + Send + Sync + 'static) -> Self {
        self.settings.on_code = Some(Arc::new(on_code));
        self
    }

    /// Takes the key pairs and key ids that `pool` has now, for two pools that share a `kid`, and to save the time
    /// of making keys. A later rotation of one pool does not affect the other.
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

    /// Continues from the [state](LocalPool::export_state) of another run: with its keys, users and refresh tokens.
    ///
    /// Users of the state stay as they were, even if [`user`](Self::user) adds a user of the same name with other settings.
    /// Users that are not in the state are added.
    pub fn state(mut self, state: impl Into<Vec<u8>>) -> Self {
        self.state = Some(state.into().into());
        self
    }

    /// Calls `on_state` with the [state](LocalPool::export_state) after each request that changed it and before its
    /// answer is sent, for example to write it to a file. It runs on a thread where it may block. The last call counts.
    ///
    /// An error does not change the answer. The page of the pool shows it, and `on_state` is called again after the
    /// next request. It is also called after the next request for changes without one, such as [`LocalPool::rotate`].
    pub fn on_state(mut self, on_state: impl Fn(&[u8]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        self.settings.on_state = Some(Arc::new(on_state));
        self
    }

    /// Makes the pool and its keys, which takes a fraction of a second.
    ///
    /// # Errors
    /// [`PoolError`] for what Cognito would refuse, with the fix.
    pub fn build(self) -> Result<LocalPool, PoolError> {
        self.check()?;
        let now = unix_seconds(self.clock.now());
        let names = self.names.clone();
        let Some(state) = &self.state else {
            let directory = Directory::new(names, &self.users, &self.id, now)?;
            return Ok(self.assemble(directory));
        };
        let Restored { created, keys, users, grants } = state.restore(&self.id)?;
        let directory = Directory::restore(names, users, &self.users, &self.id, now)?;
        Ok(self.assemble_with(directory, keys, grants, created))
    }

    /// Builds a pool from settings that were checked.
    pub(crate) fn assemble(self, directory: Directory) -> LocalPool {
        let keys = match (&self.keys_of, &self.key_id) {
            (Some(other), _) => other.rotating_keys(),
            (None, Some(id)) => RotatingKeys::new(KeyPairs::single(id.clone())),
            (None, None) => RotatingKeys::new(KeyPairs::generate()),
        };
        let created = unix_seconds(self.clock.now());
        self.assemble_with(directory, keys, Grants::new(), created)
    }

    fn assemble_with(
        self,
        directory: Directory,
        keys: RotatingKeys,
        grants: Grants,
        created: i64,
    ) -> LocalPool {
        let issuer = self.issuer.unwrap_or_else(|| {
            let region = self.id.rsplit_once('_').map_or("", |(region, _)| region);
            format!("https://cognito-idp.{region}.amazonaws.com/{}", self.id)
        });
        LocalPool::assemble(Parts {
            id: self.id,
            issuer,
            clock: self.clock,
            resource_servers: self.resource_servers,
            clients: self.clients,
            settings: self.settings,
            directory,
            keys,
            grants,
            created,
        })
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
        if self.state.is_some() && (self.keys_of.is_some() || self.key_id.is_some()) {
            return Err(PoolError::KeysAndState);
        }
        if let Some(id) = self.key_id.as_ref().filter(|id| !(1..=256).contains(&id.len())) {
            return Err(PoolError::KeyId { length: id.len() });
        }
        self.resource_servers.iter().try_for_each(ResourceServer::check)?;
        let scopes: Vec<String> =
            self.resource_servers.iter().flat_map(ResourceServer::full_scopes).collect();
        self.clients.iter().try_for_each(|client| client.check(&scopes))?;
        self.users.iter().try_for_each(User::check)?;
        self.names.check()?;
        self.settings.password_policy.check()?;
        self.settings.acr_names.check()?;
        self.settings.additions.iter().try_for_each(TokenAdditions::check)?;
        unique("resource server", self.resource_servers.iter().map(|server| server.identifier.as_str()))?;
        unique("scope", scopes.iter().map(String::as_str))?;
        unique("app client", self.clients.iter().map(AppClient::id))?;
        unique("user", self.users.iter().map(|user| user.name.as_str()))
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
