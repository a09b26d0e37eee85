//! An API that a user pool protects, with a user pool and a page to try both.
//!
//! `cargo run --bin orders` starts a user pool on this machine and the API in one process. The API's page at `/` signs in at the
//! pool and calls each route. `cargo run --bin orders -- --tokens` also prints a token of each kind and the `curl` lines to try
//! them. Standard output has those and one line `listening on http://…`; the log goes to standard error and contains no token.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | address of the API; port 0 picks a free port |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `COGNITO_USER_POOL_ID` | | uses this user pool instead of a local one; then there is no page, and no tokens are printed |
//! | `COGNITO_CLIENT_IDS` | | required with `COGNITO_USER_POOL_ID`: the app clients to accept, separated by commas, or `any` |
//! | `COGNITO_ISSUER` | AWS's | the issuer of an emulator |
//! | `COGNITO_JWKS_URL` | below the issuer | the URL of an emulator's keys |
//! | `COGNITO_DANGEROUS_HTTP_HOST` | | allows keys over plain http from this host, such as a container |
//! | `ORDERS_LAZY` | `0` | `1` starts without keys and fetches them in the background |
//! | `RUST_LOG` | `info` | log filter, as `tracing-subscriber` reads it |
//!
//! An invalid value ends the program with exit code 1. `SIGINT` and `SIGTERM` let requests finish, and then end the program with
//! exit code 0.
//!
//! - `orders/api.rs`: the routes, and what each requires of a token
//! - `orders/local_pool.rs`: the user pool
//! - `orders/page.rs`: the page that signs in
//! - `orders/settings.rs`: the variables above
//! - `orders/program.rs`: logging, serving and stopping
//! - `orders/trials.rs`: tokens and `curl` lines

#[path = "orders/api.rs"]
mod api;
#[path = "orders/local_pool.rs"]
mod local_pool;
#[path = "orders/page.rs"]
mod page;
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

use crate::settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let with_tokens = tokens_are_wanted()?;
    let Settings { listen, pool, start, log } = Settings::from_environment()?;
    program::log_to_stderr(log);
    let stop = program::stop_signal()?;
    let listener = listen.bind().await?;
    let url = format!("http://{}", listener.local_addr()?);

    let (authorizer, local_pool) = local_pool::authorizer(pool, &url).await?;
    let mut app = api::router(start.layer(authorizer).await?)?;

    let mut out = io::stdout();
    if let Some(pool) = &local_pool {
        app = app.merge(page::router(pool));
        trials::write_summary(pool, &url, &mut out)?;
        if with_tokens {
            trials::write_tokens(pool, &url, &mut out)?;
        }
    }
    writeln!(out, "listening on {url}")?;
    program::serve(listener, app, stop).await?;
    Ok(())
}

/// Whether the only argument, `--tokens`, was given.
fn tokens_are_wanted() -> Result<bool, Box<dyn Error>> {
    let given: Vec<_> = std::env::args_os().skip(1).collect();
    match given.as_slice() {
        [] => Ok(false),
        [argument] if argument == "--tokens" => Ok(true),
        [argument, ..] => {
            let argument = argument.to_string_lossy();
            Err(format!("`{argument}` is not an argument of this program; give `--tokens`, or none").into())
        }
    }
}
