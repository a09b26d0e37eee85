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
use tokio::sync::watch;

use super::{
    accept::{Accepted, ConnectionLimit, accept},
    probe::{self, Probes},
};

/// Proxies keep idle connections for 60 to 90 s. This time is longer, so that the proxy closes the connection: a check that is sent while
/// this side closes it is lost.
const IDLE: Duration = Duration::from_secs(180);
/// A check has the headers of the original request; proxies accept 32 to 64 KiB of them.
const LARGEST_HEADERS: usize = 256 * 1024;
/// A peer over HTTP/2 that does not answer a ping within this is gone.
const PING: Duration = Duration::from_secs(20);
/// How many connections are served at a time. A proxy has a few for each of its threads.
pub(super) const MOST_CONNECTIONS: usize = 8192;
/// How long the checks that have started may take to end. None takes longer than its time-out.
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
    /// How many connections are served at a time; see [`MOST_CONNECTIONS`].
    pub(super) most: usize,
}

impl Listeners {
    /// Serves until `stop` changes, and then lets the checks that have started end.
    pub(super) async fn serve(self, service: Service, stop: watch::Receiver<()>) -> io::Result<()> {
        let connections = GracefulShutdown::new();
        let (builder, places) = (builder(), ConnectionLimit::new(self.most));
        let http = accept(self.http, stop.clone(), places.clone(), IDLE, {
            let (builder, connections) = (builder.clone(), &connections);
            move |accepted| serve_http(builder.clone(), accepted, service.clone(), connections.watcher())
        });
        let grpc = async {
            let Some((listener, checks)) = self.grpc else { return Ok(()) };
            accept(listener, stop, places, IDLE, |accepted| {
                serve_grpc(builder.clone(), accepted, checks.clone(), connections.watcher());
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
    // `Prompt` ends connections on which no head arrives.
    builder.http1().header_read_timeout(None).max_buf_size(LARGEST_HEADERS);
    let largest = u32::try_from(LARGEST_HEADERS).unwrap_or(u32::MAX);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).max_header_list_size(largest).max_concurrent_streams(1024);
    http2.keep_alive_interval(IDLE).keep_alive_timeout(PING);
    builder
}

fn serve_http(builder: Builder<TokioExecutor>, accepted: Accepted, service: Service, watcher: Watcher) {
    let Accepted { stream, place } = accepted;
    tokio::spawn(async move {
        let service = Arc::new(service);
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
        drop(place);
    });
}

fn serve_grpc(builder: Builder<TokioExecutor>, accepted: Accepted, checks: ExtAuthz, watcher: Watcher) {
    let Accepted { stream, place } = accepted;
    tokio::spawn(async move {
        let answer = TowerToHyperService::new(checks);
        let connection = builder.serve_connection(TokioIo::new(stream), answer).into_owned();
        let _ = watcher.watch(connection).await;
        drop(place);
    });
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use cognito_authorizer::{CognitoAuthLayer, RouteTable, UserPool};
    use cognito_forward_auth::Proxy;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    const CHECK: &str =
        "GET /check HTTP/1.1\r\nhost: a\r\nx-original-method: GET\r\nx-original-uri: /health\r\n\r\n";

    /// Serves checks over HTTP and gRPC, and returns both addresses. It is served as long as the sender lives.
    fn served(most: usize) -> (SocketAddr, SocketAddr, watch::Sender<()>) {
        let table = RouteTable::builder().open("GET /health").build().unwrap();
        let pool = UserPool::new("eu-west-1_Ab12Cd34E").any_client().jwks_url("http://127.0.0.1:1/jwks.json");
        let layer = CognitoAuthLayer::builder(pool).routes(table).connect_lazy().unwrap();
        let checks = ForwardAuth::new(layer.authorizer(), Proxy::Nginx);
        let [http, grpc] = [(); 2].map(|()| StdListener::bind("127.0.0.1:0").unwrap());
        let addresses = [&http, &grpc].map(|listener| listener.local_addr().unwrap());
        let listeners = Listeners { http, grpc: Some((grpc, ExtAuthz::new(checks.clone()))), most };
        let (stopped, stop) = watch::channel(());
        let service = Service { checks, probes: Arc::new(Probes::new(layer.authorizer())) };
        tokio::spawn(listeners.serve(service, stop));
        (addresses[0], addresses[1], stopped)
    }

    /// The clock is stopped and goes on when nothing else can, so this waits for the time-outs without waiting.
    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_that_sends_too_little() {
        let (http, grpc, _stopped) = served(100);
        // A whole preface with empty settings, after which no ping is answered.
        let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        let halves: [&[u8]; 7] = [
            b"",
            b"G",
            b"PRI * HTTP/2.0",
            http2,
            b"GET /check HTTP/1.1\r\nx: ",
            CHECK.as_bytes(),
            b"POST /check HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nbody",
        ];
        for address in [http, grpc] {
            for half in halves {
                let began = tokio::time::Instant::now();
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(half).await.unwrap();
                let _ = stream.read_to_end(&mut Vec::new()).await;
                let waited = began.elapsed();
                let text = String::from_utf8_lossy(half);
                assert!(waited <= IDLE + PING + Duration::from_secs(5), "{text:?} is held for {waited:?}");
            }
        }
    }

    /// Each byte is new, but no head is whole.
    #[tokio::test(start_paused = true)]
    async fn a_head_that_arrives_byte_by_byte_does_not_hold_its_connection() {
        let (http, grpc, _stopped) = served(100);
        for address in [http, grpc] {
            let began = tokio::time::Instant::now();
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /check HTTP/1.1\r\nx: ").await.unwrap();
            let mut sent = 0;
            while stream.write_all(b"a").await.is_ok() && sent < 100 {
                sent += 1;
                let ended = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut [0])).await;
                if ended.is_ok() {
                    break;
                }
            }
            let waited = began.elapsed();
            assert!(waited <= IDLE + PING + Duration::from_secs(5), "{address} is held for {waited:?}");
        }
    }

    /// A proxy keeps connections between the checks of a quiet night.
    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_used_now_and_then_is_kept() {
        let (http, _, _stopped) = served(100);
        let mut stream = TcpStream::connect(http).await.unwrap();
        for _ in 0..5 {
            stream.write_all(CHECK.as_bytes()).await.unwrap();
            let mut answer = [0; 1024];
            let length = stream.read(&mut answer).await.unwrap();
            assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
            tokio::time::sleep(IDLE.saturating_sub(Duration::from_secs(1))).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_place_waits_for_one() {
        let (http, grpc, _stopped) = served(2);
        let held = [TcpStream::connect(http).await.unwrap(), TcpStream::connect(grpc).await.unwrap()];
        let mut next = TcpStream::connect(http).await.unwrap();
        next.write_all(CHECK.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        let early = tokio::time::timeout(Duration::from_secs(60), next.read_exact(&mut status)).await;
        assert!(early.is_err(), "there is no place for it");
        drop(held);
        next.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
    }
}
