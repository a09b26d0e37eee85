//! The builder of the layer: its settings, which `finish` checks.

mod connecting;
mod finish;

use std::{sync::Arc, time::Duration};

pub use connecting::Connecting;

use cognito_verify::{Accept, IntoRequirement, IssuerForm, Requirement, UserPool, Verifier};

use crate::{
    authorizer::Preflight,
    clock::{Clock, SystemClock},
    gateway::GatewayResponses,
    keys::{AnySource, Jwks, KeySettings, KeySource},
    profile::Profile,
    revocation::{RevocationCheck, RevocationFailure, Revocations},
    routes::RouteTable,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const DEFAULT_RESULT_CAPACITY: usize = 16 * 1024;

/// The settings of a [`CognitoAuthLayer`](crate::CognitoAuthLayer). They are checked when [`connect`](Self::connect),
/// [`connect_lazy`](Self::connect_lazy) or [`with_keys`](Self::with_keys) builds the layer.
///
/// Calling a setting twice that has one value is an error when the layer is built, because the second call would silently
/// replace the first. A setting that comes from an API definition can be replaced once, and [`clock`](Self::clock) any number of
/// times.
///
/// The settings of a pool (app clients, issuer, resource) apply to the pool that
/// [`builder`](crate::CognitoAuthLayer::builder) names; further pools have their own settings, see [`user_pool`](Self::user_pool).
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
    /// `None` for the default source.
    source: Option<AnySource>,
    key_settings: KeySettings,
    clock: Arc<dyn Clock>,
    /// The names of the single-value settings that were called, in order.
    given: Vec<&'static str>,
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
            source: None,
            key_settings: KeySettings::default(),
            clock: Arc::new(SystemClock),
            given: Vec::new(),
        }
    }

    /// Records that a single-value setting was called.
    fn give(&mut self, setting: &'static str) {
        self.given.push(setting);
    }

    /// Lets the program replace the settings so far, which come from a definition.
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

    /// Which of AWS's two issuer forms the tokens have. Call it for both to accept either; see [`UserPool::issuer_form`].
    pub fn issuer_form(mut self, form: IssuerForm) -> Self {
        self.pool = self.pool.issuer_form(form);
        self
    }

    /// The issuer to expect instead of AWS's; see [`UserPool::issuer`].
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        self.pool = self.pool.issuer(url);
        self
    }

    /// The URL of the key set, if it is not below the issuer; see [`UserPool::jwks_url`].
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

    /// Which rules decide about requests and how refusals are answered; [`Profile::Standard`] by default.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.give("profile");
        self.profile = profile;
        self
    }

    /// Lets in tokens for this use, whatever the profile says: `TokenUse::Access`, `TokenUse::Id`, or `Accept::Either`.
    ///
    /// By default the [`Profile`] decides. The standard profile accepts access tokens, unless every alternative of the requirement
    /// names a token use.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Self {
        self.give("accept");
        self.accept = Some(accept.into());
        self
    }

    /// Where the token of a request is; the header `Authorization` by default. Takes AWS's mapping expressions; see
    /// [`IdentitySource`](crate::IdentitySource). A query parameter requires [`Profile::HttpApi`].
    ///
    /// The value is the token, with or without `Bearer` before it, as in API Gateway.
    pub fn identity_source(mut self, expression: impl Into<String>) -> Self {
        self.give("identity_source");
        self.identity_source = Some(expression.into());
        self
    }

    /// API Gateway's *identity validation expression* (in its console, *token validation*): a regular expression that must match
    /// the whole of `aud`; otherwise the request gets 401. Requires [`Profile::RestApi`]; in other profiles use
    /// [`client`](Self::client).
    ///
    /// Access tokens have no `aud` and so never match, as in API Gateway («Authorizer» of its API reference). AWS supports
    /// look-around and back-references; here they are errors, because their cost is not bounded.
    pub fn identity_validation_expression(mut self, expression: impl Into<String>) -> Self {
        self.give("identity_validation_expression");
        self.identity_validation_expression = Some(expression.into());
        self
    }

    /// What a request requires, by its method and path. A request that no row matches is refused unless the table says
    /// otherwise. With a table, put the layer around the whole router, with `.layer(auth)`, so that it also sees requests for
    /// which the router has no route.
    ///
    /// The path is the one that the layer sees: inside `Router::nest`, the path without the prefix.
    pub fn routes(mut self, table: RouteTable) -> Self {
        self.give("routes");
        self.routes = Some(table);
        self
    }

    /// Lets in CORS preflights without a token: `OPTIONS` requests with `Origin` and `Access-Control-Request-Method`. Use it if
    /// CORS is answered inside this layer; an outer `CorsLayer` is the better choice where possible.
    /// [`RouteRule::Preflight`](crate::RouteRule::Preflight) does the same for single paths.
    ///
    /// *Security*: preflights pass whatever the route table says, even on a row that refuses, unless the path is ambiguous. A
    /// handler for every method, such as axum's `any(…)`, then runs without a token.
    pub fn pass_cors_preflight(mut self) -> Self {
        self.preflight = Preflight::Open;
        self
    }

    /// Requires this of every token; see [`CognitoAuthLayer::require`](crate::CognitoAuthLayer::require).
    pub fn require(mut self, requirement: impl IntoRequirement) -> Self {
        self.requirement = self.requirement.and(requirement);
        self
    }

    /// How long a verified token is cached: API Gateway's *result TTL*, five minutes by default and an hour at most; zero turns
    /// the cache off (`CreateAuthorizer` of its API reference, `authorizerResultTtlInSeconds`).
    ///
    /// The cache holds the claims of tokens whose signature was verified. Times, the route's requirement, the presence of the
    /// signing key in the pool's key set, and revocation are checked on every request, so a cached token is never let in where
    /// an uncached one would be refused. Refusals are not cached. The cache stores a token's text without its signature, and the
    /// SHA-256 of the signature: this suffices to compare the whole token, and does not reveal a usable one.
    pub fn result_ttl(mut self, ttl: Duration) -> Self {
        self.give("result_ttl");
        self.result_ttl = ttl;
        self
    }

    /// How many verified tokens are cached, 16,384 by default; the least used ones are evicted. A token takes about twice the
    /// memory of its text, typically 2 KB. A token of more than 2 KiB counts as several.
    pub fn result_capacity(mut self, tokens: usize) -> Self {
        self.give("result_capacity");
        self.result_capacity = tokens;
        self
    }

    /// The clock difference to tolerate, at most five minutes; zero by default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.give("leeway");
        self.leeway = leeway;
        self
    }

    /// The longest token to accept, in bytes; 16 KiB by default, 512 bytes at least. A header value that exceeds this by more
    /// than 64 bytes is refused, and only its scheme is read.
    pub fn token_limit(mut self, bytes: usize) -> Self {
        self.give("token_limit");
        self.token_limit = bytes;
        self
    }

    /// The `realm` of challenges (RFC 9110 §11.5). By default there is one only in challenges that would otherwise be empty.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.give("realm");
        self.realm = Some(realm.into());
        self
    }

    /// Answers refusals with the customised *gateway responses* of a REST API. An error with [`Profile::HttpApi`]: HTTP APIs have none.
    pub fn gateway_responses(mut self, responses: GatewayResponses) -> Self {
        self.give("gateway_responses");
        self.gateway_responses = Some(responses);
        self
    }

    /// Runs this check for every otherwise valid token. Off by default, as in API Gateway.
    pub fn revocation_check(mut self, check: impl RevocationCheck) -> Self {
        self.give("revocation_check");
        self.revocations = Some(Revocations::new(check, self.revocation_timeout, self.revocation_failure));
        self
    }

    /// How long a request waits for the [`revocation_check`](Self::revocation_check): half a second by default, from 10 ms
    /// to 30 s. [`revocation_failure`](Self::revocation_failure) decides what happens then.
    pub fn revocation_timeout(mut self, timeout: Duration) -> Self {
        self.give("revocation_timeout");
        self.revocation_timeout = timeout;
        self
    }

    /// What happens to a request whose token cannot be looked up in time; refused by default.
    pub fn revocation_failure(mut self, failure: RevocationFailure) -> Self {
        self.give("revocation_failure");
        self.revocation_failure = failure;
        self
    }

    /// Where key sets come from, when they are fetched, and how long they are used; [`Jwks::https`] by default.
    pub fn keys(mut self, keys: Jwks<impl KeySource>) -> Self {
        self.give("keys");
        let (source, settings) = keys.into_parts();
        (self.source, self.key_settings) = (Some(AnySource::new(source)), settings);
        self
    }

    /// The clock; the system's by default. The last of several calls counts. Tests can use [`ManualClock`](crate::ManualClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}
