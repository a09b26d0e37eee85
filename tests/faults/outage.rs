//! Outages of any length, panics, and suspended processes: the layer recovers without a restart.

use std::{
    future::{Future, pending},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use cognito_authorizer::{
    ConfigError, UnixTime,
    clock::{Clock, ManualClock},
    keys::{FetchError, FetchedKeys, Jwks, KeyRequest, KeySource},
};
use tokio::runtime;

use super::{
    COOL_DOWN, DAY, HOUR, LONG, ROTATION, SECOND, SHORT, ask, builder_on, code, forged, jwks, layer_on,
    server::{Answer, FaultServer},
    state, until,
};
use crate::support::{PoolSettings, builder, clock};

#[tokio::test]
async fn a_server_that_hangs_is_given_up_at_the_time_out() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, SHORT).connect().await.expect("keys");
    server.answer(Answer::Hang);
    let start = tokio::time::Instant::now();
    let status = auth.refresh().await;
    assert_eq!(status.pools[0].last_error, Some(FetchError::TimedOut { after: SHORT }));
    // A request does not wait longer either.
    clock.advance(HOUR);
    assert_eq!(ask(&auth, &ROTATION.new_token).await.to_string(), "503 in 1 s");
    let took = start.elapsed();
    assert!(took >= (2 * SHORT).checked_sub(SHORT / 10).unwrap() && took < LONG, "{took:?}");
}

/// A first fetch also resolves the host and sets up TLS.
#[tokio::test]
async fn the_first_fetch_of_a_start_may_take_three_seconds() {
    let clock = clock();
    let hanging = FaultServer::start(&clock, Answer::Hang).await;
    let good = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = builder(&clock).jwks_url(good.url()).connect().await.expect("keys");
    good.answer(Answer::Hang);
    tokio::time::pause();
    for (set, after) in [(None, 3 * SECOND), (Some(SECOND), SECOND), (Some(7 * SECOND), 7 * SECOND)] {
        let keys = set.into_iter().fold(Jwks::https(), Jwks::fetch_timeout);
        let layer = builder(&clock).jwks_url(hanging.url()).keys(keys);
        let start = tokio::time::Instant::now();
        let Err(ConfigError::Keys { error, .. }) = layer.connect().await else { panic!("there are no keys") };
        assert_eq!(error, FetchError::TimedOut { after });
        let took = start.elapsed();
        assert!(took >= 2 * after && took < 2 * after + SECOND, "it is tried twice: {took:?}");
    }
    // Later fetches, and the first of a layer that starts without keys, have half of that.
    let lazy = builder(&clock).jwks_url(hanging.url()).connect_lazy().expect("a layer");
    for layer in [auth, lazy] {
        let error = layer.refresh().await.pools.swap_remove(0).last_error;
        assert_eq!(error, Some(FetchError::TimedOut { after: SECOND * 3 / 2 }));
    }
}

#[tokio::test]
async fn an_outage_of_any_length_ends_without_a_restart() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    let start = clock.now();
    server.answer(Answer::Status(500));
    clock.set(state(&auth).next_refresh.expect("a plan"));
    let mut gaps = Vec::new();
    for failure in 1.. {
        until("another failure", || state(&auth).failures == failure).await;
        let (now, next) = (clock.now(), state(&auth).next_refresh.expect("a plan"));
        gaps.push(next.since(now));
        if now >= start + DAY {
            break;
        }
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200, "after {:?}", now.since(start));
        clock.set(next);
    }
    assert!(gaps.iter().take(8).is_sorted(), "{gaps:?}");
    assert!(
        gaps.iter().skip(9).all(|gap| (225 * SECOND..=300 * SECOND).contains(&(*gap + SECOND / 1000))),
        "{gaps:?}"
    );
    assert_eq!(server.count(), gaps.len() + 1, "known keys cause no fetch");
    // From now on they are too old. Requests without a key cause a fetch, once in a cool-down.
    for hour in 0..3 {
        assert_eq!(code(&auth, &ROTATION.old_token).await, 503, "{hour}");
        assert_eq!(code(&auth, &ROTATION.old_token).await, 503, "{hour}");
        clock.advance(HOUR);
    }
    assert!(server.count() <= gaps.len() + 1 + 3 * 2, "{} fetches", server.count());
    assert!(!auth.status().is_ready());

    server.answer(Answer::good(&ROTATION.old));
    clock.advance(300 * SECOND);
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    assert!(auth.status().is_ready());
}

