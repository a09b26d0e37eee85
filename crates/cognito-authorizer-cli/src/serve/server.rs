//! The listeners: checks and probes over HTTP, checks over gRPC.

use std::{convert::Infallible, io, net::TcpListener as StdListener, sync::Arc, time::Duration};

use cognito_forward_auth::{ExtAuthz, ForwardAuth};
use http::Request;
use http_body_util::Either;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::probe::{self, Probes};

/// Proxies keep idle connections for 60 to 90 s. This time-out is longer, so that the proxy closes the connection: a check that is sent
/// while this side closes it is lost.
const IDLE: Duration = Duration::from_secs(180);
/// A check has the headers of the original request; proxies accept 32 to 64 KiB of them.
const LARGEST_HEADERS: usize = 256 * 1024;
/// How long to wait after an error of `accept`, such as too many open files.
const ACCEPT_DELAY: Duration = Duration::from_millis(50);
/// How long the server waits for checks that have started. Each has a time-out, which is shorter.
const GRACE: Duration = Duration::from_secs(10);

/// What the listeners serve.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) checks: ForwardAuth,
    pub(super) probes: Arc<Probes>,
}

/// The sockets.
pub(super) struct Listeners {
    pub(super) http: StdListener,
    pub(super) grpc: Option<(StdListener, ExtAuthz)>,
}

impl Listeners {
    /// Serves until `stop` changes, and then lets the checks that have started end.
    pub(super) async fn serve(self, service: Service, stop: watch::Receiver<()>) -> io::Result<()> {
        let connections = GracefulShutdown::new();
        let builder = builder();
        let http = accept(self.http, stop.clone(), {
            let (builder, connections) = (builder.clone(), &connections);
            move |stream| serve_http(builder.clone(), stream, service.clone(), connections.watcher())
        });
        let grpc = async {
            let Some((listener, checks)) = self.grpc else { return Ok(()) };
            accept(listener, stop, |stream| {
                serve_grpc(builder.clone(), stream, checks.clone(), connections.watcher());
            })
            .await
        };
        let ((), ()) = tokio::try_join!(http, grpc)?;
        let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
        Ok(())
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(IDLE).max_buf_size(LARGEST_HEADERS);
    let largest = u32::try_from(LARGEST_HEADERS).unwrap_or(u32::MAX);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(largest).max_concurrent_streams(1024);
    builder
}

/// Accepts connections until `stop` changes.
async fn accept(
    listener: StdListener,
    mut stop: watch::Receiver<()>,
    serve: impl Fn(TcpStream),
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return Ok(()),
        };
        match accepted {
            Ok((stream, _)) => {
                // Responses are small and must not be delayed by Nagle's algorithm.
                let _ = stream.set_nodelay(true);
                serve(stream);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_DELAY).await;
            }
        }
    }
}

fn serve_http(builder: Builder<TokioExecutor>, stream: TcpStream, service: Service, watcher: Watcher) {
    tokio::spawn(async move {
        let answer = service_fn(move |request: Request<Incoming>| {
            let service = service.clone();
            async move {
                Ok::<_, Infallible>(match probe::answer(&service.probes, &request) {
                    Some(response) => response.map(Either::Right),
                    None => service.checks.answer(request).await.map(Either::Left),
                })
            }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), answer).into_owned();
        // A proxy that closes its connection is not worth a log line.
        let _ = watcher.watch(connection).await;
    });
}

fn serve_grpc(builder: Builder<TokioExecutor>, stream: TcpStream, checks: ExtAuthz, watcher: Watcher) {
    tokio::spawn(async move {
        let answer = TowerToHyperService::new(checks);
        let connection = builder.serve_connection(TokioIo::new(stream), answer).into_owned();
        let _ = watcher.watch(connection).await;
    });
}
