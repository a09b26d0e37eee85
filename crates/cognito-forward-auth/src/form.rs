//! The form of the answers that are not the layer's own: JSON, or gRPC's own form where the original request is a gRPC call.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header::CONTENT_TYPE};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The content types of gRPC and gRPC-Web with the formats that both name, each before its parameters. These are the layer's.
const GRPC_TYPES: [&str; 9] = [
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

/// How the client of the original request reads a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A JSON body.
    Json,
    /// `grpc-status` and `grpc-message` in the headers of a response with this content type and without a body.
    Grpc(HeaderValue),
}

/// An answer in each form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    pub(crate) status: StatusCode,
    pub(crate) body: &'static str,
    /// A code of gRPC, and a message of visible ASCII and spaces without `%`, which needs no encoding.
    pub(crate) grpc: (&'static str, &'static str),
}

impl Form {
    /// The form for the original request. A gRPC call is a `POST` request, as for the layer.
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let mut types = headers.get_all(CONTENT_TYPE).iter();
        match (method, types.next(), types.next()) {
            (&Method::POST, Some(only), None) => Self::of_call(only.as_bytes()),
            _ => Self::Json,
        }
    }

    /// The form for a `POST` request with this content type only.
    pub(crate) fn of_call(content_type: &[u8]) -> Self {
        let known = || {
            let sent = str::from_utf8(content_type).ok()?;
            let essence = sent.split_once(';').map_or(sent, |(essence, _parameters)| essence).trim();
            let known = |text: &str| GRPC_TYPES.into_iter().find(|known| text.eq_ignore_ascii_case(known));
            known(essence).or_else(|| {
                // Messages in a format of the service's own.
                let (essence, format) = essence.split_once('+')?;
                known(essence).filter(|_| !format.is_empty())
            })
        };
        known().map_or(Self::Json, |known| Self::Grpc(HeaderValue::from_static(known)))
    }

    /// The answer in this form. The HTTP status is the same in both, because a proxy takes 200 for permission.
    pub(crate) fn answer(&self, text: Text) -> Response<Bytes> {
        let (content_type, body) = match self {
            Self::Json => (HeaderValue::from_static("application/json"), text.body),
            Self::Grpc(content_type) => (content_type.clone(), ""),
        };
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = text.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type);
        if let Self::Grpc(_) = self {
            let (code, message) = text.grpc;
            headers.insert(GRPC_STATUS, HeaderValue::from_static(code));
            headers.insert(GRPC_MESSAGE, HeaderValue::from_static(message));
        }
        response
    }
}
