//! A gRPC service that a user pool protects, with a scope for each method, server streaming and reflection.
//!
//! `cargo run --bin grpc` starts a user pool on this machine and the service, and prints tokens and the
//! [`grpcurl`](https://github.com/fullstorydev/grpcurl) lines to try them. Standard output has those and one line
//! `listening on http://…`; the log goes to standard error and contains no token.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | address of the service; port 0 picks a free port |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `COGNITO_…`, `ORDERS_LAZY`, `RUST_LOG` | | as in `orders.rs` |
//!
//! - `grpc/orders.proto`: the service
//! - `grpc/methods.rs`: what each method requires of a token
//! - `grpc/shop.rs`: the handlers
//! - `grpc/trials.rs`: tokens and `grpcurl` lines

#[path = "orders/local_pool.rs"]
#[expect(dead_code, reason = "other examples print more of the pool")]
mod local_pool;
#[path = "grpc/methods.rs"]
mod methods;
#[path = "orders/program.rs"]
#[expect(dead_code, reason = "tonic serves, not axum")]
mod program;
#[path = "orders/settings.rs"]
mod settings;
#[path = "grpc/shop.rs"]
mod shop;
#[path = "grpc/trials.rs"]
mod trials;
#[path = "orders/until_expiry.rs"]
mod until_expiry;

/// The code that `build.rs` generates from `orders.proto`.
#[expect(unreachable_pub, clippy::pedantic, reason = "generated")]
mod proto {
    tonic::include_proto!("orders.v1");

    /// The service as reflection describes it.
    pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/orders.descriptors"));
}

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use crate::{
    proto::{DESCRIPTORS, orders_server::OrdersServer},
    settings::Settings,
    shop::Shop,
};

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
    let auth = start.layer(authorizer.routes(methods::table()?)).await?;
    let reflection =
        tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS);

    let mut out = io::stdout();
    if let Some(pool) = &local_pool {
        trials::write(pool, &url, &mut out)?;
    }
    writeln!(out, "listening on {url}")?;
    Server::builder()
        // Around all services. It refuses calls in gRPC's own form.
        .layer(auth)
        .add_service(reflection.build_v1()?)
        .add_service(OrdersServer::new(Shop::new()))
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop)
        .await?;
    Ok(())
}
