//! The check as a `tower` service.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use crate::{body::AnswerBody, check::ForwardAuth};

/// The future of [`ForwardAuth`].
pub struct AnswerFuture {
    answer: Pin<Box<dyn Future<Output = Response<AnswerBody>> + Send>>,
}

impl<B> Service<Request<B>> for ForwardAuth {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = AnswerFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, check: Request<B>) -> AnswerFuture {
        let service = self.clone();
        // The body is dropped here, unread, because it may not be `Send`.
        let (mut parts, _) = check.into_parts();
        AnswerFuture { answer: Box::pin(async move { service.answer_parts(&mut parts).await }) }
    }
}

impl Future for AnswerFuture {
    type Output = Result<Response<AnswerBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.answer.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for AnswerFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerFuture").finish_non_exhaustive()
    }
}
