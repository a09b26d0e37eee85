//! What is known of the keys: a snapshot for the requests, and behind it each pool's history.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use cognito_verify::{KeyRing, KeySet, Pool, UnixTime};

use super::{
    fetch::{FetchError, Fetched},
    status::{KeyStatus, PoolStatus},
};

/// How often tokens with an unknown `kid` may cause a fetch of one pool's keys.
const UNKNOWN_KEY_COOL_DOWN: Duration = Duration::from_secs(10);
/// The least time between two scheduled fetches that succeed.
const MIN_INTERVAL: Duration = Duration::from_secs(60);
/// The first and the longest pause after a failure.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// How long a timer may be late before a request notices: after a freeze (AWS Lambda) timers are.
const GRACE: Duration = Duration::from_secs(1);
/// A moment that never comes.
const NEVER: UnixTime = UnixTime::from_millis(i64::MAX);

/// When keys are fetched, and until when they are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) interval: Duration,
    pub(crate) max_stale: Duration,
}

/// What a request sees of the keys; replaced as a whole.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) ring: Arc<KeyRing>,
    /// When the first pool's keys become too old.
    stale_from: UnixTime,
    /// Set while some pool has no keys or could not be reached, so that a key that is not in the ring may exist all
    /// the same: when the next attempt is due.
    pub(crate) in_doubt_until: Option<UnixTime>,
}

/// The keys of all pools.
#[derive(Debug)]
pub(crate) struct KeyStore {
    snapshot: ArcSwap<Snapshot>,
    /// Taken by whoever fetches, asks for a fetch or asks for the status; never by a request whose key is known.
    histories: Mutex<Vec<History>>,
    /// The earliest moment, in milliseconds, at which a fetch is so late that a request should remind of it.
    overdue_from: AtomicI64,
    /// The earliest moment, in milliseconds, at which an unknown `kid` may cause a fetch or join one.
    deaf_until: AtomicI64,
    schedule: Schedule,
}

#[derive(Debug)]
struct History {
    pool: Arc<Pool>,
    keys: Option<KeySet>,
    /// `None` for keys that the program supplied.
    fetched_at: Option<UnixTime>,
    last_error: Option<FetchError>,
    failures: u32,
    next: UnixTime,
    /// Somebody wants a fetch now.
    wanted: bool,
    /// When an unknown `kid` last caused a fetch.
    asked_at: Option<UnixTime>,
    started: u64,
    finished: u64,
}

