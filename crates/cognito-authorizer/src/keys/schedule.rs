//! When one pool's keys are fetched: a state machine without a clock, randomness or I/O.
//!
//! The pool's task passes it the time, the attempts that requests want, and the outcome of each attempt. Requests read a copy of it to
//! find out which attempt to wait for.

use std::time::Duration;

use cognito_verify::UnixTime;

/// How many attempts to get a pool's first keys `connect` waits for: one, and one more if it fails.
pub(super) const FIRST_ATTEMPTS: u64 = 2;
/// The least time between two scheduled fetches that succeed.
const MIN_INTERVAL: Duration = Duration::from_secs(60);
/// The first and the longest pause after a failure.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// A clock that is set back by no more than this does not bring a fetch forward.
const STEP_BACK: Duration = Duration::from_secs(60);
/// How late a timer or an attempt may be before a request notices. Timers are late after a freeze, as on AWS Lambda.
pub(crate) const GRACE: Duration = Duration::from_secs(1);
/// A moment that never comes.
pub(crate) const NEVER: UnixTime = UnixTime::from_millis(i64::MAX);
/// A moment before all others.
const ALWAYS: UnixTime = UnixTime::from_millis(i64::MIN);

/// The settings of a [`Schedule`]. Not for users: it is public for simulations of many instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The time between two fetches that succeed; each interval is shortened by a random 0–10 %.
    pub interval: Duration,
    /// How long keys are trusted after they were fetched.
    pub max_stale: Duration,
    /// The least time between two fetches that tokens with an unknown `kid` cause.
    ///
    /// During it, such a token waits for the next fetch if that is near. Otherwise it is refused as the client's fault (401) if
    /// the last fetch succeeded: a pool publishes a key before it signs with it, and a few seconds ago it had not published this one.
    /// 503 would be kinder to a client whose key was not published in advance, but would let any client cause server errors at will,
    /// which clients retry and load balancers count.
    pub cool_down: Duration,
    /// How long each of the first attempts may take.
    pub first_timeout: Duration,
    /// How long any other attempt may take. A request also waits this long for one to begin.
    pub timeout: Duration,
}

impl Timing {
    /// The longest time that an attempt may take.
    #[must_use]
    pub fn longest_timeout(&self) -> Duration {
        self.first_timeout.max(self.timeout)
    }
}

/// When one pool's keys are fetched. Not for users: it is public for simulations of many instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    timing: Timing,
    keys: Origin,
    /// When the current keys were fetched; `None` if never, or if the program supplied them.
    fetched_at: Option<UnixTime>,
    /// When the next fetch is planned.
    next: UnixTime,
    /// When `next` was set.
    planned_at: UnixTime,
    /// A fetch beside the plan.
    wanted: Option<Wanted>,
    /// When an unknown `kid` last caused a fetch.
    cooling_from: Option<UnixTime>,
    failures: u32,
    started_at: UnixTime,
    started: u64,
    finished: u64,
}

/// Where the current keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    None,
    /// Fetched, or supplied by the program.
    Certain,
    /// From the disk, so the pool may have others by now.
    Disk,
}

/// A fetch beside the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    /// When it may begin.
    from: UnixTime,
    /// Whether it is for an unknown `kid`, so that a cool-down follows.
    for_key: bool,
}

/// The numbers of the attempts that requests and the program want; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Wanted for an unknown `kid`.
    pub for_key: u64,
    /// Wanted now, whatever the cool-down.
    pub refresh: u64,
}

/// An attempt that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u64,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether the last attempt failed, so that this one may hang too.
    pub follows_failure: bool,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is a key set.
    Fetched {
        /// How long the server says that it may be cached.
        max_age: Option<Duration>,
    },
    /// The fetch failed.
    Failed,
}

/// The attempt that a request with an unknown `kid` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AwaitedAttempt {
    /// The number of the attempt.
    pub attempt: u64,
    /// How long until it may begin.
    pub begins_in: Duration,
    /// Whether it had begun before the request came, so that its answer may be older than the key.
    pub had_begun: bool,
    /// Whether the pool's task must be told that it is wanted, or woken because it is late.
    pub wakes_task: bool,
}

impl Schedule {
    /// No keys; the first fetch is due now.
    #[must_use]
    pub fn new(timing: Timing, now: UnixTime) -> Self {
        Self {
            timing,
            keys: Origin::None,
            fetched_at: None,
            next: now,
            planned_at: now,
            wanted: None,
            cooling_from: None,
            failures: 0,
            started_at: now,
            started: 0,
            finished: 0,
        }
    }

