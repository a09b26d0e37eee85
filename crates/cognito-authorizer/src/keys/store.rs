//! What is known of the keys: a snapshot for the requests, and behind it each pool's history.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicI64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use cognito_verify::{KeyRing, KeySet, Pool, UnixTime};

use super::{
    fetch::{FetchError, Fetched, Lane},
    history::{ALWAYS, History, NEVER, News, Schedule, is_deaf},
    last_known::{Kept, Known},
    status::KeyStatus,
};

/// How long a timer may be late before a request notices: after a freeze (AWS Lambda) timers are.
const GRACE: Duration = Duration::from_secs(1);

/// What a request sees of the keys; replaced as a whole.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The same one until a key changes.
    pub(crate) ring: Arc<KeyRing>,
    /// When the first pool's keys become too old.
    stale_from: UnixTime,
    /// Set while some pool has no keys or could not be reached, so that a key that is not in the ring may exist all
    /// the same: from when on the next attempt may be made.
    pub(crate) in_doubt_until: Option<UnixTime>,
}

/// The keys of all pools.
#[derive(Debug)]
pub(crate) struct KeyStore {
    snapshot: ArcSwap<Snapshot>,
    /// Taken by whoever fetches, asks for a fetch or asks for the status; never by a request whose key is known. Nothing
    /// is logged while it is held, as what listens may ask for the status.
    histories: Mutex<Vec<History>>,
    /// The earliest moment, in milliseconds, at which a fetch is so late that a request should remind of it.
    overdue_from: AtomicI64,
    /// The earliest moment, in milliseconds, at which an unknown `kid` may cause a fetch or join one.
    deaf_until: AtomicI64,
    schedule: Schedule,
}

