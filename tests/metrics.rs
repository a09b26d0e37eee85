//! The series of the feature `metrics`: what is counted, under which labels, and that no client chooses a label.

use std::{collections::BTreeSet, future::pending, time::Duration};

use axum::{Router, body::Body, routing::get};
use cognito_authorizer::{
    Accept, AccessClaims, CognitoAuthLayer, RequireScope, Requirement, Revocation, RevocationCheck,
    RouteTable, UserPool, Verified,
    keys::{FetchError, FetchedKeys, Jwks, KeyRequest, KeySource, KeySourceError},
    metrics::{
        CACHE_ENTRIES, CACHE_TOTAL, DECISIONS_TOTAL, KEY_FETCH_SECONDS, KEY_FETCHES_TOTAL, KEYS,
        KEYS_AGE_SECONDS, KEYS_STALE, REVOCATION_CHECKS_TOTAL, UNKNOWN_KID_TOTAL, VERIFY_SECONDS,
        describe_metrics,
    },
    revocation::{RevocationError, RevocationFailure, RevocationStatus},
    scopes,
};
use cognito_local_pool::LocalPool;
use expect_test::expect;
use metrics::{LocalRecorderGuard, SharedString, Unit};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower::{Layer, ServiceExt};

use crate::support::{
    CLIENT, POOL, PoolSettings, bearer, builder_remembering, clock, keys, pool, pool_clock, request, served,
};

scopes! { ReadOrders = "orders/read" }

const ALL: [&str; 11] = [
    CACHE_ENTRIES,
    CACHE_TOTAL,
    DECISIONS_TOTAL,
    KEYS,
    KEYS_AGE_SECONDS,
    KEYS_STALE,
    KEY_FETCHES_TOTAL,
    KEY_FETCH_SECONDS,
    REVOCATION_CHECKS_TOTAL,
    UNKNOWN_KID_TOTAL,
    VERIFY_SECONDS,
];
const TTL: Duration = Duration::from_secs(300);

/// One series of a snapshot.
#[derive(Debug)]
struct Series {
    name: String,
    labels: Vec<(String, String)>,
    unit: Option<Unit>,
    description: Option<SharedString>,
    value: DebugValue,
}

/// Takes what this thread recorded since it was last taken, without series that did not change.
fn taken(snapshotter: &Snapshotter) -> Vec<Series> {
    let all = snapshotter.snapshot().into_vec().into_iter().map(|(key, unit, description, value)| {
        let (name, labels) = key.key().clone().into_parts();
        let labels = labels.iter().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        Series { name: name.as_str().to_owned(), labels, unit, description, value }
    });
    all.filter(|series| match &series.value {
        DebugValue::Counter(count) => *count > 0,
        DebugValue::Histogram(values) => !values.is_empty(),
        DebugValue::Gauge(_) => true,
    })
    .collect()
}

/// The series of this name as lines, sorted: the labels, and the value or the number of values.
fn lines(all: &[Series], name: &str) -> String {
    let line = |series: &Series| {
        let labels: Vec<_> = series.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let value = match &series.value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(values) => {
                assert!(values.iter().all(|seconds| (0.0..60.0).contains(&seconds.0)), "{values:?}");
                format!("x{}", values.len())
            }
        };
        format!("{} {value}\n", labels.join(" "))
    };
    let lines: BTreeSet<String> = all.iter().filter(|series| series.name == name).map(line).collect();
    lines.into_iter().collect()
}

/// Runs a test with a recorder of its own for this thread.
macro_rules! recorder {
    ($snapshotter:ident) => {
        let recorder = DebuggingRecorder::new();
        let $snapshotter = recorder.snapshotter();
        let _recording: LocalRecorderGuard<'_> = metrics::set_default_local_recorder(&recorder);
    };
}

async fn status(router: Router, path: &str, authorization: &str) -> u16 {
    let mut request = request(authorization);
    *request.uri_mut() = path.parse().expect("a path");
    router.oneshot(request).await.expect("an answer").status().as_u16()
}

