//! The log of a test: every event, of every level, with all its fields, as text.

use std::{
    io::{self, Write},
    process,
    sync::{Arc, Mutex, Once, PoisonError},
};

use tracing::{Level, subscriber::DefaultGuard};

/// Keeps what this thread logs while it lives; with a single-threaded runtime that is everything.
#[derive(Debug)]
pub(crate) struct Events {
    text: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

impl Events {
    /// Starts to listen.
    pub(crate) fn listen() -> Self {
        let text = Arc::<Mutex<Vec<u8>>>::default();
        let writer = Writer(text.clone());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// What was logged so far, a line an event.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

#[derive(Clone)]
struct Writer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lets no event of any test carry a part of a token, nor a password: the process ends at once if one does, whichever
/// task logged it.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber =
            tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false).with_writer(|| Watch);
        tracing::subscriber::set_global_default(subscriber.finish()).expect("no other is set");
    });
}

struct Watch;

impl Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        if tells_a_secret(&text) {
            let _ = writeln!(io::stderr(), "a secret is in the log: {text}");
            process::abort();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The payload and the signature of a token are long runs of base64url; nothing else in a log is (a key id has 44
/// characters).
pub(crate) fn tells_a_secret(text: &str) -> bool {
    let in_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let longest = text.split(|c| !in_token(c)).map(str::len).max().unwrap_or(0);
    longest >= 60 || text.contains("Correct-horse") || text.contains("swordfish")
}

#[test]
fn the_watch_knows_a_token_when_it_sees_one() {
    let token = cognito_local_pool::LocalPool::new().access_token("ada").sign();
    assert!(tells_a_secret(&format!("rejected {token}")));
    for part in token.split('.').skip(1) {
        assert!(tells_a_secret(&format!("claims={part}")));
    }
    assert!(!tells_a_secret("kid=KD+lwZ0aXyfDzAh0dYq8sNEFTsbjgxTYDZ1NPzxy0Vs= decision=\"refused\""));
}
