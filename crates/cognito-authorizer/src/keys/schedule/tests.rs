use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);
const START: UnixTime = UnixTime::from_secs(1_700_000_000);
const COOL_DOWN: Duration = Duration::from_secs(10);
/// How long an attempt may take, and a request wait for one to begin.
const LIMIT: Duration = Duration::from_secs(3);
const TIMING: Timing = Timing {
    interval: Duration::from_secs(3600),
    max_stale: Duration::from_secs(24 * 3600),
    cool_down: COOL_DOWN,
    first_timeout: Duration::from_secs(5),
    timeout: LIMIT,
};

fn schedule() -> Schedule {
    Schedule::new(TIMING, START)
}

impl Schedule {
    /// A request with an unknown `kid` that would wait so long for the cool-down. The task learns of it at once.
    fn ask(&mut self, now: UnixTime, patience: Duration) -> Option<AwaitedAttempt> {
        let awaited = self.await_key(now, patience, 0)?;
        if awaited.wakes_task {
            self.want(Demand { for_key: awaited.attempt, refresh: 0 }, now);
        }
        Some(awaited)
    }

    fn refresh(&mut self, now: UnixTime) {
        self.want(Demand { for_key: 0, refresh: self.started + 1 }, now);
    }

    fn fetch(&mut self, now: UnixTime, max_age: Option<Duration>) {
        self.begin(now);
        self.end(Outcome::Fetched { max_age }, now, 0.5);
    }

    fn fail_at(&mut self, now: UnixTime, random: f64) {
        self.begin(now);
        self.end(Outcome::Failed, now, random);
    }

    fn is_busy(&self) -> bool {
        self.cooling_until() == ALWAYS && self.cooling_from.is_some()
    }
}

enum Event {
    Begin,
    Fetched(Option<u64>),
    Failed,
    UnknownKey,
    Refresh,
}

/// The first minutes of a pool: what happens, and when the next fetch is due after it.
#[test]
fn the_schedule_of_a_pool_is_a_table() {
    use Event::{Begin, Failed, Fetched, Refresh, UnknownKey};
    let mut schedule = schedule();
    // The moment, what happens, and then: when the next fetch is due (`-` while one is under way), the end of the cool-down, the
    // number of failures, and whether another key may exist. The random number is 0.5.
    let table = [
        (0, Begin, "- 0 0 doubt"),
        (1, Failed, "1.875 0 1 doubt"),
        (1, UnknownKey, "1 0 1 doubt"),
        (1, Begin, "- 11 1 doubt"),
        (2, Failed, "3.75 11 2 doubt"),
        (3, UnknownKey, "3.75 11 2 doubt"),
        (8, UnknownKey, "3.75 11 2 doubt"),
        (8, Begin, "- 11 2 doubt"),
        (9, Fetched(None), "3428 11 0 sure"),
        (9, UnknownKey, "11 11 0 sure"),
        (11, Begin, "- 21 0 sure"),
        (12, UnknownKey, "- 21 0 sure"),
        (12, Fetched(Some(600)), "581 21 0 sure"),
        (30, Refresh, "30 21 0 sure"),
        (30, Begin, "- 21 0 sure"),
        (31, Fetched(Some(0)), "90 21 0 sure"),
        (90, Begin, "- 21 0 sure"),
        (93, Failed, "93.875 21 1 doubt"),
    ];
    for (seconds, event, expected) in table {
        let now = START + seconds * SECOND;
        match event {
            Begin => _ = schedule.begin(now),
            Fetched(max_age) => {
                schedule.end(Outcome::Fetched { max_age: max_age.map(Duration::from_secs) }, now, 0.5);
            }
            Failed => schedule.end(Outcome::Failed, now, 0.5),
            UnknownKey => _ = schedule.ask(now, LIMIT),
            Refresh => schedule.refresh(now),
        }
        let after = |moment: UnixTime| moment.since(START).as_secs_f64();
        let due = if schedule.is_fetching() { "-".to_owned() } else { after(schedule.due_at()).to_string() };
        let doubt = if schedule.is_in_doubt(now) { "doubt" } else { "sure" };
        let found = format!("{due} {} {} {doubt}", after(schedule.cool_down_end()), schedule.failures);
        assert_eq!(found, expected, "after {seconds} s");
    }
}

#[test]
fn jitter_shortens_a_duration_by_a_random_part() {
    for (random, least, expected) in [(0.0, 0.75, 75), (0.5, 0.5, 75), (1.0, 0.9, 100), (0.0, 0.9, 90)] {
        assert_eq!(jitter(100 * SECOND, least, random), expected * SECOND, "{random} {least}");
    }
}

