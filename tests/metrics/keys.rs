//! The series of the cache and of the keys.

use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use cognito_authorizer::{
    UserPool,
    keys::{FetchError, FetchedKeys, Jwks, KeyRequest, KeySource, KeySourceError},
    metrics::{
        CACHE_ENTRIES, CACHE_TOTAL, DECISIONS_TOTAL, KEY_FETCH_SECONDS, KEY_FETCHES_TOTAL, KEYS,
        KEYS_AGE_SECONDS, KEYS_STALE, UNKNOWN_KID_TOTAL, VERIFY_SECONDS,
    },
};
use cognito_local_pool::LocalPool;
use metrics::LocalRecorderGuard;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use super::{TTL, lines, recorder, taken};
use crate::support::{POOL, PoolSettings, bearer, builder_with_result_ttl, clock, pool, pool_clock, status};

#[tokio::test]
async fn the_cache_counts_hits_misses_and_withdrawn_keys() {
    recorder!(snapshotter);
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth =
        builder_with_result_ttl(&clock, TTL).jwks_url(server.jwks_url()).connect().await.expect("keys");
    let token = bearer(pool.access_token("ada").sign());
    for _ in 0..3 {
        assert_eq!(status(&auth, &token).await, 200);
    }
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, CACHE_TOTAL), "outcome=hit 2\noutcome=miss 1\n");
    assert_eq!(lines(&all, VERIFY_SECONDS), "result=accepted x1\n", "a cached token is not verified again");
    // The gauge is the sum over all layers of the process, including those of other tests.
    let entries = all.iter().find(|series| series.name == CACHE_ENTRIES).expect("the gauge");
    assert!(matches!(entries.value, DebugValue::Gauge(entries) if entries.0 >= 1.0), "{entries:?}");
    // The age of a cached token is limited.
    clock.advance(TTL);
    assert_eq!(status(&auth, &token).await, 200);
    assert_eq!(lines(&taken(&snapshotter), CACHE_TOTAL), "outcome=miss 1\n");
    // Its key is replaced with another one under the same id.
    let other_pool = LocalPool::builder(POOL).clock(pool_clock(&clock)).build().expect("a pool");
    let key = |jwks: &str| serde_json::from_str::<serde_json::Value>(jwks).expect("JSON")["keys"][0].clone();
    let mut same_id = key(&other_pool.jwks());
    same_id["kid"] = pool.access_key_id().into();
    let jwks = serde_json::json!({ "keys": [same_id] }).to_string();
    let replaced =
        builder_with_result_ttl(&clock, TTL).keys(Jwks::from_source(Replaced::new(pool.jwks(), jwks)));
    let replaced = replaced.connect().await.expect("keys");
    assert_eq!(status(&replaced, &token).await, 200);
    replaced.refresh().await;
    assert_eq!(status(&replaced, &token).await, 401);
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, CACHE_TOTAL), "outcome=dropped_key 1\noutcome=miss 1\n");
    assert_eq!(lines(&all, VERIFY_SECONDS), "result=accepted x1\nresult=rejected x1\n");
}

/// A source with one set for the first fetch, and another one for all later ones.
#[derive(Debug)]
struct Replaced {
    sets: [String; 2],
    fetches: AtomicUsize,
}

impl Replaced {
    fn new(first: String, then: String) -> Self {
        Self { sets: [first, then], fetches: 0.into() }
    }
}

impl KeySource for Replaced {
    async fn fetch(&self, _: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
        let number = self.fetches.fetch_add(1, SeqCst);
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
    let auth =
        builder_with_result_ttl(&clock, TTL).jwks_url(server.jwks_url()).connect().await.expect("keys");
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
    assert_eq!(status(&auth, &unknown).await, 401);
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEY_FETCHES_TOTAL), format!("pool={POOL} cause=unknown_kid result=fetched 1\n"));
    assert_eq!(lines(&all, UNKNOWN_KID_TOTAL), format!("pool={POOL} outcome=fetched 1\n"));
    // During the cool-down there is no fetch, so the issuer is not read.
    assert_eq!(status(&auth, &unknown).await, 401);
    let all = taken(&snapshotter);
    assert_eq!(lines(&all, KEY_FETCHES_TOTAL), "");
    assert_eq!(lines(&all, UNKNOWN_KID_TOTAL), "pool=unknown outcome=cooled_down 1\n");
    // A token of another issuer causes no fetch.
    clock.advance(Duration::from_secs(10));
    let foreign = pool.access_token("ada").header("kid", "another").claim("iss", "https://evil.example");
    assert_eq!(status(&auth, &bearer(foreign.sign())).await, 401);
    assert_eq!(lines(&taken(&snapshotter), UNKNOWN_KID_TOTAL), "");

    // While fetches fail, the age grows until the keys are too old.
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
        builder_with_result_ttl(&clock, TTL).keys(Jwks::from_source(source)).connect().await.expect("keys");
    // Now the task is asleep.
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
    let auth = builder_with_result_ttl(&clock, TTL).jwks_url(server.jwks_url());
    let unreachable = UserPool::new(two.id()).any_client().jwks_url("http://127.0.0.1:9/jwks.json");
    let auth = auth.user_pool(unreachable).connect_lazy().expect("a layer");
    auth.refresh().await;
    assert_eq!(status(&auth, &bearer(two.access_token("bob").sign())).await, 503);
    let all = taken(&snapshotter);
    let keys = format!("pool={POOL} 2\npool=eu-west-1_Two 0\n");
    assert_eq!(lines(&all, KEYS), keys);
    assert_eq!(
        lines(&all, KEYS_STALE),
        format!("pool={POOL} 0\npool=eu-west-1_Two 0\n"),
        "keys that never existed are not stale"
    );
    assert!(!lines(&all, KEYS_AGE_SECONDS).contains("Two"), "keys that were never fetched have no age");
    assert!(lines(&all, DECISIONS_TOTAL).contains("reason=keys_unavailable"));
}
