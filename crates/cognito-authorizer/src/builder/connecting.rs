//! The future of `connect`, and the compiler errors for using a builder or that future as a layer.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use tower_layer::Layer;

use super::CognitoAuthBuilder;
use crate::{
    config::ConfigError,
    layer::{CognitoAuth, CognitoAuthLayer},
};

/// The future returned by [`CognitoAuthBuilder::connect`]. Awaiting it fetches the keys and returns the layer.
#[must_use = "keys are fetched only when this is awaited: `.connect().await?`"]
pub struct Connecting {
    // Unlike the future of an `async fn`, a named type can have the diagnostic below. One box at start-up is cheap.
    future: Pin<Box<dyn Future<Output = Result<CognitoAuthLayer, ConfigError>> + Send + Sync>>,
}

impl Connecting {
    pub(super) fn new(
        future: impl Future<Output = Result<CognitoAuthLayer, ConfigError>> + Send + Sync + 'static,
    ) -> Self {
        Self { future: Box::pin(future) }
    }
}

impl Future for Connecting {
    type Output = Result<CognitoAuthLayer, ConfigError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.future.as_mut().poll(cx)
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").finish_non_exhaustive()
    }
}

/// Not implemented by any type: the [`Layer`] implementation below exists only for this diagnostic.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer yet",
    label = "this builder is not finished",
    note = "finish it: `.connect().await?`, `.connect_lazy()?` or `.with_keys([…])?` makes the layer"
)]
trait FinishedBuilder<S> {
    fn finished(&self) -> CognitoAuthLayer;
}

#[doc(hidden)]
impl<S> Layer<S> for CognitoAuthBuilder
where
    Self: FinishedBuilder<S>,
{
    type Service = CognitoAuth<S>;

    fn layer(&self, inner: S) -> CognitoAuth<S> {
        FinishedBuilder::<S>::finished(self).layer(inner)
    }
}

/// Not implemented by any type, as above.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer yet",
    label = "this future was not awaited",
    note = "write `.connect().await?`"
)]
trait Awaited<S> {
    fn awaited(&self) -> CognitoAuthLayer;
}

#[doc(hidden)]
impl<S> Layer<S> for Connecting
where
    Self: Awaited<S>,
{
    type Service = CognitoAuth<S>;

    fn layer(&self, inner: S) -> CognitoAuth<S> {
        Awaited::<S>::awaited(self).layer(inner)
    }
}