async fn by_layer(auth: &CognitoAuthLayer, authorization: &str) -> u16 {
    auth.layer(served()).oneshot(request(authorization)).await.expect("an answer").status().as_u16()
}

fn router() -> Router {
    Router::new()
        .route("/health", get(async || "open"))
        .route("/feed", get(async |_: Option<AccessClaims>| "feed"))
        .route("/orders", get(async || "orders"))
        .route("/scope", get(async |_: RequireScope<ReadOrders>| "scope"))
}

fn table() -> RouteTable {
    let table = RouteTable::builder().open("GET /health").optional("GET /feed");
    let table = table.require("GET /orders", ReadOrders).require("GET /scope", Requirement::nothing());
    table.build().expect("a table")
}

#[tokio::test]
async fn each_decision_counts_once_by_its_reason_and_its_token_use() {
    recorder!(snapshotter);
    let pool = pool(&clock());
    let auth = builder_remembering(&clock(), TTL).routes(table()).accept(Accept::Either);
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let router = router().layer(auth.clone());
    let good = bearer(pool.access_token("ada").scope("orders/read").sign());
    let bare = bearer(pool.access_token("ada").sign());
    let id = bearer(pool.id_token("ada").sign());
    for (path, authorization, expected) in [
        ("/health", &*good, 200),
        ("/feed", "", 200),
        ("/feed", &*good, 200),
        ("/feed", &*id, 200),
        ("/feed", "Basic x", 401),
        ("/orders", &*good, 200),
        ("/orders", "", 401),
        ("/orders", "", 401),
        ("/orders", &*bare, 403),
        ("/nowhere", &*good, 404),
        ("/scope", &*bare, 403),
    ] {
        assert_eq!(status(router.clone(), path, authorization).await, expected, "{path}");
    }
    let decisions = lines(&taken(&snapshotter), DECISIONS_TOTAL);
    expect![[r#"
        decision=allowed reason=none token_use=access 3
        decision=allowed reason=none token_use=id 1
        decision=allowed reason=none token_use=none 2
        decision=refused reason=no_route token_use=none 1
        decision=refused reason=no_token token_use=none 2
        decision=refused reason=other_scheme token_use=none 1
        decision=refused reason=scope token_use=none 2
    "#]]
    .assert_eq(&decisions);

    // Without a request: a token alone counts, an explanation does not.
    let authorizer = auth.authorizer();
    assert!(authorizer.verify("garbage").await.is_err());
    let (parts, _) = request(&good).into_parts();
    authorizer.explain(&parts).await;
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, DECISIONS_TOTAL), "decision=refused reason=segments token_use=none 1\n");
    assert_eq!((lines(&all, CACHE_TOTAL), lines(&all, VERIFY_SECONDS)), (String::new(), String::new()));
}

#[tokio::test]
async fn no_label_and_no_number_of_series_is_up_to_a_client() {
    recorder!(snapshotter);
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder_remembering(&clock, TTL).jwks_url(server.jwks_url()).routes(table());
    let auth = auth.connect().await.expect("keys");
    let router = router().layer(auth);
    let mut secrets = Vec::new();
    for number in 0..200 {
        let mark = format!("swordfish{number}");
        let token = pool
            .access_token("ada")
            .client(&mark)
            .claim("sub", mark.as_str())
            .scope(format!("orders/{mark}"));
        for token in [
            token.clone().sign(),
            token.clone().header("kid", mark.as_str()).sign(),
            token.clone().claim("iss", mark.as_str()).header("kid", "x").sign(),
            token.clone().claim("token_use", mark.as_str()).sign(),
            token.header("alg", mark.as_str()).sign(),
            mark.clone(),
        ] {
            for path in ["/orders", "/scope", &format!("/{mark}"), &format!("/orders/{mark}//")] {
                assert_ne!(status(router.clone(), path, &bearer(&token)).await, 200, "{path}");
            }
        }
        secrets.push(mark);
    }
    let all = taken(&snapshotter);
    assert!(all.len() < 40, "{} series", all.len());
    let known =
        ["access", "allowed", "fetched", "cooled_down", "hit", "id", "miss", "none", "rejected", "accepted"];
    let known = known.into_iter().chain(["refused", "start", "unknown_kid", "unknown", POOL]);
    let reasons = [
        "ambiguous_path",
        "algorithm",
        "client",
        "no_route",
        "segments",
        "unknown_key",
        "unknown_use",
        "claims",
    ];
    let known: BTreeSet<&str> = known.chain(reasons).collect();
    for series in &all {
        assert!(ALL.contains(&&*series.name), "{series:?}");
        for (_, value) in &series.labels {
            assert!(known.contains(&**value), "{value}: {series:?}");
            assert!(!secrets.iter().any(|secret| value.contains(&**secret)), "{series:?}");
        }
    }
}

