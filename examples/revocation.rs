//! An API that can sign its callers out at once on all its instances, with a list of revoked tokens in Redis.
//!
//! `redis-server & cargo run --bin revocation` starts a user pool on this machine and the API, and prints tokens, the `curl`
//! lines to try them, and how to start a second instance that shares the pool and the list. Standard output has those and one line
//! `listening on http://…`; the log goes to standard error and contains no token.
//!
//! | variable | default | |
//! |---|---|---|
//! | `REDIS_URL` | `redis://127.0.0.1:6379` | URL of the Redis server with the list |
//! | `LISTEN` | `127.0.0.1:3000` | address of the API; port 0 picks a free port |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `COGNITO_…`, `ORDERS_LAZY`, `RUST_LOG` | | as in `orders.rs` |
//!
//! The program ends with exit code 1 if a value is invalid or Redis cannot be reached at the start. If Redis becomes unavailable later,
//! requests are refused with 503 until it is back.
//!
//! - `revocation/api.rs`: the routes
//! - `revocation/deny_list.rs`: the list, and the check that reads it
//! - `revocation/trials.rs`: tokens and `curl` lines

#[path = "revocation/api.rs"]
mod api;
#[path = "revocation/deny_list.rs"]
mod deny_list;
#[path = "orders/local_pool.rs"]
mod local_pool;
#[path = "orders/program.rs"]
mod program;
#[path = "orders/settings.rs"]
mod settings;
#[path = "revocation/trials.rs"]
mod trials;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use cognito_authorizer::Revocation;

use crate::{
    deny_list::DenyList,
    settings::{SettingError, Settings},
};

const REDIS_URL: &str = "REDIS_URL";

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Settings { listen, pool, start, log } = Settings::from_environment()?;
    let redis_url = settings::text(REDIS_URL, std::env::var_os(REDIS_URL))?;
    program::log_to_stderr(log);
    let stop = program::stop_signal()?;
    let listener = listen.bind().await?;
    let url = format!("http://{}", listener.local_addr()?);
    let list = deny_list(redis_url.as_deref()).await?;

    let (authorizer, local_pool) = local_pool::authorizer(pool, &url).await?;
    let auth = start.layer(authorizer.revocation(Revocation::check(list.clone()))).await?;

    let mut out = io::stdout();
    if let Some(pool) = &local_pool {
        trials::write(pool, &url, &mut out)?;
    }
    writeln!(out, "listening on {url}")?;
    program::serve(listener, api::router(auth, list), stop).await?;
    Ok(())
}

async fn deny_list(url: Option<&str>) -> Result<DenyList, SettingError> {
    // The URL may have a password, so it is not repeated.
    DenyList::at(url.unwrap_or("redis://127.0.0.1:6379")).await.map_err(|error| SettingError {
        variable: REDIS_URL,
        problem: format!("the list of revoked tokens cannot be reached: {error}"),
        fix: "start `redis-server`, or set the URL of a running one",
    })
}
