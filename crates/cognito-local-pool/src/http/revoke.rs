//! The [revocation endpoint][aws] (RFC 7009).
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::client_auth::{self, NotAClient};
use super::{Shared, json_response};
use crate::grants::Revocation;
use crate::pool::LocalPool;

pub(super) async fn revoke(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    match revoked(&shared.pool, &headers, &body) {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => {
            let unauthorized = error == "invalid_client";
            let status = if unauthorized { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
            json_response(status, &json!({ "error": error }))
        }
    }
}

fn revoked(pool: &LocalPool, headers: &HeaderMap, body: &[u8]) -> Result<(), &'static str> {
    let form = client_auth::form(headers, body).ok_or("invalid_request")?;
    let token = form.get("token").ok_or("invalid_request")?;
    let client = client_auth::client(pool, headers, &form).map_err(|why| match why {
        NotAClient::Malformed => "invalid_request",
        NotAClient::Unknown => "invalid_client",
    })?;
    if !client.can_revoke() {
        return Err("invalid_request");
    }
    // Access and ID tokens are JWS in three parts; a refresh token of this pool has no dot.
    if token.split('.').count() == 3 {
        return Err("unsupported_token_type");
    }
    match pool.revoke(client, token) {
        // RFC 7009 §2.2: an invalid token needs no revocation.
        Revocation::Revoked | Revocation::Unknown => Ok(()),
        Revocation::OtherClient => Err("invalid_request"),
    }
}
