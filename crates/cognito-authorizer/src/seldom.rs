//! What is said once in a while, however often it happens.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use cognito_verify::UnixTime;

/// Counts what happens, and lets it be said once in a period. Whoever asks waits for nobody.
#[derive(Debug)]
pub(crate) struct Seldom {
    period: Duration,
    /// In milliseconds.
    said_at: AtomicI64,
    unsaid: AtomicU64,
}

impl Seldom {
    /// Nothing has happened yet; the first time will be said.
    pub(crate) const fn once_in(period: Duration) -> Self {
        Self { period, said_at: AtomicI64::new(i64::MIN), unsaid: AtomicU64::new(0) }
    }

    /// It has happened. If it is to be said now: how many times since it was last said, this one included.
    pub(crate) fn happened(&self, now: UnixTime) -> Option<u64> {
        self.unsaid.fetch_add(1, Relaxed);
        let said_at = self.said_at.load(Relaxed);
        let last = UnixTime::from_millis(said_at);
        // A clock that was set back does not silence it.
        if last <= now && now.since(last) < self.period {
            return None;
        }
        // Of those who come at the same time, one says it.
        let is_mine = self.said_at.compare_exchange(said_at, now.as_millis(), Relaxed, Relaxed).is_ok();
        is_mine.then(|| self.unsaid.swap(0, Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn it_is_said_once_in_a_period_with_how_often_it_happened() {
        let seldom = Seldom::once_in(Duration::from_secs(60));
        let at = |seconds: i64| seldom.happened(UnixTime::from_secs(1_700_000_000 + seconds));
        assert_eq!([at(0), at(0), at(1), at(59)], [Some(1), None, None, None]);
        assert_eq!([at(60), at(119), at(121)], [Some(4), None, Some(2)]);
        // The clock is set back, by years.
        assert_eq!([at(-100_000_000), at(-100_000_000), at(-99_999_940)], [Some(1), None, Some(2)]);
    }

    #[test]
    fn of_many_at_once_one_says_it() {
        let seldom = Arc::new(Seldom::once_in(Duration::from_secs(60)));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let seldom = seldom.clone();
                std::thread::spawn(move || {
                    let now = UnixTime::from_secs(1_700_000_000);
                    (0..1000).filter(|_| seldom.happened(now).is_some()).count()
                })
            })
            .collect();
        assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 1);
    }
}
