//! A server protected by `tower-oauth2-resource-server`, with its aws-lc back end.

use axum::{Extension, Router, body::Body, routing::get};
use bench_harness::{Claims, Command, ISSUER, jwks_url, listen, oneshot};
use tower_oauth2_resource_server::{
    server::OAuth2ResourceServer, tenant::TenantConfiguration, validation::ClaimsValidationSpec,
};

async fn handler(Extension(claims): Extension<Claims>) -> &'static str {
    if claims.sub.is_empty() { "nobody" } else { "let in" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let command = Command::from_arguments();
    let validation = ClaimsValidationSpec::new().iss(ISSUER).exp(true).nbf(false);
    let tenant = TenantConfiguration::builder(ISSUER).jwks_url(jwks_url()).claims_validation(validation);
    let tenant = tenant.build().await.expect("valid settings");
    let server =
        OAuth2ResourceServer::<Claims>::builder().add_tenant(tenant).build().await.expect("valid settings");
    let app = Router::new().route("/", get(handler)).layer(server.into_layer());
    // It fetches its keys shortly after it reports that it is ready.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    match command {
        Command::Serve => axum::serve(listen().await, app).await.expect("it serves"),
        Command::OneShot { folder, requests } => oneshot(app, Body::empty, &folder, requests).await,
    }
}
