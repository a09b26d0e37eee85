//! Answers to requests that cannot be decided.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};

/// The answer if a request cannot be decided: the keys cannot be fetched, the revocation check fails, the time-out passes, or the proxy
/// did not send the expected headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenUnavailable {
    /// The layer's answer, 503 in the standard profile, and 503 when the time-out passes. The default.
    #[default]
    ServiceUnavailable,
    /// The same answer with the status 403, for a proxy that lets requests through when the authorizer answers 5xx, such as
    /// Envoy's HTTP form with `failure_mode_allow: true`.
    Forbidden,
}

impl WhenUnavailable {
    /// Replaces the status of an answer that the client did not cause.
    pub(crate) fn apply(self, mut response: Response<Bytes>) -> Response<Bytes> {
        if self == Self::Forbidden && response.status().is_server_error() {
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
        response
    }
}

/// The answer when the time-out passes. The wait is for a fetch that goes on, so the next attempt may succeed.
pub(crate) fn time_out() -> Response<Bytes> {
    let mut response = message(StatusCode::SERVICE_UNAVAILABLE, r#"{"message":"Service Unavailable"}"#);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The answer to a check without the headers or the path prefix that the proxy should have set.
pub(crate) fn misconfigured() -> Response<Bytes> {
    message(StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal Server Error"}"#)
}

/// The answer to a request whose method or path an HTTP server would not accept either.
pub(crate) fn bad_request() -> Response<Bytes> {
    message(StatusCode::BAD_REQUEST, r#"{"message":"Bad Request"}"#)
}

fn message(status: StatusCode, body: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
