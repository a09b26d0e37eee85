//! Accepting connections: no more than can be served, and none that waits for its peer without end.

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
/// How often a connection is looked at that waits for its peer.
const LOOK: Duration = Duration::from_secs(10);

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

/// Accepts connections until `stop` changes. Each ends if nothing is sent on it for `patience`; see [`Prompt`].
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

/// A connection that ends when nothing has been sent on it for a while: no answer, and over HTTP/2 no ping either. It therefore ends
/// if the first bytes, the head of a request or the rest of a body do not arrive. The time-out for heads of hyper would set a timer for
/// each request; this looks at the connection every [`LOOK`].
pub(super) struct Prompt {
    stream: TcpStream,
    /// How many looks in a row found that nothing was sent since the one before.
    quiet: u64,
    most_quiet: u64,
    next_look: Pin<Box<Sleep>>,
}

impl Prompt {
    /// Ends when nothing was sent for `patience` and two [`LOOK`]s, so that a ping of HTTP/2 at `patience` is sent before.
    fn new(stream: TcpStream, patience: Duration) -> Self {
        let most_quiet = patience.as_secs() / LOOK.as_secs() + 2;
        Self { stream, quiet: 0, most_quiet, next_look: Box::pin(sleep(LOOK)) }
    }

    /// Ready if nothing was sent for too long.
    fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.next_look.as_mut().poll(cx).is_ready() {
            self.quiet += 1;
            if self.quiet >= self.most_quiet {
                return Poll::Ready(());
            }
            self.next_look.as_mut().reset(Instant::now() + LOOK);
        }
        Poll::Pending
    }
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            return Poll::Ready(read);
        }
        ready!(self.poll_quiet(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Writes are not vectored, so that h2 joins answers of less than 1 KiB that are ready at the same time. With vectored writes, it writes
/// each answer of 256 bytes or more on its own, which costs more than the check (`CHAIN_THRESHOLD` in `h2::codec`, 0.4).
impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        self.quiet = 0;
        Poll::Ready(sent)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_answers_over_http2_can_leave_in_one_write() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        assert!(stream.is_write_vectored());
        assert!(!Prompt::new(stream, LOOK).is_write_vectored());
    }
}
