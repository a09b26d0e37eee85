//! The series of the feature `metrics`: what is counted, with which labels, and that clients cannot choose a label.

mod keys;

use std::{collections::BTreeSet, future::pending, time::Duration};

use axum::{Router, body::Body, routing::get};
use cognito_authorizer::{
    Accept, AccessClaims, RequireScope, Requirement, Revocation, RevocationCheck, RouteTable, Verified,
    metrics::{
        CACHE_ENTRIES, CACHE_TOTAL, DECISIONS_TOTAL, KEY_FETCH_SECONDS, KEY_FETCHES_TOTAL, KEYS,
        KEYS_AGE_SECONDS, KEYS_STALE, REVOCATION_CHECKS_TOTAL, UNKNOWN_KID_TOTAL, VERIFY_SECONDS,
        describe_metrics,
    },
    revocation::{RevocationError, RevocationFailure, RevocationStatus},
    scopes,
};
use expect_test::expect;
use metrics::{LocalRecorderGuard, SharedString, Unit};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower::{Layer, ServiceExt};

use crate::support::{
    CLIENT, POOL, PoolSettings, bearer, builder_with_result_ttl, clock, keys as keys_of, pool, request,
    served, status,
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

/// Takes what this thread recorded since the last call, without series that did not change.
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

use recorder;

async fn status_of(router: Router, path: &str, authorization: &str) -> u16 {
    let mut request = request(authorization);
    *request.uri_mut() = path.parse().expect("a path");
    router.oneshot(request).await.expect("an answer").status().as_u16()
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
    let auth = builder_with_result_ttl(&clock(), TTL).routes(table()).accept(Accept::Either);
    let auth = auth.with_keys([(pool.id(), keys_of(&pool))]).expect("a layer");
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
        assert_eq!(status_of(router.clone(), path, authorization).await, expected, "{path}");
    }
    let decisions = lines(&taken(&snapshotter), DECISIONS_TOTAL);
    expect![[r"
        decision=allowed reason=none token_use=access 3
        decision=allowed reason=none token_use=id 1
        decision=allowed reason=none token_use=none 2
        decision=refused reason=no_route token_use=none 1
        decision=refused reason=no_token token_use=none 2
        decision=refused reason=other_scheme token_use=none 1
        decision=refused reason=scope token_use=none 2
    "]]
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
async fn clients_choose_neither_labels_nor_the_number_of_series() {
    recorder!(snapshotter);
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder_with_result_ttl(&clock, TTL).jwks_url(server.jwks_url()).routes(table());
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
                assert_ne!(status_of(router.clone(), path, &bearer(&token)).await, 200, "{path}");
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
        let auth = builder_with_result_ttl(&clock, TTL).revocation(check);
        let auth = auth.with_keys([(pool.id(), keys_of(&pool))]).expect("a layer");
        let answer = status(&auth, &token);
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
    let auth = builder_with_result_ttl(&clock, TTL).jwks_url(server.jwks_url());
    let auth = auth.revocation(Revocation::check(List::InForce)).connect().await.expect("keys");
    assert_eq!(status(&auth, &bearer(pool.access_token("ada").sign())).await, 200);
    assert_eq!(status(&auth, &bearer(pool.access_token("ada").header("kid", "x").sign())).await, 401);
    let all = taken(&snapshotter);
    for name in ALL {
        let series = all.iter().find(|series| series.name == name).unwrap_or_else(|| panic!("{name}"));
        let unit = if name.ends_with("_seconds") { Unit::Seconds } else { Unit::Count };
        assert_eq!(series.unit, Some(unit), "{name}");
        assert!(series.description.as_ref().is_some_and(|text| text.ends_with('.')), "{name}");
    }
}

#[tokio::test]
async fn without_a_recorder_decisions_are_the_same() {
    let pool = pool(&clock());
    let auth =
        builder_with_result_ttl(&clock(), TTL).with_keys([(pool.id(), keys_of(&pool))]).expect("a layer");
    describe_metrics();
    auth.record_key_metrics();
    let service = auth.layer(served());
    let response = service.oneshot(request(&bearer(pool.access_token("ada").sign()))).await;
    let response: http::Response<_> = response.expect("an answer");
    assert_eq!(response.map(Body::new).status(), 200, "{CLIENT}");
}
