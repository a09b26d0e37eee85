//! Answers to requests that cannot be decided.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::RETRY_AFTER};

use crate::form::{Form, Text};

/// Codes of gRPC.
const UNIMPLEMENTED: &str = "12";
const INTERNAL: &str = "13";
const UNAVAILABLE: &str = "14";

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
pub(crate) fn time_out(form: &Form) -> Response<Bytes> {
    let mut response = form.answer(Text {
        status: StatusCode::SERVICE_UNAVAILABLE,
        body: r#"{"message":"Service Unavailable"}"#,
        grpc: (UNAVAILABLE, "tokens cannot be verified now"),
    });
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The answer to a check without the headers or the path prefix that the proxy should have set.
pub(crate) fn misconfigured(form: &Form) -> Response<Bytes> {
    form.answer(Text {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        body: r#"{"message":"Internal Server Error"}"#,
        grpc: (INTERNAL, "the call could not be authorized"),
    })
}

/// The answer to a request whose method or path an HTTP server would not accept either. A method of gRPC is a path, so there is no
/// such method.
pub(crate) fn bad_request(form: &Form) -> Response<Bytes> {
    form.answer(Text {
        status: StatusCode::BAD_REQUEST,
        body: r#"{"message":"Bad Request"}"#,
        grpc: (UNIMPLEMENTED, "there is no such method"),
    })
}
