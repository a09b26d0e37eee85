//! The layer and its builder.

use std::{path::PathBuf, sync::Arc, time::Duration};

use cognito_verify::{Accept, IssuerForm, KeySet, Requirement, UserPool, Verifier};
use tower_layer::Layer;

use crate::{
    clock::{Clock, SystemClock},
    config::ConfigError,
    keys::{Fetcher, KeyStatus, Keys, LastKnown, Schedule},
    respond::{Responder, is_realm},
    service::{Authorizer, CognitoAuth},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A header and a signature alone take more.
const LEAST_TOKEN_LIMIT: usize = 512;

/// Lets in requests whose token a user pool has signed, and answers all others.
///
/// The layer goes around any [`tower` service](tower_service::Service) that takes `http` requests, whatever their body;
/// with axum it goes into `.route_layer(…)`, which leaves 404 to the router. It is cheap to clone, and clones share their
/// keys.
///
/// ```no_run
/// use axum::{Router, routing::{get, post}};
/// use cognito_authorizer::{CognitoAuthLayer, scope};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789").connect().await?;
///
/// let app: Router = Router::new()
///     .route("/orders", post(|| async {}).route_layer(auth.clone().require(scope("orders/write"))?))
///     .route("/orders", get(|| async {}).route_layer(auth.require(scope("orders/read"))?))
///     .route("/health", get(|| async { "ok" }));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct CognitoAuthLayer {
    authorizer: Arc<Authorizer>,
}

impl CognitoAuthLayer {
    /// Starts a layer for the user pool with this id.
    ///
    /// What must follow is which app clients are let in, [`client`](CognitoAuthBuilder::client) or
    /// [`any_client`](CognitoAuthBuilder::any_client), and one of the three verbs that finish it:
    /// [`connect`](CognitoAuthBuilder::connect), [`connect_lazy`](CognitoAuthBuilder::connect_lazy) or
    /// [`with_keys`](CognitoAuthBuilder::with_keys).
    pub fn builder(user_pool_id: impl Into<String>) -> CognitoAuthBuilder {
        CognitoAuthBuilder {
            pool: UserPool::new(user_pool_id),
            more_pools: Vec::new(),
            accept: Accept::default(),
            requirement: Requirement::nothing(),
            leeway: Duration::ZERO,
            token_limit: Verifier::DEFAULT_TOKEN_LIMIT,
            realm: None,
            refresh_interval: HOUR,
            max_stale: DAY,
            fetch_timeout: Duration::from_millis(1500),
            http_client: None,
            last_known_keys: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Asks for more than the layer asks for so far: both must be met.
    ///
    /// On a clone it is the per-method form of API Gateway: `get(h).route_layer(auth.clone().require(scope("a/b"))?)`.
    ///
    /// # Errors
    ///
    /// If the requirement has a scope or a group that no token can have.
    pub fn require(mut self, requirement: Requirement) -> Result<Self, ConfigError> {
        check(&requirement)?;
        let authorizer = Arc::make_mut(&mut self.authorizer);
        authorizer.requirement = std::mem::take(&mut authorizer.requirement).and(requirement);
        Ok(self)
    }

    /// Lets in tokens for this use instead of those that the layer lets in so far.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Self {
        let authorizer = Arc::make_mut(&mut self.authorizer);
        authorizer.verifier = authorizer.verifier.clone().accept(accept);
        self
    }

    /// How the keys of each pool are doing; for a readiness probe.
    #[must_use]
    pub fn status(&self) -> KeyStatus {
        self.authorizer.keys.status()
    }

    /// Fetches the keys of all pools now, whatever the schedule says, and returns how they are doing then. Keys given to
    /// [`with_keys`](CognitoAuthBuilder::with_keys) stay as they are.
    pub async fn refresh(&self) -> KeyStatus {
        self.authorizer.keys.refresh().await
    }
}

impl<S> Layer<S> for CognitoAuthLayer {
    type Service = CognitoAuth<S>;

    fn layer(&self, inner: S) -> CognitoAuth<S> {
        CognitoAuth::new(inner, self.authorizer.clone())
    }
}

/// The settings of a [`CognitoAuthLayer`]. Nothing is checked before one of the three verbs that finish it.
///
/// Settings of a pool (app clients, issuer, resource) are those of the pool that
/// [`builder`](CognitoAuthLayer::builder) names; more pools bring their own, by [`user_pool`](Self::user_pool).
#[derive(Clone, Debug)]
#[must_use]
pub struct CognitoAuthBuilder {
    pool: UserPool,
    more_pools: Vec<UserPool>,
    accept: Accept,
    requirement: Requirement,
    leeway: Duration,
    token_limit: usize,
    realm: Option<String>,
    refresh_interval: Duration,
    max_stale: Duration,
    fetch_timeout: Duration,
    http_client: Option<reqwest::Client>,
    last_known_keys: Option<PathBuf>,
    clock: Arc<dyn Clock>,
}

impl CognitoAuthBuilder {
    /// Lets in the tokens of this app client; see [`UserPool::client`].
    pub fn client(mut self, id: impl Into<String>) -> Self {
        self.pool = self.pool.client(id);
        self
    }

