//! How MCP clients find the user pool: the metadata of the protected resource, and the challenge that points to it (RFC 9728).

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{HeaderMap, WWW_AUTHENTICATE},
    },
    middleware::Next,
    response::Response,
};
use serde::Serialize;

use crate::tools::{FIRST_SCOPE, SCOPES};

/// The metadata and its URL.
#[derive(Clone)]
pub(crate) struct Discovery {
    metadata: Arc<Metadata>,
    /// `resource_metadata` of challenges.
    url: Arc<str>,
}

/// RFC 9728 §2. It says nothing about callers.
#[derive(Serialize)]
pub(crate) struct Metadata {
    resource: String,
    authorization_servers: [String; 1],
    scopes_supported: Vec<&'static str>,
    bearer_methods_supported: [&'static str; 1],
}

impl Discovery {
    pub(crate) fn new(resource: &str, issuer: &str) -> Self {
        // RFC 9728 §3.1: the well-known path goes between the host and the path of the resource.
        let (server, path) = resource.rsplit_once('/').unwrap_or((resource, ""));
        let metadata = Metadata {
            resource: resource.to_owned(),
            authorization_servers: [issuer.to_owned()],
            scopes_supported: SCOPES.map(|(_, scope)| scope).to_vec(),
            bearer_methods_supported: ["header"],
        };
        let url = format!("{server}/.well-known/oauth-protected-resource/{path}").into();
        Self { metadata: Arc::new(metadata), url }
    }
}

/// `GET /.well-known/oauth-protected-resource/mcp`
pub(crate) async fn metadata(State(discovery): State<Discovery>) -> Json<Arc<Metadata>> {
    Json(discovery.metadata)
}

/// Adds `resource_metadata` to the challenges of refusals (RFC 9728 §5.1). A client without a token also learns the scope to begin
/// with; it asks for more when a tool needs more.
pub(crate) async fn point_to_metadata(
    State(discovery): State<Discovery>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        add_parameter(response.headers_mut(), "scope", FIRST_SCOPE);
    }
    add_parameter(response.headers_mut(), "resource_metadata", &discovery.url);
    response
}

fn add_parameter(headers: &mut HeaderMap, name: &str, value: &str) {
    let Some(challenge) = headers.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()) else { return };
    let separator = if challenge.contains('=') { "," } else { "" };
    let challenge = format!("{challenge}{separator} {name}=\"{value}\"");
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        headers.insert(WWW_AUTHENTICATE, value);
    }
}
