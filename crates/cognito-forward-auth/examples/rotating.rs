//! A user pool whose keys rotate and whose key endpoint fails on request, for `.ci/proxies/week.mjs`.

use std::{
    error::Error,
    io::{Write, stdout},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use cognito_local_pool::{AppClient, LocalPool, ResourceServer, User};
use tokio::net::TcpListener;

const CLIENT: &str = "4example23456789";

#[derive(Clone)]
struct Rotating {
    pool: LocalPool,
    fails: Arc<AtomicBool>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pool = LocalPool::builder("ap-south-1_LocalPool")
        .resource_server(ResourceServer::new("orders").scope("read"))
        .app_client(AppClient::public(CLIENT))
        .user(User::new("bob", "Bob-1815"))
        .build()?;
    let router = Router::new()
        .route("/jwks.json", get(jwks))
        .route("/issuer", get(async |State(all): State<Rotating>| all.pool.issuer().to_owned()))
        .route("/tokens", get(tokens))
        .route("/rotate", get(rotate))
        .route("/sign", get(async |State(all): State<Rotating>| all.pool.use_next_keys()))
        .route("/fail", get(async |State(all): State<Rotating>| all.fails.store(true, Ordering::Relaxed)))
        .route("/heal", get(async |State(all): State<Rotating>| all.fails.store(false, Ordering::Relaxed)))
        .with_state(Rotating { pool, fails: Arc::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(stdout(), "READY http://{}", listener.local_addr()?)?;
    Ok(axum::serve(listener, router).await?)
}

async fn jwks(State(all): State<Rotating>) -> Result<String, StatusCode> {
    if all.fails.load(Ordering::Relaxed) { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(all.pool.jwks()) }
}

/// Withdraws the keys that sign no more, and publishes the next ones, which do not sign yet.
async fn rotate(State(all): State<Rotating>) {
    all.pool.withdraw_old_keys();
    all.pool.publish_next_keys();
}

/// Twenty good tokens as a JSON array.
async fn tokens(State(all): State<Rotating>) -> String {
    let token = |number: i32| {
        let token = all.pool.access_token("bob").client(CLIENT).scope("orders/read").claim("number", number);
        format!("\"{}\"", token.sign())
    };
    format!("[{}]", (0..20).map(token).collect::<Vec<_>>().join(","))
}
