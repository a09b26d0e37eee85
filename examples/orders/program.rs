//! Code that the programs share: logging, serving until a signal, and reporting errors.

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

/// How long requests may take to end after a signal.
const GRACE: Duration = Duration::from_secs(10);

/// The exit code of the program; an error is written to standard error.
pub(crate) fn ended(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Written without the log, which `RUST_LOG` may turn off. An error on a closed standard error is ignored.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

pub(crate) fn log_to_stderr(filter: EnvFilter) {
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Serves until `stop`, then waits for requests under way, but only for [`GRACE`], because a client may never end its own.
pub(crate) async fn serve(
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
        // Ends with an error when the sender is dropped, which is the signal.
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

/// A future that ends at `SIGINT` or `SIGTERM`. The signals are handled from the call on.
#[cfg(unix)]
pub(crate) fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
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

/// A future that ends at Ctrl-C.
#[cfg(windows)]
pub(crate) fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
