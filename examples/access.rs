//! An API that requires more than scopes: a token for this API, a caller in person, a strong and recent sign-in.
//!
//! `cargo run --bin access` starts a user pool on this machine and the API in one process, and prints tokens and the `curl` lines to try
//! them. Standard output has those and one line `listening on http://…`; the log goes to standard error and contains no token.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | address of the API; port 0 picks a free port |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `COGNITO_…`, `ORDERS_LAZY`, `RUST_LOG` | | as in `orders.rs` |
//!
//! - `access/api.rs`: the routes and their requirements, with tests as a service has them (`cognito-authorizer-testing`)
//! - `access/trials.rs`: tokens and `curl` lines

#[path = "access/api.rs"]
mod api;
#[path = "orders/local_pool.rs"]
#[expect(dead_code, reason = "other examples print more of the pool")]
mod local_pool;
#[path = "orders/program.rs"]
mod program;
#[path = "orders/settings.rs"]
mod settings;
#[path = "access/trials.rs"]
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
    let auth = start.layer(api::protect(authorizer)?).await?;

    let mut out = io::stdout();
    if let Some(pool) = &local_pool {
        trials::write(pool, &url, &mut out)?;
    }
    writeln!(out, "listening on {url}")?;
    program::serve(listener, api::router(auth), stop).await?;
    Ok(())
}