#[test]
fn after_each_failure_the_pause_is_twice_as_long_up_to_five_minutes() {
    let often = Timing { interval: 60 * SECOND, ..TIMING };
    for (timing, longest) in [(TIMING, 300), (often, 60)] {
        for (random, part) in [(0.0, 0.75), (1.0, 1.0)] {
            let mut schedule = Schedule::new(timing, START);
            for failure in 0..70 {
                schedule.fail_at(START, random);
                let most = SECOND * (1_u32 << failure.min(20)).min(longest);
                assert_eq!(schedule.next.since(START), most.mul_f64(part), "{failure}");
            }
            assert_eq!(schedule.failures, 70);
            schedule.fetch(START, None);
            assert_eq!(schedule.failures, 0);
        }
    }
}

#[test]
fn after_a_success_it_is_the_interval_or_sooner_but_never_at_once() {
    for (max_age, least, most) in
        [(None, 3240, 3600), (Some(1000), 900, 1000), (Some(9999), 3240, 3600), (Some(0), 60, 60)]
    {
        for (random, pause) in [(0.0, least), (1.0, most)] {
            let mut schedule = schedule();
            schedule.begin(START);
            schedule.end(Outcome::Fetched { max_age: max_age.map(Duration::from_secs) }, START, random);
            assert_eq!(schedule.next.since(START), pause * SECOND, "{max_age:?}");
        }
    }
}

/// The process may have been frozen between the request and the answer.
#[test]
fn keys_are_as_old_as_the_request_for_them() {
    let mut schedule = schedule();
    schedule.begin(START);
    schedule.end(Outcome::Fetched { max_age: None }, START + 1800 * SECOND, 1.0);
    assert_eq!(schedule.fetched_at, Some(START));
    assert_eq!(schedule.next, START + TIMING.interval);
}

/// A clock that was wrong for a while does not make keys trusted for longer, nor put a fetch off for years.
#[test]
fn keys_fetched_in_the_future_count_as_fetched_now() {
    let wrong = START + 100_000_000 * SECOND;
    let mut schedule = Schedule::new(TIMING, wrong);
    schedule.fetch(wrong, None);
    assert_eq!(schedule.until_next(START), Duration::ZERO);
    schedule.fail_at(START, 0.5);
    assert_eq!(schedule.stale_from(), START + TIMING.max_stale);
}

#[test]
fn an_unknown_key_id_causes_a_fetch_once_in_a_cool_down() {
    let mut schedule = schedule();
    schedule.fetch(START, None);
    let asks = |schedule: &mut Schedule, now| {
        let asked = schedule.ask(now, Duration::ZERO).is_some();
        if schedule.until_next(now).is_zero() {
            schedule.fetch(now, None);
        }
        asked
    };
    let end = START + COOL_DOWN;
    assert_eq!(schedule.cool_down_end(), ALWAYS);
    assert!(asks(&mut schedule, START) && !asks(&mut schedule, START));
    assert_eq!(schedule.cool_down_end(), end);
    assert!(!asks(&mut schedule, end - MILLI) && asks(&mut schedule, end) && !asks(&mut schedule, end));
    // While one is wanted, further requests join it.
    let later = end + COOL_DOWN;
    let first = schedule.ask(later, Duration::ZERO).unwrap();
    let second = schedule.ask(later, Duration::ZERO).unwrap();
    assert_eq!((first.attempt, second.attempt), (4, 4));
    assert!(first.wakes_task && second.wakes_task, "it may begin now");
    schedule.fetch(later, None);
    assert_eq!(schedule.cool_down_end(), later + COOL_DOWN);
    // A clock that is set back ends the cool-down.
    assert!(asks(&mut schedule, START));
}

#[test]
fn in_a_cool_down_a_request_waits_for_its_end_if_that_is_near() {
    let mut schedule = schedule();
    schedule.fetch(START, None);
    schedule.ask(START, LIMIT);
    schedule.fetch(START, None);
    let end = START + COOL_DOWN;
    assert_eq!(schedule.ask(end - LIMIT - MILLI, LIMIT), None);
    assert!(!schedule.is_busy());
    let awaited =
        |begins_in, wakes_task| Some(AwaitedAttempt { attempt: 3, begins_in, had_begun: false, wakes_task });
    assert_eq!(schedule.ask(end - LIMIT, LIMIT), awaited(LIMIT, true));
    assert!(schedule.is_busy());
    assert_eq!(schedule.ask(end - SECOND, LIMIT), awaited(SECOND, false));
    assert_eq!(schedule.ask(end - SECOND, SECOND / 2), None, "it is too far off for less patience");
    assert_eq!((schedule.until_next(end - SECOND), schedule.until_next(end)), (SECOND, Duration::ZERO));
    // The next cool-down begins with the fetch, and not before.
    schedule.fetch(end + SECOND, None);
    assert_eq!(schedule.cool_down_end(), end + SECOND + COOL_DOWN);
    assert_eq!(schedule.ask(end + SECOND, LIMIT), None);
}

