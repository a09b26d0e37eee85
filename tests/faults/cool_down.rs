//! The cool-down of unknown keys: which requests wait for its end, which do not, and what an attacker can do with it.

use std::{sync::Arc, time::Duration};

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, clock::ManualClock, keys::Jwks};
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
};

use super::{
    COOL_DOWN, LONG, ROTATION, SECOND, ask, builder_on, code, forged, layer_on,
    server::{Answer, FaultServer},
    state, until,
};
use crate::support::{PoolSettings, clock};

const MILLI: Duration = Duration::from_millis(1);

/// As by default.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

/// A layer whose cool-down is shorter than the limit on a fetch, so that every request waits for its end.
fn waiting_layer(server: &FaultServer, clock: &ManualClock) -> CognitoAuthBuilder {
    builder_on(server, clock, Jwks::https().fetch_timeout(LONG).cool_down(FIVE_SECONDS))
}

fn sent(auth: &CognitoAuthLayer, token: &str) -> JoinHandle<u16> {
    let (auth, token) = (auth.clone(), token.to_owned());
    tokio::spawn(async move { code(&auth, &token).await })
}

/// Lets all tasks run until they wait for something.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// An attacker sends garbage all the time, and so begins each cool-down just before the key is published.
#[tokio::test]
async fn garbage_does_not_get_the_tokens_of_a_new_key_refused() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = waiting_layer(&server, &clock).connect().await.expect("keys");
    let (mut garbage, mut good) = (JoinSet::new(), JoinSet::new());
    let send = |requests: &mut JoinSet<u16>, token: &str| {
        let (auth, token) = (auth.clone(), token.to_owned());
        requests.spawn(async move { code(&auth, &token).await });
    };
    for moment in 0..80 {
        for number in 0..5 {
            send(&mut garbage, &forged(5 * moment + number));
        }
        if moment == 0 {
            // The first fetch for garbage is answered before the key is published.
            server.fetch(2).await;
            server.answer(Answer::good(&ROTATION.both));
        }
        send(&mut good, &ROTATION.new_token);
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200, "known keys do not wait");
        clock.advance(SECOND / 4);
        settle().await;
    }
    clock.advance(FIVE_SECONDS);
    while let Some(status) = good.join_next().await {
        assert_eq!(status.expect("no panic"), 200);
    }
    while let Some(status) = garbage.join_next().await {
        assert_eq!(status.expect("no panic"), 401);
    }
    // At the start, and in 25 s at most once in 5 s.
    assert!(server.count() <= 1 + 6, "{} fetches", server.count());
    let moments = server.fetches();
    assert!(
        moments.iter().skip(1).is_sorted_by(|one, next| next.since(**one) >= FIVE_SECONDS),
        "{moments:?}"
    );
}

/// By default, the cool-down is longer than the time-out of a fetch.
#[tokio::test]
async fn by_default_a_request_waits_only_for_the_last_part_of_the_cool_down() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = crate::support::builder(&clock).jwks_url(server.url()).connect().await.expect("keys");
    assert_eq!(code(&auth, &forged(0)).await, 401);
    server.answer(Answer::good(&ROTATION.both));
    let limit = SECOND * 3 / 2;
    clock.advance(MILLI * 3499);
    assert_eq!((code(&auth, &ROTATION.new_token).await, server.count()), (401, 2));
    clock.advance(MILLI);
    let waiting = sent(&auth, &ROTATION.new_token);
    settle().await;
    assert!(!waiting.is_finished() && server.count() == 2);
    clock.advance(limit);
    assert_eq!((waiting.await.expect("no panic"), server.count()), (200, 3));
}

