//! The clock of a pool, which a test can move.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time of a pool, which a test can move.
///
/// Clones are the same clock: [`advance`](Self::advance) on one moves them all.
///
/// ```
/// use cognito_local_pool::Clock;
/// use std::time::{Duration, SystemTime};
///
/// let clock = Clock::fixed(SystemTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(60));
/// ```
#[derive(Clone)]
pub struct Clock {
    source: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    ahead: Arc<Mutex<Duration>>,
}

impl Clock {
    /// The time of the operating system; the default of a pool.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place where the pool asks the system")]
        Self::from_fn(SystemTime::now)
    }

    /// A clock that stays at `time` until it is [advanced](Self::advance).
    #[must_use]
    pub fn fixed(time: SystemTime) -> Self {
        Self::from_fn(move || time)
    }

    /// Asks `source` each time, for example the clock that the code under test uses.
    #[must_use]
    pub fn from_fn(source: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source), ahead: Arc::new(Mutex::new(Duration::ZERO)) }
    }

    /// Moves this clock and all its clones forward by `by`, relative to the source.
    pub fn advance(&self, by: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(by);
    }

    /// The time now. If the clock was advanced past the range of [`SystemTime`], this is the time of the source.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let time = (self.source)();
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        time.checked_add(ahead).unwrap_or(time)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).finish_non_exhaustive()
    }
}

/// `time` as a `NumericDate` (RFC 7519 §2) in whole seconds; negative before 1970.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => seconds(since),
        Err(before) => -seconds(before.duration()),
    }
}

/// The whole seconds of `duration`.
pub(crate) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_clock_move_together() {
        let clock = Clock::fixed(UNIX_EPOCH);
        let clone = clock.clone();
        clock.advance(Duration::from_secs(5));
        assert_eq!(clone.now(), UNIX_EPOCH + Duration::from_secs(5));
    }

    #[test]
    fn the_system_clock_can_be_moved_ahead() {
        let clock = Clock::system();
        let before = clock.now();
        clock.advance(Duration::from_secs(3600));
        assert!(clock.now() >= before + Duration::from_secs(3600));
    }

    #[test]
    fn a_clock_cannot_be_advanced_into_a_panic() {
        let clock = Clock::fixed(UNIX_EPOCH);
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), UNIX_EPOCH);
    }

    #[test]
    fn times_before_1970_are_negative() {
        assert_eq!(unix_seconds(UNIX_EPOCH - Duration::from_secs(7)), -7);
        assert_eq!(unix_seconds(UNIX_EPOCH + Duration::from_millis(7_900)), 7);
    }
}
