//! Requires the scope of a tool before the call reaches the MCP server, so that the refusal is an HTTP response: a client that gets 403
//! with `insufficient_scope` can ask the user for more (RFC 6750 §3.1).

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use cognito_authorizer::{Rejection, scope};
use serde::Deserialize;

use crate::tools::scope_of;

/// The limit on a request; no call of these tools is longer.
const MAX_BODY: usize = 64 * 1024;

/// The part of a JSON-RPC message that names a tool.
#[derive(Deserialize)]
struct Message {
    method: Option<String>,
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    name: Option<String>,
}

pub(crate) async fn require(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let needed = serde_json::from_slice::<Message>(&body).ok().and_then(|message| needed_scope(&message));
    // Refuses as the layer does, so that the challenge names the scope and the metadata.
    match needed.map(|needed| Rejection::check(&scope(needed), &parts)) {
        Some(Err(rejection)) => rejection.into_response(),
        _ => next.run(Request::from_parts(parts, Body::from(body))).await,
    }
}

fn needed_scope(message: &Message) -> Option<&'static str> {
    let calls_tool = message.method.as_deref() == Some("tools/call");
    scope_of(message.params.as_ref()?.name.as_deref()?).filter(|_| calls_tool)
}
