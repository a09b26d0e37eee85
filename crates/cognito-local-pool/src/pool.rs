//! The pool itself: its configuration, its keys and its sessions.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::builder::LocalPoolBuilder;
use crate::client::AppClient;
use crate::clock::{Clock, seconds, unix_seconds};
use crate::issue::{self, Person, Session, Validity};
use crate::keys::{KeyPairs, KeyRing, KeyUse, SigningKey};
use crate::random;
use crate::sessions::{NotRefreshed, Sessions};
use crate::token::TokenBuilder;
use crate::user::{self, User};

/// A user pool on this machine. Clones are the same pool.
///
/// It mints tokens of Cognito's shape without any network, and [serves](Self::serve) the endpoints that a verifier
/// and an SDK ask.
///
/// ```
/// use cognito_local_pool::{AppClient, LocalPool, ResourceServer, User};
///
/// let pool = LocalPool::builder("ap-south-1_abcdefghi")
///     .resource_server(ResourceServer::new("orders").scope("read"))
///     .app_client(AppClient::confidential("m2m-client", "its-secret").allow_scope("orders/read"))
///     .user(User::new("ada", "password").group("ops"))
///     .build()?;
///
/// let good = pool.access_token("ada").scope("orders/read").sign();
/// let expired = pool.access_token("ada").scope("orders/read").expired().sign();
/// # assert_ne!(good, expired);
/// # Ok::<(), cognito_local_pool::PoolError>(())
/// ```
///
/// # Security
/// Whoever reaches a served pool gets its tokens, and passwords are kept as they are: this is for tests and
/// development, and nothing that guards anything may trust its keys.
#[derive(Clone)]
pub struct LocalPool {
    inner: Arc<Inner>,
}

struct Inner {
    id: String,
    issuer: String,
    clock: Clock,
    scopes: Vec<String>,
    clients: Vec<AppClient>,
    users: Vec<User>,
    keys: Mutex<KeyRing>,
    sessions: Mutex<Sessions>,
    stranger: OnceLock<SigningKey>,
}

/// The two tokens that a user gets, and the lifetime of the access token in seconds.
pub(crate) struct UserTokens {
    pub(crate) access: String,
    pub(crate) id: String,
    pub(crate) expires_in: i64,
}

impl LocalPool {
    /// An empty pool in `ap-south-1` with a random id, two fresh keys and the time of the system.
    ///
    /// # Panics
    /// If the system has no memory or randomness left to make a key.
    #[must_use]
    pub fn new() -> Self {
        LocalPoolBuilder::new(random::pool_id()).assemble()
    }

    /// A pool with this id, such as `ap-south-1_abcdefghi`, and what is added to it.
    pub fn builder(id: impl Into<String>) -> LocalPoolBuilder {
        LocalPoolBuilder::new(id.into())
    }

    pub(crate) fn assemble(
        id: String,
        issuer: String,
        clock: Clock,
        scopes: Vec<String>,
        clients: Vec<AppClient>,
        users: Vec<User>,
        keys: KeyRing,
    ) -> Self {
        let (keys, sessions) = (Mutex::new(keys), Mutex::new(Sessions::new()));
        let stranger = OnceLock::new();
        let inner = Inner { id, issuer, clock, scopes, clients, users, keys, sessions, stranger };
        Self { inner: Arc::new(inner) }
    }

