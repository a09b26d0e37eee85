//! The future of a response. A request that is decided at once needs no box, no lock and no wait.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use cognito_verify::Verified;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    refusal::Refusal,
    respond::ResponseBody,
    routing::Row,
    service::{Authorizer, Open},
};

pin_project! {
    /// The future of [`CognitoAuth`](crate::CognitoAuth).
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B, F> {
        Forward { #[pin] future: F },
        Refuse { response: Option<Response<Bytes>> },
        Wait { verdict: Verdict, waiting: Option<Waiting<S, B>> },
        Ready { service: S, request: Option<Request<B>> },
    }
}

type Verdict = Pin<Box<dyn Future<Output = Result<Arc<Verified>, Refusal>> + Send>>;

/// A request that waits for its verdict, and the service that it will go to, which has yet to be polled ready.
struct Waiting<S, B> {
    request: Request<B>,
    service: S,
    authorizer: Arc<Authorizer>,
    row: Option<Row>,
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(crate) fn forward(future: S::Future) -> Self {
        Self { state: State::Forward { future } }
    }

    pub(crate) fn refuse(response: Response<Bytes>) -> Self {
        Self { state: State::Refuse { response: Some(response) } }
    }

    pub(crate) fn wait(
        authorizer: Arc<Authorizer>,
        open: Open,
        row: Option<Row>,
        request: Request<B>,
        service: S,
    ) -> Self {
        let (judge, judging) = (authorizer.clone(), row.clone());
        // The request, which need not be `Send`, stays out of the box.
        let verdict = Box::pin(async move { judge.decide_later(open, &judge.routing.asked(judging)).await });
        Self { state: State::Wait { verdict, waiting: Some(Waiting { request, service, authorizer, row }) } }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project().state.project() {
                StateProjection::Forward { future } => {
                    return future.poll(cx).map_ok(|response| response.map(ResponseBody::forwarded));
                }
                StateProjection::Refuse { response } => match response.take() {
                    Some(response) => return Poll::Ready(Ok(response.map(ResponseBody::refused))),
                    // Polled again after it was ready, which no executor does.
                    None => return Poll::Pending,
                },
                StateProjection::Wait { verdict, waiting } => {
                    let verdict = ready!(verdict.as_mut().poll(cx));
                    let Some(Waiting { request, service, authorizer, row }) = waiting.take() else {
                        return Poll::Pending;
                    };
                    match verdict {
                        Ok(verified) => {
                            let request = Some(authorizer.admit(request, verified, row));
                            State::Ready { service, request }
                        }
                        Err(refusal) => {
                            let response =
                                authorizer.respond(refusal, &authorizer.routing.asked(row), &request);
                            State::Refuse { response: Some(response) }
                        }
                    }
                }
                StateProjection::Ready { service, request } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        return Poll::Ready(Err(error));
                    }
                    let Some(request) = request.take() else { return Poll::Pending };
                    State::Forward { future: service.call(request) }
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
