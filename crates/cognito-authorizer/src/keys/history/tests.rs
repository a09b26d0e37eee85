use cognito_verify::{UserPool, Verifier};

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);
const START: UnixTime = UnixTime::from_secs(1_700_000_000);
const COOL_DOWN: Duration = Duration::from_secs(10);
const SCHEDULE: Schedule = Schedule {
    interval: Duration::from_secs(3600),
    max_stale: Duration::from_secs(24 * 3600),
    cool_down: COOL_DOWN,
};
/// How long an attempt may take.
const LIMIT: Duration = Duration::from_secs(3);

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
    /// A request with an unknown `kid` that would wait so long for the cool-down.
    fn ask(&mut self, now: UnixTime, patience: Duration) -> Option<Awaited> {
        self.await_key(now, SCHEDULE, LIMIT, patience, 0)
    }

    fn until(&self, now: UnixTime) -> Duration {
        self.until_next(now, SCHEDULE)
    }

    fn fetch(&mut self, now: UnixTime, max_age: Option<Duration>, schedule: Schedule) {
        self.begin(now, schedule);
        self.end(Ok(Fetched { keys: keys(), body: None, max_age }), now, schedule);
    }

    fn fail_at(&mut self, now: UnixTime, schedule: Schedule) {
        self.begin(now, schedule);
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
        let asked = history.ask(now, Duration::ZERO).is_some();
        if history.until(now).is_zero() {
            history.fetch(now, None, SCHEDULE);
        }
        asked
    };
    let end = START + COOL_DOWN;
    assert_eq!(history.deaf_until(SCHEDULE), ALWAYS);
    assert!(asks(&mut history, START) && !asks(&mut history, START));
    assert_eq!(history.deaf_until(SCHEDULE), end);
    assert!(!asks(&mut history, end - MILLI) && asks(&mut history, end) && !asks(&mut history, end));
    // While one is wanted, whoever comes joins it.
    let later = end + COOL_DOWN;
    let first = history.ask(later, Duration::ZERO).unwrap();
    let second = history.ask(later, Duration::ZERO).unwrap();
    assert_eq!((first.attempt, second.attempt), (4, 4));
    assert!(first.wakes_task && second.wakes_task, "it may begin now");
    history.fetch(later, None, SCHEDULE);
    assert_eq!(history.deaf_until(SCHEDULE), later + COOL_DOWN);
    // A clock that is set back ends the cool-down.
    assert!(asks(&mut history, START));
}

#[test]
fn within_a_cool_down_a_request_waits_for_its_end_if_that_is_near() {
    let mut history = history();
    history.fetch(START, None, SCHEDULE);
    history.ask(START, LIMIT);
    history.fetch(START, None, SCHEDULE);
    let end = START + COOL_DOWN;
    assert_eq!(history.ask(end - LIMIT - MILLI, LIMIT), None);
    assert!(!history.is_busy());
    let awaited =
        |begins_in, wakes_task| Some(Awaited { attempt: 3, begins_in, had_begun: false, wakes_task });
    assert_eq!(history.ask(end - LIMIT, LIMIT), awaited(LIMIT, true));
    assert_eq!(history.ask(end - SECOND, LIMIT), awaited(SECOND, false));
    assert_eq!(history.ask(end - SECOND, SECOND / 2), None, "it is too far off for one in a hurry");
    assert_eq!((history.until(end - SECOND), history.until(end)), (SECOND, Duration::ZERO));
    // With the fetch the next cool-down begins, and not before.
    history.fetch(end + SECOND, None, SCHEDULE);
    assert_eq!(history.deaf_until(SCHEDULE), end + SECOND + COOL_DOWN);
    assert_eq!(history.ask(end + SECOND, LIMIT), None);
}

#[test]
fn a_planned_fetch_serves_those_who_wait_for_the_cool_down() {
    let mut history = history();
    history.fetch(START, None, SCHEDULE);
    history.ask(START, LIMIT);
    history.fetch(START, None, SCHEDULE);
    let (soon, end) = (START + 8 * SECOND, START + COOL_DOWN);
    assert_eq!(history.ask(soon, LIMIT).unwrap().attempt, 3);
    history.next = soon + SECOND;
    assert_eq!(history.until(soon), SECOND, "the plan is first");
    history.fetch(soon + SECOND, None, SCHEDULE);
    assert!(!history.is_busy() && history.finished == 3);
    assert_eq!(history.deaf_until(SCHEDULE), end, "the plan is not for unknown keys");
    // So is a refresh that the program asks for.
    assert_eq!(history.ask(soon + SECOND, LIMIT).unwrap().attempt, 4);
    history.want(soon + SECOND);
    assert_eq!(history.until(soon + SECOND), Duration::ZERO);
    history.fetch(soon + SECOND, None, SCHEDULE);
    assert_eq!((history.finished, history.deaf_until(SCHEDULE)), (4, end));
    // One for an unknown key that might have begun is not forgotten over it.
    history.ask(end, LIMIT);
    history.want(end);
    history.fetch(end, None, SCHEDULE);
    assert_eq!(history.deaf_until(SCHEDULE), end + COOL_DOWN);
}

