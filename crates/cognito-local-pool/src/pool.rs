//! The pool: its configuration, keys, users and grants.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::challenges::Challenges;
use crate::client::AppClient;
use crate::clock::{Clock, unix_seconds};
use crate::directory::{Account, Decoys, Directory, SentCode};
use crate::explain::Explainer;
use crate::grant::Holder;
use crate::grants::Grants;
use crate::issue::{self, Person};
use crate::journal::{Entry, Event, Journal};
use crate::keys::{KeyPairs, KeyUse, RotatingKeys, SigningKey};
use crate::managed_login::ManagedLogin;
use crate::password_policy::PasswordPolicy;
use crate::resource_server::ResourceServer;
use crate::settings::{SelfSignUp, Settings};
use crate::{random, user};

/// A user pool on this machine. Clones are the same pool.
///
/// It mints tokens of Cognito's shape without any network, and [serves](Self::serve) the endpoints that verifiers
/// and SDKs call.
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
/// A local pool is for tests and development. Anyone who can reach a served pool can get its tokens, and it stores passwords in
/// the clear. Do not trust its keys in a service that protects real data.
#[derive(Clone)]
pub struct LocalPool {
    inner: Arc<Inner>,
}

struct Inner {
    id: String,
    issuer: String,
    clock: Clock,
    resource_servers: Vec<ResourceServer>,
    scopes: Vec<String>,
    clients: Vec<AppClient>,
    settings: Settings,
    directory: Mutex<Directory>,
    keys: Mutex<RotatingKeys>,
    grants: Mutex<Grants>,
    managed_login: Mutex<ManagedLogin>,
    challenges: Mutex<Challenges>,
    decoys: Mutex<Decoys>,
    journal: Mutex<Journal>,
    explainer: Mutex<Option<Explainer>>,
    created: i64,
    /// The hash of the last state that was kept.
    told_state: Mutex<Vec<u8>>,
    unpublished: OnceLock<SigningKey>,
}

/// The parts of a pool.
pub(crate) struct Parts {
    pub(crate) id: String,
    pub(crate) issuer: String,
    pub(crate) clock: Clock,
    pub(crate) resource_servers: Vec<ResourceServer>,
    pub(crate) clients: Vec<AppClient>,
    pub(crate) settings: Settings,
    pub(crate) directory: Directory,
    pub(crate) keys: RotatingKeys,
    pub(crate) grants: Grants,
    /// In seconds since 1970.
    pub(crate) created: i64,
}

