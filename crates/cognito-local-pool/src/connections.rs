//! The open connections, bounded in number: clients that open many, or send nothing on them, do not keep others out.
//!
//! There are no time-outs, because the tests of a program may stop Tokio's clock (`tokio::time::pause`), which would let them fire at
//! once.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

/// The most open connections. Many systems let a process have 1,024 files.
const MOST: usize = 512;

/// A listener whose oldest connection ends where a new one would be one too many.
pub(crate) struct Limited<L> {
    listener: L,
    /// Sends the end of each connection. The oldest comes first.
    open: VecDeque<oneshot::Sender<()>>,
    most: usize,
}

impl<L> Limited<L> {
    pub(crate) fn new(listener: L) -> Self {
        Self::with_limit(listener, MOST)
    }

    fn with_limit(listener: L, most: usize) -> Self {
        Self { listener, open: VecDeque::new(), most }
    }

    fn add(&mut self) -> oneshot::Receiver<()> {
        if self.open.len() >= self.most {
            self.open.retain(|connection| !connection.is_closed());
        }
        while self.open.len() >= self.most {
            let Some(oldest) = self.open.pop_front() else { break };
            let _ = oldest.send(()); // Or it has just ended.
        }
        let (open, ended) = oneshot::channel();
        self.open.push_back(open);
        ended
    }
}

impl<L: Listener> Listener for Limited<L> {
    type Io = Connection<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Connection<L::Io>, L::Addr) {
        let (io, address) = self.listener.accept().await;
        (Connection { io, end: End::Possible(self.add()) }, address)
    }

    fn local_addr(&self) -> io::Result<L::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that ends once there are too many newer ones.
pub(crate) struct Connection<Io> {
    io: Io,
    end: End,
}

enum End {
    /// There may be too many newer ones.
    Possible(oneshot::Receiver<()>),
    /// No more connections are accepted, so this one lives as long as its requests do.
    Never,
    Reached,
}

impl<Io> Connection<Io> {
    /// An error once the connection has to end; before, the task is woken when that happens.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if let End::Possible(end) = &mut self.end {
            match Pin::new(end).poll(context) {
                Poll::Ready(Ok(())) => self.end = End::Reached,
                Poll::Ready(Err(_)) => self.end = End::Never,
                Poll::Pending => {}
            }
        }
        match self.end {
            End::Reached => Err(io::ErrorKind::ConnectionAborted.into()),
            End::Possible(_) | End::Never => Ok(()),
        }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Connection<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Connection<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    async fn answer(client: &mut TcpStream) -> String {
        client.write_all(REQUEST).await.unwrap();
        let mut answer = vec![0; 1024];
        let length = client.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    #[tokio::test]
    async fn clients_that_send_nothing_keep_no_other_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "here" }));
        let server = tokio::spawn(async {
            axum::serve(Limited::with_limit(listener, 3), router).await.unwrap();
        });
        let mut silent = Vec::new();
        for begun in [&b""[..], b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(begun).await.unwrap();
            silent.push(client);
        }
        let mut last = TcpStream::connect(address).await.unwrap();
        assert!(answer(&mut last).await.ends_with("here"));
        // The oldest made room.
        assert_eq!(silent[0].read(&mut [0; 16]).await.unwrap_or_default(), 0);
        // One that is closed already does, before one that is open.
        drop(silent.remove(2));
        drop(silent.remove(1));
        for _ in 0..20 {
            let mut client = TcpStream::connect(address).await.unwrap();
            assert!(answer(&mut client).await.ends_with("here"));
        }
        server.abort();
    }

    #[tokio::test]
    async fn a_connection_outlives_its_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut limited = Limited::with_limit(listener, 1);
        let (mut client, (mut connection, _)) =
            tokio::join!(async { TcpStream::connect(address).await.unwrap() }, limited.accept());
        drop(limited);
        client.write_all(b"asked").await.unwrap();
        let mut asked = [0; 5];
        connection.read_exact(&mut asked).await.unwrap();
        connection.write_all(&asked).await.unwrap();
        client.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"asked");
    }
}
