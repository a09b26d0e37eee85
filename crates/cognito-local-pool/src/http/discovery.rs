//! The documents for verifiers: the JWK Set, and metadata with its URL.

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Scheme, Shared, json_response, single, token};
use crate::client::STANDARD_SCOPES;

pub(super) async fn jwks(State(shared): State<Shared>) -> Response {
    shared.count_jwks_fetch();
    ([(CONTENT_TYPE, "application/json")], shared.pool.jwks()).into_response()
}

/// The metadata of `OpenID` Connect Discovery §4 and of RFC 8414 §3, with Cognito's members for what is served here, and with
/// those that MCP clients require: `code_challenge_methods_supported`, and `none` for clients without a secret.
///
/// `issuer` is that of the tokens, even if that is AWS's URL; the other URLs lead back to this server, under the
/// name by which the client reached it.
pub(super) async fn metadata(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let pool = &shared.pool;
    let base = base_url(shared.scheme, &headers);
    let scopes: Vec<&str> = STANDARD_SCOPES
        .into_iter()
        .filter(|scope| !scope.starts_with("aws."))
        .chain(pool.scopes().iter().map(String::as_str))
        .collect();
    let levels = pool.settings().acr_names.all().map(|(_, name)| name);
    let document = json!({
        "acr_values_supported": levels,
        "authorization_endpoint": format!("{base}/oauth2/authorize"),
        "code_challenge_methods_supported": ["S256"],
        "end_session_endpoint": format!("{base}/logout"),
        "grant_types_supported": [
            "authorization_code",
            "implicit",
            "refresh_token",
            "client_credentials",
            token::TOKEN_EXCHANGE,
        ],
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": pool.issuer(),
        "jwks_uri": format!("{base}/{}/.well-known/jwks.json", pool.id()),
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": format!("{base}/oauth2/revoke"),
        "scopes_supported": scopes,
        "subject_types_supported": ["public"],
        "token_endpoint": format!("{base}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "userinfo_endpoint": format!("{base}/oauth2/userInfo"),
    });
    json_response(StatusCode::OK, &document)
}

/// The scheme and the `Host` of the request if that is a host and a port and nothing else; else `localhost`.
fn base_url(scheme: Scheme, headers: &HeaderMap) -> String {
    let host = single(headers, HOST.as_str()).filter(|host| {
        (1..=255).contains(&host.len())
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']'))
    });
    format!("{}://{}", scheme.name(), host.unwrap_or("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_host_header_cannot_lead_elsewhere_than_to_a_host() {
        let cases = [
            ("127.0.0.1:9229", "http://127.0.0.1:9229"),
            ("[::1]:9229", "http://[::1]:9229"),
            ("pool:9229", "http://pool:9229"),
            ("evil.example/x?", "http://localhost"),
            ("user@evil.example", "http://localhost"),
            ("", "http://localhost"),
        ];
        for (host, expected) in cases {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            assert_eq!(base_url(Scheme::Http, &headers), expected, "{host}");
        }
        assert_eq!(base_url(Scheme::Http, &HeaderMap::new()), "http://localhost");
    }
}