impl LocalPool {
    pub(crate) fn assemble(parts: Parts) -> Self {
        let scopes = parts.resource_servers.iter().flat_map(ResourceServer::full_scopes).collect();
        let inner = Inner {
            created: parts.created,
            id: parts.id,
            issuer: parts.issuer,
            clock: parts.clock,
            resource_servers: parts.resource_servers,
            scopes,
            clients: parts.clients,
            settings: parts.settings,
            directory: Mutex::new(parts.directory),
            keys: Mutex::new(parts.keys),
            grants: Mutex::new(parts.grants),
            managed_login: Mutex::new(ManagedLogin::new()),
            challenges: Mutex::new(Challenges::new()),
            decoys: Mutex::new(Decoys::new()),
            journal: Mutex::default(),
            explainer: Mutex::default(),
            told_state: Mutex::default(),
            unpublished: OnceLock::new(),
        };
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

    /// The ids of the app clients, in the order in which they were added. A verifier of this pool's tokens accepts these.
    pub fn client_ids(&self) -> impl Iterator<Item = &str> {
        self.inner.clients.iter().map(AppClient::id)
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

    /// Rotates both keys at once: new ones are published and in use, the old ones withdrawn.
    ///
    /// # Panics
    /// If the system has no memory or randomness left to make a key.
    pub fn rotate(&self) {
        self.publish_next_keys();
        self.use_next_keys();
        self.withdraw_old_keys();
    }

    /// First step of a rotation: publishes two new keys, which sign nothing yet. Does nothing if there are such keys already.
    ///
    /// # Panics
    /// If the system has no memory or randomness left to make a key.
    pub fn publish_next_keys(&self) {
        if !self.keys().has_next() {
            let next = KeyPairs::generate(); // Slow, so not under the lock.
            self.keys().publish(next);
        }
    }

    /// Second step: signs with the published next keys from now on; the old ones stay published. Without next keys,
    /// does nothing.
    pub fn use_next_keys(&self) {
        self.keys().use_next();
    }

    /// Last step: withdraws the keys that no longer sign.
    pub fn withdraw_old_keys(&self) {
        self.keys().withdraw_old();
    }

    pub(crate) fn rotating_keys(&self) -> RotatingKeys {
        self.keys().clone()
    }

    pub(crate) fn signing_key(&self, key_use: KeyUse) -> Arc<SigningKey> {
        self.keys().signing(key_use)
    }

    /// A key that was never published.
    pub(crate) fn unpublished_key(&self) -> &SigningKey {
        self.inner.unpublished.get_or_init(|| SigningKey::generate(random::key_id()))
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

    pub(crate) fn clients(&self) -> &[AppClient] {
        &self.inner.clients
    }

    pub(crate) fn resource_servers(&self) -> &[ResourceServer] {
        &self.inner.resource_servers
    }

    /// The Region, with which the pool's id begins.
    pub(crate) fn region(&self) -> &str {
        self.id().rsplit_once('_').map_or("", |(region, _)| region)
    }

    /// When the pool was made, in seconds since 1970.
    pub(crate) fn created(&self) -> i64 {
        self.inner.created
    }

    pub(crate) fn first_client(&self) -> Option<&AppClient> {
        self.inner.clients.first()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn password_policy(&self) -> &PasswordPolicy {
        &self.inner.settings.password_policy
    }

    pub(crate) fn allows_self_sign_up(&self) -> bool {
        self.inner.settings.self_sign_up == SelfSignUp::Allowed
    }

    /// The user of this user name, alias or `sub`, as it is now.
    pub(crate) fn account(&self, name: &str) -> Option<Account> {
        self.directory().find(name).cloned()
    }

    /// The last code for this user, if it is still valid. Cognito would have sent it by mail or text
    /// message.
    #[must_use]
    pub fn sent_code(&self, username: &str) -> Option<String> {
        let now = self.now();
        self.directory().find(username)?.live_code(now).map(str::to_owned)
    }

    /// Records an event for the page of the pool.
    pub(crate) fn record(&self, event: Event) {
        let now = self.now();
        self.inner.journal.lock().unwrap_or_else(PoisonError::into_inner).add(now, event);
    }

    /// The last events, newest first.
    pub(crate) fn events(&self) -> Vec<Entry> {
        self.inner.journal.lock().unwrap_or_else(PoisonError::into_inner).newest_first()
    }

    pub(crate) fn set_explainer(&self, explainer: Explainer) {
        *self.inner.explainer.lock().unwrap_or_else(PoisonError::into_inner) = Some(explainer);
    }

    pub(crate) fn explainer(&self) -> Option<Explainer> {
        self.inner.explainer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Passes a code to the closure of the builder.
    pub(crate) fn tell_code(&self, sent: &SentCode) {
        self.record(Event::sent(sent));
        if let Some(on_code) = &self.inner.settings.on_code {
            on_code(sent);
        }
    }

    /// A user of the pool, or one who exists for this token only.
    pub(crate) fn person(&self, username: &str) -> Person {
        let subject = || user::subject_of(username, self.id());
        let made_up = || Holder { username: username.to_owned(), subject: subject() };
        self.account(username).map_or_else(|| Person::unknown(made_up()), Person::of)
    }

    /// The user of a sign-in, without groups and attributes if the user was deleted meanwhile.
    pub(crate) fn person_of(&self, holder: &Holder) -> Person {
        self.account_of(holder).map_or_else(|| Person::unknown(holder.clone()), Person::of)
    }

    pub(crate) fn sign(&self, key_use: KeyUse, payload: &str) -> String {
        let key = self.signing_key(key_use);
        issue::compact(&key, issue::header(key.id()).to_json().as_bytes(), payload.as_bytes())
    }

    // No code panics while it holds one of these locks, so a poisoned lock still protects consistent values.
    fn keys(&self) -> MutexGuard<'_, RotatingKeys> {
        self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locked while the guard lives. Neither await nor call a closure of the user while you hold it.
    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.inner.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locked as [`directory`](Self::directory), and never together with another.
    pub(crate) fn managed_login(&self) -> MutexGuard<'_, ManagedLogin> {
        self.inner.managed_login.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locked as [`directory`](Self::directory), and never together with it.
    pub(crate) fn challenges(&self) -> MutexGuard<'_, Challenges> {
        self.inner.challenges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locked as [`directory`](Self::directory), and never together with it.
    pub(crate) fn decoys(&self) -> MutexGuard<'_, Decoys> {
        self.inner.decoys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while the state is passed on. It is acquired before any other lock.
    pub(crate) fn told_state(&self) -> MutexGuard<'_, Vec<u8>> {
        self.inner.told_state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locked as [`directory`](Self::directory). Where both are needed, release this one first.
    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.inner.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LocalPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalPool")
            .field("id", &self.id())
            .field("issuer", &self.issuer())
            .field("clients", &self.inner.clients)
            .field("users", &self.directory().iter().count())
            .finish_non_exhaustive()
    }
}
