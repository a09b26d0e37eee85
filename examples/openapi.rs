//! An API with an OpenAPI document, and Swagger UI to sign in and try each operation.
//!
//! `cargo run --bin openapi` starts a user pool on this machine and the API in one process. The document at `/openapi.json` says what
//! each operation requires; it is generated from the requirements that the layer checks. The button *Authorize* of Swagger UI at
//! `/docs` signs in at the pool by authorization code and PKCE. Standard output has tokens, the `curl` lines to try them, and one line
//! `listening on http://…`; the log goes to standard error and contains no token.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | address of the API; port 0 picks a free port |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `RUST_LOG` | `info` | log filter, as `tracing-subscriber` reads it |
//!
//! - `openapi/api.rs`: the operations, each with its requirement
//! - `openapi/docs.rs`: the document and Swagger UI
//! - `openapi/local_pool.rs`: the user pool
//! - `openapi/trials.rs`: tokens and `curl` lines

#[path = "openapi/api.rs"]
mod api;
#[path = "openapi/docs.rs"]
mod docs;
#[path = "openapi/local_pool.rs"]
mod local_pool;
#[path = "orders/program.rs"]
mod program;
#[path = "orders/settings.rs"]
#[expect(dead_code, reason = "only addresses and the log are set here")]
mod settings;
#[path = "openapi/trials.rs"]
mod trials;

use std::{error::Error, io, process::ExitCode};

use crate::settings::{Pool, Settings};

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

    let pool = local_pool::start(&pool, &url).await?;
    let auth = pool.authorizer().connect().await?;
    let (routes, mut document) = api::router(&auth)?.split_for_parts();
    docs::describe(&mut document, &auth, &pool);
    let app = routes.merge(docs::router(document, &pool));

    trials::write(&pool, &url, &mut io::stdout())?;
    program::serve(listener, app, stop).await?;
    Ok(())
}
