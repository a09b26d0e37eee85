//! Notes refused requests for the page of the pool.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

use super::{Shared, single};
use crate::journal::Event;

/// Why a request was refused, in the extensions of the response.
#[derive(Clone)]
struct Reason(String);

/// Notes why `response` refuses the request, if it does.
pub(super) fn note(mut response: Response, reason: Option<&str>) -> Response {
    if let Some(reason) = reason {
        response.extensions_mut().insert(Reason(reason.to_owned()));
    }
    response
}

/// Records a request that is answered with an error, or sent back to the client with one.
pub(super) async fn record(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Browsers ask for it on their own.
    let is_icon = path == "/favicon.ico";
    // Without the query, which may hold a code or a token.
    let label = call(request.headers()).unwrap_or_else(|| format!("{} {path}", request.method()));
    let response = next.run(request).await;
    let reason = response.extensions().get::<Reason>();
    let status = response.status();
    if !is_icon && (reason.is_some() || status.is_client_error() || status.is_server_error()) {
        let reason = reason.map_or("", |reason| reason.0.as_str());
        shared.pool.record(Event::refused(&label, status.as_u16(), reason));
    }
    response
}

/// The call of the sign-in API that a request is for.
fn call(headers: &HeaderMap) -> Option<String> {
    let (_, name) = single(headers, "x-amz-target")?.rsplit_once('.')?;
    Some(name.to_owned())
}
