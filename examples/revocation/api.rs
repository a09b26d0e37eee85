//! The routes: the caller's name, and signing out.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use cognito_authorizer::{AccessClaims, CognitoAuthLayer};

use crate::deny_list::DenyList;

/// The API. `auth` checks the list for every request.
pub(crate) fn router(auth: CognitoAuthLayer, list: DenyList) -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/sign-out", post(sign_out))
        .route_layer(auth)
        .route("/health", get(async || "ok\n"))
        .with_state(list)
}

async fn me(caller: AccessClaims) -> String {
    format!("you are {}\n", caller.username().unwrap_or_else(|| caller.client_id()))
}

/// As soon as it answers, every instance refuses the caller's tokens.
async fn sign_out(State(list): State<DenyList>, caller: AccessClaims) -> StatusCode {
    match list.revoke(&caller).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => {
            tracing::error!(error, "a caller could not be signed out");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
