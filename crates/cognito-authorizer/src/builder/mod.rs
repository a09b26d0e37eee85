//! The builder of the layer: its settings here, and in `finish` their checks, all at once.

mod finish;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use cognito_verify::{Accept, IssuerForm, Requirement, UserPool, Verifier};

use crate::{
    clock::{Clock, SystemClock},
    gateway::GatewayResponses,
    profile::Profile,
    revocation::{RevocationCheck, RevocationFailure, Revocations},
    routes::RouteTable,
    routing::Preflight,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const DEFAULT_RESULT_CAPACITY: usize = 16 * 1024;

/// The settings of a [`CognitoAuthLayer`](crate::CognitoAuthLayer). Nothing is checked before one of the three verbs that finish it.
///
/// Settings of a pool (app clients, issuer, resource) are those of the pool that
/// [`builder`](crate::CognitoAuthLayer::builder) names; more pools bring their own, by [`user_pool`](Self::user_pool).
#[derive(Clone, Debug)]
#[must_use]
pub struct CognitoAuthBuilder {
    pool: UserPool,
    more_pools: Vec<UserPool>,
    profile: Profile,
    accept: Option<Accept>,
    requirement: Requirement,
    routes: Option<RouteTable>,
    preflight: Preflight,
    identity_source: Option<String>,
    identity_validation_expression: Option<String>,
    result_ttl: Duration,
    result_capacity: usize,
    leeway: Duration,
    token_limit: usize,
    realm: Option<String>,
    gateway_responses: Option<GatewayResponses>,
    revocations: Option<Revocations>,
    revocation_timeout: Duration,
    revocation_failure: RevocationFailure,
    refresh_interval: Duration,
    max_stale: Duration,
    fetch_timeout: Duration,
    http_client: Option<HttpClient>,
    last_known_keys: Option<PathBuf>,
    clock: Arc<dyn Clock>,
}

/// The caller's client. `Debug` withholds it: it would print the headers that go with each request, a credential among them.
#[derive(Clone)]
struct HttpClient(reqwest::Client);

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient(withheld)")
    }
}

impl CognitoAuthBuilder {
    pub(crate) fn with_pool(pool: UserPool) -> Self {
        Self {
            pool,
            more_pools: Vec::new(),
            profile: Profile::default(),
            accept: None,
            requirement: Requirement::nothing(),
            routes: None,
            preflight: Preflight::default(),
            identity_source: None,
            identity_validation_expression: None,
            result_ttl: 5 * MINUTE,
            result_capacity: DEFAULT_RESULT_CAPACITY,
            leeway: Duration::ZERO,
            token_limit: Verifier::DEFAULT_TOKEN_LIMIT,
            realm: None,
            gateway_responses: None,
            revocations: None,
            revocation_timeout: MINUTE / 120,
            revocation_failure: RevocationFailure::default(),
            refresh_interval: HOUR,
            max_stale: DAY,
            fetch_timeout: Duration::from_millis(1500),
            http_client: None,
            last_known_keys: None,
            clock: Arc::new(SystemClock),
        }
    }

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

    /// Which of AWS's two issuer forms the tokens have; called for both, either; see [`UserPool::issuer_form`].
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

