//! A server protected by this project. `$RESULT_TTL` is for how many seconds it remembers tokens; with `$REFRESH` it fetches its
//! keys all the time, which nobody should.

use std::{env, time::Duration};

use axum::{Router, body::Body, routing::get};
use bench_harness::{CLIENT, Command, POOL, jwks_url, listen, oneshot};
use cognito_authorizer::{AccessClaims, CognitoAuthLayer, UserPool, keys::Jwks};

async fn handler(caller: AccessClaims) -> &'static str {
    if caller.subject().is_empty() { "nobody" } else { "let in" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let command = Command::from_arguments();
    let ttl = env::var("RESULT_TTL").map_or(300, |seconds| seconds.parse().expect("seconds"));
    let builder = CognitoAuthLayer::builder(UserPool::new(POOL).client(CLIENT).jwks_url(jwks_url()));
    // Longer than a slow endpoint takes, shorter than one that hangs.
    let keys = Jwks::https().fetch_timeout(Duration::from_millis(2500));
    let builder = builder.result_ttl(Duration::from_secs(ttl)).keys(keys);
    let auth = builder.connect().await.expect("keys");
    if env::var_os("REFRESH").is_some() {
        let auth = auth.clone();
        tokio::spawn(async move {
            loop {
                auth.refresh().await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    let app = Router::new().route("/", get(handler)).route_layer(auth);
    match command {
        Command::Serve => axum::serve(listen().await, app).await.expect("it serves"),
        Command::OneShot { folder, requests } => oneshot(app, Body::empty, &folder, requests).await,
    }
}