    /// Keys that the program supplied: they are never fetched and do not age.
    #[must_use]
    pub fn supplied(timing: Timing) -> Self {
        Self { keys: Origin::Certain, ..Self::new(timing, NEVER) }
    }

    /// Uses keys from the disk, to be replaced as soon as a fetch succeeds.
    pub fn recall(&mut self, fetched_at: UnixTime) {
        self.keys = Origin::Disk;
        self.fetched_at = Some(fetched_at);
    }

    /// Records the attempts that are wanted. Those that have begun already are ignored.
    pub fn want(&mut self, demand: Demand, now: UnixTime) {
        if demand.for_key > self.started {
            let from = self.next_for_key(now);
            self.wanted.get_or_insert(Wanted { from, for_key: true });
        }
        if demand.refresh > self.started {
            let for_key = self.wanted.is_some_and(|wanted| wanted.for_key && wanted.from <= now);
            self.wanted = Some(Wanted { from: now, for_key });
        }
    }

    /// How long the next fetch is off; zero if it is to begin now.
    #[must_use]
    pub fn until_next(&self, now: UnixTime) -> Duration {
        // If the clock was set back, the plan could be years ahead: fetch now.
        let is_set_back = now + STEP_BACK < self.planned_at;
        let planned = if is_set_back { Duration::ZERO } else { self.next.since(now) };
        self.wanted.map_or(planned, |wanted| planned.min(self.until(wanted.from, now)))
    }

    /// Begins an attempt.
    pub fn begin(&mut self, now: UnixTime) -> Attempt {
        let wanted = self.wanted.take();
        if wanted.is_some_and(|wanted| wanted.for_key && self.until(wanted.from, now).is_zero()) {
            self.cooling_from = Some(now);
        }
        self.started += 1;
        self.started_at = now;
        // A clock that was set back does not make the keys younger than they are.
        self.fetched_at = self.fetched_at.map(|fetched_at| fetched_at.min(now));
        let is_first = self.keys == Origin::None && self.started <= FIRST_ATTEMPTS;
        Attempt {
            number: self.started,
            timeout: if is_first { self.timing.first_timeout } else { self.timing.timeout },
            follows_failure: self.failures > 0,
        }
    }

    /// Ends the attempt that has begun, and plans the next one. `random` is between 0 and 1.
    pub fn end(&mut self, outcome: Outcome, now: UnixTime, random: f64) {
        self.finished = self.started;
        self.planned_at = now;
        match outcome {
            Outcome::Fetched { max_age } => {
                // `max-age` can bring the next fetch forward, but not put it off: only the interval decides how long a withdrawn
                // key stays trusted.
                let interval = self.timing.interval;
                let after = max_age.map_or(interval, |max_age| max_age.min(interval));
                // Counted from the request, since the answer may have waited while the process was frozen or the clock moved.
                self.next = self.started_at + jitter(after, 0.9, random).max(MIN_INTERVAL);
                self.fetched_at = Some(self.started_at);
                self.keys = Origin::Certain;
                self.failures = 0;
            }
            Outcome::Failed => {
                let (first, longest) = BACK_OFF;
                let pause = first.saturating_mul(1 << self.failures.min(20));
                let pause = pause.min(longest).min(self.timing.interval);
                self.failures = self.failures.saturating_add(1);
                self.next = now + jitter(pause, 0.75, random);
            }
        }
    }

    /// Forgets the keys, if they are too old.
    pub fn drop_stale(&mut self, now: UnixTime) {
        if self.stale_from() <= now {
            self.keys = Origin::None;
        }
    }

