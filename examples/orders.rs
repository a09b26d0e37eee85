//! An API that a user pool protects, and without further ado the pool too.
//!
//! `cargo run --bin orders` starts a user pool on this machine and the API in one process, prints a token of each kind
//! and the `curl` lines to try them. Standard output has those and one line `listening on http://…`; the log goes to
//! standard error and has no token in it.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | where the API listens; port 0 takes a free one |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | where the local pool listens; loopback only |
//! | `COGNITO_USER_POOL_ID` | | uses this user pool instead of a local one, and prints no tokens |
//! | `COGNITO_CLIENT_IDS` | | required then: the app clients to let in, between commas, or `any` |
//! | `COGNITO_ISSUER` | AWS's | the issuer, if another than AWS's (emulators) |
//! | `COGNITO_JWKS_URL` | below the issuer | where the keys are, if elsewhere (emulators) |
//! | `ORDERS_LAZY` | `0` | `1` starts without keys and fetches them in the background |
//! | `RUST_LOG` | `info` | what is logged, as `tracing-subscriber` reads it |
//!
//! A value that does not hold ends the program with exit code 1. `SIGINT` and `SIGTERM` let requests end and then the
//! program, with exit code 0.

#[path = "orders/api.rs"]
mod api;
#[path = "orders/local_pool.rs"]
mod local_pool;
#[path = "orders/program.rs"]
mod program;
#[path = "orders/settings.rs"]
mod settings;
#[path = "orders/trials.rs"]
mod trials;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use crate::settings::{Pool, Settings};

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

    let (authorizer, local_pool) = match pool {
        Pool::Cognito(pool) => (pool.authorizer(), None),
        Pool::Local { listen } => {
            let pool = local_pool::start(&listen).await?;
            (pool.authorizer(), Some(pool))
        }
    };
    let app = api::router(start.layer(authorizer).await?)?;

    let mut out = io::stdout();
    if let Some(pool) = &local_pool {
        trials::write(pool, &url, &mut out)?;
    }
    writeln!(out, "listening on {url}")?;
    program::serve(listener, app, stop).await?;
    Ok(())
}
