//! Decides about a request as far as nothing has to be awaited.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use cognito_verify::{Accept, PoolKeys, Recorder, Rejected, UnixTime, UserPool, Verified, Verifier};
use http::Response;
use tokio::runtime::Handle;

use super::{
    cache::{Fingerprint, VerifiedTokens},
    callers::CallerLog,
    identity_sources::IdentitySources,
    log::{self, DecisionLog},
    pending::{Pending, PendingCause},
    policy::RequestPolicy,
    recorder::FactRecorder,
    refusal::Refusal,
    request::RequestHead,
    routing::{Access, CurrentTable, Routes, Routing, RowRef},
    step::Fact,
};
use crate::{
    config::ConfigError,
    keys::{Keys, Snapshot},
    metrics,
    protected_resource::ProtectedResource,
    respond::Responder,
    revocation::Revocation,
    routes::{RouteKey, RouteTable},
};

/// Everything that a decision needs. Shared by a layer, its services and its authorizers.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) routing: Routing,
    pub(crate) identity: IdentitySources,
    /// Longer tokens are not read.
    pub(crate) token_limit: usize,
    /// The cache of verified tokens, unless it is off.
    pub(crate) cache: Option<Arc<VerifiedTokens>>,
    #[cfg(feature = "api-gateway")]
    pub(crate) audience: Option<super::AudiencePattern>,
    pub(crate) revocation: Option<Revocation>,
    pub(crate) callers: CallerLog,
    pub(crate) responder: Responder,
    /// What clients learn about this API, if it is a protected resource.
    pub(crate) resource: Option<Arc<ProtectedResource>>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) log: Arc<DecisionLog>,
    /// Drives time-outs, whichever executor polls. Present if anything can be awaited.
    pub(crate) runtime: Option<Handle>,
}

