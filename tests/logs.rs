//! The log is bounded, whatever clients send and however much is configured.

use std::time::Duration;

use axum::{Router, routing::get};
use cognito_authorizer::{
    CognitoAuthBuilder, RequireGroup, Requirement, UserPool, groups,
    requirement::{any_scope, any_user_pool},
};
use tower::ServiceExt;

use crate::support::{
    Api, POOL, PoolSettings, bearer, builder, clock, events::Events, keys, pool, request, status,
};

groups! { Operators = "ops" }

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// The limit on lines for one reason in a minute.
const LINES: usize = 20;
/// The limit on the length of a line, in bytes.
const LONGEST: usize = 2048;

/// The lines that contain this text.
fn lines<'t>(text: &'t str, part: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.contains(part)).collect()
}

/// The values of a field in these lines.
fn field(lines: &[&str], name: &str) -> Vec<u64> {
    let value = |line: &&str| {
        let (_, rest) = line.split_once(&format!(" {name}=")).expect("the field");
        rest.split(' ').next().expect("a value").parse().expect("a number")
    };
    lines.iter().map(value).collect()
}

const COUNTED: &str = "more requests were refused";

#[tokio::test]
async fn ten_thousand_refused_requests_are_a_few_lines_with_the_right_sum() {
    let clock = clock();
    let auth = builder(&clock).with_keys([(POOL, keys(&pool(&clock)))]).expect("a layer");
    let events = Events::listen();
    // Spread over three minutes.
    for _ in 0..10_000 {
        assert_eq!(status(&auth, "Bearer garbage").await, 401);
        clock.advance(3 * MINUTE / 10_000);
    }
    drop(auth);
    let text = events.text();
    let (single, counted) = (lines(&text, "decision=\"refused\""), lines(&text, COUNTED));
    assert!(single.len() <= 3 * LINES && single.len() >= LINES, "{} lines", single.len());
    assert_eq!(counted.len(), 3, "{text}");
    assert_eq!(single.len() as u64 + field(&counted, "requests").iter().sum::<u64>(), 10_000);
    assert!(
        counted.iter().all(|line| line.contains("INFO") && line.contains("reason=\"segments\"")),
        "{text}"
    );
    assert_eq!(field(&counted, "seconds"), [60, 60, 59]);
    assert_eq!(text.lines().count(), single.len() + counted.len(), "{text}");
}

#[tokio::test]
async fn each_reason_has_lines_of_its_own() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let scoped = auth.clone().require(any_scope(["orders/read"])).expect("it holds");
    let events = Events::listen();
    let tokens = [
        (&auth, String::new()),
        (&auth, "Bearer garbage".to_owned()),
        (&auth, bearer(pool.access_token("ada").header("kid", "unknown").sign())),
        (&auth, bearer(pool.access_token("ada").expired().sign())),
        (&auth, bearer(pool.access_token("ada").forged().sign())),
        (&scoped, bearer(pool.access_token("ada").sign())),
    ];
    for _ in 0..LINES + 5 {
        for (auth, token) in &tokens {
            assert!(matches!(status(auth, token).await, 401 | 403));
        }
    }
    let text = events.text();
    for reason in ["no_token", "segments", "unknown_key", "expired", "signature", "scope"] {
        let reason = format!("reason=\"{reason}\"");
        assert_eq!(lines(&text, &reason).len(), LINES, "{reason}: {text}");
    }
    assert_eq!(lines(&text, COUNTED).len(), 0, "the minute has not ended");
    // The next refusal, for any reason, logs the counts of all reasons.
    clock.advance(MINUTE);
    assert_eq!(status(&auth, "").await, 401);
    let text = events.text();
    assert_eq!(field(&lines(&text, COUNTED), "requests"), [5; 6]);
    // A good request is not counted.
    assert_eq!(status(&auth, &bearer(pool.access_token("ada").sign())).await, 200);
    drop((auth, scoped));
    assert_eq!(lines(&events.text(), COUNTED).len(), 6, "each is logged once");
}

/// With a runtime, the sum does not wait for another refusal.
#[tokio::test]
async fn the_sum_is_logged_when_the_minute_ends() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder(&clock).jwks_url(server.jwks_url()).connect().await.expect("keys");
    let events = Events::listen();
    for minute in 1..4 {
        for _ in 0..LINES + 7 {
            status(&auth, "Bearer garbage").await;
        }
        // Now the task that logs the sum is asleep.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        clock.advance(59 * SECOND);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(lines(&events.text(), COUNTED).len(), minute - 1);
        clock.advance(SECOND);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let text = events.text();
        assert_eq!(field(&lines(&text, COUNTED), "requests"), vec![7; minute], "{text}");
    }
}

