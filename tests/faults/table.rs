//! Every fault that leaves a pool without new keys, on a cold start and after a good fetch, with one line of results each.

use std::time::Duration;

use cognito_authorizer::{ConfigError, clock::Clock};
use expect_test::expect;
use tokio::task::JoinSet;

use super::{
    HOUR, LONG, ROTATION, SECOND, SHORT, ask, code, forged, layer_on,
    server::{Answer, FaultServer},
    state, until,
};
use crate::support::clock;

/// A name, the time-out of the fetch (slow answers must reach it), and the answer. Some answers need the URL of the server
/// itself, or of another one, which must not get a request.
type Fault = (&'static str, Duration, fn(own: &str, other: &str) -> Answer);

const FAULTS: [Fault; 21] = [
    ("404", LONG, |_, _| Answer::Status(404)),
    ("500", LONG, |_, _| Answer::Status(500)),
    ("a success without a body", LONG, |_, _| Answer::Status(204)),
    ("garbage", LONG, |_, _| Answer::good("\u{1}}{")),
    ("HTML", LONG, |_, _| {
        Answer::with("content-type: text/html\r\n", "<!doctype html><title>Sign in</title>")
    }),
    ("an empty body", LONG, |_, _| Answer::good("")),
    ("half a set", LONG, |_, _| Answer::good(ROTATION.new.split_at(ROTATION.new.len() / 2).0)),
    ("no keys", LONG, |_, _| Answer::good(r#"{"keys":[]}"#)),
    ("no usable key", LONG, |_, _| Answer::good(r#"{"keys":[{"kty":"EC","kid":"1"},null]}"#)),
    ("an endless body", LONG, |_, _| Answer::Endless { headers: "" }),
    ("a body of announced terabytes", LONG, |_, _| Answer::Endless {
        headers: "content-length: 9999999999999\r\n",
    }),
    ("a gzip bomb", LONG, |_, _| Answer::Endless { headers: "content-encoding: gzip\r\n" }),
    ("gzip that was not asked for", LONG, |_, _| Answer::with("content-encoding: gzip\r\n", &ROTATION.new)),
    ("slow headers", SHORT, |_, _| Answer::SlowHeaders),
    ("a slow body", SHORT, |_, _| Answer::SlowBody { body: ROTATION.new.clone() }),
    ("no answer", SHORT, |_, _| Answer::Hang),
    ("a redirect to itself", LONG, |own, _| Answer::Redirect(own.into())),
    ("a redirect to another host", LONG, |_, other| {
        Answer::Redirect(other.replace("127.0.0.1", "localhost"))
    }),
    ("a connection that ends before the answer", LONG, |_, _| Answer::Drop),
    ("a connection that ends in the body", LONG, |_, _| Answer::DropMidway { body: ROTATION.new.clone() }),
    ("no HTTP", LONG, |_, _| Answer::Noise),
];

/// Runs all faults, many at once, and returns their lines in order.
async fn table<F: Future<Output = String> + Send + 'static>(run: impl Fn(Fault) -> F) -> String {
    assert_eq!(
        (ROTATION.old.len(), forged(0).is_empty()),
        (ROTATION.new.len(), false),
        "they are made first"
    );
    let mut lines = Vec::new();
    // Faults with a short time-out run on their own, so that the others do not delay them.
    for limit in [LONG, SHORT] {
        let faults = FAULTS.into_iter().filter(|fault| fault.1 == limit);
        let mut runs: JoinSet<_> = faults.map(|fault| tagged(fault.0, run(fault))).collect();
        while let Some(line) = runs.join_next().await {
            lines.push(line.expect("no panic"));
        }
    }
    lines.sort_by_key(|(name, _)| FAULTS.iter().position(|fault| fault.0 == *name));
    lines.iter().map(|(name, line)| format!("{name}: {line}")).collect::<Vec<_>>().join("\n") + "\n"
}

async fn tagged(name: &'static str, line: impl Future<Output = String>) -> (&'static str, String) {
    (name, line.await)
}

#[tokio::test]
async fn on_a_cold_start_every_fault_is_answered_with_503_until_it_ends() {
    let lines = table(|(name, limit, fault)| async move {
        let clock = clock();
        let other = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
        let server = FaultServer::start(&clock, Answer::Hang).await;
        server.answer(fault(server.url(), other.url()));

        let Err(ConfigError::Keys { error, .. }) = layer_on(&server, &clock, limit).connect().await else {
            panic!("{name}: there is nothing to start with");
        };
        let auth = layer_on(&server, &clock, limit).connect_lazy().expect("a layer");
        let first = ask(&auth, &ROTATION.old_token).await;
        until("the first fetch ends", || state(&auth).failures == 1).await;
        // No request waits for a fetch that cannot start yet.
        let second = ask(&auth, &ROTATION.old_token).await;
        let status = state(&auth);
        assert_eq!(status.last_error.as_ref(), Some(&error), "{name}");
        assert_eq!((status.age, status.key_ids.len(), auth.status().is_ready()), (None, 0, false), "{name}");
        assert_eq!(server.count(), 3, "{name}: two of the layer that did not start, one of the other");

        server.answer(Answer::good(&ROTATION.old));
        clock.set(status.next_refresh.expect("a plan"));
        until("the recovery", || auth.status().is_ready()).await;
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200, "{name}");
        assert_eq!(other.count(), 0, "{name}: no request to the other server");
        format!("{first}, {second}; {error}")
    })
    .await;
    expect![[r"
        404: 503 in 1 s, 503 in 1 s; the response has status 404
        500: 503 in 1 s, 503 in 1 s; the response has status 500
        a success without a body: 503 in 1 s, 503 in 1 s; the response has status 204
        garbage: 503 in 1 s, 503 in 1 s; the response is not a usable JWK Set: it is not a JWK Set, which is a JSON object with the member `keys`
        HTML: 503 in 1 s, 503 in 1 s; the response is not a usable JWK Set: it is not a JWK Set, which is a JSON object with the member `keys`
        an empty body: 503 in 1 s, 503 in 1 s; the response is not a usable JWK Set: it is not a JWK Set, which is a JSON object with the member `keys`
        half a set: 503 in 1 s, 503 in 1 s; the response is not a usable JWK Set: it is not a JWK Set, which is a JSON object with the member `keys`
        no keys: 503 in 1 s, 503 in 1 s; the response is not a usable JWK Set: none of its 0 keys can be used
        no usable key: 503 in 1 s, 503 in 1 s; the response is not a usable JWK Set: none of its 2 keys can be used
        an endless body: 503 in 1 s, 503 in 1 s; the response has more than 150000 bytes
        a body of announced terabytes: 503 in 1 s, 503 in 1 s; the response has more than 150000 bytes
        a gzip bomb: 503 in 1 s, 503 in 1 s; the response has a content coding, although none was requested
        gzip that was not asked for: 503 in 1 s, 503 in 1 s; the response has a content coding, although none was requested
        slow headers: 503 in 1 s, 503 in 1 s; no complete answer within 1000 ms; allow more with `.fetch_timeout(…)`
        a slow body: 503 in 1 s, 503 in 1 s; no complete answer within 1000 ms; allow more with `.fetch_timeout(…)`
        no answer: 503 in 1 s, 503 in 1 s; no complete answer within 1000 ms; allow more with `.fetch_timeout(…)`
        a redirect to itself: 503 in 1 s, 503 in 1 s; the response is a redirect, which is not followed; set `.jwks_url(…)` to where the keys are
        a redirect to another host: 503 in 1 s, 503 in 1 s; the response is a redirect, which is not followed; set `.jwks_url(…)` to where the keys are
        a connection that ends before the answer: 503 in 1 s, 503 in 1 s; the connection failed: connection closed before message completed
        a connection that ends in the body: 503 in 1 s, 503 in 1 s; the connection failed: end of file before message length reached
        no HTTP: 503 in 1 s, 503 in 1 s; the connection failed: invalid HTTP version parsed
    "]].assert_eq(&lines);
}

#[tokio::test]
async fn after_a_good_fetch_no_fault_withdraws_a_key() {
    let lines = table(|(name, limit, fault)| async move {
        let clock = clock();
        let other = FaultServer::start(&clock, Answer::good(&ROTATION.new)).await;
        let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
        let auth = layer_on(&server, &clock, limit).connect().await.expect("keys");
        let good = state(&auth);

        server.answer(fault(server.url(), other.url()));
        clock.set(good.next_refresh.expect("a plan"));
        until("the scheduled fetch fails", || state(&auth).failures == 1).await;
        // Known keys cause no fetch. A new key causes one, and no second.
        let known = ask(&auth, &ROTATION.old_token).await;
        assert_eq!(server.count(), 2, "{name}");
        let new = code(&auth, &ROTATION.new_token).await;
        until("the fetch for the new key fails", || state(&auth).failures == 2).await;
        let unknown = ask(&auth, &forged(0)).await;
        assert_eq!(server.count(), 3, "{name}");
        let status = state(&auth);
        assert_eq!(status.key_ids, good.key_ids, "{name}");
        assert_eq!((status.last_success, status.is_ready()), (good.last_success, true), "{name}");
        assert_eq!(status.age, Some(clock.now().since(good.last_success.expect("one"))), "{name}");

        // From here on, fetches become less and less frequent.
        for number in 3..6_u32 {
            let next = state(&auth).next_refresh.expect("a plan");
            let (gap, longest) = (next.since(clock.now()), SECOND * (1 << (number - 2)));
            assert!(gap >= longest.mul_f64(0.74) && gap <= longest, "{name}: {gap:?} of {longest:?}");
            clock.set(next);
            until("the next fetch fails", || state(&auth).failures == number).await;
            assert_eq!(server.fetches().last(), Some(&next), "{name}");
            assert_eq!(server.count(), number as usize + 1, "{name}");
        }
        let error = state(&auth).last_error.expect("an error");

        server.answer(Answer::good(&ROTATION.both));
        clock.set(state(&auth).next_refresh.expect("a plan"));
        until("the recovery", || state(&auth).failures == 0).await;
        clock.advance(HOUR / 60);
        assert_eq!(state(&auth).last_error, None, "{name}");
        for (token, status) in [(&ROTATION.old_token, 200), (&ROTATION.new_token, 200), (&forged(0), 401)] {
            assert_eq!(code(&auth, token).await, status, "{name}");
        }
        assert_eq!(other.count(), 0, "{name}: no request to the other server");
        format!("known {known}, new {new}, unknown {unknown}; {error}")
    })
    .await;
    expect![[r"
        404: known 200, new 503, unknown 503 in 2 s; the response has status 404
        500: known 200, new 503, unknown 503 in 2 s; the response has status 500
        a success without a body: known 200, new 503, unknown 503 in 2 s; the response has status 204
        garbage: known 200, new 503, unknown 503 in 2 s; the response is not a usable JWK Set: it is not a JWK Set, which is a JSON object with the member `keys`
        HTML: known 200, new 503, unknown 503 in 2 s; the response is not a usable JWK Set: it is not a JWK Set, which is a JSON object with the member `keys`
        an empty body: known 200, new 503, unknown 503 in 2 s; the response is not a usable JWK Set: it is not a JWK Set, which is a JSON object with the member `keys`
        half a set: known 200, new 503, unknown 503 in 2 s; the response is not a usable JWK Set: it is not a JWK Set, which is a JSON object with the member `keys`
        no keys: known 200, new 503, unknown 503 in 2 s; the response is not a usable JWK Set: none of its 0 keys can be used
        no usable key: known 200, new 503, unknown 503 in 2 s; the response is not a usable JWK Set: none of its 2 keys can be used
        an endless body: known 200, new 503, unknown 503 in 2 s; the response has more than 150000 bytes
        a body of announced terabytes: known 200, new 503, unknown 503 in 2 s; the response has more than 150000 bytes
        a gzip bomb: known 200, new 503, unknown 503 in 2 s; the response has a content coding, although none was requested
        gzip that was not asked for: known 200, new 503, unknown 503 in 2 s; the response has a content coding, although none was requested
        slow headers: known 200, new 503, unknown 503 in 2 s; no complete answer within 1000 ms; allow more with `.fetch_timeout(…)`
        a slow body: known 200, new 503, unknown 503 in 2 s; no complete answer within 1000 ms; allow more with `.fetch_timeout(…)`
        no answer: known 200, new 503, unknown 503 in 2 s; no complete answer within 1000 ms; allow more with `.fetch_timeout(…)`
        a redirect to itself: known 200, new 503, unknown 503 in 2 s; the response is a redirect, which is not followed; set `.jwks_url(…)` to where the keys are
        a redirect to another host: known 200, new 503, unknown 503 in 2 s; the response is a redirect, which is not followed; set `.jwks_url(…)` to where the keys are
        a connection that ends before the answer: known 200, new 503, unknown 503 in 2 s; the connection failed: connection closed before message completed
        a connection that ends in the body: known 200, new 503, unknown 503 in 2 s; the connection failed: end of file before message length reached
        no HTTP: known 200, new 503, unknown 503 in 2 s; the connection failed: invalid HTTP version parsed
    "]].assert_eq(&lines);
}