#[test]
fn a_clock_that_is_set_back_puts_off_nothing_that_is_wanted() {
    let mut history = history();
    history.fetch(START, None, SCHEDULE);
    history.ask(START, LIMIT);
    history.fetch(START, None, SCHEDULE);
    assert!(history.ask(START + 9 * SECOND, LIMIT).is_some());
    let back = START - SECOND;
    assert_eq!(history.until(back), Duration::ZERO);
    assert_eq!(history.ask(back, LIMIT).unwrap().begins_in, Duration::ZERO);
    history.begin(back, SCHEDULE);
    assert_eq!(history.deaf_until(SCHEDULE), back + COOL_DOWN);
}

#[test]
fn a_bounded_number_of_requests_waits_for_a_pool() {
    let mut history = history();
    assert!((0..MAX_WAITING).all(|_| history.ask(START, LIMIT).is_some()));
    assert_eq!(history.ask(START, LIMIT), None);
    history.begin(START, SCHEDULE);
    assert_eq!(history.ask(START, LIMIT), None, "nor for an attempt that is under way");
    history.leave();
    assert!(history.ask(START, LIMIT).is_some() && history.ask(START, LIMIT).is_none());
    (0..2 * MAX_WAITING).for_each(|_| history.leave());
    assert_eq!(history.waiting, 0);
}

#[test]
fn an_attempt_that_a_request_has_waited_for_is_not_waited_for_again() {
    let mut history = history();
    history.begin(START, SCHEDULE);
    let joined = history.ask(START, LIMIT).unwrap();
    assert_eq!((joined.attempt, joined.had_begun), (1, true));
    let again = |history: &mut History, seen| history.await_key(START, SCHEDULE, LIMIT, LIMIT, seen);
    let next = again(&mut history, 1).unwrap();
    assert_eq!((next.attempt, next.had_begun, next.wakes_task), (2, false, true));
    history.end(Ok(Fetched { keys: keys(), body: None, max_age: None }), START, SCHEDULE);
    history.begin(START, SCHEDULE);
    assert_eq!(again(&mut history, 1).unwrap().attempt, 2, "another one has begun by now");
}

#[test]
fn a_cool_down_is_no_longer_than_it_can_be() {
    for (ahead, deaf) in [(-1, false), (0, false), (1, true), (10_000, true), (10_001, false)] {
        let until = UnixTime::from_millis(START.as_millis() + ahead);
        assert_eq!(is_deaf(until, START, SCHEDULE), deaf, "{ahead} ms");
    }
    assert!(!is_deaf(ALWAYS, START, SCHEDULE) && !is_deaf(NEVER, START, SCHEDULE));
}

#[test]
fn who_waits_for_a_key_may_hope_for_the_next_fetch_or_the_end_of_the_cool_down() {
    let mut history = history();
    history.next = START + 300 * SECOND;
    assert_eq!(history.hope_from(SCHEDULE), ALWAYS);
    history.asked_at = Some(START);
    assert_eq!(history.hope_from(SCHEDULE), START + COOL_DOWN);
    history.next = START + SECOND;
    assert_eq!(history.hope_from(SCHEDULE), START + SECOND);
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
        assert_eq!(history.until(now), off, "{now:?}");
    }
    history.want(START);
    assert_eq!(history.until(START), Duration::ZERO);
    history.begin(START, SCHEDULE);
    assert!(history.wanted.is_none());
}

#[test]
fn an_attempt_is_stuck_once_it_takes_longer_than_one_may() {
    let mut history = history();
    let limit = 3 * SECOND;
    assert!(!history.is_stuck(START + 9 * SECOND, limit), "there is none");
    history.begin(START, SCHEDULE);
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
    assert_eq!(history.begin(START, SCHEDULE).lane, Lane::Healthy);
    history.end(Err(FetchError::Redirected), START, SCHEDULE);
    assert_eq!(history.begin(START, SCHEDULE).lane, Lane::Failing);
    history.fetch(START, None, SCHEDULE);
    assert_eq!(history.begin(START, SCHEDULE).lane, Lane::Healthy);
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

#[test]
fn the_first_attempts_for_a_pool_without_keys_are_two() {
    let mut failing = history();
    let is_first = |history: &mut History| history.begin(START, SCHEDULE).is_first;
    assert_eq!([(); 4].map(|()| is_first(&mut failing)), [true, true, false, false]);
    let mut good = history();
    good.fetch(START, None, SCHEDULE);
    assert!(!is_first(&mut good));
}
