//! Refusals as gRPC clients read them: trailers-only responses.
//!
//! gRPC clients do not read a JSON body; they report it as a protocol error. They need the status in `grpc-status`, in a response
//! without a body ("gRPC over HTTP2", "Responses", "Trailers-Only").

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header::CONTENT_TYPE};

use super::{RefusalKind, RefusalResponse, standard};
use crate::authorizer::{Refusal, RequestHead};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The content types of gRPC and gRPC-Web, with the formats of messages that both name. The response has the type of the request,
/// as clients of gRPC-Web require.
const CONTENT_TYPES: [&str; 9] = [
    "application/grpc",
    "application/grpc+proto",
    "application/grpc+json",
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web+json",
    "application/grpc-web-text",
    "application/grpc-web-text+proto",
    "application/grpc-web-text+json",
];

/// The content type of the response, if the request is a gRPC call.
///
/// A call is a `POST` request ("Requests"). No other method counts: a 200 in response to a `GET` request, which a client can send
/// with any content type, could be kept by a shared cache.
pub(super) fn content_type(request: RequestHead<'_>) -> Option<HeaderValue> {
    if request.method != Method::POST {
        return None;
    }
    let sent = only(request.headers)?.to_str().ok()?;
    let sent = sent.split_once(';').map_or(sent, |(essence, _parameters)| essence).trim();
    // Types are case-insensitive (RFC 9110 §8.3.1).
    let known = CONTENT_TYPES.iter().find(|known| sent.eq_ignore_ascii_case(known));
    let known = known.copied().or_else(|| {
        // Messages in another format, which is the service's own.
        let (essence, format) = sent.split_once('+')?;
        let essence = CONTENT_TYPES.iter().find(|known| essence.eq_ignore_ascii_case(known))?;
        (!format.is_empty()).then_some(*essence)
    })?;
    Some(HeaderValue::from_static(known))
}

/// The value of the header, if there is exactly one.
fn only(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// The response to a refused call, with the HTTP status that the profile gives. The profile's other headers, such as
/// `www-authenticate`, are metadata of the call.
pub(super) fn response(
    parts: RefusalResponse,
    refusal: &Refusal,
    kind: RefusalKind,
    content_type: HeaderValue,
) -> Response<Bytes> {
    let (code, message) = status(refusal, kind);
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(GRPC_STATUS, HeaderValue::from_static(code));
    headers.insert(GRPC_MESSAGE, HeaderValue::from_static(message));
    response
}

/// The response as the client gets it: the HTTP status of every response to a gRPC call is 200.
pub(super) fn for_client(mut response: Response<Bytes>, request: RequestHead<'_>) -> Response<Bytes> {
    if content_type(request).is_some() {
        *response.status_mut() = StatusCode::OK;
    }
    response
}

/// The code of gRPC ("Status codes and their use in gRPC") and the message, which needs no percent-encoding. The client learns no
/// more than from the challenge of the standard profile.
fn status(refusal: &Refusal, kind: RefusalKind) -> (&'static str, &'static str) {
    const PERMISSION_DENIED: &str = "7";
    const UNIMPLEMENTED: &str = "12";
    const INTERNAL: &str = "13";
    const UNAVAILABLE: &str = "14";
    const UNAUTHENTICATED: &str = "16";
    match kind {
        RefusalKind::NoToken => (UNAUTHENTICATED, "the call needs an access token"),
        RefusalKind::SeveralTokens | RefusalKind::BadToken | RefusalKind::WrongUse => {
            let text = standard::error_description(refusal, kind).map(|description| description.text);
            (UNAUTHENTICATED, text.unwrap_or("the token is not accepted"))
        }
        RefusalKind::Authentication => (UNAUTHENTICATED, "the call needs a stronger or more recent sign-in"),
        RefusalKind::Scope | RefusalKind::Permission => {
            (PERMISSION_DENIED, "the token does not permit this call")
        }
        RefusalKind::CrossSite | RefusalKind::RouteRefused => {
            (PERMISSION_DENIED, "the service does not permit this call")
        }
        // A method is a path. There is no such method.
        RefusalKind::NoRoute | RefusalKind::AmbiguousPath => (UNIMPLEMENTED, "there is no such method"),
        RefusalKind::NoKeys | RefusalKind::NoAnswer => (UNAVAILABLE, "tokens cannot be verified now"),
        RefusalKind::Program => (INTERNAL, "the call could not be authorized"),
    }
}

#[cfg(test)]
mod tests {
    use cognito_verify::Rejected;
    use http::Request;

    use super::*;
    use crate::authorizer::IdentityError;

    fn type_for(method: Method, content_types: &[&str]) -> Option<String> {
        let mut request = Request::builder().method(method);
        for content_type in content_types {
            request = request.header(CONTENT_TYPE, *content_type);
        }
        let request = request.body(()).unwrap();
        content_type(RequestHead::from(&request)).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_call_is_a_post_request_with_a_content_type_of_grpc() {
        for (sent, answered) in [
            ("application/grpc", Some("application/grpc")),
            ("Application/gRPC", Some("application/grpc")),
            ("application/grpc+proto", Some("application/grpc+proto")),
            ("application/grpc+JSON", Some("application/grpc+json")),
            ("application/grpc+thrift", Some("application/grpc")),
            ("application/grpc+proto+x", Some("application/grpc")),
            ("application/grpc ; charset=utf-8", Some("application/grpc")),
            ("application/grpc-web", Some("application/grpc-web")),
            ("application/grpc-web+proto", Some("application/grpc-web+proto")),
            ("application/grpc-web-text+x", Some("application/grpc-web-text")),
            ("application/grpcweb", None),
            ("application/grpc-", None),
            ("application/grpc+", None),
            ("application/grpc, text/html", None),
            ("application/json", None),
            ("", None),
        ] {
            assert_eq!(type_for(Method::POST, &[sent]).as_deref(), answered, "{sent}");
        }
        assert_eq!(type_for(Method::POST, &[]), None);
        assert_eq!(type_for(Method::POST, &["application/grpc", "application/grpc"]), None);
        for method in [Method::GET, Method::PUT, Method::HEAD, Method::OPTIONS] {
            assert_eq!(type_for(method, &["application/grpc"]), None);
        }
    }

    /// "Percent-Encoded": space to `~` without `%` stays as it is.
    #[test]
    fn messages_need_no_encoding() {
        let kinds = [
            RefusalKind::NoToken,
            RefusalKind::SeveralTokens,
            RefusalKind::BadToken,
            RefusalKind::WrongUse,
            RefusalKind::Scope,
            RefusalKind::Permission,
            RefusalKind::Authentication,
            RefusalKind::CrossSite,
            RefusalKind::RouteRefused,
            RefusalKind::NoRoute,
            RefusalKind::AmbiguousPath,
            RefusalKind::NoKeys,
            RefusalKind::NoAnswer,
            RefusalKind::Program,
        ];
        for refusal in [Refusal::from(Rejected::Signature), IdentityError::Missing.into(), Refusal::Revoked] {
            for (_, message) in kinds.map(|kind| status(&refusal, kind)) {
                assert!(message.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'%'), "{message}");
            }
        }
    }
}