    /// Finds an attempt for a request with an unknown `kid`: the one that is under way, unless it is stuck, or else the next one.
    /// `None` if the cool-down puts that off by more than `patience`.
    ///
    /// `seen` is the number of the attempt that the request has already waited for, or 0. The request does not wait for that attempt
    /// again. If it failed, the request waits for no other attempt either, because the response says when to retry.
    #[must_use]
    pub fn await_key(&self, now: UnixTime, patience: Duration, seen: u64) -> Option<AwaitedAttempt> {
        if seen > 0 && self.is_in_doubt(now) {
            return None;
        }
        let running = AwaitedAttempt {
            attempt: self.started,
            begins_in: Duration::ZERO,
            had_begun: true,
            wakes_task: false,
        };
        let is_running = self.is_fetching() && self.started > seen;
        if is_running && !self.is_stuck(now) {
            return Some(running);
        }
        let begins_in =
            self.until(self.wanted.map_or_else(|| self.next_for_key(now), |wanted| wanted.from), now);
        if begins_in <= patience {
            // A task whose timer is late, as after a freeze, is woken by each request.
            let wakes_task = self.wanted.is_none() || begins_in.is_zero();
            return Some(AwaitedAttempt {
                attempt: self.started + 1,
                begins_in,
                had_begun: false,
                wakes_task,
            });
        }
        is_running.then_some(running)
    }

    /// The number of the last attempt that has begun.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.started
    }

    /// The number of the last attempt that has ended.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.finished
    }

    /// How many attempts have failed since the last success.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// When the current keys were fetched.
    #[must_use]
    pub fn fetched_at(&self) -> Option<UnixTime> {
        self.fetched_at
    }

    /// When the next fetch is planned; `None` if never.
    #[must_use]
    pub fn planned(&self) -> Option<UnixTime> {
        (self.next != NEVER).then_some(self.next)
    }

    /// Whether there are keys that may be trusted.
    #[must_use]
    pub fn has_keys(&self, now: UnixTime) -> bool {
        self.keys != Origin::None && now < self.stale_from()
    }

    /// Whether an attempt is under way.
    #[must_use]
    pub fn is_fetching(&self) -> bool {
        self.started > self.finished
    }

    /// Whether a key may exist that is not among the current ones.
    #[must_use]
    pub fn is_in_doubt(&self, now: UnixTime) -> bool {
        self.keys == Origin::Disk || self.failures > 0 || !self.has_keys(now)
    }

    /// From when on the keys are too old to be trusted.
    #[must_use]
    pub fn stale_from(&self) -> UnixTime {
        match (self.keys, self.fetched_at) {
            (Origin::None, _) | (_, None) => NEVER,
            (_, Some(fetched_at)) => fetched_at + self.timing.max_stale,
        }
    }

    /// When the next fetch should begin, unless one is under way.
    #[must_use]
    pub(crate) fn due_at(&self) -> UnixTime {
        self.wanted.map_or(self.next, |wanted| wanted.from.min(self.next))
    }

    /// When a key that is not among the current ones may be found at the earliest: by the plan, or for an unknown `kid`.
    pub(crate) fn hope_from(&self) -> UnixTime {
        self.next.min(self.cool_down_end())
    }

    /// Until when an unknown `kid` neither causes a fetch nor finds one to wait for, unless the end is near.
    pub(crate) fn cooling_until(&self) -> UnixTime {
        if self.is_fetching() || self.wanted.is_some() { ALWAYS } else { self.cool_down_end() }
    }

    /// The end of the cool-down, which may be over.
    fn cool_down_end(&self) -> UnixTime {
        self.cooling_from.map_or(ALWAYS, |from| from + self.timing.cool_down)
    }

    /// When a fetch for an unknown `kid` may begin.
    fn next_for_key(&self, now: UnixTime) -> UnixTime {
        let end = self.cool_down_end();
        if is_cooling(end, now, self.timing) { end } else { now }
    }

    /// An attempt that has outlived its time-out means that the process was suspended. It will fail.
    fn is_stuck(&self, now: UnixTime) -> bool {
        self.is_fetching() && now.since(self.started_at) > self.timing.timeout + GRACE
    }

    /// How long a moment is off that is never more than a cool-down ahead, unless the clock was set back.
    fn until(&self, moment: UnixTime, now: UnixTime) -> Duration {
        let off = moment.since(now);
        if off <= self.timing.cool_down { off } else { Duration::ZERO }
    }
}

/// Whether a cool-down that ends then is on. If its end is too far ahead, the clock was set back, and the cool-down is over.
pub(crate) fn is_cooling(until: UnixTime, now: UnixTime, timing: Timing) -> bool {
    now < until && until.since(now) <= timing.cool_down
}

/// Between `least` times the duration and all of it, so that not all instances of a service fetch at once.
fn jitter(duration: Duration, least: f64, random: f64) -> Duration {
    duration.mul_f64(least + (1.0 - least) * random)
}

#[cfg(test)]
mod tests;
