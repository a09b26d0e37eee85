//! A layer that does nothing: the base of the ratios.

use std::task::{Context, Poll};

use tower::{Layer, Service};

/// Adds a service that forwards each request and returns the inner service's own future. In an axum router, it costs what axum adds
/// for any layer: a boxed service to clone, and a boxed future.
#[derive(Clone, Copy, Debug)]
pub struct NoOpLayer;

/// The service of [`NoOpLayer`].
#[derive(Clone, Debug)]
pub struct NoOp<S> {
    inner: S,
}

impl<S> Layer<S> for NoOpLayer {
    type Service = NoOp<S>;

    fn layer(&self, inner: S) -> NoOp<S> {
        NoOp { inner }
    }
}

impl<S, R> Service<R> for NoOp<S>
where
    S: Service<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.inner.call(request)
    }
}
