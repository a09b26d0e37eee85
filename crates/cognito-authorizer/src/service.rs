//! The middleware: one decision a request.

use std::{
    borrow::Cow,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use cognito_verify::{KeyRing, Rejected, UnixTime, Verified, Verifier};
use futures_util::{
    FutureExt,
    future::{Either, select},
};
use http::{Request, Response};
use tokio::runtime::Handle;
use tower_service::Service;

use crate::{
    audience::AudiencePattern,
    cache::{Fingerprint, VerifiedTokens},
    future::ResponseFuture,
    identity::IdentitySource,
    keys::{KeyWait, Keys, Refreshed},
    log::{self, DecisionLog},
    policy::Asked,
    refusal::Refusal,
    respond::{Asker, Responder, ResponseBody, Seen},
    revocation::Revocations,
    routing::{Demand, Routing, Row},
};

/// What a [`CognitoAuthLayer`](crate::CognitoAuthLayer) puts around a service.
///
/// A request that is let in reaches the inner service with `Arc<Verified>` in its extensions; any other is answered here
/// and does not. A request that needs no token, on a route that the route table opens or as a CORS preflight, reaches the
/// inner service without: claims that an outer layer put into its extensions are removed, as this layer did not check them.
#[derive(Clone, Debug)]
pub struct CognitoAuth<S> {
    inner: S,
    authorizer: Arc<Authorizer>,
}

impl<S> CognitoAuth<S> {
    pub(crate) fn new(inner: S, authorizer: Arc<Authorizer>) -> Self {
        Self { inner, authorizer }
    }
}

impl<S, B, R> Service<Request<B>> for CognitoAuth<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { inner, authorizer } = self;
        let asked = match authorizer.routing.demand(&request) {
            Demand::Nothing => return ResponseFuture::forward(inner.call(admit_unchecked(request))),
            Demand::Token(asked) => asked,
            Demand::Refuse(refusal, asked) => {
                authorizer.log.refused(&refusal, &asked);
                give_back(inner);
                return ResponseFuture::refuse(authorizer.respond(refusal, &asked, &request));
            }
        };
        match authorizer.decide(&request, &asked) {
            Decision::Allow(verified) => {
                ResponseFuture::forward(inner.call(authorizer.admit(request, verified, asked.row)))
            }
            Decision::Refuse(refusal) => {
                give_back(inner);
                ResponseFuture::refuse(authorizer.respond(refusal, &asked, &request))
            }
            // A clone is polled ready once the verdict is there.
            Decision::Wait(open) => {
                give_back(inner);
                ResponseFuture::wait(authorizer.clone(), open, asked.row, request, inner.clone())
            }
        }
    }
}

/// What a service reserved when it was polled ready, such as a place below a limit, goes with the service. Who is not
/// called now must not keep it from others: from the next request on this connection, or from the very one that waits.
fn give_back<S: Clone>(service: &mut S) {
    let fresh = service.clone();
    *service = fresh;
}

/// Takes away what another layer left for the extractors. Its claims may be of a user pool, or a token, that this layer would
/// refuse, and a handler on an open route must not take them for checked here.
fn admit_unchecked<B>(mut request: Request<B>) -> Request<B> {
    let extensions = request.extensions_mut();
    extensions.remove::<Arc<Verified>>();
    extensions.remove::<Responder>();
    extensions.remove::<Seen>();
    request
}

/// Everything a decision needs.
#[derive(Clone, Debug)]
pub(crate) struct Authorizer {
    pub(crate) routing: Routing,
    pub(crate) identity: IdentitySource,
    /// Longer tokens are not read.
    pub(crate) token_limit: usize,
    pub(crate) verifier: Verifier,
    pub(crate) known: Option<Arc<VerifiedTokens>>,
    pub(crate) audience: Option<AudiencePattern>,
    pub(crate) revocations: Option<Revocations>,
    pub(crate) responder: Responder,
    pub(crate) keys: Arc<Keys>,
    pub(crate) log: Arc<DecisionLog>,
    /// Where time-outs are kept, whichever executor polls; there is one if anything is waited for.
    pub(crate) runtime: Option<Handle>,
}

/// The decision about a request.
pub(crate) enum Decision {
    Allow(Arc<Verified>),
    Refuse(Refusal),
    Wait(Open),
}

/// What a pending decision waits for.
pub(crate) enum Open {
    /// A fetch: the token names a key that may have been published since the last one.
    UnknownKey { token: Vec<u8>, wait: KeyWait },
    /// The revocation check of an otherwise valid token.
    Revocation(Arc<Verified>),
}

