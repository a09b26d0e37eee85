//! The [userInfo endpoint][aws] (`OpenID` Connect Core §5.3).
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Shared, json_response, single};
use crate::access_token::{AccessTokenRefused, UserToken};
use crate::grant::scopes_show;

pub(super) async fn user_info(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else {
        let description = "Bad OAuth2 request at UserInfo Endpoint";
        return refused(StatusCode::BAD_REQUEST, "invalid_request", description, description);
    };
    let unauthorized = |why: &str| {
        let documented =
            "Access token is expired, disabled, or deleted, or the user has globally signed out.";
        refused(StatusCode::UNAUTHORIZED, "invalid_token", documented, why)
    };
    match shared.pool.check_access_token(token) {
        Ok(token) if token.has_scope("openid") => {
            ([(CACHE_CONTROL, "no-store")], json_response(StatusCode::OK, &claims(&token))).into_response()
        }
        Ok(_) => unauthorized("Access token does not contain the 'openid' scope"),
        Err(AccessTokenRefused::NotOurs) => unauthorized("Access token format is not valid"),
        Err(AccessTokenRefused::NotOfUser) => {
            unauthorized("Access token does not contain the 'openid' scope")
        }
        Err(
            AccessTokenRefused::Expired
            | AccessTokenRefused::SignedOut
            | AccessTokenRefused::NoUser
            | AccessTokenRefused::Disabled,
        ) => {
            unauthorized("Access token is expired or user has globally signed out, disabled, or been deleted")
        }
    }
}

/// `sub`, `username`, and the attributes that the scopes show. All of them are texts: `email_verified` too is `"true"`
/// or `"false"` here.
fn claims(token: &UserToken) -> Value {
    let account = &token.account;
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), account.subject.as_str().into());
    for (name, value) in account.attribute_claims() {
        if scopes_show(&token.scopes, &name) {
            let value = match value {
                Value::Bool(verified) => verified.to_string().into(),
                other => other,
            };
            claims.insert(name, value);
        }
    }
    claims.insert("username".to_owned(), account.username.as_str().into());
    claims.into()
}

/// The header as the developer guide has it, and a body that says more, as observed.
fn refused(status: StatusCode, error: &'static str, documented: &str, why: &str) -> Response {
    let mut response = json_response(status, &json!({ "error": error, "error_description": why }));
    let challenge = format!("Bearer error=\"{error}\", error_description=\"{documented}\"");
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = single(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