    /// Lets in the tokens of every app client of the pool; see [`UserPool::any_client`].
    pub fn any_client(mut self) -> Self {
        self.pool = self.pool.any_client();
        self
    }

    /// Which of AWS's two issuer forms the tokens have; see [`UserPool::issuer_form`].
    pub fn issuer_form(mut self, form: IssuerForm) -> Self {
        self.pool = self.pool.issuer_form(form);
        self
    }

    /// The issuer to expect instead of AWS's; see [`UserPool::issuer`].
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        self.pool = self.pool.issuer(url);
        self
    }

    /// Where the keys are, if not below the issuer; see [`UserPool::jwks_url`].
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.pool = self.pool.jwks_url(url);
        self
    }

    /// An identifier of this API as a protected resource; see [`UserPool::resource`].
    pub fn resource(mut self, identifier: impl Into<String>) -> Self {
        self.pool = self.pool.resource(identifier);
        self
    }

    /// Lets in the tokens of one more user pool, up to 1,000 in all.
    pub fn user_pool(mut self, pool: UserPool) -> Self {
        self.more_pools.push(pool);
        self
    }

    /// Lets in tokens for this use instead of access tokens: `TokenUse::Id`, or `Accept::Either` for both.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Self {
        self.accept = accept.into();
        self
    }

    /// Asks for this of every token; see [`CognitoAuthLayer::require`].
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.requirement = self.requirement.and(requirement);
        self
    }

    /// Allows clocks to differ by so much, at most five minutes; zero by default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Reads tokens of at most so many bytes; 16 KiB by default, 512 bytes at least.
    pub fn token_limit(mut self, bytes: usize) -> Self {
        self.token_limit = bytes;
        self
    }

    /// The `realm` of challenges (RFC 9110 §11.5); none by default, except where a challenge would be empty without.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// How often the keys are fetched, ahead of need: an hour by default, from a minute to a day. Each time up to a
    /// tenth is left out by chance. `Cache-Control: max-age` of the answer may shorten it, to a minute at least.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.refresh_interval = interval;
        self
    }

    /// How long keys are used after they were fetched: a day by default, from two minutes to a week. They are fetched
    /// twice in that time at least, whatever the interval. If all of it fails,
    /// every request is answered 503.
    ///
    /// *Security*: a key withdrawn by Cognito stays trusted until the next fetch succeeds, so for this long at most.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.max_stale = max_stale;
        self
    }

    /// How long a fetch may take, and a request wait for it: 1.5 s by default, as in API Gateway; from 0.1 s to 30 s.
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = timeout;
        self
    }

    /// Fetches the keys with this client: for proxies, private certificate authorities, other time-outs. Redirects are refused
    /// all the same; the limits on time and size hold.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Keeps the last good keys of all pools in this file, so that a restart while they cannot be fetched serves all the
    /// same. Give each layer a file of its own, in a folder that exists and that outlives the process.
    ///
    /// It is written after each fetch that succeeds, in one step, and read once, when the layer is made. The keys in it
    /// are used until the first fetch succeeds, which is tried at once, and never longer than
    /// [`max_stale`](Self::max_stale) after *their* fetch. What cannot be used is said in the log and is as good as absent:
    /// a file that is damaged, and the keys of a pool that are too old, from the future, or fetched for another issuer or
    /// from another URL than is configured now. [`with_keys`](Self::with_keys) neither reads nor writes it.
    ///
    /// *Security*: whoever may write the file may let in whom he likes, so on Unix it must belong to the user of this
    /// process, or to root, and be writable by its owner alone. Protect the folder as well.
    pub fn last_known_keys(mut self, path: impl Into<PathBuf>) -> Self {
        self.last_known_keys = Some(path.into());
        self
    }

    /// Tells the time; the system's by default. For tests: [`ManualClock`](crate::ManualClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Fetches the keys, and keeps them fresh in the background until the last clone of the layer is gone.
    ///
    /// # Errors
    ///
    /// If a setting does not hold, or the keys of a pool cannot be fetched and are not among the
    /// [last known ones](Self::last_known_keys) either: a service that could let nobody in does not start.
    pub async fn connect(self) -> Result<CognitoAuthLayer, ConfigError> {
        let layer = self.connect_lazy()?;
        let keys = &layer.authorizer.keys;
        let status = keys.first().await;
        for (pool, status) in layer.authorizer.verifier.pools().iter().zip(status.pools) {
            if let (false, Some(error)) = (status.is_ready(), status.last_error) {
                return Err(ConfigError::Keys { pool: status.pool, url: pool.jwks_url().into(), error });
            }
        }
        Ok(layer)
    }

    /// Starts without keys and fetches them in the background. Requests wait for the first fetch; while there are no
    /// keys they are answered 503.
    ///
    /// # Errors
    ///
    /// If a setting does not hold, or no tokio runtime is running.
    pub fn connect_lazy(self) -> Result<CognitoAuthLayer, ConfigError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let schedule = self.schedule()?;
        let fetcher = Fetcher::new(self.http_client.clone(), self.fetch_timeout)
            .map_err(|error| ConfigError::HttpClient { problem: error.to_string() })?;
        let disk = self
            .last_known_keys
            .as_ref()
            .map(|path| LastKnown::at(path).ok_or_else(|| ConfigError::LastKnownKeys { path: path.clone() }));
        let (clock, disk) = (self.clock.clone(), disk.transpose()?);
        self.finish(|verifier| Ok(Keys::fetched(verifier.pools(), schedule, clock, fetcher, disk, &runtime)))
    }

    /// Uses these keys, one set for each pool in their order, and never fetches any: for tests, and where something else
    /// brings the keys.
    ///
    /// ```
    /// use cognito_authorizer::{CognitoAuthLayer, KeySet};
    ///
    /// # fn example(jwks: &[u8]) -> Result<CognitoAuthLayer, Box<dyn std::error::Error>> {
    /// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
    /// let auth = builder.with_keys([KeySet::from_json(jwks)?])?;
    /// # Ok(auth) }
    /// ```
    ///
    /// # Errors
    ///
    /// If a setting does not hold, or there are more or fewer sets than pools.
    pub fn with_keys(self, sets: impl IntoIterator<Item = KeySet>) -> Result<CognitoAuthLayer, ConfigError> {
        let schedule = self.schedule()?;
        let (clock, sets) = (self.clock.clone(), sets.into_iter().collect::<Vec<_>>());
        self.finish(|verifier| {
            let (given, pools) = (sets.len(), verifier.pools().len());
            if given == pools {
                Ok(Keys::fixed(verifier.pools(), sets, schedule, clock))
            } else {
                Err(ConfigError::KeySets { given, pools })
            }
        })
    }

    fn schedule(&self) -> Result<Schedule, ConfigError> {
        let within = |setting, given, least, most| {
            if (least..=most).contains(&given) {
                Ok(given)
            } else {
                Err(ConfigError::Duration { setting, given, least, most })
            }
        };
        within("fetch_timeout", self.fetch_timeout, Duration::from_millis(100), MINUTE / 2)?;
        let interval = within("refresh_interval", self.refresh_interval, MINUTE, DAY)?;
        let max_stale = within("max_stale", self.max_stale, 2 * MINUTE, 7 * DAY)?;
        // Keys must not grow too old between two fetches that succeed.
        Ok(Schedule { interval: interval.min(max_stale / 2), max_stale })
    }

    fn finish(
        self,
        keys: impl FnOnce(&Verifier) -> Result<Keys, ConfigError>,
    ) -> Result<CognitoAuthLayer, ConfigError> {
        check(&self.requirement)?;
        if self.token_limit < LEAST_TOKEN_LIMIT {
            return Err(ConfigError::TokenLimit { given: self.token_limit, least: LEAST_TOKEN_LIMIT });
        }
        if let Some(given) = self.realm.as_ref().filter(|realm| !is_realm(realm)) {
            return Err(ConfigError::Realm { given: given.clone() });
        }
        let pools = std::iter::once(self.pool).chain(self.more_pools);
        let verifier =
            Verifier::new(pools)?.accept(self.accept).leeway(self.leeway)?.token_limit(self.token_limit);
        let keys = Arc::new(keys(&verifier)?);
        let responder = Responder { realm: self.realm.map(Into::into) };
        let authorizer = Authorizer { verifier, requirement: self.requirement, responder, keys };
        Ok(CognitoAuthLayer { authorizer: Arc::new(authorizer) })
    }
}

fn check(requirement: &Requirement) -> Result<(), ConfigError> {
    requirement.error().map_or(Ok(()), |error| Err(ConfigError::Requirement(error.clone())))
}