/// Their form, algorithm, key id or issuer is enough to refuse them.
#[tokio::test]
async fn tokens_that_no_key_could_make_valid_do_not_wait() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = waiting_layer(&server, &clock).connect().await.expect("keys");
    assert_eq!(code(&auth, &forged(0)).await, 401, "the cool-down begins");
    let pool = crate::support::pool(&clock);
    let token = || pool.access_token("ada");
    for token in [
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        token().header("kid", "unknown").header("alg", "HS256").sign(),
        token().header("kid", "").sign(),
        token().header("kid", "unknown").issuer("https://evil.example").sign(),
        token().header("kid", "unknown").raw_payload("{").sign(),
        token().header("kid", state(&auth).key_ids[0].clone()).sign(),
    ] {
        assert_eq!(
            code(&auth, &format!("Bearer {token}")).await,
            401,
            "answered without the clock advancing"
        );
    }
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_bounded_number_of_requests_waits_for_the_keys_of_a_pool() {
    const LIMIT: usize = 1024;
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = waiting_layer(&server, &clock).connect().await.expect("keys");
    assert_eq!(code(&auth, &forged(0)).await, 401, "the cool-down begins");
    let token = forged(1);
    let mut requests: Vec<_> = (0..LIMIT + 300).map(|_| sent(&auth, &token)).collect();
    let answered =
        |requests: &[JoinHandle<u16>]| requests.iter().filter(|request| request.is_finished()).count();
    until("an answer to all others", || answered(&requests) >= 300).await;
    settle().await;
    assert_eq!(answered(&requests), 300);
    // A client that goes away makes room for another.
    let gone = requests.iter().position(|request| !request.is_finished()).expect("one that waits");
    requests[gone].abort();
    until("the end of its task", || requests[gone].is_finished()).await;
    let next = sent(&auth, &token);
    settle().await;
    assert!(!next.is_finished());
    assert_eq!(code(&auth, &token).await, 401);
    assert_eq!(server.count(), 2);
    clock.advance(FIVE_SECONDS);
    requests.swap_remove(gone);
    requests.push(next);
    for request in requests {
        assert_eq!(request.await.expect("no panic"), 401);
    }
    assert_eq!(server.count(), 3);
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
}

/// The key is published while an older answer is on its way. That answer does not count for requests after the publication.
#[tokio::test]
async fn an_answer_that_is_older_than_the_key_does_not_get_its_tokens_refused() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = waiting_layer(&server, &clock).connect().await.expect("keys");
    let permits = Arc::new(Semaphore::new(0));
    server.answer(Answer::Held { body: ROTATION.old.clone(), permits: permits.clone() });
    let garbage = sent(&auth, &forged(0));
    server.fetch(2).await;
    server.answer(Answer::good(&ROTATION.both));
    let good = sent(&auth, &ROTATION.new_token);
    settle().await;
    permits.add_permits(1);
    assert_eq!(garbage.await.expect("no panic"), 401, "it is the one that caused the fetch");
    settle().await;
    assert!(!good.is_finished() && server.count() == 2);
    clock.advance(FIVE_SECONDS);
    assert_eq!((good.await.expect("no panic"), server.count()), (200, 3));
}

/// The clock of the cool-down stands still here, so only the time-out can end the wait.
#[tokio::test]
async fn a_wait_ends_even_if_the_clock_does_not_advance() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let keys = Jwks::https().fetch_timeout(6 * SECOND).cool_down(6 * SECOND);
    let layer = builder_on(&server, &clock, keys);
    let auth = layer.connect().await.expect("keys");
    assert_eq!(code(&auth, &forged(0)).await, 401);
    clock.advance(2 * SECOND);
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    assert_eq!(ask(&auth, &forged(1)).await.to_string(), "503 in 6 s");
    // The rest of the cool-down, and the time-out of the fetch.
    let waited = start.elapsed();
    assert!(waited >= 10 * SECOND && waited < 11 * SECOND, "{waited:?}");
    assert_eq!(server.count(), 2);
}

/// During an outage as well: the next fetch may be the one that succeeds.
#[tokio::test]
async fn after_a_failed_fetch_a_request_waits_for_the_next_one() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    assert_eq!(COOL_DOWN, SECOND * 40 + LONG);
    server.answer(Answer::Status(500));
    assert_eq!(ask(&auth, &ROTATION.new_token).await.status, 503);
    server.answer(Answer::good(&ROTATION.both));
    clock.advance(SECOND * 40);
    assert_eq!(code(&auth, &ROTATION.new_token).await, 200);
}
