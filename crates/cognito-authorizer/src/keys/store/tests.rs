use cognito_verify::{UserPool, Verifier};

use super::*;

const COOL_DOWN: Duration = Duration::from_secs(10);
const SCHEDULE: Schedule = Schedule {
    interval: Duration::from_secs(3600),
    max_stale: Duration::from_secs(24 * 3600),
    cool_down: COOL_DOWN,
};
/// How long an attempt may take, and a request wait for it.
const LIMIT: Duration = Duration::from_secs(3);

fn store(pools: usize, now: UnixTime) -> KeyStore {
    let pools = (0..pools).map(|n| UserPool::new(format!("eu-west-1_Pool{n}")).any_client());
    KeyStore::new(Verifier::new(pools).unwrap().pools(), SCHEDULE, now)
}

fn fetched() -> Fetched {
    let modulus = "_".repeat(341) + "w";
    let jwks = format!(r#"{{"keys":[{{"kty":"RSA","kid":"a","n":"{modulus}","e":"AQAB"}}]}}"#);
    Fetched { keys: KeySet::from_json(jwks.as_bytes()).unwrap(), body: None, max_age: None }
}

/// The process may have been frozen between the question and the answer.
#[test]
fn keys_are_as_old_as_the_question_for_them() {
    let asked = UnixTime::from_secs(1_700_000_000);
    let answered = asked + Duration::from_secs(1800);
    let store = store(1, asked);
    assert!(store.begin(0, asked).is_some());
    store.end(0, Ok(fetched()), answered);
    let status = store.status(answered).pools.remove(0);
    assert_eq!(status.age, Some(Duration::from_secs(1800)));
    assert!(status.next_refresh.unwrap() <= asked + SCHEDULE.interval);
}

/// A clock that was wrong for a while makes no key trusted for longer.
#[test]
fn keys_from_the_future_are_from_now() {
    let wrong = UnixTime::from_secs(1_800_000_000);
    let right = UnixTime::from_secs(1_700_000_000);
    let store = store(1, wrong);
    store.begin(0, wrong);
    store.end(0, Ok(fetched()), wrong);
    assert!(store.begin(0, right).is_some(), "it is not put off for years either");
    store.end(0, Err(FetchError::Redirected), right);
    let stale = right + SCHEDULE.max_stale;
    assert!(store.status(stale - Duration::from_secs(1)).is_ready() && !store.status(stale).is_ready());
}

/// With a thousand pools, nobody should look for his key a thousand times, nor it be sorted in as often.
#[test]
fn where_no_key_is_new_the_ring_is_the_same() {
    let now = UnixTime::from_secs(1_700_000_000);
    let store = store(2, now);
    store.begin(0, now);
    store.end(0, Ok(fetched()), now);
    let ring = store.load(now).ring.clone();
    store.begin(1, now);
    store.end(1, Err(FetchError::Redirected), now);
    assert!(Arc::ptr_eq(&ring, &store.load(now).ring));
    let later = now + SCHEDULE.interval;
    store.begin(0, later);
    store.end(0, Ok(fetched()), later);
    assert!(Arc::ptr_eq(&ring, &store.load(later).ring));
}

const MILLI: Duration = Duration::from_millis(1);
const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

impl KeyStore {
    /// Makes attempts of all pools that succeed.
    fn fetch_all(&self, pools: usize, now: UnixTime) {
        self.want_all(now);
        for place in 0..pools {
            assert!(self.begin(place, now).is_some());
            self.end(place, Ok(fetched()), now);
        }
    }

    /// The attempt that a request waits for whose `kid` is unknown and whose issuer is this pool's.
    fn ask(&self, place: usize, now: UnixTime) -> Option<u64> {
        self.await_key(place, now, LIMIT, Duration::ZERO, 0).map(|awaited| awaited.attempt)
    }

    fn next(&self, place: usize) -> UnixTime {
        self.histories()[place].next
    }
}

#[test]
fn an_unknown_key_id_joins_the_fetch_there_is_and_causes_the_one_there_is_not() {
    let store = store(2, NOW);
    assert_eq!((store.ask(0, NOW), store.ask(1, NOW)), (Some(1), Some(1)));
    assert!(store.begin(0, NOW).is_some());
    assert_eq!((store.ask(0, NOW), store.ask(1, NOW)), (Some(1), Some(1)), "one has begun, the other will");
    store.end(0, Ok(fetched()), NOW);
    assert_eq!((store.ask(0, NOW), store.ask(1, NOW)), (None, Some(1)), "the first was asked a moment ago");
    assert!(store.begin(1, NOW).is_some());
    store.end(1, Ok(fetched()), NOW);
    let end = NOW + COOL_DOWN;
    assert_eq!((store.ask(0, end - MILLI), store.ask(1, end - MILLI)), (None, None));
    assert_eq!((store.ask(0, end), store.ask(1, end)), (Some(2), Some(2)));
    assert_eq!(store.ask(2, end), None, "there is no such pool");
}

#[test]
fn an_unknown_key_id_concerns_one_pool() {
    let store = store(3, NOW);
    store.fetch_all(3, NOW);
    assert_eq!(store.ask(1, NOW), Some(2));
    let wanted = |now| (0..3).filter(|place| store.until_next(*place, now).is_zero()).collect::<Vec<_>>();
    assert_eq!(wanted(NOW), [1]);
    assert!(store.begin(1, NOW).is_some());
    store.end(1, Ok(fetched()), NOW);
    // Its cool-down is its own.
    assert_eq!((store.ask(0, NOW), store.ask(1, NOW), store.ask(2, NOW)), (Some(2), None, Some(2)));
    assert_eq!(wanted(NOW), [0, 2]);
}

#[test]
fn where_all_pools_were_asked_a_moment_ago_no_issuer_needs_to_be_read() {
    let store = store(2, NOW);
    store.fetch_all(2, NOW);
    for place in [0, 1] {
        assert!(!store.are_all_deaf(NOW, LIMIT), "{place}");
        store.ask(place, NOW);
        assert!(store.begin(place, NOW).is_some());
        store.end(place, Ok(fetched()), NOW);
    }
    let near = NOW + COOL_DOWN - LIMIT;
    assert!(store.are_all_deaf(NOW, LIMIT) && store.are_all_deaf(near - MILLI, LIMIT));
    assert!(!store.are_all_deaf(near, LIMIT), "the next fetch can be waited for");
    assert!(store.are_all_deaf(near, LIMIT / 2));
}

#[test]
fn a_fetch_that_is_stuck_is_not_joined_but_followed() {
    let store = store(1, NOW);
    assert!(store.begin(0, NOW).is_some());
    assert_eq!(store.ask(0, NOW + LIMIT + GRACE), Some(1));
    let stuck = NOW + LIMIT + GRACE + MILLI;
    assert_eq!(store.ask(0, stuck), Some(2));
    // Nor is the next begun twice in a cool-down; where nothing else is to come, it is waited for after all.
    store.end(0, Ok(fetched()), stuck);
    assert!(store.begin(0, stuck).is_some());
    let later = stuck + LIMIT + GRACE + MILLI;
    assert_eq!(store.ask(0, later), Some(2));
}

#[test]
fn after_an_attempt_that_failed_no_other_is_waited_for() {
    let store = store(1, NOW);
    let again = |seen| store.await_key(0, NOW, LIMIT, LIMIT, seen).map(|awaited| awaited.attempt);
    assert!(store.begin(0, NOW).is_some());
    assert_eq!(again(0), Some(1));
    store.end(0, Err(FetchError::Redirected), NOW);
    assert_eq!(again(1), None, "503 says when to come again");
    assert!(store.begin(0, NOW + 10 * LIMIT).is_some());
    store.end(0, Ok(fetched()), NOW + 10 * LIMIT);
    assert_eq!(again(2), Some(3));
}

#[test]
fn pools_without_keys_are_wanted_once_more() {
    let store = store(3, NOW);
    for place in 0..3 {
        assert!(store.begin(place, NOW).is_some());
        let result = if place == 1 { Ok(fetched()) } else { Err(FetchError::Redirected) };
        store.end(place, result, NOW);
    }
    assert_eq!(store.want_missing(NOW), [(0, 2), (2, 2)]);
    assert_eq!(store.until_next(0, NOW), Duration::ZERO);
    assert_ne!(store.until_next(1, NOW), Duration::ZERO);
}

#[test]
fn whoever_wants_all_waits_for_attempts_that_begin_after_that() {
    let store = store(3, NOW);
    assert!(store.begin(1, NOW).is_some());
    let mut attempts = store.want_all(NOW);
    assert_eq!(attempts, [(0, 1), (1, 2), (2, 1)]);
    // The attempt that was under way is not the one.
    store.end(1, Ok(fetched()), NOW);
    assert!(!store.have_ended(&mut attempts));
    for place in [0, 2] {
        assert!(store.begin(place, NOW).is_some());
        store.end(place, Ok(fetched()), NOW);
        assert!(!store.have_ended(&mut attempts));
    }
    assert_eq!(attempts, [(0, 1), (1, 2)], "what has ended is taken off the end");
    assert!(store.begin(1, NOW).is_some());
    store.end(1, Ok(fetched()), NOW);
    assert!(store.have_ended(&mut attempts) && attempts.is_empty());
}

#[test]
fn one_request_is_told_that_a_fetch_is_overdue() {
    let store = store(2, NOW);
    store.fetch_all(2, NOW);
    let due = store.next(0).min(store.next(1)) + GRACE;
    assert!(!store.take_overdue(due - MILLI));
    assert!(store.take_overdue(due) && !store.take_overdue(due));
    // Whoever is reminded too early must be reminded again.
    assert!(store.begin(0, NOW).is_none());
    assert!(store.take_overdue(due));
    // What is under way is not overdue.
    let last = store.next(0).max(store.next(1)) + GRACE;
    assert!(store.begin(0, last).is_some() && store.begin(1, last).is_some());
    assert!(!store.take_overdue(last));
}

/// Timers are late after a freeze, also those for the end of a cool-down.
#[test]
fn a_fetch_that_is_waited_for_is_overdue_once_its_cool_down_has_ended() {
    let store = store(1, NOW);
    store.fetch_all(1, NOW);
    store.ask(0, NOW);
    assert!(store.begin(0, NOW).is_some());
    store.end(0, Ok(fetched()), NOW);
    let end = NOW + COOL_DOWN;
    let woken = |now| store.await_key(0, now, LIMIT, LIMIT, 0).map(|awaited| awaited.wakes_task);
    assert_eq!(woken(end - LIMIT), Some(true), "the task learns of it");
    assert_eq!(woken(end - MILLI), Some(false), "and sleeps until then");
    assert!(!store.take_overdue(end + GRACE - MILLI));
    assert!(store.take_overdue(end + GRACE));
    assert_eq!(woken(end + GRACE), Some(true));
}

#[test]
fn what_is_too_old_is_dropped_and_nothing_else() {
    let store = store(2, NOW);
    store.fetch_all(2, NOW);
    let later = NOW + Duration::from_secs(3600);
    store.begin(1, later);
    store.end(1, Ok(fetched()), later);
    let stale = NOW + SCHEDULE.max_stale;
    let ring = store.load(stale - MILLI).ring.clone();
    assert!(store.status(stale - MILLI).is_ready());
    assert!(Arc::ptr_eq(&ring, &store.load(stale - MILLI).ring));
    assert!(!Arc::ptr_eq(&ring, &store.load(stale).ring));
    let status = store.status(stale);
    assert!(!status.pools[0].is_ready() && status.pools[1].is_ready());
    assert!(store.load(stale).in_doubt_until.is_some() && store.load(stale).stale_from > stale);
}