impl KeyStore {
    /// A store without keys, all of which are due now.
    pub(crate) fn new(pools: &[Arc<Pool>], schedule: Schedule, now: UnixTime) -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(Snapshot {
                ring: Arc::default(),
                stale_from: NEVER,
                in_doubt_until: Some(now),
            }),
            histories: Mutex::new(pools.iter().map(|pool| History::new(pool.clone(), now)).collect()),
            overdue_from: AtomicI64::new(i64::MAX),
            deaf_until: AtomicI64::new(i64::MIN),
            schedule,
        }
    }

    /// A store with keys for good.
    pub(crate) fn fixed(pools: &[Arc<Pool>], sets: Vec<KeySet>, schedule: Schedule) -> Self {
        let store = Self::new(pools, schedule, NEVER);
        let mut histories = store.histories();
        for (history, set) in histories.iter_mut().zip(sets) {
            history.keys = Some(set);
        }
        store.publish_keys(&histories);
        drop(histories);
        store
    }

    /// Uses keys from the disk, by the place of their pool, until a fetch brings others.
    pub(crate) fn recall(&self, known: Vec<(usize, Known)>) {
        let mut histories = self.histories();
        for (place, known) in known {
            if let Some(history) = histories.get_mut(place) {
                history.recall(known);
            }
        }
        self.publish_keys(&histories);
    }

    /// The keys to use now.
    pub(crate) fn load(&self, now: UnixTime) -> arc_swap::Guard<Arc<Snapshot>> {
        let snapshot = self.snapshot.load();
        if now < snapshot.stale_from {
            return snapshot;
        }
        self.drop_stale(now);
        self.snapshot.load()
    }

    /// Whether a fetch is overdue; says so to one caller, who must remind of it.
    pub(crate) fn take_overdue(&self, now: UnixTime) -> bool {
        let from = self.overdue_from.load(Relaxed);
        now.as_millis() >= from
            && self.overdue_from.compare_exchange(from, i64::MAX, Relaxed, Relaxed).is_ok()
    }

    fn drop_stale(&self, now: UnixTime) {
        let mut histories = self.histories();
        let mut dropped = Vec::new();
        for history in histories.iter_mut().filter(|history| history.stale_from(self.schedule) <= now) {
            history.drop_keys();
            dropped.push(history.pool.clone());
        }
        self.publish_keys(&histories);
        drop(histories);
        for pool in dropped {
            tracing::error!(pool = %pool.id(), "the keys are too old to be trusted any longer");
        }
    }

    /// Wants a fetch of every pool for a `kid` that no pool has, as far as cool-downs allow. A fetch that is under way
    /// will do, unless it is over the limit and thus stuck. Returns which attempts to wait for: by pool, the number of
    /// the attempt.
    pub(crate) fn want_unknown_key(&self, now: UnixTime, limit: Duration) -> Vec<(usize, u64)> {
        // What was published before this moment was set is seen by who reads the moment.
        if is_deaf(UnixTime::from_millis(self.deaf_until.load(Acquire)), now) {
            return Vec::new();
        }
        let mut histories = self.histories();
        let mut attempts = Vec::new();
        for (place, history) in histories.iter_mut().enumerate() {
            if history.is_fetching() && !history.is_stuck(now, limit + GRACE) {
                attempts.push((place, history.started));
            } else if history.ask(now) {
                attempts.push((place, history.started + 1));
            } else if history.is_fetching() {
                attempts.push((place, history.started));
            }
        }
        self.publish_moments(&histories);
        attempts
    }

    /// Wants a fetch of every pool that starts after now.
    pub(crate) fn want_all(&self) -> Vec<(usize, u64)> {
        let mut histories = self.histories();
        let all = histories.iter_mut().enumerate().map(|(place, history)| {
            history.wanted = true;
            (place, history.started + 1)
        });
        let all = all.collect();
        self.publish_moments(&histories);
        all
    }

    /// Whether all these attempts have ended. Those that have are taken off the end, so that waiting for a thousand
    /// pools does not look at all of them each time.
    pub(crate) fn have_ended(&self, attempts: &mut Vec<(usize, u64)>) -> bool {
        let histories = self.histories();
        let has_ended = |&(place, attempt): &(usize, u64)| {
            histories.get(place).is_none_or(|history| history.finished >= attempt)
        };
        while attempts.last().is_some_and(has_ended) {
            attempts.pop();
        }
        attempts.is_empty()
    }

    /// How long the pool's next fetch is off.
    pub(crate) fn until_next(&self, place: usize, now: UnixTime) -> Duration {
        self.histories().get(place).map_or(Duration::MAX, |history| history.until_next(now))
    }

    /// Starts an attempt if one is wanted or due, and says where to fetch.
    pub(crate) fn begin(&self, place: usize, now: UnixTime) -> Option<(Arc<Pool>, Lane)> {
        let mut histories = self.histories();
        let history = histories.get_mut(place)?;
        let begun = history.until_next(now).is_zero().then(|| history.begin(now));
        // Also if there is none: who was reminded of it in vain must be reminded again.
        self.publish_moments(&histories);
        begun
    }

    /// Ends the attempt that was begun, if one was.
    pub(crate) fn end(&self, place: usize, result: Result<Fetched, FetchError>, now: UnixTime) {
        let mut histories = self.histories();
        let Some(history) = histories.get_mut(place).filter(|history| history.is_fetching()) else { return };
        let news = history.end(result, now, self.schedule);
        match news {
            News::New { .. } => self.publish_keys(&histories),
            News::Same | News::Skipped { .. } | News::Failed { .. } => {
                self.publish(self.snapshot.load().ring.clone(), &histories);
            }
        }
        drop(histories);
        news.log();
    }

    /// What is to be kept on disk: each pool's set as it was fetched, and when.
    pub(crate) fn to_keep(&self) -> Vec<Kept> {
        self.histories().iter().filter_map(History::to_keep).collect()
    }

    /// Makes a snapshot of the histories, which the caller holds locked so that snapshots follow each other.
    fn publish_keys(&self, histories: &[History]) {
        let ring = KeyRing::new(histories.iter().map(|history| history.keys.as_ref()));
        self.publish(Arc::new(ring), histories);
    }

    /// The same where no key has changed.
    fn publish(&self, ring: Arc<KeyRing>, histories: &[History]) {
        self.snapshot.store(Arc::new(Snapshot {
            ring,
            stale_from: earliest(histories.iter().map(|history| history.stale_from(self.schedule))),
            in_doubt_until: histories
                .iter()
                .filter(|history| history.is_in_doubt())
                .map(History::hope_from)
                .min(),
        }));
        self.publish_moments(histories);
    }

    /// The part of it that changes without the keys.
    fn publish_moments(&self, histories: &[History]) {
        let is_busy = |history: &History| history.is_fetching() || history.wanted;
        let idle = histories.iter().filter(|history| !is_busy(history));
        let overdue_from = earliest(idle.map(|history| history.next)) + GRACE;
        self.overdue_from.store(overdue_from.as_millis(), Relaxed);
        let deaf_until = if histories.iter().any(is_busy) {
            ALWAYS
        } else {
            earliest(histories.iter().map(History::deaf_until))
        };
        self.deaf_until.store(deaf_until.as_millis(), Release);
    }

    pub(crate) fn status(&self, now: UnixTime) -> KeyStatus {
        let histories = self.histories();
        KeyStatus { pools: histories.iter().map(|history| history.status(now, self.schedule)).collect() }
    }

    /// Nothing panics while it holds the lock, and if it did the data would still be whole.
    fn histories(&self) -> MutexGuard<'_, Vec<History>> {
        self.histories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn earliest(moments: impl Iterator<Item = UnixTime>) -> UnixTime {
    moments.min().unwrap_or(NEVER)
}

#[cfg(test)]
mod tests;
