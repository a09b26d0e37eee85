//! The log of a test: every event, of every level, with all its fields, as text.

use std::{
    io::{self, Write},
    process,
    sync::{Arc, Mutex, Once, PoisonError},
};

use tracing::{Level, subscriber::DefaultGuard};

use crate::support::secrets;

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

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        end_if_secret(bytes);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Checks every event of every test: if one contains a part of a token, the value of a claim, or a password, the process ends
/// at once, whichever task logged it. [`Events`] makes the same check.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber =
            tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false).with_writer(|| Watch);
        tracing::subscriber::set_global_default(subscriber.finish()).expect("no other is set");
    });
}

/// A sink that checks events.
pub(crate) struct Watch;

impl Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        end_if_secret(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends the process if there is a secret in this event.
pub(crate) fn end_if_secret(event: &[u8]) {
    let text = String::from_utf8_lossy(event);
    if let Some(what) = secrets::found_by_form(&text) {
        let _ = writeln!(io::stderr(), "{what} is in the log: {text}");
        process::abort();
    }
}