    /// By whose rules requests are let in, and how refused ones are answered; [`Profile::Standard`] by default.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Lets in tokens for this use, whatever the profile says: `TokenUse::Access`, `TokenUse::Id`, or `Accept::Either`.
    ///
    /// By default it is for the [`Profile`]: access tokens in the standard one, unless what is required names a token use
    /// itself, in each of its alternatives.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Self {
        self.accept = Some(accept.into());
        self
    }

    /// Where requests have their token; the header `Authorization` by default. Takes AWS's mapping expressions; see
    /// [`IdentitySource`](crate::IdentitySource). A query parameter is for [`Profile::HttpApi`] alone.
    ///
    /// The value is the token, by itself or behind `Bearer`, as in API Gateway.
    pub fn identity_source(mut self, expression: impl Into<String>) -> Self {
        self.identity_source = Some(expression.into());
        self
    }

    /// API Gateway's *identity validation expression*, in its console *token validation*: a regular expression that `aud`
    /// must match as a whole, else the answer is 401. For [`Profile::RestApi`] alone; elsewhere
    /// [`client`](Self::client) says it.
    ///
    /// An access token has no `aud`, so none matches, as in API Gateway («Authorizer» of its API reference). Look-around and
    /// back-references, which AWS's engine has, are errors here: their cost is not bounded.
    pub fn identity_validation_expression(mut self, expression: impl Into<String>) -> Self {
        self.identity_validation_expression = Some(expression.into());
        self
    }

    /// What is asked of a request by its method and path. A request that no row matches is refused, unless the table says
    /// otherwise. Put the layer around the whole router then, with `.layer(auth)`: it must see what the router has no
    /// route for.
    ///
    /// The path is the one that the layer sees. Inside `Router::nest` that is what is left of it.
    pub fn routes(mut self, table: RouteTable) -> Self {
        self.routes = Some(table);
        self
    }

    /// Lets CORS preflights through without a token: `OPTIONS` with `Origin` and `Access-Control-Request-Method`. For those
    /// whose CORS answers come from inside this layer; where it can, put the `CorsLayer` outside instead. For single paths,
    /// [`RouteRule::Preflight`](crate::RouteRule::Preflight) does the same.
    ///
    /// *Security*: they pass whatever a route table says, a row that refuses included, unless the path is ambiguous. A handler
    /// for every method, as axum's `any(…)`, then runs without a token.
    pub fn pass_cors_preflight(mut self) -> Self {
        self.preflight = Preflight::Open;
        self
    }

    /// Asks for this of every token; see [`CognitoAuthLayer::require`](crate::CognitoAuthLayer::require).
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.requirement = self.requirement.and(requirement);
        self
    }

    /// How long it is remembered that a token was verified: API Gateway's *result TTL*, five minutes by default, an hour at
    /// most; zero remembers nothing (`CreateAuthorizer` of its API reference, `authorizerResultTtlInSeconds`).
    ///
    /// What is remembered is that the signature holds, and the claims. Times, what the route requires, the continued presence
    /// of the signing key in the pool's set, and revocation are checked each time, so a remembered token is never let in where
    /// a new one would not be. Refusals are not remembered. Of a signature its SHA-256 is kept, and of the rest every
    /// letter: the whole token is compared, and no bearer token is kept.
    pub fn result_ttl(mut self, ttl: Duration) -> Self {
        self.result_ttl = ttl;
        self
    }

    /// How many verified tokens are remembered, 16,384 by default; the ones that are used least make room. One takes about
    /// twice the memory of its text, some 2 KB; one of more than 2 KiB counts as several.
    pub fn result_capacity(mut self, tokens: usize) -> Self {
        self.result_capacity = tokens;
        self
    }

    /// Allows clocks to differ by so much, at most five minutes; zero by default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Reads tokens of at most so many bytes; 16 KiB by default, 512 bytes at least. A header value that is more
    /// than 64 bytes longer is refused, and no more of it is read than its scheme.
    pub fn token_limit(mut self, bytes: usize) -> Self {
        self.token_limit = bytes;
        self
    }

    /// The `realm` of challenges (RFC 9110 §11.5); none by default, except where a challenge would be empty without.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Words refusals as a REST API's customised *gateway responses* do. Not in [`Profile::HttpApi`]: HTTP APIs have none.
    pub fn gateway_responses(mut self, responses: GatewayResponses) -> Self {
        self.gateway_responses = Some(responses);
        self
    }

    /// Asks about every token that holds whether it was revoked. By default nobody is asked, as in API Gateway.
    pub fn revocation_check(mut self, check: impl RevocationCheck) -> Self {
        self.revocations = Some(Revocations::new(check, self.revocation_timeout, self.revocation_failure));
        self
    }

    /// How long a request waits for the [`revocation_check`](Self::revocation_check): half a second by default, from 10 ms
    /// to 30 s. What becomes of it then says [`revocation_failure`](Self::revocation_failure).
    pub fn revocation_timeout(mut self, timeout: Duration) -> Self {
        self.revocation_timeout = timeout;
        self
    }

    /// What becomes of a request whose token cannot be looked up in time; it is refused by default.
    pub fn revocation_failure(mut self, failure: RevocationFailure) -> Self {
        self.revocation_failure = failure;
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

    /// Fetches keys over https with this client: for proxies, private certificate authorities, other time-outs. Redirects are
    /// refused all the same; the limits on time and size hold. Plain http, which is loopback's alone, never goes through it.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(HttpClient(client));
        self
    }

    /// Keeps the last good keys of all pools in this file, so that a restart while they cannot be fetched serves all the
    /// same. Give each layer a file of its own, in a folder that can be written and that outlives the process.
    ///
    /// It is written after each fetch that succeeds, in one step, and read once, when the layer is made. What was fetched in
    /// the last moment before the process ends, or the layer is dropped, may be missing: the file is then the one before. The keys in it
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
}
