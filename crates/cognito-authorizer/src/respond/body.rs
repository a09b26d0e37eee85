//! The body of a response: the inner service's, or that of a refusal.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The inner service's body, or that of a refusal.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: Inner<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = InnerProjection]
    enum Inner<B> {
        Forwarded { #[pin] body: B },
        Refused { body: Option<Bytes> },
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn forwarded(body: B) -> Self {
        Self { inner: Inner::Forwarded { body } }
    }

    pub(crate) fn refused(body: Bytes) -> Self {
        // An empty body has no frame: a gRPC response of trailers alone must end with its headers.
        Self { inner: Inner::Refused { body: (!body.is_empty()).then_some(body) } }
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().inner.project() {
            InnerProjection::Forwarded { body } => body.poll_frame(cx),
            InnerProjection::Refused { body } => Poll::Ready(body.take().map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Forwarded { body } => body.is_end_stream(),
            Inner::Refused { body } => body.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Forwarded { body } => body.size_hint(),
            Inner::Refused { body } => SizeHint::with_exact(body.as_ref().map_or(0, Bytes::len) as u64),
        }
    }
}