impl Authorizer {
    /// Decides at once, or returns what to wait for.
    fn decide<B>(&self, request: &Request<B>, asked: &Asked<'_>) -> Decision {
        let decision = match self.identity.token(request.headers(), request.uri(), self.token_limit) {
            Ok(token) => match self.decide_token(token, asked) {
                Ok(Decision::Wait(open)) => return Decision::Wait(open),
                Ok(decision) => decision,
                Err(refusal) => Decision::Refuse(refusal),
            },
            Err(error) => Decision::Refuse(error.into()),
        };
        match &decision {
            Decision::Allow(verified) => log::allowed(verified, asked),
            Decision::Refuse(refusal) => self.tell_refused(refusal, asked),
            Decision::Wait(_) => {}
        }
        decision
    }

    fn decide_token(&self, token: Cow<'_, [u8]>, asked: &Asked<'_>) -> Result<Decision, Refusal> {
        let now = self.keys.clock().now();
        let keys = self.keys.load(now);
        let verified = match self.authorize(&token, asked, &keys.ring, now) {
            Err(Refusal::Rejected(Rejected::UnknownKey)) => match self.ask_for_key(&token, now) {
                Some(wait) => {
                    return Ok(Decision::Wait(Open::UnknownKey { token: token.into_owned(), wait }));
                }
                // The keys may have come after they were looked at, and before they were asked for.
                None => self.settle(&token, asked, &keys.ring)?,
            },
            authorized => authorized?,
        };
        Ok(match &self.revocations {
            Some(_) => Decision::Wait(Open::Revocation(verified)),
            None => Decision::Allow(verified),
        })
    }

    /// Asks for the keys of the pool whose issuer the token names. The token is unsigned so far: its issuer limits which keys are
    /// fetched, and decides nothing else.
    fn ask_for_key(&self, token: &[u8], now: UnixTime) -> Option<KeyWait> {
        self.keys.ask(now, || self.verifier.pool_by_unverified_issuer(token))
    }

    /// Decides once what was open is known.
    pub(crate) async fn decide_later(&self, open: Open, asked: &Asked<'_>) -> Result<Arc<Verified>, Refusal> {
        let verdict = self.verdict(open, asked).await;
        match &verdict {
            Ok(verified) => log::allowed(verified, asked),
            Err(refusal) => self.tell_refused(refusal, asked),
        }
        verdict
    }

    async fn verdict(&self, open: Open, asked: &Asked<'_>) -> Result<Arc<Verified>, Refusal> {
        let verified = match open {
            Open::UnknownKey { token, wait } => self.wait_for_key(&token, wait, asked).await?,
            Open::Revocation(verified) => verified,
        };
        if let Some(revocations) = &self.revocations {
            let runtime = self.runtime.as_ref().ok_or(Refusal::RevocationUnknown)?;
            revocations.ask(&verified, self.keys.clock(), runtime).await?;
        }
        Ok(verified)
    }

    /// Decides once the keys that were asked for are there, or will not be.
    async fn wait_for_key(
        &self,
        token: &[u8],
        mut wait: KeyWait,
        asked: &Asked<'_>,
    ) -> Result<Arc<Verified>, Refusal> {
        loop {
            let limit = wait.limit();
            let time_is_up = async {
                // A layer without a runtime fetches nothing, so nobody waits.
                let Some(runtime) = &self.runtime else { return };
                let sleep = {
                    let _entered = runtime.enter();
                    tokio::time::sleep(limit)
                };
                sleep.await;
            };
            let decided = self.await_key(token, &mut wait, asked);
            // The timer panics once its runtime has shut down; what was waited for never comes then.
            let outcome = match AssertUnwindSafe(select(pin!(decided), pin!(time_is_up))).catch_unwind().await
            {
                Ok(Either::Left((decided, _))) => Some(decided),
                Ok(Either::Right(_)) | Err(_) => None,
            };
            match outcome {
                Some(Ok(decided)) => return decided,
                Some(Err(seen)) => match self.keys.ask_again(&wait, self.keys.clock().now()) {
                    Some(again) => wait = again,
                    None => return self.settle(token, asked, &seen),
                },
                // A fetch that has not ended has not said that there is no such key.
                None => return Err(Refusal::KeysUnavailable { retry_after: wait.retry_after() }),
            }
        }
    }