#[tokio::test]
async fn the_cache_counts_hits_misses_and_keys_that_are_gone() {
    recorder!(snapshotter);
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder_remembering(&clock, TTL).jwks_url(server.jwks_url()).connect().await.expect("keys");
    let token = bearer(pool.access_token("ada").sign());
    for _ in 0..3 {
        assert_eq!(by_layer(&auth, &token).await, 200);
    }
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, CACHE_TOTAL), "outcome=hit 2\noutcome=miss 1\n");
    assert_eq!(lines(&all, VERIFY_SECONDS), "result=accepted x1\n", "a known token is not verified again");
    // It is the sum over all layers of the process, and other tests have some.
    let entries = all.iter().find(|series| series.name == CACHE_ENTRIES).expect("the gauge");
    assert!(matches!(entries.value, DebugValue::Gauge(entries) if entries.0 >= 1.0), "{entries:?}");
    // The age of a cached token is limited.
    clock.advance(TTL);
    assert_eq!(by_layer(&auth, &token).await, 200);
    assert_eq!(lines(&taken(&snapshotter), CACHE_TOTAL), "outcome=miss 1\n");
    // Its key is withdrawn, and the pool has another one by the same id.
    let stranger = LocalPool::builder(POOL).clock(pool_clock(&clock)).build().expect("a pool");
    let key = |jwks: &str| serde_json::from_str::<serde_json::Value>(jwks).expect("JSON")["keys"][0].clone();
    let mut same_id = key(&stranger.jwks());
    same_id["kid"] = pool.access_key_id().into();
    let jwks = serde_json::json!({ "keys": [same_id] }).to_string();
    let replaced = builder_remembering(&clock, TTL).keys(Jwks::from_source(Replaced::new(pool.jwks(), jwks)));
    let replaced = replaced.connect().await.expect("keys");
    assert_eq!(by_layer(&replaced, &token).await, 200);
    replaced.refresh().await;
    assert_eq!(by_layer(&replaced, &token).await, 401);
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, CACHE_TOTAL), "outcome=dropped_key 1\noutcome=miss 1\n");
    assert_eq!(lines(&all, VERIFY_SECONDS), "result=accepted x1\nresult=rejected x1\n");
}

/// A source that gives one set at first, and another one from then on.
#[derive(Debug)]
struct Replaced {
    sets: [String; 2],
    fetches: std::sync::atomic::AtomicUsize,
}

impl Replaced {
    fn new(first: String, then: String) -> Self {
        Self { sets: [first, then], fetches: 0.into() }
    }
}

impl KeySource for Replaced {
    async fn fetch(&self, _: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
        let number = self.fetches.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        FetchedKeys::from_json(self.sets[number.min(1)].as_bytes())
    }

    fn check(&self, _: KeyRequest<'_>) -> Result<(), KeySourceError> {
        Ok(())
    }
}

