//! The middleware: one decision a request.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use cognito_verify::{Rejected, Requirement, Verified, Verifier};
use http::{HeaderMap, Request, Response};
use tower_service::Service;

use crate::{
    future::ResponseFuture,
    identity::bearer_token,
    keys::{Keys, Refreshed, Wait},
    refusal::Refusal,
    respond::{Responder, ResponseBody},
};

/// What a [`CognitoAuthLayer`](crate::CognitoAuthLayer) puts around a service.
///
/// A request that is let in reaches the inner service with `Arc<Verified>` in its extensions; any other is answered here
/// and does not.
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
        match self.authorizer.decide(request.headers()) {
            Decision::Allow(verified) => {
                ResponseFuture::forward(self.inner.call(self.authorizer.admit(request, verified)))
            }
            Decision::Refuse(refusal) => ResponseFuture::refuse(self.authorizer.respond(refusal)),
            Decision::Wait(wait) => {
                // The service that was polled ready is the one to call later; its clone has yet to be polled.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                ResponseFuture::wait(self.authorizer.clone(), wait, request, ready)
            }
        }
    }
}

/// Everything a decision needs.
#[derive(Clone, Debug)]
pub(crate) struct Authorizer {
    pub(crate) verifier: Verifier,
    pub(crate) requirement: Requirement,
    pub(crate) responder: Responder,
    pub(crate) keys: Arc<Keys>,
}

/// What becomes of a request.
pub(crate) enum Decision {
    Allow(Arc<Verified>),
    Refuse(Refusal),
    /// The token names a key that may have been published since the last fetch.
    Wait(Wait),
}

impl Authorizer {
    /// Decides at once, or says what to wait for.
    pub(crate) fn decide(&self, headers: &HeaderMap) -> Decision {
        let decision = match self.authorize(headers) {
            Err(Refusal::Rejected(Rejected::UnknownKey)) => match self.keys.ask(self.keys.clock().now()) {
                Some(wait) => return Decision::Wait(wait),
                // The keys may have come after they were looked at, and before they were asked for.
                None => self.settle(headers),
            },
            decided => decided,
        };
        self.log(&decision);
        decision.map_or_else(Decision::Refuse, Decision::Allow)
    }

    /// Decides once the keys that were asked for are there, or will not be.
    pub(crate) async fn decide_later(
        &self,
        headers: &HeaderMap,
        mut wait: Wait,
    ) -> Result<Arc<Verified>, Refusal> {
        let limit = wait.limit();
        let decided = tokio::time::timeout(limit, async {
            loop {
                let refreshed = wait.next().await;
                match self.authorize(headers) {
                    Err(Refusal::Rejected(Rejected::UnknownKey)) if refreshed == Refreshed::Some => {}
                    Err(Refusal::Rejected(Rejected::UnknownKey)) => return self.settle(headers),
                    decided => return decided,
                }
            }
        });
        // A fetch that has not ended has not said that there is no such key.
        let decision = decided.await.unwrap_or(Err(Refusal::KeysUnavailable { retry_after: limit }));
        self.log(&decision);
        decision
    }

    /// The checks, in order: identity source, token, requirement.
    fn authorize(&self, headers: &HeaderMap) -> Result<Arc<Verified>, Refusal> {
        let token = bearer_token(headers)?;
        let now = self.keys.clock().now();
        let verified = self.verifier.verify(token, &self.keys.ring(now), now)?;
        self.requirement.check(&verified)?;
        Ok(Arc::new(verified))
    }

    /// The checks where there is nothing more to wait for. That a key is unknown is the client's fault only if the keys
    /// were all known before they were looked at: else the token may be good.
    fn settle(&self, headers: &HeaderMap) -> Result<Arc<Verified>, Refusal> {
        let in_doubt = self.keys.in_doubt(self.keys.clock().now());
        match (self.authorize(headers), in_doubt) {
            (Err(Refusal::Rejected(Rejected::UnknownKey)), Some(retry_after)) => {
                Err(Refusal::KeysUnavailable { retry_after })
            }
            (decided, _) => decided,
        }
    }

    /// Puts what the handler may need into the request.
    pub(crate) fn admit<B>(&self, mut request: Request<B>, verified: Arc<Verified>) -> Request<B> {
        let extensions = request.extensions_mut();
        extensions.insert(verified);
        if self.responder != Responder::default() {
            extensions.insert(self.responder.clone());
        }
        request
    }

    pub(crate) fn respond(&self, refusal: Refusal) -> Response<Bytes> {
        self.responder.respond(refusal, &self.requirement)
    }

    /// The decision's event. It tells what was decided and why, and nothing that stands in the token.
    fn log(&self, decision: &Result<Arc<Verified>, Refusal>) {
        match decision {
            Ok(verified) => tracing::debug!(
                decision = "allowed", pool = %verified.pool(), token_use = %verified.token_use(), required = %self.requirement,
            ),
            Err(refusal) => log_refusal(refusal, &self.requirement),
        }
    }
}

/// The event of a refusal: a warning if the fault is ours.
pub(crate) fn log_refusal(refusal: &Refusal, required: &Requirement) {
    let reason = refusal.code();
    match refusal {
        Refusal::KeysUnavailable { .. } => {
            tracing::warn!(decision = "refused", reason, %required, "{refusal}");
        }
        Refusal::NoLayer { .. } => tracing::error!(decision = "refused", reason, "{refusal}"),
        _ => tracing::info!(decision = "refused", reason, %required, "{refusal}"),
    }
}
