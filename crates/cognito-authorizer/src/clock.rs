//! The only place that asks what time it is.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use cognito_verify::UnixTime;
use tokio::sync::watch;

/// What time it is, for tokens and for the refresh of keys alike.
///
/// [`SystemClock`] is the default; a test gives the builder a [`ManualClock`]. Only the time limit of a fetch is kept
/// by the runtime's own timer, as that measures the network and not the schedule.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The moment now.
    fn now(&self) -> UnixTime;

    /// Ends when so much time has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The system's clock and the timers of `tokio`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
    fn now(&self) -> UnixTime {
        SystemTime::now().into()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until it is moved. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use cognito_authorizer::{Clock, ManualClock, UnixTime};
///
/// let clock = ManualClock::at(UnixTime::from_secs(1_700_000_000));
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now().as_secs(), 1_700_003_600);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<watch::Sender<UnixTime>>,
}

impl ManualClock {
    /// A clock that shows this moment.
    #[must_use]
    pub fn at(now: UnixTime) -> Self {
        Self { now: Arc::new(watch::Sender::new(now)) }
    }

    /// Moves the clock forward. Who sleeps until then wakes up.
    pub fn advance(&self, duration: Duration) {
        self.now.send_modify(|now| *now = *now + duration);
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, now: UnixTime) {
        self.now.send_replace(now);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        *self.now.borrow()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut now = self.now.subscribe();
        let end = self.now() + duration;
        Box::pin(async move {
            // The sender is borrowed from `self`, so it outlives the wait.
            let _ = now.wait_for(|now| *now >= end).await;
        })
    }
}
