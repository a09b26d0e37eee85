//! The builder of the layer: its settings, which `finish` checks.

mod checks;
mod connecting;
mod finish;
mod limits;
mod profiles;

use std::{sync::Arc, time::Duration};

use cognito_verify::{Accept, IntoRequirement, Requirement, UserPool};

pub use connecting::Connecting;
pub use limits::Limits;
#[cfg(feature = "api-gateway")]
pub use profiles::{HttpApi, RestApi};
pub use profiles::{ProfileSettings, Standard};

use crate::{
    authorizer::Preflight,
    clock::{Clock, SystemClock},
    keys::{AnySource, Jwks, KeySettings, KeySource},
    revocation::Revocation,
    routes::RouteTable,
};

const MINUTE: Duration = Duration::from_secs(60);

/// The settings of a [`CognitoAuthLayer`](crate::CognitoAuthLayer). They are checked when [`connect`](Self::connect),
/// [`connect_lazy`](Self::connect_lazy) or [`with_keys`](Self::with_keys) builds the layer. All problems are then reported at once.
///
/// | setting | default |
/// |---|---|
/// | [`client`](Self::client) | none: name the app clients, or allow all with [`UserPool::any_client`] |
/// | [`user_pool`](Self::user_pool) | only the pool of [`builder`](crate::CognitoAuthLayer::builder) |
/// | [`map_user_pools`](Self::map_user_pools) | the pools as they were given |
/// | [`profile`](Self::profile) | [`Standard`]: RFC 6750; header `Authorization` |
/// | [`accept`](Self::accept) | as the profile says; in the standard profile, access tokens |
/// | [`require`](Self::require) | nothing beyond a valid token |
/// | [`routes`](Self::routes) | no table: the same rules for every route |
/// | [`pass_cors_preflight`](Self::pass_cors_preflight) | preflights need a token |
/// | [`keys`](Self::keys) | [`Jwks::https`]: over https, refreshed every hour; see the table at [`Jwks`] |
/// | [`revocation`](Self::revocation) | no check; see the table at [`Revocation`] |
/// | [`result_ttl`](Self::result_ttl) | 5 minutes |
/// | [`leeway`](Self::leeway) | none |
/// | [`limits`](Self::limits) | tokens of at most 16 KiB, 16,384 cached tokens |
///
/// A setting that takes one value can be called only once. A second call is an error when the layer is built, because it would
/// silently replace the first value. A setting that comes from an API definition can be replaced once.
///
/// The app clients of [`client`](Self::client) are those of the pool that [`builder`](crate::CognitoAuthLayer::builder) names;
/// further pools have their own, see [`user_pool`](Self::user_pool). The other settings of a pool (issuer, URL of the keys,
/// resource) are in [`UserPool`].
#[derive(Clone, Debug)]
#[must_use = "a builder is not a layer; finish it by `.connect().await?`, `.connect_lazy()?` or `.with_keys([…])?`"]
pub struct CognitoAuthBuilder {
    pool: UserPool,
    more_pools: Vec<UserPool>,
    profile: ProfileSettings,
    accept: Option<Accept>,
    requirement: Requirement,
    routes: Option<RouteTable>,
    preflight: Preflight,
    result_ttl: Duration,
    leeway: Duration,
    limits: Limits,
    revocation: Option<Revocation>,
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
            profile: ProfileSettings::default(),
            accept: None,
            requirement: Requirement::nothing(),
            routes: None,
            preflight: Preflight::default(),
            result_ttl: 5 * MINUTE,
            leeway: Duration::ZERO,
            limits: Limits::default(),
            revocation: None,
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
        self.profile.given.clear();
        self
    }

    /// Lets in the tokens of this app client; see [`UserPool::client`].
    pub fn client(mut self, id: impl Into<String>) -> Self {
        self.pool = self.pool.client(id);
        self
    }

    /// Lets in the tokens of one more user pool, up to 1,000 in all.
    pub fn user_pool(mut self, pool: UserPool) -> Self {
        self.more_pools.push(pool);
        self
    }

    /// Changes the settings of every pool so far. Use it for pools that come from an API definition, for example to read their keys
    /// from an emulator.
    ///
    /// ```
    /// use cognito_authorizer::CognitoAuthLayer;
    ///
    /// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
    /// let builder = builder.map_user_pools(|pool| pool.jwks_url("http://127.0.0.1:9229/jwks.json"));
    /// ```
    pub fn map_user_pools(mut self, change: impl Fn(UserPool) -> UserPool) -> Self {
        self.pool = change(self.pool);
        self.more_pools = self.more_pools.into_iter().map(change).collect();
        self
    }

    /// The rules for decisions and responses, with the settings that belong to them: [`Standard`] (the default), [`RestApi`] or
    /// [`HttpApi`]. A [`Profile`](crate::Profile) is one without settings.
    ///
    /// For a builder that comes from an API definition, settings that the new profile leaves open stay as in the definition.
    pub fn profile(mut self, profile: impl Into<ProfileSettings>) -> Self {
        self.give("profile");
        self.profile = profile.into().or(self.profile);
        self
    }

    /// Accepts tokens of this use, whatever the profile says: `TokenUse::Access`, `TokenUse::Id`, or `Accept::Either`.
    ///
    /// By default the [`Profile`](crate::Profile) decides. The standard profile accepts access tokens, unless every alternative of the requirement
    /// names a token use.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Self {
        self.give("accept");
        self.accept = Some(accept.into());
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

    /// The clock difference to tolerate, at most five minutes; zero by default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.give("leeway");
        self.leeway = leeway;
        self
    }

    /// Limits on memory: the length of tokens, and the number of cached ones.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.give("limits");
        self.limits = limits;
        self
    }

    /// Runs a check for every otherwise valid token. Off by default, as in API Gateway.
    pub fn revocation(mut self, revocation: Revocation) -> Self {
        self.give("revocation");
        self.revocation = Some(revocation);
        self
    }

    /// Where key sets come from, when they are fetched, and how long they are used; [`Jwks::https`] by default.
    pub fn keys(mut self, keys: Jwks<impl KeySource>) -> Self {
        self.give("keys");
        let (source, settings) = keys.into_parts();
        (self.source, self.key_settings) = (Some(AnySource::new(source)), settings);
        self
    }

    /// The clock, for tests; the system's by default. The last of several calls counts.
    #[cfg(feature = "clock")]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}