#[test]
fn a_planned_fetch_also_serves_requests_that_wait_for_the_cool_down() {
    let mut schedule = schedule();
    schedule.fetch(START, None);
    schedule.ask(START, LIMIT);
    schedule.fetch(START, None);
    let (soon, end) = (START + 8 * SECOND, START + COOL_DOWN);
    assert_eq!(schedule.ask(soon, LIMIT).unwrap().attempt, 3);
    schedule.next = soon + SECOND;
    assert_eq!(schedule.until_next(soon), SECOND, "the plan is first");
    schedule.fetch(soon + SECOND, None);
    assert!(!schedule.is_busy() && schedule.finished == 3);
    assert_eq!(schedule.cool_down_end(), end, "the plan is not for unknown keys");
    // So is a refresh that the program asks for.
    assert_eq!(schedule.ask(soon + SECOND, LIMIT).unwrap().attempt, 4);
    schedule.refresh(soon + SECOND);
    assert_eq!(schedule.until_next(soon + SECOND), Duration::ZERO);
    schedule.fetch(soon + SECOND, None);
    assert_eq!((schedule.finished, schedule.cool_down_end()), (4, end));
    // A fetch for an unknown key that might have begun is still counted as one.
    schedule.ask(end, LIMIT);
    schedule.refresh(end);
    schedule.fetch(end, None);
    assert_eq!(schedule.cool_down_end(), end + COOL_DOWN);
}

#[test]
fn a_request_for_an_attempt_that_has_begun_is_ignored() {
    let mut schedule = schedule();
    schedule.fetch(START, None);
    schedule.want(Demand { for_key: 1, refresh: 1 }, START);
    assert!(schedule.wanted.is_none());
    schedule.want(Demand { for_key: 2, refresh: 0 }, START);
    assert!(schedule.wanted.is_some());
}

#[test]
fn a_clock_that_is_set_back_puts_off_nothing_that_is_wanted() {
    let mut schedule = schedule();
    schedule.fetch(START, None);
    schedule.ask(START, LIMIT);
    schedule.fetch(START, None);
    assert!(schedule.ask(START + 9 * SECOND, LIMIT).is_some());
    let back = START - SECOND;
    assert_eq!(schedule.until_next(back), Duration::ZERO);
    assert_eq!(schedule.ask(back, LIMIT).unwrap().begins_in, Duration::ZERO);
    schedule.begin(back);
    assert_eq!(schedule.cool_down_end(), back + COOL_DOWN);
}

#[test]
fn an_attempt_that_a_request_has_waited_for_is_not_waited_for_again() {
    let mut schedule = schedule();
    schedule.fetch(START, None);
    schedule.begin(START);
    let joined = schedule.ask(START, LIMIT).unwrap();
    assert_eq!((joined.attempt, joined.had_begun), (2, true));
    let again = |schedule: &Schedule, seen| schedule.await_key(START, LIMIT, seen);
    let next = again(&schedule, 2).unwrap();
    assert_eq!((next.attempt, next.had_begun, next.wakes_task), (3, false, true));
    schedule.end(Outcome::Fetched { max_age: None }, START, 0.5);
    schedule.begin(START);
    assert_eq!(again(&schedule, 2).unwrap().attempt, 3, "another one has begun by now");
    schedule.end(Outcome::Failed, START, 0.5);
    assert_eq!(again(&schedule, 3), None, "503 says when to come again");
}

#[test]
fn a_cool_down_that_ends_too_far_ahead_is_over() {
    for (ahead, cooling) in [(-1, false), (0, false), (1, true), (10_000, true), (10_001, false)] {
        let until = UnixTime::from_millis(START.as_millis() + ahead);
        assert_eq!(is_cooling(until, START, TIMING), cooling, "{ahead} ms");
    }
    assert!(!is_cooling(ALWAYS, START, TIMING) && !is_cooling(NEVER, START, TIMING));
}

#[test]
fn a_key_may_be_found_at_the_next_fetch_or_the_end_of_the_cool_down() {
    let mut schedule = schedule();
    schedule.next = START + 300 * SECOND;
    assert_eq!(schedule.hope_from(), ALWAYS);
    schedule.cooling_from = Some(START);
    assert_eq!(schedule.hope_from(), START + COOL_DOWN);
    schedule.next = START + SECOND;
    assert_eq!(schedule.hope_from(), START + SECOND);
}

