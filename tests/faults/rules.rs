//! From when on a key is trusted or refused, and what one client or one pool can cost the others.

use std::time::Duration;

use allocation_counter::measure;
use cognito_authorizer::{
    CognitoAuthLayer, UserPool,
    clock::Clock,
    keys::{FetchError, Jwks, KeySetError, PoolStatus},
};
use expect_test::expect;
use tokio::runtime;

use super::{
    COOL_DOWN, DAY, HOUR, LONG, ROTATION, SECOND, SHORT, ask, code, forged, layer_on,
    server::{Answer, FaultServer},
    state, until,
};
use crate::support::{PoolSettings, builder, clock, events::Events};

/// The statuses for tokens of the old key, of the new one, and of one that was never published.
async fn codes(auth: &CognitoAuthLayer) -> [u16; 3] {
    [
        code(auth, &ROTATION.old_token).await,
        code(auth, &ROTATION.new_token).await,
        code(auth, &forged(0)).await,
    ]
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_from_the_next_refresh_on() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    server.answer(Answer::good(&ROTATION.new));
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200, "not known yet");
    clock.set(state(&auth).next_refresh.expect("a plan"));
    let last = clock.now();
    until("the refresh ends", || state(&auth).last_success == Some(last)).await;
    assert_eq!(codes(&auth).await, [401, 200, 401]);
}

#[tokio::test]
async fn a_key_id_with_a_new_modulus_is_a_new_key() {
    let (jwks, token) = &ROTATION.reused;
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    assert_eq!(code(&auth, token).await, 401, "the signature is not that of the key under this id");
    server.answer(Answer::good(jwks));
    auth.refresh().await;
    assert_eq!((code(&auth, token).await, code(&auth, &ROTATION.old_token).await), (200, 401));
}

#[tokio::test]
async fn an_empty_set_is_a_failed_refresh_and_no_rotation() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    for jwks in [
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","kid":"1","k":"AAAA"}]}"#,
        &ROTATION.old.replace("AQAB", "AgAAAAE"),
    ] {
        server.answer(Answer::good(jwks));
        auth.refresh().await;
        let error = state(&auth).last_error.expect("an error");
        assert!(matches!(error, FetchError::Keys(KeySetError::NoUsableKey { .. })), "{error}");
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    }
}

#[tokio::test]
async fn the_content_type_of_a_key_set_does_not_matter() {
    let clock = clock();
    for headers in ["", "content-type: text/plain\r\n", "content-type: text/html; charset=x\r\n"] {
        let server = FaultServer::start(&clock, Answer::with(headers, &ROTATION.old)).await;
        let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
        assert_eq!(codes(&auth).await, [200, 401, 401], "{headers}");
    }
}

#[tokio::test]
async fn cache_control_can_bring_the_next_fetch_forward_but_not_delay_it() {
    let clock = clock();
    for (headers, least, most) in [
        ("", HOUR.mul_f64(0.9), HOUR),
        ("cache-control: max-age=0\r\n", 60 * SECOND, 60 * SECOND),
        ("cache-control: no-store\r\n", 60 * SECOND, 60 * SECOND),
        ("cache-control: max-age=3600, no-store\r\n", 60 * SECOND, 60 * SECOND),
        ("cache-control: max-age=3600\r\ncache-control: no-cache\r\n", 60 * SECOND, 60 * SECOND),
        ("cache-control: public, max-age=600\r\n", 540 * SECOND, 600 * SECOND),
        ("cache-control: max-age=315360000\r\n", HOUR.mul_f64(0.9), HOUR),
        ("cache-control: max-age=99999999999999999999999999\r\n", HOUR.mul_f64(0.9), HOUR),
    ] {
        let server = FaultServer::start(&clock, Answer::with(headers, &ROTATION.old)).await;
        let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
        let next = state(&auth).next_refresh.expect("a plan").since(clock.now());
        // Moments are whole milliseconds.
        assert!(next + Duration::from_millis(1) >= least && next <= most, "{headers}{next:?}");
        assert_eq!(codes(&auth).await, [200, 401, 401], "{headers}");
    }
}

#[tokio::test]
async fn keys_that_are_left_out_are_logged_when_they_change() {
    let clock = clock();
    let with = |more: &str| Answer::good(&ROTATION.old.replacen('[', &format!("[{more}"), 1));
    let server = FaultServer::start(&clock, with("")).await;
    let events = Events::listen();
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    let mut shown = String::new();
    for more in ["", r#"{"kty":"EC"},"#, r#"{"kty":"EC"},"#, r#"{"kty":"EC"},{"kty":"RSA"},"#, "", ""] {
        server.answer(with(more));
        let before = events.text().len();
        assert!(auth.refresh().await.is_ready());
        shown += &format!("[{more}]\n");
        for line in events.text()[before..].lines().filter(|line| line.contains("left out")) {
            shown += &format!("  {}\n", line.trim_start());
        }
    }
    expect![[r#"
        []
        [{"kty":"EC"},]
          WARN cognito_authorizer::keys::events: a key is left out pool=ap-south-1_abcdefghi position=0 problem=its type is not RSA
        [{"kty":"EC"},]
        [{"kty":"EC"},{"kty":"RSA"},]
          WARN cognito_authorizer::keys::events: a key is left out pool=ap-south-1_abcdefghi position=0 problem=its type is not RSA
          WARN cognito_authorizer::keys::events: a key is left out pool=ap-south-1_abcdefghi position=1 problem=it is not a well-formed JWK
        []
          INFO cognito_authorizer::keys::events: no key is left out any more pool=ap-south-1_abcdefghi
        []
    "#]].assert_eq(&shown);
}

#[tokio::test]
async fn an_attacker_delays_a_new_key_by_no_more_than_the_cool_down() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    // The attacker is first, and never stops. The next fetch is too far away for requests to wait for it.
    let step = COOL_DOWN / 2;
    assert!(step > LONG);
    for number in 0..8 {
        assert_eq!(code(&auth, &forged(number)).await, 401);
        if number == 0 {
            server.answer(Answer::good(&ROTATION.both));
        }
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200, "known keys do not wait");
        // The current set does not have the key, so the refusal is a client error.
        let expected = if number < 2 { 401 } else { 200 };
        assert_eq!(code(&auth, &ROTATION.new_token).await, expected, "after {number} steps");
        clock.advance(step);
    }
    assert_eq!(server.count(), 5, "at the start, and then once in a cool-down");
}

