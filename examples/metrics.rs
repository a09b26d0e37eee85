//! An API whose decisions, keys and cache are scraped by Prometheus.
//!
//! `cargo run --bin metrics` starts a user pool on this machine, an API, and an endpoint for Prometheus on a port of its own, and
//! prints tokens and the `curl` lines to try them. Standard output has those and one line `listening on http://…`; the log goes to
//! standard error and contains no token.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | address of the API; port 0 picks a free port |
//! | `METRICS_LISTEN` | `127.0.0.1:9464` | address of the endpoint for Prometheus |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `COGNITO_…`, `ORDERS_LAZY`, `RUST_LOG` | | as in `orders.rs` |
//!
//! - `metrics/api.rs`: the API, with the caller in the span of each request
//! - `metrics/exporter.rs`: the recorder and its endpoint
//! - `metrics/trials.rs`: tokens and `curl` lines
//! - `metrics/alerts.yml`: alert rules for Prometheus
//! - `metrics/dashboard.json`: a dashboard to import into Grafana

#[path = "metrics/api.rs"]
mod api;
#[path = "metrics/exporter.rs"]
mod exporter;
#[path = "orders/local_pool.rs"]
#[expect(dead_code, reason = "other examples print more of the pool")]
mod local_pool;
#[path = "orders/program.rs"]
mod program;
#[path = "orders/settings.rs"]
mod settings;
#[path = "metrics/trials.rs"]
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
    let scraped = exporter::listener().await?;
    let scraped_url = format!("http://{}", scraped.local_addr()?);

    // Before the layer is built, so that the first fetch of the keys is recorded.
    let recorder = exporter::install()?;
    let (authorizer, local_pool) = local_pool::authorizer(pool, &url).await?;
    let auth = start.layer(authorizer).await?;
    let metrics = exporter::router(recorder, auth.clone());
    tokio::spawn(async move { axum::serve(scraped, metrics).await });

    let mut out = io::stdout();
    if let Some(pool) = &local_pool {
        trials::write(pool, &url, &scraped_url, &mut out)?;
    }
    writeln!(out, "listening on {url}")?;
    program::serve(listener, api::router(auth)?, stop).await?;
    Ok(())
}
