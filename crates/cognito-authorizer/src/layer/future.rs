//! The future of a response. A request that is decided at once needs no box, no lock and no wait.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use cognito_verify::{Unrecorded, Verified};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::context::{RefusalContext, insert_claims};
use crate::{
    authorizer::{Engine, Pending, Refusal, RequestHead, Row, insert_caller},
    respond::ResponseBody,
};

/// The message of a second poll after the response, as that of `std::future::Ready`.
const COMPLETED: &str = "`ResponseFuture` polled after completion";

pin_project! {
    /// The future of [`CognitoAuth`](crate::CognitoAuth).
    ///
    /// # Panics
    ///
    /// If it is polled again after it has returned the response.
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: FutureState<S, B, S::Future>,
    }
}

pin_project! {
    #[project = FutureStateProjection]
    enum FutureState<S, B, F> {
        Forward { #[pin] future: F, caller: Option<Arc<Verified>> },
        Refuse { response: Option<Response<Bytes>> },
        Wait { decision: BoxedDecision, waiting: Option<Waiting<S, B>> },
        Ready { service: S, request: Option<Request<B>>, caller: Option<Arc<Verified>> },
    }
}

type BoxedDecision = Pin<Box<dyn Future<Output = Result<Arc<Verified>, Refusal>> + Send>>;

/// A request that waits for its decision, and the service that it may go to, which is not yet polled ready.
struct Waiting<S, B> {
    request: Request<B>,
    service: S,
    engine: Arc<Engine>,
    row: Option<Row>,
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    /// Forwards the response, with this caller in its extensions.
    pub(crate) fn forward(future: S::Future, caller: Option<Arc<Verified>>) -> Self {
        Self { state: FutureState::Forward { future, caller } }
    }

    pub(crate) fn refuse(response: Response<Bytes>) -> Self {
        Self { state: FutureState::Refuse { response: Some(response) } }
    }

    pub(crate) fn wait(engine: Arc<Engine>, pending: Pending, request: Request<B>, service: S) -> Self {
        let row = pending.row().cloned();
        let decider = engine.clone();
        // The request, which need not be `Send`, stays out of the box.
        let decision =
            Box::pin(async move { decider.resolve(pending, Duration::MAX, &mut Unrecorded).await });
        Self {
            state: FutureState::Wait { decision, waiting: Some(Waiting { request, service, engine, row }) },
        }
    }
}

impl<S, B> Waiting<S, B>
where
    S: Service<Request<B>>,
{
    /// Where the request goes with this decision.
    fn decided(self, decision: Result<Arc<Verified>, Refusal>) -> FutureState<S, B, S::Future> {
        let Self { mut request, service, engine, row } = self;
        let row = row.as_ref().map(Row::as_ref);
        match decision {
            Ok(verified) => {
                let context = RefusalContext::of(&engine, &request, row);
                let caller = engine.callers.for_response(&verified);
                insert_claims(&mut request, verified, context);
                engine.identity.hide(request.headers_mut());
                FutureState::Ready { service, request: Some(request), caller }
            }
            Err(refusal) => {
                let response = engine.respond(refusal, row, RequestHead::from(&request));
                FutureState::Refuse { response: Some(response) }
            }
        }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    #[expect(clippy::expect_used, reason = "as the futures of std, it must not be polled after it is ready")]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project().state.project() {
                FutureStateProjection::Forward { future, caller } => {
                    let mut response = ready!(future.poll(cx))?;
                    if let Some(caller) = caller.take() {
                        insert_caller(&mut response, caller);
                    }
                    return Poll::Ready(Ok(response.map(ResponseBody::forwarded)));
                }
                FutureStateProjection::Refuse { response } => {
                    let response = response.take().expect(COMPLETED);
                    return Poll::Ready(Ok(response.map(ResponseBody::refused)));
                }
                FutureStateProjection::Wait { decision, waiting } => {
                    let decision = ready!(decision.as_mut().poll(cx));
                    waiting.take().expect(COMPLETED).decided(decision)
                }
                FutureStateProjection::Ready { service, request, caller } => {
                    if request.is_some()
                        && let Err(error) = ready!(service.poll_ready(cx))
                    {
                        *request = None;
                        return Poll::Ready(Err(error));
                    }
                    let future = service.call(request.take().expect(COMPLETED));
                    FutureState::Forward { future, caller: caller.take() }
                }
            };
            self.as_mut().project().state.set(next);
        }
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