#[tokio::test]
async fn refusals_of_extractors_are_bounded_too() {
    let events = Events::listen();
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let router = Router::new().route("/", get(async |_: RequireGroup<Operators>| "in")).layer(auth);
    let token = bearer(pool.access_token("bob").sign());
    for _ in 0..1_000 {
        let response = router.clone().oneshot(request(&token)).await.expect("an answer");
        assert_eq!(response.status(), 403);
    }
    // Extractors use the system's clock, so a minute may have ended meanwhile, and share the limit with those of other tests.
    assert!(lines(&events.text(), "reason=\"group\"").len() <= 2 * (LINES + 1), "{}", events.text());
}

fn with_pools(layer: CognitoAuthBuilder, pools: usize) -> CognitoAuthBuilder {
    (1..pools).fold(layer, |layer, number| {
        let pool = UserPool::new(format!("eu-west-1_Partner{number}")).any_client();
        layer.user_pool(pool.jwks_url("http://127.0.0.1:9/jwks.json"))
    })
}

fn partners(pools: usize) -> Requirement {
    let ids = (1..pools).map(|number| format!("eu-west-1_Partner{number}").parse().expect("an id"));
    any_user_pool(ids.collect::<Vec<_>>())
}

#[tokio::test]
async fn no_line_is_long_however_much_is_configured() {
    let clock = clock();
    let pool = pool(&clock);
    let scopes: Vec<String> =
        (0..500).map(|number| format!("orders/a-long-name-of-a-scope-{number}")).collect();
    let requirements = [
        partners(1000),
        any_scope(scopes.clone()),
        partners(900).or(any_scope(scopes.clone())),
        scopes.iter().fold(Requirement::nothing(), |all, scope| all.and(any_scope([scope, "a/b"]))),
    ];
    let events = Events::listen();
    for requirement in requirements {
        let layer = with_pools(builder(&clock), 1000).require(requirement);
        let set = keys(&pool);
        let ids = (1..1000).map(|number| format!("eu-west-1_Partner{number}")).chain([POOL.to_owned()]);
        let auth = layer.with_keys(ids.map(|id| (id, set.clone()))).expect("a layer");
        assert!(matches!(status(&auth, &bearer(pool.access_token("ada").sign())).await, 401 | 403));
        assert_eq!(status(&auth, "").await, 401);
    }
    // Pools with unavailable keys do not have a line each.
    let auth = with_pools(builder(&clock).jwks_url("http://127.0.0.1:9/jwks.json"), 1000).connect_lazy();
    let auth = auth.expect("a layer");
    auth.refresh().await;
    assert_eq!(status(&auth, &bearer(pool.access_token("ada").sign())).await, 503);
    assert_eq!(lines(&events.text(), "the keys could not be fetched").len(), LINES);
    clock.advance(MINUTE);
    auth.refresh().await;
    let text = events.text();
    let counted = field(&lines(&text, "more fetches of keys failed"), "fetches");
    assert!(counted.len() == 1 && counted[0] >= 1000 - LINES as u64, "{counted:?}");
    // A set may have many keys with long ids.
    let mut jwks: serde_json::Value = serde_json::from_str(&pool.jwks()).expect("JSON");
    let mut jwk = jwks["keys"][0].take();
    let many = (0..100).map(|number| {
        jwk["kid"] = format!("{}{number}", "a key ".repeat(100)).into();
        jwk.clone()
    });
    let body = serde_json::json!({ "keys": many.collect::<Vec<_>>() }).to_string();
    let server = Api::serve(Router::new().route("/jwks.json", get(async move || body))).await;
    let url = format!("{}/jwks.json", server.url());
    drop(builder(&clock).jwks_url(url).connect().await.expect("keys"));

    let text = events.text();
    assert!(text.contains("and 96 more"), "the ids of the keys");
    assert!(text.contains("bytes in all)"), "the lists of the requirements");
    let longest = text.lines().map(str::len).max().expect("lines");
    println!("the longest of {} lines has {longest} bytes", text.lines().count());
    assert!(longest <= LONGEST, "{longest} bytes");
}
