//! Refusals as gRPC clients understand them: an HTTP 200 without a body whose headers have `grpc-status`. A client that gets JSON
//! reports `Internal: protocol error`.

use axum::http::{Response, StatusCode, header::CONTENT_TYPE};
use cognito_authorizer::{Refusal, response::ResponseBody};
use tonic::{Code, Status, body::Body, metadata::MetadataMap};
use tower::util::MapResponseLayer;

/// Rewrites a response of the layer.
type Translate = fn(Response<ResponseBody<Body>>) -> Response<Body>;

/// Goes around the layer that refuses.
pub(crate) fn in_grpc() -> MapResponseLayer<Translate> {
    MapResponseLayer::new(translate)
}

fn translate(response: Response<ResponseBody<Body>>) -> Response<Body> {
    let Some(refusal) = response.extensions().get::<Refusal>().cloned() else {
        return response.map(Body::new);
    };
    let (code, message) = status(response.status());
    // `www-authenticate` and `retry-after` stay, as metadata. What describes the body does not.
    let mut headers = response.into_parts().0.headers;
    headers.remove(CONTENT_TYPE);
    let status = Status::with_metadata(code, message, MetadataMap::from_headers(headers));
    let mut response = status.into_http();
    // For an outer layer that counts or logs.
    response.extensions_mut().insert(refusal);
    response
}

/// The client learns no more than from the HTTP response.
fn status(http: StatusCode) -> (Code, &'static str) {
    match http {
        StatusCode::UNAUTHORIZED => (Code::Unauthenticated, "a valid access token is required"),
        StatusCode::FORBIDDEN => (Code::PermissionDenied, "the token does not permit this method"),
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => (Code::Unimplemented, "there is no such method"),
        StatusCode::SERVICE_UNAVAILABLE => (Code::Unavailable, "tokens cannot be verified now"),
        _ => (Code::Internal, "the request could not be authorized"),
    }
}
