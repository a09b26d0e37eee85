//! A server protected by `oauth-resource-server`, which verifies with ring and requires an audience in each token.

use std::sync::Arc;

use axum::{Router, body::Body, routing::get};
use bench_harness::{AUDIENCE, CLIENT, Command, ISSUER, jwks_url, listen, oneshot};
use oauth_resource_server::{AuthorizedToken, KeyNaming, OAuthConfig, OAuthValidator, axum::AuthLayer};

async fn handler(token: AuthorizedToken) -> &'static str {
    if token.subject.is_none() { "nobody" } else { "let in" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let command = Command::from_arguments();
    let config = OAuthConfig {
        enabled: true,
        issuer: ISSUER.into(),
        jwks_uri: Some(jwks_url()),
        audience: AUDIENCE.into(),
        resource: AUDIENCE.into(),
        allowed_client_ids: vec![CLIENT.into()],
        // The others require no scope either.
        allow_unscoped_tokens: true,
        ..OAuthConfig::default()
    };
    let config = config.resolve(KeyNaming::Dotted("oauth")).expect("valid settings").expect("it is enabled");
    let validator = Arc::new(OAuthValidator::new(&config).expect("a validator"));
    validator.refresh_now().await.expect("keys");
    validator.spawn_background_refresh();
    let auth = AuthLayer::builder().oauth(validator).build().expect("a layer");
    let app = Router::new().route("/", get(handler)).route_layer(auth);
    match command {
        Command::Serve => axum::serve(listen().await, app).await.expect("it serves"),
        Command::OneShot { folder, requests } => oneshot(app, Body::empty, &folder, requests).await,
    }
}
