//! An API whose clients send the token in different ways: programs in `Authorization`, a web app in a cookie, and an Application Load
//! Balancer in `x-amzn-oidc-accesstoken`.
//!
//! `cargo run --bin sources` starts a user pool on this machine and the API in one process, and prints tokens and the `curl` lines to
//! try them. Standard output has those and one line `listening on http://…`; the log goes to standard error and contains no token.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | address of the API; port 0 picks a free port |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `COGNITO_…`, `ORDERS_LAZY`, `RUST_LOG` | | as in `orders.rs` |
//!
//! - `sources/api.rs`: the routes, and the sources of the token
//! - `sources/trials.rs`: tokens and `curl` lines
//!
//! WebSockets, where pages send the token as a subprotocol, are in `websocket.rs`.

#[path = "sources/api.rs"]
mod api;
#[path = "orders/local_pool.rs"]
#[expect(dead_code, reason = "other examples print more of the pool")]
mod local_pool;
#[path = "orders/program.rs"]
mod program;
#[path = "orders/settings.rs"]
mod settings;
#[path = "sources/trials.rs"]
mod trials;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use crate::settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Settings { listen, pool, start, log } = Settings::from_environment()?;
    program::log_to_stderr(log);
    let stop = program::stop_signal()?;
    let listener = listen.bind().await?;
    let url = format!("http://{}", listener.local_addr()?);

    let (authorizer, local_pool) = local_pool::authorizer(pool, &url).await?;
    let auth = start.layer(authorizer.profile(api::profile()?)).await?;

    let mut out = io::stdout();
    if let Some(pool) = &local_pool {
        trials::write(pool, &url, &mut out)?;
    }
    writeln!(out, "listening on {url}")?;
    program::serve(listener, api::router(auth), stop).await?;
    Ok(())
}
