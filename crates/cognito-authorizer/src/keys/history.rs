//! One pool's keys over time: what the last attempts brought, and when the next one is due.

use std::{sync::Arc, time::Duration};

use cognito_verify::{KeySet, Pool, UnixTime};

use super::{
    fetch::{FetchError, Fetched, Lane},
    last_known::{Kept, Known},
    news::News,
    status::PoolStatus,
};

/// How many requests may wait for the keys of one pool. Further ones are refused at once: each that waits takes memory, and any
/// client can make its requests wait, by writing the pool's issuer into a token.
pub(super) const MAX_WAITING: usize = 1024;
/// How many attempts to get a pool's first keys `connect` waits for: one, and one more if it fails.
const FIRST_ATTEMPTS: u64 = 2;
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
    /// How often tokens with an unknown `kid` may cause a fetch of one pool's keys.
    ///
    /// Within it, such a token waits for the next fetch if that is near, or is refused as the client's fault (401) if the last
    /// fetch succeeded: a pool publishes a key before it signs with it, and a few seconds ago it had not. 503 would spare
    /// clients whose key was never announced, but would let any client cause server errors at will, which clients retry and
    /// load balancers count.
    pub(crate) cool_down: Duration,
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
    /// A fetch that is wanted beside the plan.
    wanted: Option<Wanted>,
    /// How many requests wait for an attempt.
    waiting: usize,
    /// When an unknown `kid` last caused a fetch.
    asked_at: Option<UnixTime>,
    started_at: UnixTime,
    pub(super) started: u64,
    pub(super) finished: u64,
}

/// A fetch that is wanted beside the plan.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    /// When it may begin.
    from: UnixTime,
    /// Whether it is for an unknown `kid`, so that a cool-down follows.
    for_key: bool,
}

/// An attempt that has begun.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) pool: Arc<Pool>,
    pub(super) lane: Lane,
    /// Whether it is one of the pool's [`FIRST_ATTEMPTS`], and there are no keys yet.
    pub(super) is_first: bool,
}

/// The attempt that a request with an unknown `kid` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Awaited {
    /// The number of the attempt.
    pub(super) attempt: u64,
    /// How long until it may begin.
    pub(super) begins_in: Duration,
    /// Whether it had begun before the request came, so that its answer may be older than the key.
    pub(super) had_begun: bool,
    /// Whether the pool's task must be woken for it: it is wanted only now, or is late.
    pub(super) wakes_task: bool,
}

/// Where the keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Fetched here, or supplied by the program.
    Certain,
    /// The disk, so that the pool may have others by now.
    Disk,
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
            wanted: None,
            waiting: 0,
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
    pub(super) fn hope_from(&self, schedule: Schedule) -> UnixTime {
        self.next.min(self.deaf_until(schedule))
    }

    /// Whether an attempt is under way or wanted, which a request with an unknown `kid` may wait for.
    pub(super) fn is_busy(&self) -> bool {
        self.is_fetching() || self.wanted.is_some()
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
    pub(super) fn deaf_until(&self, schedule: Schedule) -> UnixTime {
        self.asked_at.map_or(ALWAYS, |asked_at| asked_at + schedule.cool_down)
    }

    /// Wants a fetch now, whatever the cool-down.
    pub(super) fn want(&mut self, now: UnixTime) {
        let for_key = self.wanted.is_some_and(|wanted| wanted.for_key && wanted.from <= now);
        self.wanted = Some(Wanted { from: now, for_key });
    }

    /// Finds an attempt for a request with an unknown `kid`, and counts the request as waiting: one that is under way and not
    /// stuck, or else the next one, which is wanted from now on. `None` if the cool-down puts it off by more than `patience`, or
    /// too many wait already.
    ///
    /// An attempt up to the number `seen` will not do: the request has waited for it.
    pub(super) fn await_key(
        &mut self,
        now: UnixTime,
        schedule: Schedule,
        limit: Duration,
        patience: Duration,
        seen: u64,
    ) -> Option<Awaited> {
        if self.waiting >= MAX_WAITING {
            return None;
        }
        let running =
            Awaited { attempt: self.started, begins_in: Duration::ZERO, had_begun: true, wakes_task: false };
        let is_running = self.is_fetching() && self.started > seen;
        let awaited = if is_running && !self.is_stuck(now, limit) {
            running
        } else if let Some((begins_in, wakes_task)) = self.want_for_key(now, schedule, patience) {
            Awaited { attempt: self.started + 1, begins_in, had_begun: false, wakes_task }
        } else if is_running {
            running
        } else {
            return None;
        };
        self.waiting += 1;
        Some(awaited)
    }

    /// Ends the wait of one request.
    pub(super) fn leave(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Wants the next fetch for an unknown `kid`, if it may begin soon enough: how long until then, and whether the pool's task
    /// must be woken for it.
    fn want_for_key(
        &mut self,
        now: UnixTime,
        schedule: Schedule,
        patience: Duration,
    ) -> Option<(Duration, bool)> {
        let from = match self.wanted {
            Some(wanted) => wanted.from,
            None if is_deaf(self.deaf_until(schedule), now, schedule) => self.deaf_until(schedule),
            None => now,
        };
        let begins_in = until(from, now, schedule);
        if begins_in > patience {
            return None;
        }
        // A task that sleeps for too long, as after a freeze, is woken again by each request.
        let wakes_task = self.wanted.is_none() || begins_in.is_zero();
        self.wanted.get_or_insert(Wanted { from, for_key: true });
        Some((begins_in, wakes_task))
    }

    /// When the next fetch should begin.
    pub(super) fn due_at(&self) -> UnixTime {
        self.wanted.map_or(self.next, |wanted| wanted.from.min(self.next))
    }

    /// How long the next fetch is off.
    pub(super) fn until_next(&self, now: UnixTime, schedule: Schedule) -> Duration {
        // A clock that was set back would put the fetch off, by years if need be.
        let set_back = now + STEP_BACK < self.planned_at;
        let planned = if set_back { Duration::ZERO } else { self.next.since(now) };
        self.wanted.map_or(planned, |wanted| planned.min(until(wanted.from, now, schedule)))
    }

    /// Starts an attempt.
    pub(super) fn begin(&mut self, now: UnixTime, schedule: Schedule) -> Begun {
        let wanted = self.wanted.take();
        if wanted.is_some_and(|wanted| wanted.for_key && until(wanted.from, now, schedule).is_zero()) {
            self.asked_at = Some(now);
        }
        self.started += 1;
        self.started_at = now;
        // Nor does a clock that was set back make the keys younger than they are.
        self.fetched_at = self.fetched_at.map(|fetched_at| fetched_at.min(now));
        Begun {
            pool: self.pool.clone(),
            lane: if self.failures > 0 { Lane::Failing } else { Lane::Healthy },
            is_first: self.keys.is_none() && self.started <= FIRST_ATTEMPTS,
        }
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
pub(super) fn is_deaf(until: UnixTime, now: UnixTime, schedule: Schedule) -> bool {
    now < until && until.since(now) <= schedule.cool_down
}

/// How long a moment is off that is never further ahead than a cool-down, unless the clock was set back.
fn until(moment: UnixTime, now: UnixTime, schedule: Schedule) -> Duration {
    let off = moment.since(now);
    if off <= schedule.cool_down { off } else { Duration::ZERO }
}

/// Between `least` times the duration and all of it, so that not all instances of a service fetch at once.
fn jitter(duration: Duration, least: f64) -> Duration {
    duration.mul_f64(least + (1.0 - least) * fastrand::f64())
}

#[cfg(test)]
mod tests;