    /// The pool's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The `iss` of the pool's tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// The pool's clock; [advance](Clock::advance) it to let tokens expire.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.clock.clone()
    }

    /// The published JWK Set as JSON (RFC 7517 §5), with the members that Cognito's has.
    #[must_use]
    pub fn jwks(&self) -> String {
        self.keys().jwks().to_string()
    }

    /// The `kid` of access tokens that are signed now.
    #[must_use]
    pub fn access_key_id(&self) -> String {
        self.signing_key(KeyUse::Access).id().to_owned()
    }

    /// The `kid` of ID tokens that are signed now.
    #[must_use]
    pub fn id_key_id(&self) -> String {
        self.signing_key(KeyUse::Id).id().to_owned()
    }

    /// Starts an access token as a user gets it by managed login or OAuth; `.sign()` ends it.
    ///
    /// A user of the pool brings its `sub` and groups; any other name gets a `sub` that is the same in each run.
    pub fn access_token(&self, username: impl Into<String>) -> TokenBuilder {
        TokenBuilder::access(self.clone(), username.into())
    }

    /// Starts an ID token, with the attributes if the pool has the user.
    pub fn id_token(&self, username: impl Into<String>) -> TokenBuilder {
        TokenBuilder::id(self.clone(), username.into())
    }

    /// Starts the access token of a machine, as `client_credentials` gives it: `sub` is the client's id.
    ///
    /// With no scope called for, it has all custom scopes of the client, as the token endpoint gives them; a client
    /// that the pool does not know has none, and then there is no `scope` claim.
    pub fn machine_token(&self, client_id: impl Into<String>) -> TokenBuilder {
        TokenBuilder::machine(self.clone(), client_id.into())
    }

    /// Rotates both keys at once: new ones are published and in use, the old ones withdrawn.
    ///
    /// # Panics
    /// If the system has no memory or randomness left to make a key.
    pub fn rotate(&self) {
        self.publish_next_keys();
        self.use_next_keys();
        self.withdraw_old_keys();
    }

    /// First step of a rotation: two new keys are published and sign nothing yet. Keys that wait already stay.
    ///
    /// # Panics
    /// If the system has no memory or randomness left to make a key.
    pub fn publish_next_keys(&self) {
        if !self.keys().has_next() {
            let next = KeyPairs::generate(); // Slow, so not under the lock.
            self.keys().publish(next);
        }
    }

    /// Second step: the published next keys sign from now on; the old ones stay published. Without next keys,
    /// nothing happens.
    pub fn use_next_keys(&self) {
        self.keys().use_next();
    }

    /// Last step: keys that sign no more are no longer published.
    pub fn withdraw_old_keys(&self) {
        self.keys().withdraw_old();
    }

    pub(crate) fn key_ring(&self) -> KeyRing {
        self.keys().clone()
    }

    pub(crate) fn signing_key(&self, key_use: KeyUse) -> Arc<SigningKey> {
        self.keys().signing(key_use)
    }

    /// A key that was never published.
    pub(crate) fn stranger(&self) -> &SigningKey {
        self.inner.stranger.get_or_init(|| SigningKey::generate(random::key_id()))
    }

    /// Now, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        unix_seconds(self.inner.clock.now())
    }

    /// The full names of all custom scopes.
    pub(crate) fn scopes(&self) -> &[String] {
        &self.inner.scopes
    }

    pub(crate) fn client(&self, id: &str) -> Option<&AppClient> {
        self.inner.clients.iter().find(|client| client.id() == id)
    }

    pub(crate) fn first_client(&self) -> Option<&AppClient> {
        self.inner.clients.first()
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.inner.users.iter().find(|user| user.name() == name)
    }

    /// A user of the pool, or one who exists for this token only.
    pub(crate) fn person(&self, username: &str) -> Person {
        let username = username.to_owned();
        match self.user(&username) {
            Some(user) => Person {
                subject: user.subject_in(self.id()),
                groups: user.groups().to_vec(),
                attributes: user.attribute_claims().map(|(name, value)| (name.to_owned(), value)).collect(),
                username,
            },
            None => Person {
                subject: user::subject_of(&username, self.id()),
                groups: Vec::new(),
                attributes: Vec::new(),
                username,
            },
        }
    }

    /// An access token for the client itself, and its lifetime in seconds.
    pub(crate) fn issue_to_machine(&self, client: &AppClient, scopes: &[String]) -> (String, i64) {
        let valid = Validity::new(self.now(), client.access_lifetime());
        let claims = issue::machine_claims(self.issuer(), client.id(), scopes, valid);
        (self.sign(KeyUse::Access, &claims.to_json()), seconds(client.access_lifetime()))
    }

    /// The tokens of a session, made now.
    pub(crate) fn issue_to_user(&self, client: &AppClient, session: &Session) -> UserTokens {
        let (now, person) = (self.now(), self.person(&session.username));
        let valid = Validity::new(now, client.access_lifetime());
        let access = issue::access_claims(self.issuer(), &person, session, valid);
        let valid = Validity::new(now, client.id_lifetime());
        let id = issue::id_claims(self.issuer(), &person, session, valid);
        UserTokens {
            access: self.sign(KeyUse::Access, &access.to_json()),
            id: self.sign(KeyUse::Id, &id.to_json()),
            expires_in: seconds(client.access_lifetime()),
        }
    }

    /// A refresh token for `session`.
    pub(crate) fn keep_session(&self, client: &AppClient, session: Session) -> String {
        let expires = self.now().saturating_add(seconds(client.refresh_lifetime()));
        self.sessions().keep(session, expires)
    }

    pub(crate) fn find_session(&self, client: &AppClient, token: &str) -> Result<Session, NotRefreshed> {
        let now = self.now();
        self.sessions().find(token, client.id(), now)
    }

    fn sign(&self, key_use: KeyUse, payload: &str) -> String {
        let key = self.signing_key(key_use);
        issue::compact(&key, issue::header(key.id()).to_json().as_bytes(), payload.as_bytes())
    }

    // Nothing panics under these locks; whatever poisoned one left whole values behind.
    fn keys(&self) -> MutexGuard<'_, KeyRing> {
        self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.inner.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LocalPool {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalPool")
            .field("id", &self.id())
            .field("issuer", &self.issuer())
            .field("clients", &self.inner.clients)
            .field("users", &self.inner.users)
            .finish_non_exhaustive()
    }
}