    /// Decides as soon as the token's key is there; or returns the keys without it, once the attempt has ended.
    async fn await_key(
        &self,
        token: &[u8],
        wait: &mut KeyWait,
        asked: &Asked<'_>,
    ) -> Result<Result<Arc<Verified>, Refusal>, Arc<KeyRing>> {
        loop {
            let refreshed = wait.next().await;
            let now = self.keys.clock().now();
            let keys = self.keys.load(now);
            match self.authorize(token, asked, &keys.ring, now) {
                Err(Refusal::Rejected(Rejected::UnknownKey)) if refreshed == Refreshed::Some => {}
                Err(Refusal::Rejected(Rejected::UnknownKey)) => return Err(keys.ring.clone()),
                decided => return Ok(decided),
            }
        }
    }

    /// The checks of a token, in order: whether it holds, whether it is for this API, whether it is enough here.
    fn authorize(
        &self,
        token: &[u8],
        asked: &Asked<'_>,
        keys: &KeyRing,
        now: UnixTime,
    ) -> Result<Arc<Verified>, Refusal> {
        let verified = self.verify(token, keys, now)?;
        if self.audience.as_ref().is_some_and(|pattern| !pattern.matches(&verified)) {
            return Err(Refusal::Audience);
        }
        asked.check(&verified)?;
        Ok(verified)
    }

    /// The token's claims, if it holds: as they were found before, or else by its signature. What is asked of them is no part
    /// of it, as that is the route's.
    fn verify(&self, token: &[u8], keys: &KeyRing, now: UnixTime) -> Result<Arc<Verified>, Rejected> {
        let unverified = self.verifier.read(token, keys)?;
        let Some(known) = &self.known else { return unverified.verify(now).map(Arc::new) };
        let fingerprint = Fingerprint::of(unverified.signature());
        if let Some(verified) = known.find(&fingerprint, now)
            && unverified.still_holds(&verified, now)
        {
            return Ok(verified);
        }
        let verified = Arc::new(unverified.verify(now)?);
        known.keep(fingerprint, token.len(), &verified, now);
        Ok(verified)
    }

    /// The checks where there is nothing more to wait for, of a token whose key is not among those `seen`. That it is unknown
    /// is the client's fault only if the keys were all known before they are looked at again: else the token may be good.
    fn settle(&self, token: &[u8], asked: &Asked<'_>, seen: &Arc<KeyRing>) -> Result<Arc<Verified>, Refusal> {
        let now = self.keys.clock().now();
        let in_doubt = self.keys.in_doubt(now);
        let keys = self.keys.load(now);
        let decided = if Arc::ptr_eq(seen, &keys.ring) {
            Err(Rejected::UnknownKey.into())
        } else {
            self.authorize(token, asked, &keys.ring, now)
        };
        match (decided, in_doubt) {
            (Err(Refusal::Rejected(Rejected::UnknownKey)), Some(retry_after)) => {
                Err(Refusal::KeysUnavailable { retry_after })
            }
            (decided, _) => decided,
        }
    }

    /// Tells the log of a refusal, and once in a while that requests are refused for the lack of keys.
    fn tell_refused(&self, refusal: &Refusal, asked: &Asked<'_>) {
        if let Refusal::KeysUnavailable { .. } = refusal
            && let Some(requests) = self.keys.count_unavailable(self.keys.clock().now())
        {
            tracing::warn!(requests, "requests are refused because keys cannot be looked up");
        }
        self.log.refused(refusal, asked);
    }

    /// Puts what the handler may need into the request, in place of what an outer layer put there.
    pub(crate) fn admit<B>(
        &self,
        mut request: Request<B>,
        verified: Arc<Verified>,
        row: Option<Row>,
    ) -> Request<B> {
        let uri = self.responder.gateway.is_some().then(|| request.uri().clone());
        let extensions = request.extensions_mut();
        if extensions.insert(verified).is_some() {
            extensions.remove::<Responder>();
            extensions.remove::<Seen>();
        }
        if let Some(uri) = uri {
            extensions.insert(Seen { uri, row });
        }
        if !self.responder.is_default() {
            extensions.insert(self.responder.clone());
        }
        request
    }

    pub(crate) fn respond<B>(
        &self,
        refusal: Refusal,
        asked: &Asked<'_>,
        request: &Request<B>,
    ) -> Response<Bytes> {
        let asker = Asker {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            row: asked.row.as_ref(),
        };
        self.responder.respond(refusal, &asked.scopes(), asker)
    }
}