fn status_of(auth: &CognitoAuthLayer, index: usize) -> PoolStatus {
    auth.status().pools.swap_remove(index)
}

#[tokio::test]
async fn the_outage_of_one_pool_does_not_affect_the_others() {
    let clock = clock();
    let bad = FaultServer::start(&clock, Answer::Hang).await;
    let good = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let partners = UserPool::new("us-east-1_Partners").any_client().jwks_url(bad.url());
    let auth = layer_on(&good, &clock, SHORT).user_pool(partners).connect_lazy().expect("a layer");
    // From the start on, and long after: known keys are served, new ones are found, and unknown ones may belong to the
    // other pool.
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    until("the other fetch fails", || status_of(&auth, 1).failures > 0).await;
    clock.advance(3 * DAY);
    until("a fetch of each", || {
        status_of(&auth, 0).age == Some(Duration::ZERO) && status_of(&auth, 1).failures > 1
    })
    .await;
    assert_eq!(codes(&auth).await, [200, 503, 503]);
    good.answer(Answer::good(&ROTATION.both));
    clock.advance(COOL_DOWN);
    assert_eq!(codes(&auth).await, [200, 200, 503]);
    assert_eq!((status_of(&auth, 0).failures, status_of(&auth, 0).last_error), (0, None));
}

#[tokio::test]
async fn pools_that_hang_do_not_hold_up_the_others() {
    let clock = clock();
    let bad = FaultServer::start(&clock, Answer::Status(500)).await;
    let good = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let short = Jwks::https().fetch_timeout(Duration::from_secs(2));
    let mut layer = builder(&clock).jwks_url(bad.url()).keys(short);
    // The good one is asked last.
    layer = layer.issuer("https://issuer.example.com/main");
    for n in 0..60 {
        let issuer = format!("https://issuer.example.com/{n}");
        let pool = UserPool::new(format!("us-east-1_Partner{n}")).any_client();
        layer = layer.user_pool(pool.issuer(issuer).jwks_url(bad.url()));
    }
    let issuer = "https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi";
    let pool = UserPool::new("ap-south-1_last").issuer(issuer).any_client();
    let auth = layer.user_pool(pool.jwks_url(good.url())).connect_lazy().expect("a layer");
    let all_failed = || auth.status().pools.iter().filter(|pool| pool.failures > 0).count() == 61;
    until("all others fail", || all_failed() && status_of(&auth, 61).is_ready()).await;
    bad.answer(Answer::Hang);
    good.answer(Answer::good(&ROTATION.both));
    clock.advance(SECOND * 10);
    assert_eq!(ask(&auth, &ROTATION.new_token).await.status, 200);
}

#[tokio::test]
async fn a_body_may_have_150000_bytes_and_no_more() {
    let clock = clock();
    let padded = |length: usize| format!("{}{}", ROTATION.old, " ".repeat(length - ROTATION.old.len()));
    let server = FaultServer::start(&clock, Answer::good(&padded(150_000))).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    server.answer(Answer::good(&padded(150_001)));
    let status = auth.refresh().await;
    assert_eq!(status.pools[0].last_error, Some(FetchError::TooLarge { limit: 150_000 }));
}

#[test]
fn an_endless_body_takes_no_memory() {
    let (send, receive) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    // The server has a thread of its own, so that this thread's allocations are those of the fetch.
    let thread = std::thread::spawn(move || {
        runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
            let server = FaultServer::start(&clock(), Answer::good(&ROTATION.old)).await;
            send.send(server).expect("a receiver");
            let _ = stopped.await;
        });
    });
    let server = receive.recv().expect("a server");
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let auth = runtime.block_on(async { layer_on(&server, &clock(), LONG).connect().await.expect("keys") });
    server.answer(Answer::Endless { headers: "" });
    let fetch = || {
        let status = runtime.block_on(auth.refresh());
        assert_eq!(status.pools[0].last_error, Some(FetchError::TooLarge { limit: 150_000 }));
    };
    fetch();
    let used = measure(|| (0..20).for_each(|_| fetch()));
    assert!(used.bytes_max < 2 << 20, "{} bytes at a time", used.bytes_max);
    assert!(used.bytes_current < 64 << 10, "{} bytes stay", used.bytes_current);
    drop(stop);
    thread.join().expect("no panic");
    // More than the limit is sent, because the sockets at both ends have buffers.
    assert!(server.sent() < 21 * (16 << 20), "{} bytes were taken", server.sent());
    println!("{} bytes at a time, {} stay, {} sent", used.bytes_max, used.bytes_current, server.sent());
}
