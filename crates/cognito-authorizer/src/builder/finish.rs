//! The three methods that build the layer, and the checks of its settings.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use cognito_verify::{KeySet, Pool, Verifier};
use tokio::runtime::Handle;

use super::{CognitoAuthBuilder, Connecting, DAY, HOUR, MINUTE};
use crate::{
    authorizer::{
        AudiencePattern, DecisionLog, Engine, IdentitySource, Policy, Routes, Routing, VerifiedTokens,
    },
    config::ConfigError,
    gateway::GatewayResponses,
    keys::{AnySource, Keys, LastKnown, Timing},
    layer::CognitoAuthLayer,
    profile::Profile,
    respond::{Responder, is_realm},
    revocation::Revocations,
};

/// The default time-out of a fetch: API Gateway's limit for a JWK Set.
const FETCH_TIMEOUT: Duration = Duration::from_millis(1500);
/// The default time-out of the first fetch of `connect`, which also resolves the host and sets up TLS.
const FIRST_FETCH_TIMEOUT: Duration = Duration::from_secs(3);
/// A header and a signature alone take more.
const LEAST_TOKEN_LIMIT: usize = 512;

impl CognitoAuthBuilder {
    /// Fetches the keys, and refreshes them in the background until the last clone of the layer is dropped.
    ///
    /// The first fetch of a pool's keys has a time-out of 3 s, unless [`fetch_timeout`](crate::keys::Jwks::fetch_timeout) is set, and is
    /// retried once if it fails.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, or the keys of a pool can neither be fetched nor read from the file of
    /// [last known keys](crate::keys::Jwks::last_known). The service would otherwise start and refuse every request.
    pub fn connect(self) -> Connecting {
        Connecting::new(self.connected())
    }

    async fn connected(self) -> Result<CognitoAuthLayer, ConfigError> {
        let layer = self.start(FIRST_FETCH_TIMEOUT)?;
        let keys = &layer.engine.keys;
        let status = keys.first().await;
        for (pool, status) in layer.engine.verifier.pools().iter().zip(status.pools) {
            if let (false, Some(error)) = (status.is_ready(), status.last_error) {
                return Err(ConfigError::Keys { pool: status.pool, url: pool.jwks_url().into(), error });
            }
        }
        Ok(layer)
    }

    /// Returns at once and fetches the keys in the background. Requests wait for the first fetch, which has the same time-out
    /// as later ones. While there are no keys, requests are answered with 503.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, or no tokio runtime is running.
    pub fn connect_lazy(self) -> Result<CognitoAuthLayer, ConfigError> {
        self.start(FETCH_TIMEOUT)
    }

    /// Starts fetching. `first_timeout` applies to the first fetch unless `fetch_timeout` is set.
    fn start(self, first_timeout: Duration) -> Result<CognitoAuthLayer, ConfigError> {
        self.check_repeated()?;
        let runtime = Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let timing = self.timing(first_timeout)?;
        let disk =
            self.key_settings.last_known.as_ref().map(|path| {
                LastKnown::at(path).ok_or_else(|| ConfigError::LastKnownKeys { path: path.clone() })
            });
        let (clock, disk) = (self.clock.clone(), disk.transpose()?);
        let source = self.source()?;
        let tasks = runtime.clone();
        let keys = |verifier: &Verifier| {
            let pools = verifier.pools();
            for pool in pools {
                source.check(pool, timing.longest_timeout())?;
                warn_of_plain_http(pool);
            }
            Ok(Keys::fetched(pools, timing, clock, source, disk, &tasks))
        };
        self.finish(keys, Some(runtime))
    }