#[tokio::test]
async fn fetches_count_by_their_cause_and_result_and_the_keys_have_an_age() {
    recorder!(snapshotter);
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder_remembering(&clock, TTL).jwks_url(server.jwks_url()).connect().await.expect("keys");
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEY_FETCHES_TOTAL), format!("pool={POOL} cause=start result=fetched 1\n"));
    assert_eq!(lines(&all, KEY_FETCH_SECONDS), format!("pool={POOL} result=fetched x1\n"));
    assert_eq!(lines(&all, KEYS), format!("pool={POOL} 2\n"));
    assert_eq!(lines(&all, KEYS_AGE_SECONDS), format!("pool={POOL} 0\n"));
    assert_eq!(lines(&all, KEYS_STALE), format!("pool={POOL} 0\n"));

    auth.refresh().await;
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEY_FETCHES_TOTAL), format!("pool={POOL} cause=manual result=fetched 1\n"));

    let unknown = bearer(pool.access_token("ada").header("kid", "another").sign());
    assert_eq!(by_layer(&auth, &unknown).await, 401);
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEY_FETCHES_TOTAL), format!("pool={POOL} cause=unknown_kid result=fetched 1\n"));
    assert_eq!(lines(&all, UNKNOWN_KID_TOTAL), format!("pool={POOL} outcome=fetched 1\n"));
    // While it cools down there is no fetch. As no pool would be asked, the issuer is not read.
    assert_eq!(by_layer(&auth, &unknown).await, 401);
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEY_FETCHES_TOTAL), "");
    assert_eq!(lines(&all, UNKNOWN_KID_TOTAL), "pool=unknown outcome=cooled_down 1\n");
    // Another issuer's token asks no pool at all.
    clock.advance(Duration::from_secs(10));
    let foreign = pool.access_token("ada").header("kid", "another").claim("iss", "https://evil.example");
    assert_eq!(by_layer(&auth, &bearer(foreign.sign())).await, 401);
    assert_eq!(lines(&taken(&snapshotter), UNKNOWN_KID_TOTAL), "");

    // The age goes on, also while fetches fail, and then the keys are too old.
    drop(server);
    clock.advance(Duration::from_secs(1800));
    auth.record_key_metrics();
    assert_eq!(lines(&taken(&snapshotter), KEYS_AGE_SECONDS), format!("pool={POOL} 1810\n"));
    auth.refresh().await;
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEY_FETCHES_TOTAL), format!("pool={POOL} cause=manual result=transport 1\n"));
    assert_eq!(lines(&all, KEYS_AGE_SECONDS), format!("pool={POOL} 1810\n"));
    clock.advance(Duration::from_secs(30 * 24 * 3600));
    auth.authorizer().record_key_metrics();
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEYS), format!("pool={POOL} 0\n"));
    assert_eq!(lines(&all, KEYS_STALE), format!("pool={POOL} 1\n"));
}

#[tokio::test]
async fn a_fetch_by_schedule_counts_as_such() {
    recorder!(snapshotter);
    let clock = clock();
    let pool = pool(&clock);
    let source = Replaced::new(pool.jwks(), pool.jwks());
    let auth =
        builder_remembering(&clock, TTL).keys(Jwks::from_source(source)).connect().await.expect("keys");
    // The task sleeps by now.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    taken(&snapshotter);
    clock.advance(Duration::from_secs(3600));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEY_FETCHES_TOTAL), format!("pool={POOL} cause=schedule result=fetched 1\n"));
    assert!(auth.status().is_ready());
}

