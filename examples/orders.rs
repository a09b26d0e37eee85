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
#[path = "orders/settings.rs"]
mod settings;

use std::{
    error::Error,
    future::IntoFuture,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use axum::Router;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::settings::{Pool, Settings, Start};

/// How long requests may take to end after a signal.
const GRACE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not by the log, which `RUST_LOG` may have switched off. If standard error is gone, nobody listens.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Settings { listen, pool, start, log } = Settings::from_environment()?;
    log_to_stderr(log);
    let stop = stop_signal()?;
    let listener = listen.bind().await?;
    let url = format!("http://{}", listener.local_addr()?);

    let (authorizer, local_pool) = match pool {
        Pool::Cognito(pool) => (pool.authorizer(), None),
        Pool::Local { listen } => {
            let pool = local_pool::start(&listen).await?;
            (pool.authorizer(), Some(pool))
        }
    };
    let auth = match start {
        Start::WithKeys => authorizer.connect().await,
        Start::Lazily => authorizer.connect_lazy(),
    };
    let app = api::router(auth.map_err(settings::explained)?)?;

    let mut out = io::stdout();
    if let Some(pool) = local_pool {
        pool.write_how_to_try(&url, &mut out)?;
    }
    writeln!(out, "listening on {url}")?;
    serve(listener, app, stop).await?;
    Ok(())
}

fn log_to_stderr(filter: EnvFilter) {
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Serves until `stop`, then waits for requests under way, but not for ever: a client may never end its own.
async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, mut stopped) = tokio::sync::watch::channel(());
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping");
        drop(stopping);
    });
    let overdue = async {
        // An error says that the sender is gone, which is what is waited for.
        let _ = stopped.changed().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server.into_future() => ended,
        () = overdue => {
            tracing::warn!("requests that had not ended after {GRACE:?} were cut off");
            Ok(())
        }
    }
}

/// Ends at `SIGINT` or `SIGTERM`, which are listened for from the call on.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends at Ctrl-C.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
