//! A key server that fails on demand: it writes HTTP/1.1 to the socket by hand, with one kind of answer at a time.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use cognito_authorizer::{
    UnixTime,
    clock::{Clock, ManualClock},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::AbortHandle,
};

use super::until;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// 200 with this body, and these header lines.
    Good { body: String, headers: &'static str },
    /// This status, with a JWK Set that must not be read.
    Status(u16),
    /// 302 to this URL, with a JWK Set that must not be read.
    Redirect(String),
    /// 200 with a body that never ends, with these header lines.
    Endless { headers: &'static str },
    /// The status line, and then one header after the other without end.
    SlowHeaders,
    /// A good answer, a byte at a time.
    SlowBody { body: String },
    /// Nothing; the connection stays open.
    Hang,
    /// The connection ends before the answer.
    Drop,
    /// The connection ends in the middle of a good body.
    DropMidway { body: String },
    /// 200 with this body once there is a permit. The body is the one at the time of the request.
    Held { body: String, permits: Arc<Semaphore> },
    /// Bytes that are not HTTP.
    Noise,
}

impl Answer {
    /// 200 with this body.
    pub(super) fn good(body: &str) -> Self {
        Self::with("content-type: application/json\r\n", body)
    }

    /// 200 with this body and these header lines.
    pub(super) fn with(headers: &'static str, body: &str) -> Self {
        Self::Good { body: body.into(), headers }
    }
}

/// The server, until it is dropped.
#[derive(Debug)]
pub(super) struct FaultServer {
    url: String,
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    clock: ManualClock,
    answer: Mutex<Answer>,
    /// The answer after this many more requests.
    next: Mutex<Option<(usize, Answer)>>,
    fetches: Mutex<Vec<UnixTime>>,
    sent: AtomicU64,
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FaultServer {
    /// Starts with this answer.
    pub(super) async fn start(clock: &ManualClock, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/jwks.json", listener.local_addr().expect("its address"));
        let shared = Arc::new(Shared {
            clock: clock.clone(),
            answer: Mutex::new(answer),
            next: Mutex::default(),
            fetches: Mutex::default(),
            sent: AtomicU64::new(0),
        });
        let accepting = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        Self { url, shared, task: task.abort_handle() }
    }

    /// The URL of the keys.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Sets the answer from now on.
    pub(super) fn answer(&self, answer: Answer) {
        *lock(&self.shared.answer) = answer;
    }

    /// Sets the answer after this many more requests.
    pub(super) fn then(&self, requests: usize, answer: Answer) {
        *lock(&self.shared.next) = Some((requests, answer));
    }

    /// The times of all fetches, by the clock.
    pub(super) fn fetches(&self) -> Vec<UnixTime> {
        lock(&self.shared.fetches).clone()
    }

    /// The number of fetches.
    pub(super) fn count(&self) -> usize {
        lock(&self.shared.fetches).len()
    }

    /// Waits for the fetch with this number.
    pub(super) async fn fetch(&self, number: usize) {
        until(&format!("fetch {number}"), || self.count() >= number).await;
    }

    /// How many bytes of endless bodies were sent.
    pub(super) fn sent(&self) -> u64 {
        self.shared.sent.load(SeqCst)
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte).await {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let answer = lock(&self.answer).clone();
        if let Some((left, _)) = lock(&self.next).as_mut() {
            *left -= 1;
        }
        if let Some((_, next)) = lock(&self.next).take_if(|(left, _)| *left == 0) {
            *lock(&self.answer) = next;
        }
        lock(&self.fetches).push(self.clock.now());
        // The client may hang up at any time, which ends the answer.
        let _ = Box::pin(self.write(&mut stream, answer)).await;
    }

    async fn write(&self, stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
        const JWKS: &str = r#"{"keys":[{"kty":"RSA"}]}"#;
        match answer {
            Answer::Good { body, headers } => {
                stream.write_all(&complete("200 OK", headers, &body)).await?;
            }
            Answer::Status(status) => {
                stream.write_all(&complete(&format!("{status} Whatever"), "", JWKS)).await?;
            }
            Answer::Redirect(url) => {
                let location = format!("location: {url}\r\n");
                stream.write_all(&complete("302 Found", &location, JWKS)).await?;
            }
            Answer::Endless { headers } => {
                stream.write_all(format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes()).await?;
                let spaces = [b' '; 16 * 1024];
                loop {
                    self.sent.fetch_add(stream.write(&spaces).await? as u64, SeqCst);
                }
            }
            Answer::SlowHeaders => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
                loop {
                    stream.write_all(b"x-slow: 1\r\n").await?;
                    pause().await;
                }
            }
            Answer::SlowBody { body } => {
                for byte in complete("200 OK", "", &body) {
                    stream.write_all(&[byte]).await?;
                    pause().await;
                }
            }
            Answer::Hang => std::future::pending().await,
            Answer::Drop => {}
            Answer::DropMidway { body } => {
                let whole = complete("200 OK", "", &body);
                stream.write_all(whole.split_at(whole.len() - body.len() / 2).0).await?;
            }
            Answer::Held { body, permits } => {
                permits.acquire().await.expect("it is never closed").forget();
                stream.write_all(&complete("200 OK", "", &body)).await?;
            }
            Answer::Noise => stream.write_all(b"\0\xff garbage \r\n\r\n").await?,
        }
        stream.shutdown().await
    }
}

/// The gap between the bytes of a slow answer.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

fn complete(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
