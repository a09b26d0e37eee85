//! Limits log lines that any client can cause to one a minute.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

const PERIOD: Duration = Duration::from_secs(60);

/// Counts events between two log lines.
#[derive(Debug, Default)]
pub(crate) struct LogLimiter {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_line: Option<Instant>,
    since: u64,
}

impl LogLimiter {
    /// Records an event. `Some` if it gets a line, with the number of events since the last line, this one included.
    pub(crate) fn happened(&self) -> Option<u64> {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.since += 1;
        if state.last_line.is_some_and(|last| now.duration_since(last) < PERIOD) {
            return None;
        }
        state.last_line = Some(now);
        Some(std::mem::take(&mut state.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_one_line_a_minute_with_its_count() {
        let limiter = LogLimiter::default();
        assert_eq!(limiter.happened(), Some(1));
        for _ in 0..10_000 {
            assert_eq!(limiter.happened(), None);
        }
        tokio::time::advance(PERIOD).await;
        assert_eq!(limiter.happened(), Some(10_001));
    }
}
