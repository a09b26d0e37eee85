//! The builder of the layer: its settings here, those of the keys in `keys`, and in `finish` the checks of all of them.

mod connecting;
mod finish;
mod keys;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

pub use connecting::Connecting;

use cognito_verify::{Accept, IntoRequirement, IssuerForm, Requirement, UserPool, Verifier};

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
/// A setting that has one value may be called once, as the second call would silently replace the first: called twice, it is an
/// error when the layer is built. What an API definition says may be replaced once, and [`clock`](Self::clock) at any time.
///
/// Settings of a pool (app clients, issuer, resource) are those of the pool that
/// [`builder`](crate::CognitoAuthLayer::builder) names; more pools bring their own, by [`user_pool`](Self::user_pool).
#[derive(Clone, Debug)]
#[must_use = "a builder is not a layer; finish it by `.connect().await?`, `.connect_lazy()?` or `.with_keys([…])?`"]
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
    /// As it was set; the defaults are several.
    fetch_timeout: Option<Duration>,
    unknown_key_cool_down: Duration,
    http_client: Option<HttpClient>,
    last_known_keys: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    /// The settings with one value that were called, in order.
    given: Vec<&'static str>,
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
            fetch_timeout: None,
            unknown_key_cool_down: MINUTE / 12,
            http_client: None,
            last_known_keys: None,
            clock: Arc::new(SystemClock),
            given: Vec::new(),
        }
    }

    /// Notes that a setting with one value was called.
    fn give(&mut self, setting: &'static str) {
        self.given.push(setting);
    }

    /// Makes what is set so far replaceable: by the program, what a definition says.
    #[cfg(feature = "definition")]
    pub(crate) fn into_defaults(mut self) -> Self {
        self.given.clear();
        self
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

    /// Allows the keys to be fetched over plain `http` from this host; see [`UserPool::dangerous_allow_http`].
    pub fn dangerous_allow_http(mut self, host: impl Into<String>) -> Self {
        self.pool = self.pool.dangerous_allow_http(host);
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
        self.give("profile");
        self.profile = profile;
        self
    }

    /// Lets in tokens for this use, whatever the profile says: `TokenUse::Access`, `TokenUse::Id`, or `Accept::Either`.
    ///
    /// By default it is for the [`Profile`]: access tokens in the standard one, unless what is required names a token use
    /// itself, in each of its alternatives.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Self {
        self.give("accept");
        self.accept = Some(accept.into());
        self
    }

    /// Where requests have their token; the header `Authorization` by default. Takes AWS's mapping expressions; see
    /// [`IdentitySource`](crate::IdentitySource). A query parameter is for [`Profile::HttpApi`] alone.
    ///
    /// The value is the token, by itself or behind `Bearer`, as in API Gateway.
    pub fn identity_source(mut self, expression: impl Into<String>) -> Self {
        self.give("identity_source");
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
        self.give("identity_validation_expression");
        self.identity_validation_expression = Some(expression.into());
        self
    }

    /// What is asked of a request by its method and path. A request that no row matches is refused, unless the table says
    /// otherwise. Put the layer around the whole router then, with `.layer(auth)`: it must see what the router has no
    /// route for.
    ///
    /// The path is the one that the layer sees. Inside `Router::nest` that is what is left of it.
    pub fn routes(mut self, table: RouteTable) -> Self {
        self.give("routes");
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
    pub fn require(mut self, requirement: impl IntoRequirement) -> Self {
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
        self.give("result_ttl");
        self.result_ttl = ttl;
        self
    }

    /// How many verified tokens are remembered, 16,384 by default; the ones that are used least make room. One takes about
    /// twice the memory of its text, some 2 KB; one of more than 2 KiB counts as several.
    pub fn result_capacity(mut self, tokens: usize) -> Self {
        self.give("result_capacity");
        self.result_capacity = tokens;
        self
    }

    /// Allows clocks to differ by so much, at most five minutes; zero by default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.give("leeway");
        self.leeway = leeway;
        self
    }

    /// Reads tokens of at most so many bytes; 16 KiB by default, 512 bytes at least. A header value that is more
    /// than 64 bytes longer is refused, and no more of it is read than its scheme.
    pub fn token_limit(mut self, bytes: usize) -> Self {
        self.give("token_limit");
        self.token_limit = bytes;
        self
    }

    /// The `realm` of challenges (RFC 9110 §11.5); none by default, except where a challenge would be empty without.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.give("realm");
        self.realm = Some(realm.into());
        self
    }

    /// Words refusals as a REST API's customised *gateway responses* do. Not in [`Profile::HttpApi`]: HTTP APIs have none.
    pub fn gateway_responses(mut self, responses: GatewayResponses) -> Self {
        self.give("gateway_responses");
        self.gateway_responses = Some(responses);
        self
    }

    /// Asks about every token that holds whether it was revoked. By default nobody is asked, as in API Gateway.
    pub fn revocation_check(mut self, check: impl RevocationCheck) -> Self {
        self.give("revocation_check");
        self.revocations = Some(Revocations::new(check, self.revocation_timeout, self.revocation_failure));
        self
    }

    /// How long a request waits for the [`revocation_check`](Self::revocation_check): half a second by default, from 10 ms
    /// to 30 s. What becomes of it then says [`revocation_failure`](Self::revocation_failure).
    pub fn revocation_timeout(mut self, timeout: Duration) -> Self {
        self.give("revocation_timeout");
        self.revocation_timeout = timeout;
        self
    }

    /// What becomes of a request whose token cannot be looked up in time; it is refused by default.
    pub fn revocation_failure(mut self, failure: RevocationFailure) -> Self {
        self.give("revocation_failure");
        self.revocation_failure = failure;
        self
    }

    /// Tells the time; the system's by default. Of several calls the last one counts. For tests: [`ManualClock`](crate::ManualClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}
