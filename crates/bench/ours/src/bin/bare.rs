//! The floor: a server of axum alone, which lets everybody in.

use axum::{Router, body::Body, routing::get};
use bench_harness::{Command, listen, oneshot_open};

async fn handler() -> &'static str {
    "let in"
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let app = Router::new().route("/", get(handler));
    match Command::from_arguments() {
        Command::Serve => axum::serve(listen().await, app).await.expect("it serves"),
        Command::OneShot { folder, requests } => oneshot_open(app, Body::empty, &folder, requests).await,
    }
}
