//! The API of a `serverless.yml`, without API Gateway and without AWS.
//!
//! `cargo run --bin imported` reads `examples/imported/serverless.yml`, starts a user pool on this machine with the
//! resource servers, scopes and app clients that the file defines, and serves `POST /my_path` behind the authorizer that it
//! defines. Standard output has a token of each kind, the `curl` lines to try them with the status that each gets, and one
//! line `listening on http://…`.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | where the API listens; port 0 takes a free one |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | where the local pool listens; loopback only |
//!
//! - `imported/serverless.yml`: the definition, as it was deployed
//! - `imported/pool.rs`: a local pool from the Cognito resources of a definition
//! - `imported/service.rs`: the definition, the layer made of it, and the handler
//! - `imported/try_it.rs`: tokens and `curl` lines

#[path = "imported/pool.rs"]
mod pool;
#[path = "imported/service.rs"]
mod service;
#[path = "imported/try_it.rs"]
mod try_it;

use std::{
    error::Error,
    io::{self, Write},
    net::TcpListener,
    process::ExitCode,
};

use crate::service::Service;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Ignore a closed standard error.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let address = |variable, default: &str| std::env::var(variable).unwrap_or_else(|_| default.to_owned());
    let listener = tokio::net::TcpListener::bind(address("LISTEN", "127.0.0.1:3000")).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let service = Service::start(TcpListener::bind(address("POOL_LISTEN", "127.0.0.1:9229"))?).await?;

    let mut out = io::stdout();
    try_it::write(&service.pool, &service.pool_server, &url, &mut out)?;
    writeln!(out, "listening on {url}")?;
    axum::serve(listener, service.router).with_graceful_shutdown(stopped()).await?;
    Ok(())
}

/// Ends at Ctrl-C.
async fn stopped() {
    // Where signals cannot be listened for, the program runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