    /// Uses these keys, each set for the pool with this id, and never fetches any. For tests, and for programs that obtain the keys
    /// once.
    ///
    /// ```
    /// use cognito_authorizer::{CognitoAuthLayer, KeySet};
    ///
    /// # fn example(jwks: &[u8]) -> Result<CognitoAuthLayer, Box<dyn std::error::Error>> {
    /// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
    /// let auth = builder.with_keys([("ap-south-1_abcdefghi", KeySet::from_json(jwks)?)])?;
    /// # Ok(auth) }
    /// ```
    ///
    /// # Errors
    ///
    /// If a setting is invalid, a pool has no set or several, or a set names a pool that is not configured.
    pub fn with_keys(
        self,
        sets: impl IntoIterator<Item = (impl Into<String>, KeySet)>,
    ) -> Result<CognitoAuthLayer, ConfigError> {
        self.check_repeated()?;
        let timing = self.timing(FETCH_TIMEOUT)?;
        let clock = self.clock.clone();
        let sets: Vec<(String, KeySet)> = sets.into_iter().map(|(pool, set)| (pool.into(), set)).collect();
        // Only the revocation check waits, so only it needs a runtime.
        let runtime = match self.revocations {
            Some(_) => Some(Handle::try_current().map_err(|_| ConfigError::NoRuntime)?),
            None => None,
        };
        let keys = |verifier: &Verifier| {
            let sets = by_pool(sets, verifier.pools())?;
            Ok(Keys::fixed(verifier.pools(), sets, timing, clock))
        };
        self.finish(keys, runtime)
    }

    fn source(&self) -> Result<AnySource, ConfigError> {
        #[cfg(feature = "https")]
        let default = Some(AnySource::new(crate::keys::Https::default()));
        #[cfg(not(feature = "https"))]
        let default = None;
        self.source.clone().or(default).ok_or(ConfigError::NoKeySource)
    }

    fn check_repeated(&self) -> Result<(), ConfigError> {
        let setting = repeated(&self.given).or_else(|| repeated(&self.key_settings.given));
        setting.map_or(Ok(()), |setting| Err(ConfigError::Repeated { setting }))
    }

    fn timing(&self, first_timeout: Duration) -> Result<Timing, ConfigError> {
        let settings = &self.key_settings;
        if let Some(timeout) = settings.fetch_timeout {
            within("fetch_timeout", timeout, Duration::from_millis(100), MINUTE / 2)?;
        }
        let cool_down = within("cool_down", settings.cool_down, MINUTE / 60, MINUTE)?;
        let interval = within("refresh_every", settings.refresh_every, MINUTE, DAY)?;
        let max_stale = within("max_stale", settings.max_stale, 2 * MINUTE, 7 * DAY)?;
        Ok(Timing {
            // Keys must not grow too old between two fetches that succeed.
            interval: interval.min(max_stale / 2),
            max_stale,
            cool_down,
            first_timeout: settings.fetch_timeout.unwrap_or(first_timeout),
            timeout: settings.fetch_timeout.unwrap_or(FETCH_TIMEOUT),
        })
    }

    fn finish(
        self,
        keys: impl FnOnce(&Verifier) -> Result<Keys, ConfigError>,
        runtime: Option<Handle>,
    ) -> Result<CognitoAuthLayer, ConfigError> {
        let identity = self.identity()?;
        let audience = self.audience()?;
        let responder = self.responder(&identity)?;
        let timeout = within("revocation_timeout", self.revocation_timeout, MINUTE / 6000, MINUTE / 2)?;
        let failure = self.revocation_failure;
        let revocations = self.revocations.map(|given| Revocations { timeout, failure, ..given });
        let result_ttl = within("result_ttl", self.result_ttl, Duration::ZERO, HOUR)?;
        let remembers = !result_ttl.is_zero() && self.result_capacity > 0;
        let known = remembers.then(|| Arc::new(VerifiedTokens::new(self.result_capacity, result_ttl)));
        let routes = self.routes.map(|table| Arc::new(Routes::new(self.profile, table)));
        let routing = Routing {
            profile: self.profile,
            accept: self.accept,
            policy: Policy::new(self.profile, self.requirement),
            routes: routes.clone().map(|routes| Arc::new(ArcSwap::new(routes))),
            preflight: self.preflight,
        };
        if self.token_limit < LEAST_TOKEN_LIMIT {
            return Err(ConfigError::TokenLimit { given: self.token_limit, least: LEAST_TOKEN_LIMIT });
        }
        // Which token use is accepted depends on the route, so the engine sets it for each token.
        let verifier = Verifier::new(std::iter::once(self.pool).chain(self.more_pools))?
            .claim_rules(self.profile.claim_rules())
            .leeway(self.leeway)?
            .token_limit(self.token_limit);
        routing.check(routes.as_ref(), verifier.pools())?;
        let keys = Arc::new(keys(&verifier)?);
        let log = Arc::new(DecisionLog::new(self.clock, runtime.as_ref()));
        let engine = Engine {
            routing,
            identity,
            token_limit: self.token_limit,
            verifier,
            known,
            audience,
            revocations,
            responder,
            keys,
            log,
            runtime,
        };
        Ok(CognitoAuthLayer::new(engine))
    }