/// By then the back-off of the schedule is minutes long, and the cool-down of unknown keys is not.
#[tokio::test]
async fn retry_after_names_the_time_of_the_next_fetch() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    server.answer(Answer::Status(500));
    for failure in 1..12 {
        clock.set(state(&auth).next_refresh.expect("a plan"));
        until("another failure", || state(&auth).failures == failure).await;
    }
    let fetches = server.count();
    assert_eq!(ask(&auth, &ROTATION.new_token).await.to_string(), "503 in 60 s");
    assert_eq!(server.count(), fetches + 1, "one fetch for its key");
    let next = state(&auth).next_refresh.expect("a plan").since(clock.now());
    assert!(next > 200 * SECOND, "{next:?}");
    clock.advance(4 * SECOND);
    assert_eq!(ask(&auth, &ROTATION.new_token).await.to_string(), "503 in 56 s");
    server.answer(Answer::good(&ROTATION.both));
    clock.advance(COOL_DOWN.checked_sub(4 * SECOND).unwrap());
    assert_eq!((code(&auth, &ROTATION.new_token).await, server.count()), (200, fetches + 2));
}

#[tokio::test]
async fn a_request_that_needs_stale_keys_causes_a_fetch() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let builder = builder_on(&server, &clock, jwks(LONG).max_stale(HOUR)).clock(Frozen(clock.clone()));
    let auth = builder.connect().await.expect("keys");
    server.answer(Answer::Status(500));
    clock.advance(HOUR.checked_sub(SECOND).unwrap());
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    clock.advance(SECOND);
    assert_eq!(code(&auth, &ROTATION.old_token).await, 503);
    server.answer(Answer::good(&ROTATION.old));
    // Within the cool-down and the back-off, no request causes a fetch.
    let fetches = server.count();
    assert_eq!((code(&auth, &ROTATION.old_token).await, server.count()), (503, fetches));
    clock.advance(COOL_DOWN);
    assert_eq!((code(&auth, &ROTATION.old_token).await, server.count()), (200, fetches + 1));
}

/// A clock as in AWS Lambda, which freezes the process between two requests: time passes, and timers do not end.
#[derive(Clone, Debug)]
struct Frozen(ManualClock);

impl Clock for Frozen {
    fn now(&self) -> UnixTime {
        self.0.now()
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(pending())
    }
}

#[tokio::test]
async fn the_first_request_after_a_freeze_is_served_and_refreshes() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let builder = layer_on(&server, &clock, LONG).clock(Frozen(clock.clone()));
    let auth = builder.connect().await.expect("keys");
    // After hours, the keys are still trusted. They are refreshed in the background, once for all requests.
    for number in 2..5 {
        clock.advance(2 * HOUR);
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
        until("the keys are renewed", || state(&auth).age == Some(Duration::ZERO)).await;
        assert_eq!(server.count(), number);
    }
    // After days, the keys are no longer trusted, and the request waits for others.
    clock.advance(3 * DAY);
    assert_eq!((code(&auth, &ROTATION.old_token).await, server.count()), (200, 5));
    // A rotation during the freeze.
    server.answer(Answer::good(&ROTATION.new));
    clock.advance(HOUR / 2);
    assert_eq!((code(&auth, &ROTATION.new_token).await, code(&auth, &ROTATION.old_token).await), (200, 401));
}