/// The decision about a request.
pub(crate) enum Decision<'t> {
    /// The request is let in, without a token if the row is open.
    Allow { verified: Option<Arc<Verified>>, row: Option<RowRef<'t>> },
    /// The request is let in without a token, which is optional here.
    AllowAnonymous { row: Option<RowRef<'t>> },
    /// The request is refused.
    Refuse { refusal: Refusal, row: Option<RowRef<'t>> },
    /// The decision waits for a key or for the revocation check.
    Pending(Pending),
}

/// How far the checks of a token got without waiting.
pub(super) enum Progress {
    Done(Arc<Verified>),
    Pending(PendingCause),
}

impl Engine {
    /// Decides at once, or returns what to wait for.
    pub(crate) fn decide<'t, R: FactRecorder>(
        &self,
        request: RequestHead<'_>,
        table: &'t CurrentTable,
        recorder: &mut R,
    ) -> Decision<'t> {
        let access = self.routing.access(request, table);
        recorder.record_fact(|| access.fact());
        let row = match access {
            Access::Open(row) => {
                count_open(recorder);
                return Decision::Allow { verified: None, row };
            }
            Access::Optional(row) if !self.identity.is_presented(request) => {
                recorder.record_fact(|| Fact::Anonymous { sources: self.identity.iter().cloned().collect() });
                log_anonymous(row.and_then(RowRef::key), recorder);
                return Decision::AllowAnonymous { row };
            }
            Access::Optional(row) | Access::Token(row) => row,
            Access::Refused(error, row) => {
                let refusal = error.into();
                self.log_refused(&refusal, &self.routing.policy(row), row, recorder);
                return Decision::Refuse { refusal, row };
            }
        };
        let policy = self.routing.policy(row);
        match self.check_request(request, &policy, recorder) {
            Ok(Progress::Done(verified)) => {
                log_allowed(&verified, &policy, row, recorder);
                Decision::Allow { verified: Some(verified), row }
            }
            Ok(Progress::Pending(cause)) => {
                Decision::Pending(Pending { cause, row: row.map(RowRef::to_row) })
            }
            Err(refusal) => {
                self.log_refused(&refusal, &policy, row, recorder);
                Decision::Refuse { refusal, row }
            }
        }
    }

    /// Finds the token of the request and checks it, as far as nothing has to be awaited.
    fn check_request<R: FactRecorder>(
        &self,
        request: RequestHead<'_>,
        policy: &RequestPolicy<'_>,
        recorder: &mut R,
    ) -> Result<Progress, Refusal> {
        let now = self.keys.clock().now();
        let keys = self.keys.load(now);
        // Fast path: what the verifier accepts is a token, so its bytes need no other check.
        let likely = if R::RECORDS { None } else { self.identity.likely_token(request.headers) };
        let mut refused = None;
        if let Some(token) = likely {
            match self.verify_for(token, policy, &keys, now, recorder) {
                Ok(verified) => return Ok(self.then_revocation(verified)),
                Err(refusal) => refused = Some((token, refusal)),
            }
        }
        let (source, token) = self.identity.token(request, self.token_limit)?;
        recorder.record_fact(|| Fact::IdentitySource {
            source: source.clone(),
            form: source.form(request, &token),
        });
        let verified = match refused {
            Some((likely, refusal)) if *likely == *token => Err(refusal),
            _ => self.verify_for(&token, policy, &keys, now, recorder),
        };
        self.or_wait_for_key(verified, token, policy, &keys.pool_keys, now, recorder)
    }

    /// Checks a token, as far as nothing has to be awaited.
    pub(super) fn check_token<R: FactRecorder>(
        &self,
        token: &[u8],
        policy: &RequestPolicy<'_>,
        recorder: &mut R,
    ) -> Result<Progress, Refusal> {
        let now = self.keys.clock().now();
        let keys = self.keys.load(now);
        let verified = self.verify_for(token, policy, &keys, now, recorder);
        self.or_wait_for_key(verified, Cow::Borrowed(token), policy, &keys.pool_keys, now, recorder)
    }

    /// Waits for the key of a token whose key is not among those `seen`, if it may have been published since.
    fn or_wait_for_key<R: FactRecorder>(
        &self,
        verified: Result<Arc<Verified>, Refusal>,
        token: Cow<'_, [u8]>,
        policy: &RequestPolicy<'_>,
        seen: &Arc<PoolKeys>,
        now: UnixTime,
        recorder: &mut R,
    ) -> Result<Progress, Refusal> {
        let verified = match verified {
            Err(Refusal::Rejected(Rejected::UnknownKey)) => match self.keys.ask(now, &token) {
                Some(wait) => {
                    let (token, seen) = (token.into_owned(), seen.clone());
                    return Ok(Progress::Pending(PendingCause::Key { token, wait, seen }));
                }
                // The keys may have arrived after they were loaded and before they were asked for.
                None => self.verify_finally(&token, policy, seen, recorder)?,
            },
            verified => verified?,
        };
        Ok(self.then_revocation(verified))
    }

    fn then_revocation(&self, verified: Arc<Verified>) -> Progress {
        match &self.revocation {
            Some(_) => Progress::Pending(PendingCause::Revocation(verified)),
            None => Progress::Done(verified),
        }
    }

    /// The checks of a token against these keys, in order: the verifier's, the audience, the policy of the route.
    pub(super) fn verify_for<R: FactRecorder>(
        &self,
        token: &[u8],
        policy: &RequestPolicy<'_>,
        keys: &Snapshot,
        now: UnixTime,
        recorder: &mut R,
    ) -> Result<Arc<Verified>, Refusal> {
        let verified = self.verify_or_recall(token, policy.accept(), keys, now, recorder)?;
        // An explanation is not a call.
        if !R::RECORDS {
            self.callers.record(&verified);
        }
        #[cfg(feature = "api-gateway")]
        if let Some(pattern) = &self.audience {
            recorder.record_fact(|| pattern.fact(&verified));
            if !pattern.matches(&verified) {
                return Err(Refusal::Audience);
            }
        }
        recorder.record_fact(|| policy.fact(&verified));
        policy.check(&verified, now)?;
        Ok(verified)
    }

    /// The verified token, from the cache if it is still valid. The policy of the route is not part of the cached result.
    fn verify_or_recall<R: Recorder>(
        &self,
        token: &[u8],
        accept: Accept,
        keys: &Snapshot,
        now: UnixTime,
        recorder: &mut R,
    ) -> Result<Arc<Verified>, Rejected> {
        let unverified = keys.verifier.read_recorded(token, &keys.pool_keys, recorder)?.accept(accept);
        if R::RECORDS {
            // The findings are those of the checks themselves.
            return unverified.verify_recorded(now, recorder).map(Arc::new);
        }
        let Some(cache) = &self.cache else {
            return metrics::verification(|| unverified.verify(now)).map(Arc::new);
        };
        let fingerprint = Fingerprint::of(unverified.signature());
        match cache.find(&fingerprint, now) {
            Some(verified) => {
                if let Some(result) = unverified.recheck(&verified, now) {
                    metrics::cache_hit();
                    return result.map(|()| verified);
                }
                metrics::cache_dropped_key();
            }
            None => metrics::cache_miss(),
        }
        let verified = Arc::new(metrics::verification(|| unverified.verify(now))?);
        cache.insert(fingerprint, token.len(), &verified, now);
        Ok(verified)
    }

    /// The checks of a token for which no key can be awaited any more, and whose key is not among those `seen`. That the key is
    /// unknown is the client's fault only if all keys were known before they are loaded again.
    pub(super) fn verify_finally<R: FactRecorder>(
        &self,
        token: &[u8],
        policy: &RequestPolicy<'_>,
        seen: &Arc<PoolKeys>,
        recorder: &mut R,
    ) -> Result<Arc<Verified>, Refusal> {
        let now = self.keys.clock().now();
        let in_doubt = self.keys.in_doubt(now);
        let keys = self.keys.load(now);
        let verified = if Arc::ptr_eq(seen, &keys.pool_keys) {
            Err(Rejected::UnknownKey.into())
        } else {
            self.verify_for(token, policy, &keys, now, recorder)
        };
        match (verified, in_doubt) {
            (Err(Refusal::Rejected(Rejected::UnknownKey)), Some(retry_after)) => {
                Err(Refusal::KeysUnavailable { retry_after })
            }
            (verified, _) => verified,
        }
    }

    /// Logs a refusal, and once in a while that requests are refused because keys are missing.
    pub(super) fn log_refused<R: Recorder>(
        &self,
        refusal: &Refusal,
        policy: &RequestPolicy<'_>,
        row: Option<RowRef<'_>>,
        _: &mut R,
    ) {
        // An explanation does not refuse a request.
        if R::RECORDS {
            return;
        }
        if let Refusal::KeysUnavailable { .. } = refusal
            && let Some(requests) = self.keys.count_unavailable(self.keys.clock().now())
        {
            tracing::warn!(requests, "requests are refused because keys cannot be looked up");
        }
        self.log.refused(refusal, policy, row.and_then(RowRef::key));
    }

    /// Replaces the route table, for everything that shares it.
    pub(crate) fn set_routes(&self, table: RouteTable) -> Result<(), ConfigError> {
        let slot = self.routing.routes.as_ref().ok_or(ConfigError::NoRouteTable)?;
        let routes = Arc::new(Routes::new(self.routing.profile, table));
        self.routing.check(Some(&routes), Some(self.keys.verifier().pools()))?;
        slot.store(routes);
        Ok(())
    }

    /// Replaces the user pools, for everything that shares the keys.
    pub(crate) fn set_user_pools(
        &self,
        pools: impl IntoIterator<Item = UserPool>,
    ) -> Result<(), ConfigError> {
        let routes = self.routing.routes.as_ref().map(|routes| routes.load_full());
        self.keys.set_pools(|current, problems| {
            let verifier = problems.check(current.with_pools(pools));
            let pools = verifier.as_ref().map(Verifier::pools);
            problems.check(self.routing.check(routes.as_ref(), pools));
            if let (Some(resource), Some(pools)) = (&self.resource, pools) {
                problems.check(resource.check_pools(pools));
            }
            verifier
        })
    }

    /// The response to a refused request, for a program that passes it on; see [`Responder::respond_by_status`].
    pub(crate) fn respond_by_status(
        &self,
        refusal: Refusal,
        row: Option<RowRef<'_>>,
        request: RequestHead<'_>,
    ) -> Response<Bytes> {
        let scopes = self.routing.policy(row).scopes();
        self.responder.respond_by_status(refusal, &scopes, request, row.and_then(RowRef::key))
    }

    /// The response to a refused request, for the client.
    pub(crate) fn respond(
        &self,
        refusal: Refusal,
        row: Option<RowRef<'_>>,
        request: RequestHead<'_>,
    ) -> Response<Bytes> {
        let scopes = self.routing.policy(row).scopes();
        self.responder.respond(refusal, &scopes, request, row.and_then(RowRef::key))
    }
}

/// Logs a request that was let in without a token, which is optional on its route.
fn log_anonymous<R: Recorder>(route: Option<&RouteKey>, _: &mut R) {
    if !R::RECORDS {
        log::anonymous(route);
    }
}

/// Counts a request that no token is looked for in.
fn count_open<R: Recorder>(_: &mut R) {
    if !R::RECORDS {
        metrics::allowed(None);
    }
}

/// Logs a request that was let in.
pub(super) fn log_allowed<R: Recorder>(
    verified: &Verified,
    policy: &RequestPolicy<'_>,
    row: Option<RowRef<'_>>,
    _: &mut R,
) {
    if !R::RECORDS {
        log::allowed(verified, policy, row.and_then(RowRef::key));
    }
}
