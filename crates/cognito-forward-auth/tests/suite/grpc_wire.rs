//! Calls that are not a check. If Envoy is configured to fail open, it lets a request in when the call returns a gRPC error.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{BufMut, Bytes, BytesMut};
use cognito_forward_auth::{ExtAuthz, WhenUnavailable};
use envoy_types::pb::envoy::service::auth::v3::{CheckResponse, check_response::HttpResponse};
use http::Request;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use prost::Message;
use tower::ServiceExt;

use super::{
    grpc::{original, raw_original},
    support::{POOL, clock, layer, nginx, pool},
};

fn service() -> ExtAuthz {
    let clock = clock();
    ExtAuthz::new(nginx(&layer(&pool(POOL, &clock), &clock)))
}

fn framed(is_compressed: u8, length: usize, message: &[u8]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    bytes.put_u8(is_compressed);
    bytes.put_u32(u32::try_from(length).expect("a length"));
    bytes.put_slice(message);
    bytes.to_vec()
}

/// The status of the denial; 200 for an allowed request.
async fn status<B>(service: ExtAuthz, body: B) -> i32
where
    B: Body + Send + 'static,
{
    let call = Request::post(ExtAuthz::PATH).header("content-type", "application/grpc");
    let Ok(response) = service.oneshot(call.body(body).expect("a request")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers().get("grpc-status"), None, "an error is at the head");
    let whole = response.into_body().collect().await.expect("a body");
    assert_eq!(whole.trailers().and_then(|trailers| trailers.get("grpc-status")).expect("a status"), "0");
    let bytes = whole.to_bytes();
    let answer = CheckResponse::decode(bytes.get(5..).expect("a message")).expect("an answer");
    match answer.http_response.expect("a decision") {
        HttpResponse::OkResponse(_) => 200,
        HttpResponse::DeniedResponse(denied) => denied.status.expect("a status").code,
        HttpResponse::ErrorResponse(error) => panic!("{error:?}"),
    }
}

/// A message of this length: an open route with a long header.
fn long(length: usize) -> Vec<u8> {
    let with = |value: usize| original("GET", "/health", &[("x", &"a".repeat(value))]).encode_to_vec();
    let rest = 2 * length - with(length).len();
    let message = with(rest);
    assert_eq!(message.len(), length);
    message
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_denied_and_never_an_error_of_grpc() {
    let service = service();
    let open = original("GET", "/health", &[]).encode_to_vec();
    let mut not_text = original("GET", "/health", &[("x", "????")]).encode_to_vec();
    for byte in not_text.iter_mut().filter(|byte| **byte == b'?') {
        *byte = 0xff;
    }
    let most = 1024 * 1024;
    for (what, bytes, expected) in [
        ("a check", framed(0, open.len(), &open), 200),
        ("the longest check", framed(0, most, &long(most)), 200),
        ("a longer one", framed(0, most + 1, &long(most + 1)), 400),
        ("nothing", Vec::new(), 400),
        ("half a prefix", vec![0, 0, 0], 400),
        ("an empty message", framed(0, 0, &[]), 400),
        ("a compressed message", framed(1, open.len(), &open), 400),
        ("a message that ends early", framed(0, open.len() + 1, &open), 400),
        ("two messages", [framed(0, open.len(), &open), framed(0, open.len(), &open)].concat(), 400),
        ("bytes that are no message", framed(0, 4, &[0xff; 4]), 400),
        ("text that is not UTF-8", framed(0, not_text.len(), &not_text), 400),
        ("a length that no message has", framed(0, u32::MAX as usize, &open), 400),
    ] {
        assert_eq!(status(service.clone(), Frames::of(&bytes)).await, expected, "{what}, in frames");
        assert_eq!(status(service.clone(), Full::new(Bytes::from(bytes))).await, expected, "{what}");
    }
}

/// A body that arrives in frames.
struct Frames {
    parts: std::vec::IntoIter<Bytes>,
}

impl Frames {
    fn of(bytes: &[u8]) -> Self {
        let parts: Vec<_> = bytes.chunks(10).map(Bytes::copy_from_slice).collect();
        Self { parts: parts.into_iter() }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.parts.next().map(|part| Ok(Frame::data(part))))
    }
}

/// Fails, or waits for ever.
struct Broken {
    fails: bool,
}

impl Body for Broken {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if self.fails { Poll::Ready(Some(Err("reset"))) } else { Poll::Pending }
    }
}

/// A `HeaderMap` has room for 24,576 names, and panics if it is asked for more. A panic would be an error of gRPC.
#[tokio::test]
async fn a_check_with_more_headers_than_fit_is_denied() {
    let names: Vec<_> = (0..40_000).map(|number| format!("x{number}")).collect();
    let headers = |count| names.iter().take(count).map(|name| (&**name, "")).collect::<Vec<_>>();
    let service = service();
    for raw in [true, false] {
        for (count, expected) in [(1_000, 200), (40_000, 400)] {
            let check = if raw { raw_original } else { original };
            let message = check("GET", "/health", &headers(count)).encode_to_vec();
            let body = Full::new(Bytes::from(framed(0, message.len(), &message)));
            assert_eq!(status(service.clone(), body).await, expected, "{count} headers, raw: {raw}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_arrive_is_denied() {
    assert_eq!(status(service(), Broken { fails: true }).await, 400);
    assert_eq!(status(service(), Broken { fails: false }).await, 503);
    let clock = clock();
    let checks = nginx(&layer(&pool(POOL, &clock), &clock)).when_unavailable(WhenUnavailable::Forbidden);
    assert_eq!(status(ExtAuthz::new(checks), Broken { fails: false }).await, 403);
}

#[tokio::test]
async fn another_method_is_unimplemented() {
    for path in ["/", "/envoy.service.auth.v3.Authorization/Other", "/grpc.health.v1.Health/Check"] {
        let call = Request::post(path).body(Full::new(Bytes::new())).expect("a request");
        let Ok(response) = service().oneshot(call).await;
        assert_eq!(response.headers()["grpc-status"], "12", "{path}");
        assert!(response.into_body().is_end_stream());
    }
}
