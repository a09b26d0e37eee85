//! The API of a `serverless.yml`, without API Gateway and without AWS.
//!
//! `cargo run --bin imported` reads `examples/imported/serverless.yml`, starts a user pool on this machine with the
//! resource servers, scopes and app clients that the file defines, and serves `POST /my_path` behind the authorizer that it
//! defines. Standard output has a token of each kind, the `curl` lines to try them with the status that each gets, and one
//! line `listening on http://…`; the log goes to standard error and contains no token.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | address of the API; port 0 picks a free port |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `RUST_LOG` | `info` | log filter, as `tracing-subscriber` reads it |
//!
//! - `imported/serverless.yml`: the definition, as it was deployed
//! - `imported/pool.rs`: a local pool from the Cognito resources of a definition
//! - `imported/service.rs`: the definition, the layer built from it, and the handler
//! - `imported/try_it.rs`: tokens and `curl` lines

#[path = "imported/pool.rs"]
mod pool;
#[path = "orders/program.rs"]
mod program;
#[path = "imported/service.rs"]
mod service;
#[path = "orders/settings.rs"]
#[expect(dead_code, reason = "only addresses and the log are set here")]
mod settings;
#[path = "imported/try_it.rs"]
mod try_it;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    service::Service,
    settings::{Pool, Settings},
};

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Settings { listen, pool, log, .. } = Settings::from_environment()?;
    let Pool::Local { listen: pool } = pool else {
        return Err("this example has a user pool of its own; unset the variables `COGNITO_…`".into());
    };
    program::log_to_stderr(log);
    let stop = program::stop_signal()?;
    let listener = listen.bind().await?;
    let url = format!("http://{}", listener.local_addr()?);
    let service = Service::start(pool.bind().await?.into_std()?).await?;

    let mut out = io::stdout();
    try_it::write(&service.pool, &service.pool_server, &url, &mut out)?;
    writeln!(out, "listening on {url}")?;
    program::serve(listener, service.router, stop).await?;
    Ok(())
}
