//! The scope of a tool is required before the call reaches the MCP server, so that the refusal is HTTP's: a client that gets 403 with
//! `insufficient_scope` can ask the user for more (RFC 6750 §3.1).

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE},
    middleware::Next,
    response::{IntoResponse, Response},
};
use cognito_authorizer::Verified;
use serde::Deserialize;

use crate::tools::scope_of;

/// No call of these tools is longer.
const MAX_BODY: usize = 64 * 1024;

/// A message of JSON-RPC, as far as it matters here.
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
    let verified = parts.extensions.get::<Arc<Verified>>();
    match needed {
        Some(scope) if !verified.is_some_and(|caller| caller.scopes().contains(scope)) => insufficient(scope),
        _ => next.run(Request::from_parts(parts, Body::from(body))).await,
    }
}

fn needed_scope(message: &Message) -> Option<&'static str> {
    let calls_tool = message.method.as_deref() == Some("tools/call");
    scope_of(message.params.as_ref()?.name.as_deref()?).filter(|_| calls_tool)
}

fn insufficient(scope: &'static str) -> Response {
    let mut response = (StatusCode::FORBIDDEN, "the token lacks the scope of this tool\n").into_response();
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
