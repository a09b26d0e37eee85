//! The wire of gRPC, as far as a call with one message each way needs it: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use std::{
    error::Error,
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header::CONTENT_TYPE};
use http_body::{Body, Frame, SizeHint};
use prost::Message;

/// The largest check that is read. Envoy limits the headers of a request to 60 KiB by default, and sends no body unless it is
/// told to.
const LARGEST_MESSAGE: usize = 1024 * 1024;
/// Before each message: whether it is compressed, and its length in four bytes.
const PREFIX: usize = 5;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The body of a call is not one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Reads the only message of a call.
pub(super) async fn read<M: Message + Default>(body: impl Body) -> Result<M, Unreadable> {
    let mut body = pin!(body);
    // Most checks arrive in one frame, which is not copied.
    let (mut first, mut joined) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        // Trailers carry nothing here.
        let Ok(mut data) = frame.map_err(|_| Unreadable)?.into_data() else { continue };
        let length = data.remaining();
        if first.len() + joined.len() + length > PREFIX + LARGEST_MESSAGE {
            return Err(Unreadable);
        }
        let part = data.copy_to_bytes(length);
        if first.is_empty() && joined.is_empty() {
            first = part;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&part);
        }
    }
    let mut whole = if joined.is_empty() { first } else { joined.freeze() };
    let is_compressed = whole.try_get_u8().map_err(|_| Unreadable)? != 0;
    let length = usize::try_from(whole.try_get_u32().map_err(|_| Unreadable)?).map_err(|_| Unreadable)?;
    if is_compressed || length != whole.len() {
        return Err(Unreadable);
    }
    M::decode(whole).map_err(|_| Unreadable)
}

/// A message with its prefix.
pub(super) fn encode(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(PREFIX + length);
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    message.encode_raw(&mut bytes);
    bytes.freeze()
}

/// An answer with this encoded message.
pub(super) fn answer(message: Bytes) -> Response<GrpcBody> {
    let mut response = Response::new(GrpcBody { message: Some(message), ends_with_status: true });
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

/// The answer to a call of another method.
pub(super) fn unimplemented() -> Response<GrpcBody> {
    let mut response = Response::new(GrpcBody { message: None, ends_with_status: false });
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response.headers_mut().insert(GRPC_STATUS, HeaderValue::from_static("12"));
    response
}

/// The body of an answer over gRPC.
#[derive(Debug)]
pub struct GrpcBody {
    message: Option<Bytes>,
    ends_with_status: bool,
}

impl Body for GrpcBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(message) = self.message.take() {
            return Poll::Ready(Some(Ok(Frame::data(message))));
        }
        if !std::mem::take(&mut self.ends_with_status) {
            return Poll::Ready(None);
        }
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none() && !self.ends_with_status
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.message.as_ref().map_or(0, Bytes::len) as u64)
    }
}
