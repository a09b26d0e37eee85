//! One pool's keys over time: what the last attempts brought, and when the next one is due.

use std::{sync::Arc, time::Duration};

use cognito_verify::{KeySet, Pool, UnixTime};

use super::{
    fetch::{FetchError, Fetched, Lane},
    last_known::{Kept, Known},
    status::PoolStatus,
};

/// How often tokens with an unknown `kid` may cause a fetch of one pool's keys.
///
/// Within it, such a token is refused as the client's fault (401) if the last fetch succeeded: a pool publishes a key before
/// it signs with it, and a few seconds ago it had not. 503 would spare those who come right after a key that was never
/// announced, but let anybody cause server errors at will, which clients retry and load balancers count.
pub(super) const UNKNOWN_KEY_COOL_DOWN: Duration = Duration::from_secs(10);
/// The least time between two scheduled fetches that succeed.
const MIN_INTERVAL: Duration = Duration::from_secs(60);
/// The first and the longest pause after a failure.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// By how much a clock may be set back without that being noticed.
const STEP_BACK: Duration = Duration::from_secs(60);
/// A moment that never comes.
pub(super) const NEVER: UnixTime = UnixTime::from_millis(i64::MAX);
/// A moment before all others.
pub(super) const ALWAYS: UnixTime = UnixTime::from_millis(i64::MIN);

/// When keys are fetched, and until when they are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) interval: Duration,
    pub(crate) max_stale: Duration,
}

#[derive(Debug)]
pub(super) struct History {
    pub(super) pool: Arc<Pool>,
    pub(super) keys: Option<KeySet>,
    /// `None` for keys that the program supplied.
    fetched_at: Option<UnixTime>,
    /// The set as it was fetched, if it is kept on disk.
    body: Option<Arc<[u8]>>,
    source: Source,
    last_error: Option<FetchError>,
    failures: u32,
    pub(super) next: UnixTime,
    /// When `next` was set.
    planned_at: UnixTime,
    /// Somebody wants a fetch now.
    pub(super) wanted: bool,
    /// When an unknown `kid` last caused a fetch.
    asked_at: Option<UnixTime>,
    started_at: UnixTime,
    pub(super) started: u64,
    pub(super) finished: u64,
}

/// Where the keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Fetched here, or supplied by the program.
    Certain,
    /// The disk, so that the pool may have others by now.
    Disk,
}

/// What an attempt brought, to be logged once no lock is held.
#[derive(Debug)]
pub(super) enum News {
    Same,
    New {
        pool: Arc<Pool>,
        keys: KeySet,
    },
    /// The same keys, but others are left out beside them than before.
    Skipped {
        pool: Arc<Pool>,
        keys: KeySet,
    },
    Failed {
        pool: Arc<Pool>,
        error: FetchError,
        failures: u32,
        has_keys: bool,
    },
}

impl History {
    /// No keys, which are due now.
    pub(super) fn new(pool: Arc<Pool>, now: UnixTime) -> Self {
        Self {
            pool,
            keys: None,
            fetched_at: None,
            body: None,
            source: Source::Certain,
            last_error: None,
            failures: 0,
            next: now,
            planned_at: now,
            wanted: false,
            asked_at: None,
            started_at: now,
            started: 0,
            finished: 0,
        }
    }

    /// Keys from the disk, to be replaced as soon as a fetch succeeds.
    pub(super) fn recall(&mut self, known: Known) {
        self.keys = Some(known.keys);
        self.fetched_at = Some(known.fetched_at);
        self.body = Some(known.body);
        self.source = Source::Disk;
    }

    /// What there is to keep on disk.
    pub(super) fn to_keep(&self) -> Option<Kept> {
        Some(Kept { pool: self.pool.clone(), fetched_at: self.fetched_at?, body: self.body.clone()? })
    }

