//! The servers that are compared: protected by this project, without a layer, and with a layer that does nothing. One program for
//! all three, so that they differ in nothing else.
//!
//! `$LAYER` is `none`, `no-op` or, by default, `authorizer`. `$RESULT_TTL` is for how many seconds the authorizer remembers a token.
//! With `$REFRESH`, it fetches its keys continually, which a real server should not do.

use std::{env, time::Duration};

use axum::body::Body;
use bench_harness::{CLIENT, Command, POOL, jwks_url, listen, oneshot, oneshot_open};
use cognito_authorizer::{CognitoAuthLayer, UserPool, keys::Jwks};
use cognito_bench::routers::{bare, no_op, protected};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run() {
    let command = Command::from_arguments();
    let layer = env::var("LAYER").unwrap_or_else(|_| "authorizer".into());
    let app = match &*layer {
        "none" => bare(),
        "no-op" => no_op(),
        "authorizer" => protected(authorizer().await),
        _ => panic!("$LAYER is `none`, `no-op` or `authorizer`"),
    };
    match command {
        Command::Serve => axum::serve(listen().await, app).await.expect("it serves"),
        Command::OneShot { folder, requests } if layer == "authorizer" => {
            oneshot(app, Body::empty, &folder, requests).await;
        }
        Command::OneShot { folder, requests } => oneshot_open(app, Body::empty, &folder, requests).await,
    }
}

async fn authorizer() -> CognitoAuthLayer {
    let ttl = env::var("RESULT_TTL").map_or(300, |seconds| seconds.parse().expect("seconds"));
    let builder = CognitoAuthLayer::builder(UserPool::new(POOL).client(CLIENT).jwks_url(jwks_url()));
    // Longer than the slow endpoint takes, shorter than the one that never answers.
    let keys = Jwks::https().fetch_timeout(Duration::from_millis(2500));
    let auth = builder.result_ttl(Duration::from_secs(ttl)).keys(keys).connect().await.expect("keys");
    if env::var_os("REFRESH").is_some() {
        let auth = auth.clone();
        tokio::spawn(async move {
            loop {
                auth.refresh().await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    auth
}
