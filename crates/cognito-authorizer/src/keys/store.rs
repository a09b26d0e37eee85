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
    fetch::{FetchError, Fetched},
    history::{ALWAYS, Awaited, Begun, History, NEVER, Schedule, is_deaf},
    last_known::{Kept, Known},
    news::News,
    status::KeyStatus,
};
use crate::log_limiter::LineBudget;

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
    /// Locked by fetches, requests for a fetch and `status()`, never by a request whose key is known. Nothing
    /// is logged while it is held, as what listens may ask for the status.
    histories: Mutex<Vec<History>>,
    /// The earliest moment, in milliseconds, at which a fetch is so late that a request should remind of it.
    overdue_from: AtomicI64,
    /// For each pool, the moment in milliseconds from which an unknown `kid` may cause a fetch of its keys, or wait for one.
    deaf_until: Box<[AtomicI64]>,
    /// The earliest of them.
    all_deaf_until: AtomicI64,
    schedule: Schedule,
    /// Of fetches that fail: clients can cause them while pools cannot be reached.
    failure_lines: LineBudget<()>,
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
            deaf_until: pools.iter().map(|_| AtomicI64::new(i64::MIN)).collect(),
            all_deaf_until: AtomicI64::new(i64::MIN),
            schedule,
            failure_lines: LineBudget::new(),
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

    /// Whether no pool would be asked for an unknown `kid` now, whichever it is.
    pub(crate) fn are_all_deaf(&self, now: UnixTime, patience: Duration) -> bool {
        self.is_deaf(&self.all_deaf_until, now, patience)
    }

    /// Whether a cool-down is on, and will be for longer than the patience.
    fn is_deaf(&self, until: &AtomicI64, now: UnixTime, patience: Duration) -> bool {
        // What was published before this moment was set is seen by who reads the moment.
        let until = UnixTime::from_millis(until.load(Acquire));
        is_deaf(until, now, self.schedule) && until.since(now) > patience
    }

    /// Finds an attempt for a request whose `kid` is unknown and whose issuer is this pool's: one that is under way, unless it
    /// is over the limit and thus stuck, or the next one, if the cool-down lets it begin within the patience. The request then
    /// counts as waiting until it [leaves](Self::leave).
    ///
    /// `seen` is the number of the attempt for which the request has waited, or 0.
    pub(crate) fn await_key(
        &self,
        place: usize,
        now: UnixTime,
        limit: Duration,
        patience: Duration,
        seen: u64,
    ) -> Option<Awaited> {
        if self.is_deaf(self.deaf_until.get(place)?, now, patience) {
            return None;
        }
        let mut histories = self.histories();
        let history = histories.get_mut(place)?;
        // The attempt that the request waited for has failed. The 503 says when to come again.
        if seen > 0 && history.is_in_doubt() {
            return None;
        }
        let was_busy = history.is_busy();
        let awaited = history.await_key(now, self.schedule, limit + GRACE, patience, seen)?;
        if !was_busy {
            self.publish_moments(&histories);
        }
        Some(awaited)
    }

    /// Ends the wait of a request for this pool's keys.
    pub(crate) fn leave(&self, place: usize) {
        if let Some(history) = self.histories().get_mut(place) {
            history.leave();
        }
    }

    /// Wants a fetch of every pool that starts after now.
    pub(crate) fn want_all(&self, now: UnixTime) -> Vec<(usize, u64)> {
        self.want(now, |_| true)
    }

    /// Wants a fetch of every pool that has no keys.
    pub(crate) fn want_missing(&self, now: UnixTime) -> Vec<(usize, u64)> {
        self.want(now, |history| history.keys.is_none())
    }

    /// Wants a fetch of these pools that starts after now. Returns which attempts to wait for: by pool, the number of the
    /// attempt.
    fn want(&self, now: UnixTime, of: impl Fn(&History) -> bool) -> Vec<(usize, u64)> {
        let mut histories = self.histories();
        let wanted = histories.iter_mut().enumerate().filter(|(_, history)| of(history));
        let attempts = wanted.map(|(place, history)| {
            history.want(now);
            (place, history.started + 1)
        });
        let attempts = attempts.collect();
        self.publish_moments(&histories);
        attempts
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
        self.histories().get(place).map_or(Duration::MAX, |history| history.until_next(now, self.schedule))
    }

    /// Starts an attempt if one is wanted or due, and says where to fetch.
    pub(crate) fn begin(&self, place: usize, now: UnixTime) -> Option<Begun> {
        let mut histories = self.histories();
        let history = histories.get_mut(place)?;
        let is_time = history.until_next(now, self.schedule).is_zero();
        let begun = is_time.then(|| history.begin(now, self.schedule));
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
        news.log(&self.failure_lines, now);
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
                .map(|history| history.hope_from(self.schedule))
                .min(),
        }));
        self.publish_moments(histories);
    }

    /// The part of it that changes without the keys.
    fn publish_moments(&self, histories: &[History]) {
        let idle = histories.iter().filter(|history| !history.is_fetching());
        let overdue_from = earliest(idle.map(History::due_at)) + GRACE;
        self.overdue_from.store(overdue_from.as_millis(), Relaxed);
        let mut all_deaf_until = NEVER;
        for (history, published) in histories.iter().zip(&self.deaf_until) {
            let until = if history.is_busy() { ALWAYS } else { history.deaf_until(self.schedule) };
            published.store(until.as_millis(), Release);
            all_deaf_until = all_deaf_until.min(until);
        }
        self.all_deaf_until.store(all_deaf_until.as_millis(), Release);
    }

    /// How long a pool is not asked again for an unknown `kid`.
    pub(crate) fn cool_down(&self) -> Duration {
        self.schedule.cool_down
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