#[tokio::test]
async fn a_fetch_that_was_suspended_fails_no_request() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let builder = layer_on(&server, &clock, LONG).clock(Frozen(clock.clone()));
    let auth = builder.connect().await.expect("keys");
    // The process is suspended in the middle of a fetch. Its connection is dead, but no error is reported.
    server.answer(Answer::Hang);
    clock.advance(2 * HOUR);
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    server.fetch(2).await;
    tokio::time::pause();
    tokio::time::advance(LONG * 9 / 10).await;
    tokio::time::resume();
    server.answer(Answer::good(&ROTATION.old));
    clock.advance(3 * DAY);
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
}

/// The process freezes while a request waits for the end of a cool-down, and thereby for the next fetch.
#[tokio::test]
async fn a_fetch_that_is_due_during_a_freeze_is_made_after_it() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let keys = Jwks::https().fetch_timeout(6 * SECOND).cool_down(6 * SECOND);
    let builder = builder_on(&server, &clock, keys).clock(Frozen(clock.clone()));
    let auth = builder.connect().await.expect("keys");
    assert_eq!(code(&auth, &forged(0)).await, 401);
    server.answer(Answer::good(&ROTATION.both));
    clock.advance(3 * SECOND);
    tokio::time::pause();
    assert_eq!(code(&auth, &ROTATION.new_token).await, 503, "no timer of the clock ends");
    tokio::time::resume();
    clock.advance(3 * SECOND);
    assert_eq!((code(&auth, &ROTATION.new_token).await, server.count()), (200, 3));
}

/// Panics a given number of times, then fails.
struct Panics {
    left: AtomicU32,
}

impl KeySource for Panics {
    async fn fetch(&self, _: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
        let fewer = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        assert!(fewer.is_err(), "the source panics, as the test intends");
        Err(FetchError::Source { problem: "there is no panic any more".into() })
    }
}

#[tokio::test]
async fn a_panic_inside_a_fetch_is_one_failure_and_not_the_end() {
    let clock = clock();
    let keys = Jwks::from_source(Panics { left: AtomicU32::new(2) });
    let auth = builder(&clock).keys(keys).connect_lazy().expect("a layer");
    assert_eq!(ask(&auth, &ROTATION.old_token).await.to_string(), "503 in 1 s");
    assert_eq!((state(&auth).last_error, state(&auth).failures), (Some(FetchError::Panicked), 1));
    clock.set(state(&auth).next_refresh.expect("a plan"));
    until("the second panic", || state(&auth).failures == 2).await;
    assert_eq!(state(&auth).last_error, Some(FetchError::Panicked));
    clock.set(state(&auth).next_refresh.expect("a plan"));
    until("the third fetch", || state(&auth).failures == 3).await;
    let error = state(&auth).last_error.expect("an error");
    assert!(matches!(error, FetchError::Source { .. }), "no more panics: {error}");
}

/// A clock that panics once when it wakes a task.
#[derive(Clone, Debug)]
struct Faulty {
    clock: ManualClock,
    has_panicked: Arc<AtomicBool>,
}

impl Clock for Faulty {
    fn now(&self) -> UnixTime {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        assert!(self.has_panicked.swap(true, SeqCst), "the clock panics, as the test intends");
        self.clock.sleep(duration)
    }
}

#[tokio::test]
async fn a_panic_outside_of_a_fetch_does_not_end_the_refreshing() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let has_panicked = Arc::<AtomicBool>::default();
    let builder = layer_on(&server, &clock, LONG)
        .clock(Faulty { clock: clock.clone(), has_panicked: has_panicked.clone() });
    let auth = builder.connect().await.expect("keys");
    until("the panic of the clock", || has_panicked.load(SeqCst)).await;
    clock.advance(HOUR);
    server.fetch(2).await;
    until("the end of the fetch", || state(&auth).age == Some(Duration::ZERO)).await;
}

#[test]
fn without_its_runtime_a_layer_waits_for_nothing() {
    let clock = clock();
    let first = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let auth = first.block_on(async {
        let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
        layer_on(&server, &clock, LONG).connect().await.expect("keys")
    });
    drop(first);
    let second = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    second.block_on(async {
        assert!(auth.refresh().await.is_ready());
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
        // Without a fetch, it stays unknown whether there is such a key.
        assert_eq!(code(&auth, &forged(0)).await, 503);
    });
}