    /// Whether a key may exist that is not among these.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.keys.is_none() || self.failures > 0 || self.source == Source::Disk
    }

    /// When a key that is not among these may be found at the earliest: by the plan, or because of an unknown `kid`.
    pub(super) fn hope_from(&self) -> UnixTime {
        self.next.min(self.deaf_until())
    }

    pub(super) fn is_fetching(&self) -> bool {
        self.started > self.finished
    }

    /// An attempt that has been under way for longer than one may take was begun before the process was frozen, and will
    /// fail.
    pub(super) fn is_stuck(&self, now: UnixTime, limit: Duration) -> bool {
        self.is_fetching() && now.since(self.started_at) > limit
    }

    pub(super) fn stale_from(&self, schedule: Schedule) -> UnixTime {
        match (&self.keys, self.fetched_at) {
            (Some(_), Some(fetched_at)) => fetched_at + schedule.max_stale,
            _ => NEVER,
        }
    }

    pub(super) fn drop_keys(&mut self) {
        self.keys = None;
        self.body = None;
    }

    /// Until when an unknown `kid` causes no fetch.
    pub(super) fn deaf_until(&self) -> UnixTime {
        self.asked_at.map_or(ALWAYS, |asked_at| asked_at + UNKNOWN_KEY_COOL_DOWN)
    }

    /// Wants a fetch for an unknown `kid`, if the cool-down allows.
    pub(super) fn ask(&mut self, now: UnixTime) -> bool {
        if !self.wanted && !is_deaf(self.deaf_until(), now) {
            self.asked_at = Some(now);
            self.wanted = true;
        }
        self.wanted
    }

    /// How long the next fetch is off.
    pub(super) fn until_next(&self, now: UnixTime) -> Duration {
        // A clock that was set back would put the fetch off, by years if need be.
        let set_back = now + STEP_BACK < self.planned_at;
        if self.wanted || set_back { Duration::ZERO } else { self.next.since(now) }
    }

    /// Starts an attempt.
    pub(super) fn begin(&mut self, now: UnixTime) -> (Arc<Pool>, Lane) {
        self.wanted = false;
        self.started += 1;
        self.started_at = now;
        // Nor does a clock that was set back make the keys younger than they are.
        self.fetched_at = self.fetched_at.map(|fetched_at| fetched_at.min(now));
        (self.pool.clone(), if self.failures > 0 { Lane::Failing } else { Lane::Healthy })
    }

    /// Ends the attempt that was begun: the new set replaces the old one; a failure leaves it.
    pub(super) fn end(
        &mut self,
        result: Result<Fetched, FetchError>,
        now: UnixTime,
        schedule: Schedule,
    ) -> News {
        self.finished = self.started;
        self.planned_at = now;
        match result {
            Ok(fetched) => self.succeed(fetched, schedule),
            Err(error) => self.fail(error, now, schedule),
        }
    }

    fn succeed(&mut self, fetched: Fetched, schedule: Schedule) -> News {
        let known = self.keys.as_ref();
        let is_same = known == Some(&fetched.keys);
        let skips_same = known.is_some_and(|known| known.skipped() == fetched.keys.skipped());
        // `max-age` may bring the next fetch forward. It does not put it off: how long a withdrawn key stays trusted is
        // for the interval to say.
        let after = fetched.max_age.map_or(schedule.interval, |max_age| max_age.min(schedule.interval));
        // Counted from the question, since the answer may have waited: the process was frozen, or the clock moved.
        self.next = self.started_at + jitter(after, 0.9).max(MIN_INTERVAL);
        self.fetched_at = Some(self.started_at);
        self.body = fetched.body;
        self.source = Source::Certain;
        self.last_error = None;
        self.failures = 0;
        let (pool, keys) = (self.pool.clone(), self.keys.insert(fetched.keys).clone());
        match (is_same, skips_same) {
            (true, true) => News::Same,
            (true, false) => News::Skipped { pool, keys },
            (false, _) => News::New { pool, keys },
        }
    }

    fn fail(&mut self, error: FetchError, now: UnixTime, schedule: Schedule) -> News {
        let (first, longest) = BACK_OFF;
        let pause = first.saturating_mul(1 << self.failures.min(20)).min(longest).min(schedule.interval);
        self.failures = self.failures.saturating_add(1);
        self.next = now + jitter(pause, 0.75);
        self.last_error = Some(error.clone());
        let (failures, has_keys) = (self.failures, self.keys.is_some());
        News::Failed { pool: self.pool.clone(), error, failures, has_keys }
    }

    pub(super) fn status(&self, now: UnixTime, schedule: Schedule) -> PoolStatus {
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

/// Whether a cool-down is on. One that ends too far ahead was begun before the clock was set back, and is over.
pub(super) fn is_deaf(until: UnixTime, now: UnixTime) -> bool {
    now < until && until.since(now) <= UNKNOWN_KEY_COOL_DOWN
}

impl News {
    pub(super) fn log(&self) {
        match self {
            Self::Same => {}
            Self::New { pool, keys } => {
                let key_ids = keys.key_ids().collect::<Vec<_>>().join(" ");
                tracing::info!(pool = %pool.id(), key_ids, "the keys are new");
                log_skipped(pool, keys);
            }
            Self::Skipped { pool, keys } if keys.skipped().is_empty() => {
                tracing::info!(pool = %pool.id(), "no key is left out any more");
            }
            Self::Skipped { pool, keys } => log_skipped(pool, keys),
            Self::Failed { pool, error, failures, has_keys } => {
                tracing::warn!(pool = %pool.id(), %error, failures, has_keys, "the keys could not be fetched");
            }
        }
    }
}

fn log_skipped(pool: &Pool, keys: &KeySet) {
    for skipped in keys.skipped() {
        let (position, problem) = (skipped.position, skipped.problem);
        tracing::warn!(pool = %pool.id(), position, %problem, "a key is left out");
    }
}

/// Between `least` times the duration and all of it, so that not all instances of a service fetch at once.
fn jitter(duration: Duration, least: f64) -> Duration {
    duration.mul_f64(least + (1.0 - least) * fastrand::f64())
}

#[cfg(test)]
mod tests;
