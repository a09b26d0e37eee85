//! A server protected by `axum-jwt-auth`, with aws-lc.

use std::sync::Arc;

use axum::{Router, body::Body, routing::get};
use axum_jwt_auth::{Claims as Caller, Decoder, RemoteJwksDecoder};
use bench_harness::{Claims, Command, ISSUER, jwks_url, listen, oneshot};
use jsonwebtoken::{Algorithm, Validation, crypto::aws_lc};

async fn handler(caller: Caller<Claims>) -> &'static str {
    if caller.claims.sub.is_empty() { "nobody" } else { "let in" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let command = Command::from_arguments();
    aws_lc::DEFAULT_PROVIDER.install_default().expect("no other is installed");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[ISSUER]);
    validation.validate_nbf = true;
    validation.validate_aud = false;
    validation.leeway = 0;
    let decoder = RemoteJwksDecoder::builder().jwks_url(jwks_url()).validation(validation).build();
    let decoder = decoder.expect("a decoder");
    decoder.initialize().await.expect("keys");
    let decoder: Decoder<Claims> = Arc::new(decoder);
    let app = Router::new().route("/", get(handler)).with_state(decoder);
    match command {
        Command::Serve => axum::serve(listen().await, app).await.expect("it serves"),
        Command::OneShot { folder, requests } => oneshot(app, Body::empty, &folder, requests).await,
    }
}
