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
use http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{keys::Wait, refusal::Refusal, respond::ResponseBody, service::Authorizer};

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
    }
}

type Verdict = Pin<Box<dyn Future<Output = Result<Arc<Verified>, Refusal>> + Send>>;

/// A request that waits for its verdict, and the service that was polled ready for it.
struct Waiting<S, B> {
    request: Request<B>,
    service: S,
    authorizer: Arc<Authorizer>,
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

    pub(crate) fn wait(authorizer: Arc<Authorizer>, wait: Wait, request: Request<B>, service: S) -> Self {
        // Only the token is needed for the verdict; the body, which need not be `Send`, stays out of the box.
        let mut headers = HeaderMap::new();
        for value in request.headers().get_all(AUTHORIZATION) {
            headers.append(AUTHORIZATION, value.clone());
        }
        let judge = authorizer.clone();
        let verdict = Box::pin(async move { judge.decide_later(&headers, wait).await });
        Self { state: State::Wait { verdict, waiting: Some(Waiting { request, service, authorizer }) } }
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
                    let Some(Waiting { request, mut service, authorizer }) = waiting.take() else {
                        return Poll::Pending;
                    };
                    match verdict {
                        Ok(verified) => {
                            State::Forward { future: service.call(authorizer.admit(request, verified)) }
                        }
                        Err(refusal) => State::Refuse { response: Some(authorizer.respond(refusal)) },
                    }
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
