//! A server protected by `axum-jwks`, which verifies with ring and fetches its keys once.

use axum::{Router, body::Body, extract::FromRef, http::StatusCode, response::IntoResponse, routing::get};
use axum_jwks::{Claims as Caller, Jwks, ParseTokenClaims, TokenError};
use bench_harness::{Claims, Command, jwks_url, listen, oneshot};

#[derive(Clone)]
struct State(Jwks);

impl FromRef<State> for Jwks {
    fn from_ref(state: &State) -> Self {
        state.0.clone()
    }
}

/// The claims, as a type of this program.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Own(Claims);

impl ParseTokenClaims for Own {
    type Rejection = Refused;
}

struct Refused;

impl From<TokenError> for Refused {
    fn from(_: TokenError) -> Self {
        Self
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> axum::response::Response {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn handler(Caller(Own(claims)): Caller<Own>) -> &'static str {
    if claims.sub.is_empty() { "nobody" } else { "let in" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let command = Command::from_arguments();
    let jwks = Jwks::from_jwks_url(&jwks_url(), None, None).await.expect("keys");
    let app = Router::new().route("/", get(handler)).with_state(State(jwks));
    match command {
        Command::Serve => axum::serve(listen().await, app).await.expect("it serves"),
        Command::OneShot { folder, requests } => oneshot(app, Body::empty, &folder, requests).await,
    }
}
