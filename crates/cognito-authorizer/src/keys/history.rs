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
mod tests {
    use cognito_verify::{UserPool, Verifier};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MILLI: Duration = Duration::from_millis(1);
    const START: UnixTime = UnixTime::from_secs(1_700_000_000);
    const SCHEDULE: Schedule =
        Schedule { interval: Duration::from_secs(3600), max_stale: Duration::from_secs(24 * 3600) };

    fn history() -> History {
        let verifier = Verifier::new([UserPool::new("eu-west-1_a").any_client()]).unwrap();
        History::new(verifier.pools()[0].clone(), START)
    }

    fn keys() -> KeySet {
        let modulus = "_".repeat(341) + "w";
        let jwks = format!(r#"{{"keys":[{{"kty":"RSA","kid":"a","n":"{modulus}","e":"AQAB"}}]}}"#);
        KeySet::from_json(jwks.as_bytes()).unwrap()
    }

    impl History {
        fn fetch(&mut self, now: UnixTime, max_age: Option<Duration>, schedule: Schedule) {
            self.begin(now);
            self.end(Ok(Fetched { keys: keys(), body: None, max_age }), now, schedule);
        }

        fn fail_at(&mut self, now: UnixTime, schedule: Schedule) {
            self.begin(now);
            self.end(Err(FetchError::Redirected), now, schedule);
        }
    }

    #[test]
    fn the_jitter_leaves_out_a_part_by_chance() {
        let drawn: Vec<Duration> = (0..2000).map(|_| jitter(100 * SECOND, 0.75)).collect();
        let (least, most) = (drawn.iter().min().unwrap(), drawn.iter().max().unwrap());
        assert!((75 * SECOND..78 * SECOND).contains(least), "{least:?}");
        assert!((97 * SECOND..=100 * SECOND).contains(most), "{most:?}");
    }

    #[test]
    fn after_each_failure_the_pause_is_twice_as_long_up_to_five_minutes() {
        let often = Schedule { interval: 60 * SECOND, ..SCHEDULE };
        for (schedule, longest) in [(SCHEDULE, 300), (often, 60)] {
            let mut history = history();
            for failure in 0..70 {
                history.fail_at(START, schedule);
                let most = SECOND * (1_u32 << failure.min(20)).min(longest);
                let pause = history.next.since(START) + MILLI;
                assert!(pause >= most.mul_f64(0.75) && pause <= most + MILLI, "{failure}: {pause:?}");
            }
            assert_eq!(history.failures, 70);
            history.fetch(START, None, schedule);
            assert_eq!((history.failures, history.last_error.clone()), (0, None));
        }
    }

    #[test]
    fn after_a_success_it_is_the_interval_or_sooner_but_never_at_once() {
        for (max_age, least, most) in
            [(None, 3240, 3600), (Some(1000), 900, 1000), (Some(9999), 3240, 3600), (Some(0), 60, 60)]
        {
            let mut history = history();
            history.fetch(START, max_age.map(Duration::from_secs), SCHEDULE);
            let pause = history.next.since(START) + MILLI;
            assert!(pause >= least * SECOND && pause <= most * SECOND + MILLI, "{max_age:?}: {pause:?}");
        }
    }

    #[test]
    fn an_unknown_key_id_causes_a_fetch_once_in_a_cool_down() {
        let mut history = history();
        history.fetch(START, None, SCHEDULE);
        let asks = |history: &mut History, now| {
            let asked = history.ask(now);
            if history.until_next(now).is_zero() {
                history.fetch(now, None, SCHEDULE);
            }
            asked
        };
        let end = START + UNKNOWN_KEY_COOL_DOWN;
        assert_eq!(history.deaf_until(), ALWAYS);
        assert!(asks(&mut history, START) && !asks(&mut history, START));
        assert_eq!(history.deaf_until(), end);
        assert!(!asks(&mut history, end - MILLI) && asks(&mut history, end) && !asks(&mut history, end));
        // While one is wanted, whoever comes joins it.
        let later = end + UNKNOWN_KEY_COOL_DOWN;
        assert!(history.ask(later) && history.ask(later) && history.wanted);
        assert_eq!(history.deaf_until(), later + UNKNOWN_KEY_COOL_DOWN);
        // A clock that is set back ends the cool-down.
        history.fetch(later, None, SCHEDULE);
        assert!(asks(&mut history, START));
    }

    #[test]
    fn a_cool_down_is_no_longer_than_it_can_be() {
        for (ahead, deaf) in [(-1, false), (0, false), (1, true), (10_000, true), (10_001, false)] {
            let until = UnixTime::from_millis(START.as_millis() + ahead);
            assert_eq!(is_deaf(until, START), deaf, "{ahead} ms");
        }
        assert!(!is_deaf(ALWAYS, START) && !is_deaf(NEVER, START));
    }

    #[test]
    fn who_waits_for_a_key_may_hope_for_the_next_fetch_or_the_end_of_the_cool_down() {
        let mut history = history();
        history.next = START + 300 * SECOND;
        assert_eq!(history.hope_from(), ALWAYS);
        history.asked_at = Some(START);
        assert_eq!(history.hope_from(), START + UNKNOWN_KEY_COOL_DOWN);
        history.next = START + SECOND;
        assert_eq!(history.hope_from(), START + SECOND);
    }

    #[test]
    fn a_fetch_is_due_when_it_is_planned_wanted_or_the_clock_was_set_back() {
        let mut history = history();
        history.fetch(START, None, SCHEDULE);
        history.next = START + 3600 * SECOND;
        for (now, off) in [
            (START, 3600 * SECOND),
            (START + 3599 * SECOND, SECOND),
            (START + 3600 * SECOND, Duration::ZERO),
            (START + 9999 * SECOND, Duration::ZERO),
            (START - 60 * SECOND, 3660 * SECOND),
            (START - 60 * SECOND - MILLI, Duration::ZERO),
        ] {
            assert_eq!(history.until_next(now), off, "{now:?}");
        }
        history.wanted = true;
        assert_eq!(history.until_next(START), Duration::ZERO);
        history.begin(START);
        assert!(!history.wanted);
    }

    #[test]
    fn an_attempt_is_stuck_once_it_takes_longer_than_one_may() {
        let mut history = history();
        let limit = 3 * SECOND;
        assert!(!history.is_stuck(START + 9 * SECOND, limit), "there is none");
        history.begin(START);
        assert!(history.is_fetching());
        assert!(!history.is_stuck(START, limit) && !history.is_stuck(START + limit, limit));
        assert!(history.is_stuck(START + limit + MILLI, limit));
        history.end(Err(FetchError::Redirected), START, SCHEDULE);
        assert!(!history.is_fetching() && !history.is_stuck(START + 9 * SECOND, limit));
        assert_eq!((history.started, history.finished), (1, 1));
    }

    #[test]
    fn pools_that_fail_queue_apart() {
        let mut history = history();
        assert_eq!(history.begin(START).1, Lane::Healthy);
        history.end(Err(FetchError::Redirected), START, SCHEDULE);
        assert_eq!(history.begin(START).1, Lane::Failing);
        history.fetch(START, None, SCHEDULE);
        assert_eq!(history.begin(START).1, Lane::Healthy);
    }

    #[test]
    fn another_key_may_exist_unless_the_last_fetch_said_which_do() {
        let mut history = history();
        assert!(history.is_in_doubt(), "there are none");
        history.fetch(START, None, SCHEDULE);
        assert!(!history.is_in_doubt());
        history.fail_at(START, SCHEDULE);
        assert!(history.is_in_doubt());
        history.fetch(START, None, SCHEDULE);
        history.recall(Known { keys: keys(), fetched_at: START - SECOND, body: Arc::default() });
        assert!(history.is_in_doubt(), "they are from the disk");
    }

    #[test]
    fn keys_are_trusted_up_to_their_age_limit_and_supplied_ones_for_good() {
        let mut history = history();
        let stale = START + SCHEDULE.max_stale;
        assert_eq!(history.stale_from(SCHEDULE), NEVER);
        history.keys = Some(keys());
        assert!(history.status(NEVER - SECOND, SCHEDULE).is_ready(), "the program supplied them");
        history.fetch(START, None, SCHEDULE);
        assert_eq!(history.stale_from(SCHEDULE), stale);
        assert!(history.status(stale - MILLI, SCHEDULE).is_ready());
        assert!(!history.status(stale, SCHEDULE).is_ready());
        history.drop_keys();
        assert!(!history.status(START, SCHEDULE).is_ready() && history.is_in_doubt());
    }
}