impl KeyStore {
    /// A store without keys, all of which are due now.
    pub(crate) fn new(pools: &[Arc<Pool>], schedule: Schedule, now: UnixTime) -> Self {
        let history = |pool: &Arc<Pool>| History {
            pool: pool.clone(),
            keys: None,
            fetched_at: None,
            last_error: None,
            failures: 0,
            next: now,
            wanted: false,
            asked_at: None,
            started: 0,
            finished: 0,
        };
        Self {
            snapshot: ArcSwap::from_pointee(Snapshot {
                ring: Arc::default(),
                stale_from: NEVER,
                in_doubt_until: Some(now),
            }),
            histories: Mutex::new(pools.iter().map(history).collect()),
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
        store.publish(&histories);
        drop(histories);
        store.deaf_until.store(i64::MAX, Relaxed);
        store
    }

    /// The keys to use now, and whether a fetch is overdue of which nobody has been reminded yet.
    pub(crate) fn load(&self, now: UnixTime) -> (arc_swap::Guard<Arc<Snapshot>>, bool) {
        let mut snapshot = self.snapshot.load();
        if now >= snapshot.stale_from {
            self.drop_stale(now);
            snapshot = self.snapshot.load();
        }
        let from = self.overdue_from.load(Relaxed);
        let overdue = now.as_millis() >= from
            && self.overdue_from.compare_exchange(from, i64::MAX, Relaxed, Relaxed).is_ok();
        (snapshot, overdue)
    }

    fn drop_stale(&self, now: UnixTime) {
        let mut histories = self.histories();
        for history in histories.iter_mut().filter(|history| history.stale_from(self.schedule) <= now) {
            tracing::error!(pool = %history.pool.id(), "the keys are too old to be trusted any longer");
            history.keys = None;
        }
        self.publish(&histories);
    }

    /// Wants a fetch of every pool for a `kid` that no pool has, as far as cool-downs allow. Returns which attempts to
    /// wait for: by pool, the number of the attempt.
    pub(crate) fn want_unknown_key(&self, now: UnixTime) -> Vec<(usize, u64)> {
        if now.as_millis() < self.deaf_until.load(Relaxed) {
            return Vec::new();
        }
        let mut histories = self.histories();
        let mut attempts = Vec::new();
        for (place, history) in histories.iter_mut().enumerate() {
            if history.is_fetching() {
                attempts.push((place, history.started));
            } else if history.wanted || history.may_be_asked(now) {
                if !history.wanted {
                    history.asked_at = Some(now);
                    history.wanted = true;
                }
                attempts.push((place, history.started + 1));
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
        all.collect()
    }

    /// Whether all these attempts have ended.
    pub(crate) fn have_ended(&self, attempts: &[(usize, u64)]) -> bool {
        let histories = self.histories();
        attempts
            .iter()
            .all(|&(place, attempt)| histories.get(place).is_none_or(|history| history.finished >= attempt))
    }

    /// How long the pool's next fetch is off.
    pub(crate) fn until_next(&self, place: usize, now: UnixTime) -> Duration {
        let histories = self.histories();
        histories.get(place).map_or(Duration::MAX, |history| {
            if history.wanted { Duration::ZERO } else { history.next.since(now) }
        })
    }

    /// Starts an attempt if one is wanted or due, and says where to fetch.
    pub(crate) fn begin(&self, place: usize, now: UnixTime) -> Option<Arc<Pool>> {
        let mut histories = self.histories();
        let history = histories.get_mut(place)?;
        if !history.wanted && now < history.next {
            return None;
        }
        history.wanted = false;
        history.started += 1;
        let pool = history.pool.clone();
        self.publish_moments(&histories);
        Some(pool)
    }

    /// Ends the attempt that was begun: the new set replaces the old one; a failure leaves it.
    pub(crate) fn end(&self, place: usize, result: Result<Fetched, FetchError>, now: UnixTime) {
        let mut histories = self.histories();
        let Some(history) = histories.get_mut(place) else { return };
        history.finished = history.started;
        match result {
            Ok(fetched) => history.succeed(fetched, now, self.schedule),
            Err(error) => history.fail(error, now, self.schedule),
        }
        self.publish(&histories);
    }

    /// Makes a snapshot of the histories, which the caller holds locked so that snapshots follow each other.
    fn publish(&self, histories: &[History]) {
        let doubtful = |history: &&History| history.keys.is_none() || history.failures > 0;
        self.snapshot.store(Arc::new(Snapshot {
            ring: Arc::new(KeyRing::new(histories.iter().map(|history| history.keys.as_ref()))),
            stale_from: earliest(histories.iter().map(|history| history.stale_from(self.schedule))),
            in_doubt_until: histories.iter().filter(doubtful).map(|history| history.next).min(),
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
            UnixTime::from_millis(i64::MIN)
        } else {
            earliest(histories.iter().map(History::deaf_until))
        };
        self.deaf_until.store(deaf_until.as_millis(), Relaxed);
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

impl History {
    fn is_fetching(&self) -> bool {
        self.started > self.finished
    }

    fn stale_from(&self, schedule: Schedule) -> UnixTime {
        match (&self.keys, self.fetched_at) {
            (Some(_), Some(fetched_at)) => fetched_at + schedule.max_stale,
            _ => NEVER,
        }
    }

    fn deaf_until(&self) -> UnixTime {
        self.asked_at.map_or(UnixTime::from_millis(i64::MIN), |asked_at| asked_at + UNKNOWN_KEY_COOL_DOWN)
    }

    /// A clock that was set back does not make the cool-down longer.
    fn may_be_asked(&self, now: UnixTime) -> bool {
        now >= self.deaf_until() || self.asked_at.is_some_and(|asked_at| asked_at > now)
    }

    fn succeed(&mut self, fetched: Fetched, now: UnixTime, schedule: Schedule) {
        if self.keys.as_ref() != Some(&fetched.keys) {
            let key_ids = fetched.keys.key_ids().collect::<Vec<_>>().join(" ");
            tracing::info!(pool = %self.pool.id(), key_ids, "the keys are new");
            for skipped in fetched.keys.skipped() {
                let (position, problem) = (skipped.position, skipped.problem);
                tracing::warn!(pool = %self.pool.id(), position, %problem, "a key is left out");
            }
        }
        // `max-age` may bring the next fetch forward. It does not put it off: how long a withdrawn key stays trusted is
        // for the interval to say.
        let after = fetched.max_age.map_or(schedule.interval, |max_age| max_age.min(schedule.interval));
        self.next = now + jitter(after, 0.9).max(MIN_INTERVAL);
        self.keys = Some(fetched.keys);
        self.fetched_at = Some(now);
        self.last_error = None;
        self.failures = 0;
    }

    fn fail(&mut self, error: FetchError, now: UnixTime, schedule: Schedule) {
        let (first, longest) = BACK_OFF;
        let pause = first.saturating_mul(1 << self.failures.min(20)).min(longest).min(schedule.interval);
        self.failures = self.failures.saturating_add(1);
        self.next = now + jitter(pause, 0.75);
        tracing::warn!(
            pool = %self.pool.id(), %error, failures = self.failures, has_keys = self.keys.is_some(),
            "the keys could not be fetched"
        );
        self.last_error = Some(error);
    }

    fn status(&self, now: UnixTime, schedule: Schedule) -> PoolStatus {
        let trusted = self.keys.as_ref().filter(|_| now < self.stale_from(schedule));
        PoolStatus {
            pool: self.pool.id().clone(),
            key_ids: trusted.into_iter().flat_map(KeySet::key_ids).map(Into::into).collect(),
            age: self.fetched_at.map(|fetched_at| now.since(fetched_at)),
            last_success: self.fetched_at,
            last_error: self.last_error.clone(),
            failures: self.failures,
            next_refresh: Some(self.next).filter(|next| *next != NEVER),
        }
    }
}

fn earliest(moments: impl Iterator<Item = UnixTime>) -> UnixTime {
    moments.min().unwrap_or(NEVER)
}

/// Between `least` times the duration and all of it, so that not all instances of a service fetch at once.
fn jitter(duration: Duration, least: f64) -> Duration {
    duration.mul_f64(least + (1.0 - least) * fastrand::f64())
}
