//! Accepting connections: no more than can be served, and none that sends nothing.

use std::{
    io,
    net::TcpListener as StdListener,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, Sleep, sleep},
};

/// How long to wait after an error of `accept`, such as too many open files.
const ACCEPT_DELAY: Duration = Duration::from_millis(50);
/// The shortest time between two log lines about connections, which anyone that reaches the port can cause.
const LOG_PERIOD: Duration = Duration::from_secs(60);
/// What tells HTTP/2 from HTTP/1.1 (RFC 9113 §3.4). The server waits for it without a time-out of its own.
const PREFACE: usize = 24;

/// How many connections there may be at a time, over HTTP and gRPC together.
#[derive(Clone)]
pub(super) struct ConnectionLimit {
    free: Arc<Semaphore>,
    all: usize,
}

impl ConnectionLimit {
    pub(super) fn new(all: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(all)), all }
    }

    /// Waits for a place. Meanwhile, further connections wait in the backlog of the system, and a proxy answers for itself.
    async fn take(&self, log: &mut LogLimiter) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.free.clone().try_acquire_owned() {
            return Some(place);
        }
        if log.may_log() {
            tracing::warn!(
                connections = self.all,
                "no further connection is accepted until one ends; let the proxy alone reach this port"
            );
        }
        // It is never closed.
        self.free.clone().acquire_owned().await.ok()
    }
}

/// A connection that has a place.
pub(super) struct Accepted {
    pub(super) stream: Prompt,
    /// Dropped when the connection has ended.
    pub(super) place: OwnedSemaphorePermit,
}

/// Accepts connections until `stop` changes. Each has to send its first bytes within `patience`.
pub(super) async fn accept(
    listener: StdListener,
    mut stop: watch::Receiver<()>,
    places: ConnectionLimit,
    patience: Duration,
    serve: impl Fn(Accepted),
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let (mut full, mut failing) = (LogLimiter::default(), LogLimiter::default());
    loop {
        let accepted = async {
            let place = places.take(&mut full).await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            _ = stop.changed() => return Ok(()),
        };
        match (place, accepted) {
            (Some(place), Ok((stream, _))) => {
                // Answers are small and must not wait to be joined with others.
                let _ = stream.set_nodelay(true);
                serve(Accepted { stream: Prompt::new(stream, patience), place });
            }
            (None, _) => return Ok(()),
            (_, Err(error)) => {
                if failing.may_log() {
                    tracing::warn!(%error, "a connection cannot be accepted");
                }
                sleep(ACCEPT_DELAY).await;
            }
        }
    }
}

/// At most one log line in [`LOG_PERIOD`].
#[derive(Default)]
struct LogLimiter {
    last: Option<Instant>,
}

impl LogLimiter {
    fn may_log(&mut self) -> bool {
        let now = Instant::now();
        if self.last.is_some_and(|last| now.duration_since(last) < LOG_PERIOD) {
            return false;
        }
        self.last = Some(now);
        true
    }
}

/// A connection that ends unless its first bytes arrive in time. After them, the time-outs of HTTP apply.
pub(super) struct Prompt {
    stream: TcpStream,
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Prompt {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, missing: PREFACE, deadline: Box::pin(sleep(patience)) }
    }
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            self.missing = self.missing.saturating_sub(buffer.filled().len() - before);
            return Poll::Ready(read);
        }
        if self.missing == 0 {
            return Poll::Pending;
        }
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
