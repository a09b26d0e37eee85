//! The three methods that build the layer.

use std::{iter, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use cognito_verify::{KeySet, Pool, Verifier};
use tokio::runtime::Handle;

use super::{
    CognitoAuthBuilder, Connecting,
    checks::{self, HOUR, within},
};
#[cfg(feature = "api-gateway")]
use crate::respond::Responder;
use crate::{
    authorizer::{Anonymous, CallerLog, DecisionLog, Engine, Policy, Routes, Routing, VerifiedTokens},
    config::ConfigError,
    keys::{AnySource, Keys, LastKnown, Timing},
    layer::CognitoAuthLayer,
    problems::Problems,
};

/// The default time-out of a fetch: API Gateway's limit for a JWK Set.
const FETCH_TIMEOUT: Duration = Duration::from_millis(1500);
/// The default time-out of the first fetch of `connect`, which also resolves the host and sets up TLS.
const FIRST_FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// Where the keys come from.
enum KeysFrom {
    /// They are fetched.
    Source { first_timeout: Duration },
    /// The program supplies them, by the id of their pool.
    Program(Vec<(String, KeySet)>),
}

/// What the keys are made of, once it is checked.
enum CheckedKeys {
    Fetched { source: AnySource, disk: Option<LastKnown>, runtime: Handle },
    Supplied(Vec<KeySet>),
}

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
        let layer = self.build(KeysFrom::Source { first_timeout: FIRST_FETCH_TIMEOUT })?;
        let status = layer.engine.keys.first().await;
        let mut problems = Problems::default();
        let pools = layer.engine.keys.verifier().pools().to_vec();
        for (pool, status) in pools.iter().zip(status.pools) {
            if let (false, Some(error)) = (status.is_ready(), status.last_error) {
                problems.add(ConfigError::Keys { pool: status.pool, url: pool.jwks_url().into(), error });
            }
        }
        problems.none_in(Some(layer))
    }

    /// Returns at once and fetches the keys in the background. Requests wait for the first fetch, which has the same time-out
    /// as later ones. While there are no keys, requests are answered with 503.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, or no tokio runtime is running.
    pub fn connect_lazy(self) -> Result<CognitoAuthLayer, ConfigError> {
        self.build(KeysFrom::Source { first_timeout: FETCH_TIMEOUT })
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
        self.build(KeysFrom::Program(sets.into_iter().map(|(pool, set)| (pool.into(), set)).collect()))
    }

    /// Checks all settings, and builds the layer if none has a problem.
    fn build(self, keys: KeysFrom) -> Result<CognitoAuthLayer, ConfigError> {
        let mut problems = Problems::default();
        checks::repeated(&self, &mut problems);
        // Requests wait for keys that are fetched, and for the revocation check.
        let needs_runtime = self.revocation.is_some() || matches!(keys, KeysFrom::Source { .. });
        let runtime = needs_runtime.then(Handle::try_current).transpose();
        let runtime = problems.check(runtime.map_err(|_| ConfigError::NoRuntime)).flatten();
        let timing = self.timing(&keys, &mut problems);
        let identity = problems.check(checks::identity(&self.profile));
        #[cfg(feature = "api-gateway")]
        let audience = problems.check(checks::audience(&self.profile)).flatten();
        let responder = checks::responder(&self.profile, &mut problems);
        #[cfg(feature = "api-gateway")]
        let gateway = checks::gateway_responses(&self.profile, identity.as_ref(), &mut problems);
        #[cfg(feature = "api-gateway")]
        let responder = Responder { gateway, ..responder };
        checks::revocation(self.revocation.as_ref(), &mut problems);
        checks::limits(&self.limits, &mut problems);
        let result_ttl = within("result_ttl", self.result_ttl, Duration::ZERO..=HOUR, &mut problems);
        let pools = iter::once(self.pool.clone()).chain(self.more_pools.clone());
        let verifier = problems.check(Verifier::new(pools)).map(|verifier| {
            verifier.claim_rules(self.profile.claim_rules()).token_limit(self.limits.token_bytes)
        });
        let pools = verifier.as_ref().map(|verifier| verifier.pools().to_vec());
        problems.check(Verifier::check_leeway(self.leeway));
        // Which token use is accepted depends on the route, so the engine sets it for each token.
        let verifier = verifier.and_then(|verifier| verifier.leeway(self.leeway).ok());
        let routes = self.routes.clone().map(|table| Arc::new(Routes::new(self.profile.profile, table)));
        let routing = Routing {
            profile: self.profile.profile,
            accept: self.accept,
            policy: Policy::new(self.profile.profile, self.requirement.clone()),
            routes: routes.clone().map(|routes| Arc::new(ArcSwap::new(routes))),
            preflight: self.preflight,
            anonymous: Anonymous::default(),
        };
        problems.check(routing.check(routes.as_ref(), pools.as_deref()));
        let resource = self.profile.resource.clone();
        if let (Some(resource), Some(pools)) = (&resource, &pools) {
            problems.check(resource.check_pools(pools));
        }
        let keys = self.checked_keys(keys, pools.as_deref(), timing, runtime.as_ref(), &mut problems);
        let all = verifier.zip(identity).zip(keys);
        let ((verifier, identity), keys) = problems.none_in(all)?;
        let capacity = self.limits.cached_tokens;
        let cached = !result_ttl.is_zero() && capacity > 0;
        let engine = Engine {
            routing,
            identity,
            token_limit: self.limits.token_bytes,
            cache: cached.then(|| Arc::new(VerifiedTokens::new(capacity, result_ttl))),
            #[cfg(feature = "api-gateway")]
            audience,
            revocation: self.revocation,
            callers: CallerLog::default(),
            responder,
            resource: resource.map(Arc::new),
            keys: Arc::new(match keys {
                CheckedKeys::Fetched { source, disk, runtime } => {
                    Keys::fetched(verifier, timing, self.clock.clone(), source, disk, runtime)
                }
                CheckedKeys::Supplied(sets) => Keys::supplied(verifier, sets, timing, self.clock.clone()),
            }),
            log: Arc::new(DecisionLog::new(self.clock, runtime.as_ref())),
            runtime,
        };
        Ok(CognitoAuthLayer::new(engine))
    }

    fn timing(&self, keys: &KeysFrom, problems: &mut Problems) -> Timing {
        let first_timeout = match keys {
            KeysFrom::Source { first_timeout } => *first_timeout,
            KeysFrom::Program(_) => FETCH_TIMEOUT,
        };
        checks::timing(&self.key_settings, first_timeout, FETCH_TIMEOUT, problems)
    }

    /// What the keys of these pools are made of. `None` if there are problems.
    fn checked_keys(
        &self,
        keys: KeysFrom,
        pools: Option<&[Arc<Pool>]>,
        timing: Timing,
        runtime: Option<&Handle>,
        problems: &mut Problems,
    ) -> Option<CheckedKeys> {
        if let KeysFrom::Program(sets) = keys {
            return checks::by_pool(sets, pools?, problems).map(CheckedKeys::Supplied);
        }
        let disk =
            self.key_settings.last_known.as_ref().map(|path| {
                LastKnown::at(path).ok_or_else(|| ConfigError::LastKnownKeys { path: path.clone() })
            });
        let disk = problems.check(disk.transpose());
        let source = problems.check(self.source())?;
        let unfetchable = source.check_all(pools?, timing.longest_timeout());
        let can_fetch = unfetchable.is_empty();
        for problem in unfetchable {
            problems.add(problem);
        }
        can_fetch.then_some(())?;
        Some(CheckedKeys::Fetched { source, disk: disk?, runtime: runtime?.clone() })
    }

    fn source(&self) -> Result<AnySource, ConfigError> {
        #[cfg(feature = "https")]
        let default = Some(AnySource::new(crate::keys::Https::default()));
        #[cfg(not(feature = "https"))]
        let default = None;
        self.source.clone().or(default).ok_or(ConfigError::NoKeySource)
    }
}
