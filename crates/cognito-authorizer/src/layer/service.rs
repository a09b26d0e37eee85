//! The middleware: asks the engine about each request, and forwards or answers it.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use cognito_verify::Unrecorded;
use http::{Request, Response};
use tower_service::Service;

use super::{
    context::{RefusalContext, insert_anonymous, insert_claims, remove_claims},
    future::ResponseFuture,
};
use crate::{
    authorizer::{Decision, Engine, RequestHead},
    respond::ResponseBody,
};

/// What a [`CognitoAuthLayer`](crate::CognitoAuthLayer) puts around a service.
///
/// A request that is let in reaches the inner service with `Arc<Verified>` in its extensions. Any other request is answered here.
///
/// A request that is let in without a token (on an open route, as a CORS preflight, or where a token is optional) reaches the inner
/// service without claims: those that an outer layer put into its extensions are removed, because this layer did not check them.
///
/// The headers where a token can be are marked as sensitive, so that no inner layer prints them.
#[derive(Clone, Debug)]
pub struct CognitoAuth<S> {
    inner: S,
    engine: Arc<Engine>,
}

impl<S> CognitoAuth<S> {
    pub(crate) fn new(inner: S, engine: Arc<Engine>) -> Self {
        Self { inner, engine }
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Self { inner, engine } = self;
        let table = engine.routing.table();
        match engine.decide(RequestHead::from(&request), &table, &mut Unrecorded) {
            Decision::Allow { verified: None, .. } => {
                remove_claims(&mut request);
                engine.identity.hide(request.headers_mut());
                drop(table);
                ResponseFuture::forward(inner.call(request), None)
            }
            Decision::AllowAnonymous { row } => {
                let context = RefusalContext::of(engine, &request, row);
                insert_anonymous(&mut request, context);
                engine.identity.hide(request.headers_mut());
                drop(table);
                ResponseFuture::forward(inner.call(request), None)
            }
            Decision::Allow { verified: Some(verified), row } => {
                let caller = engine.callers.for_response(&verified);
                let context = RefusalContext::of(engine, &request, row);
                insert_claims(&mut request, verified, context);
                engine.identity.hide(request.headers_mut());
                drop(table);
                ResponseFuture::forward(inner.call(request), caller)
            }
            Decision::Refuse { refusal, row } => {
                release(inner);
                ResponseFuture::refuse(engine.respond(refusal, row, RequestHead::from(&request)))
            }
            // A clone is polled ready once the decision is made.
            Decision::Pending(pending) => {
                release(inner);
                ResponseFuture::wait(engine.clone(), pending, request, inner.clone())
            }
        }
    }
}

/// `poll_ready` may hold a permit (for example of a `ConcurrencyLimit`). Drops this instance to release it before answering or
/// waiting.
fn release<S: Clone>(service: &mut S) {
    let fresh = service.clone();
    *service = fresh;
}