#[test]
fn a_fetch_is_due_when_it_is_planned_wanted_or_the_clock_was_set_back() {
    let mut schedule = schedule();
    schedule.fetch(START, None);
    schedule.next = START + 3600 * SECOND;
    for (now, off) in [
        (START, 3600 * SECOND),
        (START + 3599 * SECOND, SECOND),
        (START + 3600 * SECOND, Duration::ZERO),
        (START + 9999 * SECOND, Duration::ZERO),
        (START - 60 * SECOND, 3660 * SECOND),
        (START - 60 * SECOND - MILLI, Duration::ZERO),
    ] {
        assert_eq!(schedule.until_next(now), off, "{now:?}");
    }
    schedule.refresh(START);
    assert_eq!(schedule.until_next(START), Duration::ZERO);
    schedule.begin(START);
    assert!(schedule.wanted.is_none());
}

#[test]
fn an_attempt_is_stuck_once_it_takes_longer_than_one_may() {
    let mut schedule = schedule();
    let limit = LIMIT + GRACE;
    assert!(!schedule.is_stuck(START + 9 * SECOND), "no attempt has begun");
    schedule.begin(START);
    assert!(schedule.is_fetching() && !schedule.is_stuck(START) && !schedule.is_stuck(START + limit));
    assert!(schedule.is_stuck(START + limit + MILLI));
    schedule.end(Outcome::Failed, START, 0.5);
    assert!(!schedule.is_fetching() && !schedule.is_stuck(START + 9 * SECOND));
    assert_eq!((schedule.started, schedule.finished), (1, 1));
}

#[test]
fn a_fetch_that_is_stuck_is_not_joined_but_followed() {
    let mut schedule = schedule();
    schedule.begin(START);
    let asked = |schedule: &mut Schedule, now| schedule.ask(now, Duration::ZERO).map(|found| found.attempt);
    assert_eq!(asked(&mut schedule, START + LIMIT + GRACE), Some(1));
    let stuck = START + LIMIT + GRACE + MILLI;
    assert_eq!(asked(&mut schedule, stuck), Some(2));
    // The next one does not begin twice in a cool-down; if nothing else is to come, the stuck one is waited for after all.
    schedule.end(Outcome::Fetched { max_age: None }, stuck, 0.5);
    schedule.begin(stuck);
    let later = stuck + LIMIT + GRACE + MILLI;
    assert_eq!(asked(&mut schedule, later), Some(2));
}

#[test]
fn attempts_after_a_failure_are_marked() {
    let mut schedule = schedule();
    assert!(!schedule.begin(START).follows_failure);
    schedule.end(Outcome::Failed, START, 0.5);
    assert!(schedule.begin(START).follows_failure);
    schedule.end(Outcome::Fetched { max_age: None }, START, 0.5);
    assert!(!schedule.begin(START).follows_failure);
}

#[test]
fn another_key_may_exist_unless_the_last_fetch_succeeded() {
    let mut schedule = schedule();
    assert!(schedule.is_in_doubt(START), "there are no keys");
    schedule.fetch(START, None);
    assert!(!schedule.is_in_doubt(START));
    schedule.fail_at(START, 0.5);
    assert!(schedule.is_in_doubt(START));
    schedule.fetch(START, None);
    schedule.recall(START - SECOND);
    assert!(schedule.is_in_doubt(START), "the keys are from the disk");
}

#[test]
fn fetched_keys_are_trusted_up_to_their_age_limit_and_supplied_keys_without_limit() {
    let supplied = Schedule::supplied(TIMING);
    assert!(supplied.has_keys(NEVER - SECOND) && supplied.planned().is_none());
    let mut schedule = schedule();
    let stale = START + TIMING.max_stale;
    assert_eq!(schedule.stale_from(), NEVER);
    schedule.fetch(START, None);
    assert_eq!(schedule.stale_from(), stale);
    assert!(schedule.has_keys(stale - MILLI) && !schedule.is_in_doubt(stale - MILLI));
    assert!(!schedule.has_keys(stale) && schedule.is_in_doubt(stale));
    schedule.drop_stale(stale - MILLI);
    assert!(schedule.has_keys(START));
    schedule.drop_stale(stale);
    assert!(!schedule.has_keys(START) && schedule.is_in_doubt(START));
}

#[test]
fn the_first_attempts_for_a_pool_without_keys_are_two() {
    let mut failing = schedule();
    let timeout = |schedule: &mut Schedule| schedule.begin(START).timeout;
    let first = TIMING.first_timeout;
    assert_eq!([(); 4].map(|()| timeout(&mut failing)), [first, first, LIMIT, LIMIT]);
    let mut good = schedule();
    good.fetch(START, None);
    assert_eq!(timeout(&mut good), LIMIT);
}
