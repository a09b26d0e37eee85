//! A server protected by `jwt-authorizer`, which is for axum 0.7 and verifies with ring.

use axum07::{Router, body::Body, routing::get};
use bench_harness::{Claims, Command, ISSUER, jwks_url, listen, oneshot};
use jwt_authorizer::{IntoLayer, JwtAuthorizer, JwtClaims, Validation};

async fn handler(JwtClaims(claims): JwtClaims<Claims>) -> &'static str {
    if claims.sub.is_empty() { "nobody" } else { "let in" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let command = Command::from_arguments();
    let validation = Validation::new().iss(&[ISSUER]).nbf(true).leeway(0);
    let auth = JwtAuthorizer::<Claims>::from_jwks_url(&jwks_url()).validation(validation).build().await;
    let app = Router::new().route("/", get(handler)).layer(auth.expect("an authorizer").into_layer());
    match command {
        Command::Serve => axum07::serve(listen().await, app).await.expect("it serves"),
        Command::OneShot { folder, requests } => oneshot(app, Body::empty, &folder, requests).await,
    }
}