#[tokio::test]
async fn each_pool_of_a_layer_has_series_of_its_own() {
    recorder!(snapshotter);
    let clock = clock();
    let (one, two) = (pool(&clock), LocalPool::builder("eu-west-1_Two").clock(pool_clock(&clock)));
    let two = two.build().expect("a pool");
    let server = one.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder_remembering(&clock, TTL).jwks_url(server.jwks_url());
    let unreachable = UserPool::new(two.id()).any_client().jwks_url("http://127.0.0.1:9/jwks.json");
    let auth = auth.user_pool(unreachable).connect_lazy().expect("a layer");
    auth.refresh().await;
    assert_eq!(by_layer(&auth, &bearer(two.access_token("bob").sign())).await, 503);
    let all = taken(&snapshotter);
    let keys = format!("pool={POOL} 2\npool=eu-west-1_Two 0\n");
    assert_eq!(lines(&all, KEYS), keys);
    assert_eq!(lines(&all, KEYS_STALE), format!("pool={POOL} 0\npool=eu-west-1_Two 0\n"), "it had none");
    assert!(!lines(&all, KEYS_AGE_SECONDS).contains("Two"), "keys that were never fetched have no age");
    assert!(lines(&all, DECISIONS_TOTAL).contains("reason=keys_unavailable"));
}

#[derive(Clone, Copy, Debug)]
enum List {
    InForce,
    Revoked,
    Fails,
    Panics,
    Hangs,
}

impl RevocationCheck for List {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        match self {
            Self::InForce => Ok(RevocationStatus::InForce),
            Self::Revoked => Ok(RevocationStatus::Revoked),
            Self::Fails => Err("no list".into()),
            Self::Panics => panic!("the list is broken"),
            Self::Hangs => pending().await,
        }
    }
}

#[tokio::test]
async fn each_revocation_check_counts_by_its_result() {
    recorder!(snapshotter);
    let clock = clock();
    let pool = pool(&clock);
    let token = bearer(pool.access_token("ada").sign());
    for (list, result) in [
        (List::InForce, "in_force"),
        (List::Revoked, "revoked"),
        (List::Fails, "failed"),
        (List::Panics, "failed"),
        (List::Hangs, "timed_out"),
    ] {
        let check = Revocation::check(list).on_failure(RevocationFailure::LetIn);
        let auth = builder_remembering(&clock, TTL).revocation(check);
        let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        let answer = by_layer(&auth, &token);
        let time = async {
            tokio::task::yield_now().await;
            clock.advance(Duration::from_secs(1));
        };
        let (status, ()) = tokio::join!(answer, time);
        assert_eq!(status, if matches!(list, List::Revoked) { 401 } else { 200 }, "{list:?}");
        assert_eq!(lines(&taken(&snapshotter), REVOCATION_CHECKS_TOTAL), format!("result={result} 1\n"));
    }
}

#[tokio::test]
async fn every_series_is_described_with_its_unit() {
    recorder!(snapshotter);
    describe_metrics();
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder_remembering(&clock, TTL).jwks_url(server.jwks_url());
    let auth = auth.revocation(Revocation::check(List::InForce)).connect().await.expect("keys");
    assert_eq!(by_layer(&auth, &bearer(pool.access_token("ada").sign())).await, 200);
    assert_eq!(by_layer(&auth, &bearer(pool.access_token("ada").header("kid", "x").sign())).await, 401);
    let all = taken(&snapshotter);
    for name in ALL {
        let series = all.iter().find(|series| series.name == name).unwrap_or_else(|| panic!("{name}"));
        let unit = if name.ends_with("_seconds") { Unit::Seconds } else { Unit::Count };
        assert_eq!(series.unit, Some(unit), "{name}");
        assert!(series.description.as_ref().is_some_and(|text| text.ends_with('.')), "{name}");
    }
}

/// Without a recorder nothing happens, and nothing fails.
#[tokio::test]
async fn without_a_recorder_decisions_are_made_all_the_same() {
    let pool = pool(&clock());
    let auth = builder_remembering(&clock(), TTL).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    describe_metrics();
    auth.record_key_metrics();
    let service = auth.layer(served());
    let response = service.oneshot(request(&bearer(pool.access_token("ada").sign()))).await;
    let response: http::Response<_> = response.expect("an answer");
    assert_eq!(response.map(Body::new).status(), 200, "{CLIENT}");
}
