//! The clock of a layer, which tests can set. No other module reads the system's clock.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    time::{Duration, SystemTime},
};

use cognito_verify::UnixTime;
#[cfg(feature = "clock")]
use tokio::sync::watch;

/// The clock by which a layer checks tokens and schedules fetches of keys.
///
/// [`SystemClock`] is the default; a test gives the builder a `ManualClock`. The time-out of a fetch does not depend on this clock: it
/// uses the runtime's timer, because it measures the network.
#[cfg_attr(not(feature = "clock"), expect(unreachable_pub, reason = "the feature makes it public"))]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The moment now.
    fn now(&self) -> UnixTime;

    /// Waits until this much time has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The system's clock and the timers of `tokio`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
#[cfg_attr(not(feature = "clock"), expect(unreachable_pub, reason = "the feature makes it public"))]
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

/// A clock that does not advance until it is moved. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use cognito_authorizer::{UnixTime, clock::{Clock, ManualClock}};
///
/// let clock = ManualClock::at(UnixTime::from_secs(1_700_000_000));
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now().as_secs(), 1_700_003_600);
/// ```
#[cfg(feature = "clock")]
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: std::sync::Arc<watch::Sender<UnixTime>>,
}

#[cfg(feature = "clock")]
impl ManualClock {
    /// A clock that shows this moment.
    #[must_use]
    pub fn at(now: UnixTime) -> Self {
        Self { now: std::sync::Arc::new(watch::Sender::new(now)) }
    }

    /// Moves the clock forward, and wakes everything that sleeps until then.
    pub fn advance(&self, duration: Duration) {
        self.now.send_modify(|now| *now = *now + duration);
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, now: UnixTime) {
        self.now.send_replace(now);
    }
}

/// Measures how long something takes, for the metrics. Without the feature `metrics`, it does not look at a clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    #[cfg(feature = "metrics")]
    started: std::time::Instant,
}

impl Stopwatch {
    #[inline]
    #[cfg_attr(
        feature = "metrics",
        expect(clippy::disallowed_methods, reason = "this is where the time comes from")
    )]
    pub(crate) fn start() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            started: std::time::Instant::now(),
        }
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn elapsed(self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(feature = "clock")]
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
