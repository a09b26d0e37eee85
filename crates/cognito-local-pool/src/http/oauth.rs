//! The [token endpoint][aws]: `client_credentials` and `refresh_token` (RFC 6749 §4.4, §6).
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html

use std::borrow::Cow;
use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Shared, json_response, single};
use crate::client::AppClient;
use crate::pool::LocalPool;
use crate::trigger::TriggerSource;

/// Why there is no token (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OAuthError {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
}

impl OAuthError {
    fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

pub(super) async fn token(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    // Cognito answers 400 to each of them, a failed client authentication included.
    let response = match grant(&shared.pool, &headers, &body) {
        Ok(tokens) => json_response(StatusCode::OK, &tokens),
        Err(error) => json_response(StatusCode::BAD_REQUEST, &json!({ "error": error.code() })),
    };
    // RFC 6749 §5.1: a response with a token must not be stored.
    ([(CACHE_CONTROL, "no-store")], response).into_response()
}

fn grant(pool: &LocalPool, headers: &HeaderMap, body: &[u8]) -> Result<Value, OAuthError> {
    let form = Form::parse(headers, body)?;
    match form.get("grant_type").ok_or(OAuthError::InvalidRequest)? {
        "client_credentials" => client_credentials(pool, client(pool, headers, &form)?, form.get("scope")),
        "refresh_token" => {
            refresh_token(pool, client(pool, headers, &form)?, form.get("refresh_token"), form.get("scope"))
        }
        _ => Err(OAuthError::UnsupportedGrantType),
    }
}

/// All custom scopes of the client, or those that were asked for if it may have each of them.
fn client_credentials(
    pool: &LocalPool,
    client: &AppClient,
    scope: Option<&str>,
) -> Result<Value, OAuthError> {
    if !client.has_secret() {
        return Err(OAuthError::UnauthorizedClient);
    }
    let allowed: Vec<&str> = client.custom_scopes().collect();
    let mut scopes: Vec<String> = Vec::new();
    for asked in scope.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()) {
        if !allowed.contains(&asked) {
            return Err(OAuthError::InvalidScope);
        }
        if !scopes.iter().any(|known| known == asked) {
            scopes.push(asked.to_owned());
        }
    }
    if scopes.is_empty() {
        scopes = allowed.into_iter().map(str::to_owned).collect();
    }
    let (access, expires_in) = pool
        .issue_to_machine(client, &scopes, TriggerSource::ClientCredentials)
        .map_err(|_| OAuthError::InvalidRequest)?;
    Ok(json!({ "access_token": access, "expires_in": expires_in, "token_type": "Bearer" }))
}

/// New access and ID tokens of the same sign-in; the refresh token stays good and is not sent again.
fn refresh_token(
    pool: &LocalPool,
    client: &AppClient,
    token: Option<&str>,
    scope: Option<&str>,
) -> Result<Value, OAuthError> {
    let token = token.ok_or(OAuthError::InvalidRequest)?;
    let grant = pool.find_grant(client, token).map_err(|_| OAuthError::InvalidGrant)?;
    // RFC 6749 §6: no scope beyond those of the sign-in. Narrowing is not offered by Cognito.
    let asked = scope.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty());
    if asked.into_iter().any(|asked| !grant.has_scope(asked)) {
        return Err(OAuthError::InvalidScope);
    }
    let refreshed =
        pool.refresh(client, token, TriggerSource::RefreshTokens).map_err(|_| OAuthError::InvalidGrant)?;
    let tokens = refreshed.tokens;
    Ok(json!({
        "access_token": tokens.access,
        "expires_in": tokens.expires_in,
        "id_token": tokens.id,
        "token_type": "Bearer",
    }))
}

/// The client that the request is from, by Basic authentication or by the form, but not by both (RFC 6749 §2.3).
fn client<'a>(
    pool: &'a LocalPool,
    headers: &HeaderMap,
    form: &Form<'_>,
) -> Result<&'a AppClient, OAuthError> {
    let (id, secret) = if headers.contains_key(AUTHORIZATION) {
        let (id, secret) = basic(headers).ok_or(OAuthError::InvalidClient)?;
        if form.get("client_secret").is_some() || form.get("client_id").is_some_and(|other| other != id) {
            return Err(OAuthError::InvalidRequest);
        }
        (id, Some(secret))
    } else {
        let id = form.get("client_id").ok_or(OAuthError::InvalidRequest)?;
        (id.to_owned(), form.get("client_secret").map(str::to_owned))
    };
    let client = pool.client(&id).ok_or(OAuthError::InvalidClient)?;
    // A public client has nothing to show; `id:` in a Basic header shows nothing.
    let secret = secret.as_deref().filter(|secret| client.has_secret() || !secret.is_empty());
    if client.accepts_secret(secret) { Ok(client) } else { Err(OAuthError::InvalidClient) }
}

/// Id and secret of a Basic header, both form-encoded within it (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, credentials) = single(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // `=` and `&` would end the name of a parameter, and are data here.
    let text = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

/// The parameters of a request, none of them twice (RFC 6749 §3.2).
struct Form<'a>(HashMap<Cow<'a, str>, Cow<'a, str>>);

impl<'a> Form<'a> {
    fn parse(headers: &HeaderMap, body: &'a [u8]) -> Result<Self, OAuthError> {
        let media_type = single(headers, CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
        if !media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
            return Err(OAuthError::InvalidRequest);
        }
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if parameters.insert(name, value).is_some() {
                return Err(OAuthError::InvalidRequest);
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter; an empty one counts as left out (RFC 6749 §3.2).
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_basic_header_is_decoded_twice() {
        let read = |text: &str| {
            let value = HeaderValue::from_str(text).unwrap();
            basic(&HeaderMap::from_iter([(AUTHORIZATION, value)]))
        };
        let header = |scheme: &str, credentials: &str| format!("{scheme} {}", STANDARD.encode(credentials));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(read(&header("Basic", "id:secret")), pair("id", "secret"));
        assert_eq!(read(&header("basic", "id:a%2Bb%3Ac+d")), pair("id", "a+b:c d"));
        assert_eq!(read(&header("Basic", "id:a=b&c:d")), pair("id", "a=b&c:d"));
        assert_eq!(read(&header("Basic", "id:")), pair("id", ""));
        assert_eq!(read(&header("Basic", "no colon")), None);
        assert_eq!(read(&header("Bearer", "id:secret")), None);
        assert_eq!(read("Basic ???"), None);
    }
}