    fn identity(&self) -> Result<IdentitySource, ConfigError> {
        let source: IdentitySource = match &self.identity_source {
            Some(expression) => expression.parse()?,
            None => IdentitySource::default(),
        };
        if source.is_query() && self.profile != Profile::HttpApi {
            return Err(
                self.not_in_profile("identity_source", "name a header, as `method.request.header.X-Token`")
            );
        }
        Ok(source)
    }

    fn audience(&self) -> Result<Option<AudiencePattern>, ConfigError> {
        let Some(expression) = &self.identity_validation_expression else { return Ok(None) };
        if self.profile != Profile::RestApi {
            let fix = "name the app clients with `.client(…)`";
            return Err(self.not_in_profile("identity_validation_expression", fix));
        }
        AudiencePattern::new(expression)
            .map(Some)
            .map_err(|problem| ConfigError::IdentityValidationExpression { problem })
    }

    fn responder(&self, identity: &IdentitySource) -> Result<Responder, ConfigError> {
        if let Some(realm) = &self.realm {
            if self.profile != Profile::Standard {
                return Err(self.not_in_profile("realm", "leave it out, as API Gateway states none"));
            }
            if !is_realm(realm) {
                return Err(ConfigError::Realm { given: realm.clone() });
            }
        }
        if self.gateway_responses.is_some() && self.profile == Profile::HttpApi {
            return Err(self.not_in_profile("gateway_responses", "leave them out, as HTTP APIs have none"));
        }
        let prepare = |responses: &GatewayResponses| responses.clone().prepare(identity.header_name());
        let gateway = self.gateway_responses.as_ref().map(prepare).transpose()?.map(Arc::new);
        Ok(Responder { profile: self.profile, realm: self.realm.as_deref().map(Into::into), gateway })
    }

    fn not_in_profile(&self, setting: &'static str, fix: &'static str) -> ConfigError {
        ConfigError::NotInProfile { setting, profile: self.profile, fix }
    }
}

/// The key set of each pool, in the order of the pools.
fn by_pool(sets: Vec<(String, KeySet)>, pools: &[Arc<Pool>]) -> Result<Vec<KeySet>, ConfigError> {
    let mut by_id = HashMap::with_capacity(sets.len());
    for (pool, set) in sets {
        if by_id.insert(pool.clone(), set).is_some() {
            return Err(ConfigError::KeysTwice { pool });
        }
    }
    let of = |pool: &Arc<Pool>| {
        by_id.remove(pool.id().as_str()).ok_or_else(|| ConfigError::NoKeys { pool: pool.id().clone() })
    };
    let sets = pools.iter().map(of).collect::<Result<_, _>>()?;
    match by_id.into_keys().min() {
        Some(pool) => Err(ConfigError::KeysOfOtherPool { pool }),
        None => Ok(sets),
    }
}

/// Says at the start that the keys of a pool are not protected on their way.
fn warn_of_plain_http(pool: &Pool) {
    if let Some(host) = pool.allowed_http_host() {
        tracing::warn!(
            pool = %pool.id(),
            host,
            "keys are fetched over plain http, as `.dangerous_allow_http(…)` allows: anyone who can change this traffic can sign tokens"
        );
    }
}

/// The first name that occurs twice.
fn repeated(settings: &[&'static str]) -> Option<&'static str> {
    let is_repeated = |(index, setting)| settings.iter().take(index).any(|earlier| earlier == setting);
    settings.iter().enumerate().find(|found| is_repeated(*found)).map(|(_, setting)| *setting)
}

fn within(
    setting: &'static str,
    given: Duration,
    least: Duration,
    most: Duration,
) -> Result<Duration, ConfigError> {
    if (least..=most).contains(&given) {
        Ok(given)
    } else {
        Err(ConfigError::Duration { setting, given, least, most })
    }
}
