//! A cached token is let in without verifying its signature again, but only where a new token would be let in, too.

use std::{
    convert::Infallible,
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    CognitoAuthLayer, Limits, TokenUse, UnixTime, UserPool, Verified, clock::ManualClock, scope,
};
use cognito_local_pool::{AppClient, LocalPool, TokenBuilder};
use cognito_verify::{Accept, PoolKeys, Verifier};
use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{self, Api, CLIENT, POOL, PoolSettings, bearer, clock, keys, pool, request};

const MINUTE: Duration = Duration::from_secs(60);

/// A pool, and a layer that fetches its keys and caches its tokens.
struct World {
    clock: ManualClock,
    pool: LocalPool,
    auth: CognitoAuthLayer,
    _server: cognito_local_pool::PoolServer,
}

impl World {
    async fn with_result_ttl(result_ttl: Duration) -> Self {
        let clock = clock();
        let pool = pool(&clock);
        let server = pool.serve("127.0.0.1:0").await.expect("a port");
        let builder = support::builder_with_result_ttl(&clock, result_ttl).jwks_url(server.jwks_url());
        let auth = builder.connect().await.expect("keys");
        Self { clock, pool, auth, _server: server }
    }

    fn token(&self) -> TokenBuilder {
        self.pool.access_token("ada").scope("orders/read").expires_in(Duration::from_secs(24 * 3600))
    }

    async fn status(&self, token: &str) -> u16 {
        status(&self.auth, token).await
    }

    /// The verified token that the handler gets.
    async fn seen(&self, token: &str) -> Arc<Verified> {
        let handler = service_fn(|request: Request<Body>| {
            let verified = request.extensions().get::<Arc<Verified>>().expect("claims").clone();
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(verified);
            ready(Ok::<_, Infallible>(response))
        });
        let answer = self.auth.layer(handler).oneshot(request(&bearer(token))).await.expect("an answer");
        answer.extensions().get::<Arc<Verified>>().expect("it was let in").clone()
    }
}

async fn status(auth: &CognitoAuthLayer, token: &str) -> u16 {
    support::status(auth, &bearer(token)).await
}

/// How many tokens are cached, according to the layer's `Debug`.
fn cached(layer: &CognitoAuthLayer) -> usize {
    let debug = format!("{layer:?}");
    let (_, rest) = debug.split_once("VerifiedTokens(").expect("a cache");
    rest.split(' ').next().and_then(|count| count.parse().ok()).expect("a number")
}

#[tokio::test]
async fn a_good_token_is_cached_and_a_bad_one_is_not() {
    let world = World::with_result_ttl(5 * MINUTE).await;
    let good = world.token().sign();
    assert_eq!((world.status(&good).await, world.status(&good).await), (200, 200));
    assert_eq!(cached(&world.auth), 1);
    for bad in [
        world.token().forged().sign(),
        world.token().client("another").sign(),
        world.token().expired().sign(),
        "garbage".into(),
        format!("{good}A"),
    ] {
        assert_eq!(world.status(&bad).await, 401);
    }
    assert_eq!(cached(&world.auth), 1);
    let error = support::builder_with_result_ttl(&world.clock, 61 * MINUTE)
        .with_keys([(world.pool.id(), keys(&world.pool))]);
    assert!(error.expect_err("too long").to_string().contains(".result_ttl("));
}

/// A forged token is not let in because a good one with the same claims, or the same signature, was.
#[tokio::test]
async fn a_cached_token_is_recognised_by_all_its_bytes() {
    let world = World::with_result_ttl(5 * MINUTE).await;
    let good = world.token().sign();
    assert_eq!(world.status(&good).await, 200);
    for index in 0..good.len() {
        let mut forged = good.clone().into_bytes();
        forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
        assert_eq!(world.status(&String::from_utf8(forged).expect("ASCII")).await, 401, "byte {index}");
    }
    let (signed, signature) = good.rsplit_once('.').expect("a signature");
    let (header, payload) = signed.split_once('.').expect("a payload");
    let json = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    let spaced = URL_SAFE_NO_PAD.encode([&json[..], b" "].concat());
    for forged in [
        // Read as the same header, and as the same payload.
        format!("{spaced}.{payload}.{signature}"),
        format!("{header}.{payload}=.{signature}"),
        format!("{header}.{payload}..{signature}"),
        format!(".{header}.{payload}.{signature}"),
        format!("{header}.{signature}"),
        format!("{payload}.{signature}"),
        format!(".{signature}"),
        format!("{signed}."),
        format!("{signed}.{signature}."),
        format!("{signed}.A{signature}"),
        format!("{signed}.{}", &signature[1..]),
        format!("{good}.{good}"),
    ] {
        assert_eq!(world.status(&forged).await, 401, "{forged}");
    }
    assert_eq!(world.status(&good).await, 200);
}

/// For programs with a cache of their own: a token is rechecked only against the `Verified` of the very same token.
#[test]
fn a_recheck_compares_every_byte_of_the_token() {
    let clock = clock();
    let (pool, now) = (pool(&clock), cognito_authorizer::clock::Clock::now(&clock));
    let verifier = Verifier::new([UserPool::new(POOL).client(CLIENT)]).expect("it holds");
    let pool_keys = PoolKeys::from(&keys(&pool));
    let (one, other) = (pool.access_token("ada").sign(), pool.access_token("ada").sign());
    let verified = verifier.verify(&one, &pool_keys, now).expect("a good token");
    let [same, different] =
        [&one, &other].map(|token| verifier.read(token.as_bytes(), &pool_keys).expect("a known key"));
    assert_eq!(same.recheck(&verified, now), Some(Ok(())));
    assert_eq!(different.recheck(&verified, now), None);
    assert_eq!(same.signature(), one.rsplit('.').next().expect("one").as_bytes());
    assert_ne!(same.signature(), different.signature());
}

/// The result TTL begins when the signature is verified.
#[tokio::test]
async fn a_token_is_verified_again_after_the_result_ttl() {
    let world = World::with_result_ttl(5 * MINUTE).await;
    let (token, start) = (world.token().sign(), cognito_authorizer::clock::Clock::now(&world.clock));
    let mut before = world.seen(&token).await;
    for (after, is_cached) in [
        (Duration::ZERO, true),
        (Duration::from_millis(299_999), true),
        (5 * MINUTE, false),
        (Duration::from_millis(599_999), true),
        // After the clock was set back, the age of an entry is unknown.
        (MINUTE, false),
        (MINUTE, true),
    ] {
        world.clock.set(start + after);
        let now = world.seen(&token).await;
        assert_eq!(Arc::ptr_eq(&now, &before), is_cached, "after {after:?}");
        before = now;
    }
}

#[tokio::test]
async fn a_cached_token_expires_like_any_other() {
    let world = World::with_result_ttl(60 * MINUTE).await;
    let short = world.token().expires_in(10 * MINUTE).sign();
    assert_eq!(world.status(&short).await, 200);
    world.clock.advance(Duration::from_millis(599_999));
    assert_eq!(world.status(&short).await, 200);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.status(&short).await, 401);
}

/// If the clock was ahead when a token was verified, the token is valid neither earlier nor longer.
#[tokio::test]
async fn clock_steps_do_not_change_when_a_cached_token_is_valid() {
    let world = World::with_result_ttl(60 * MINUTE).await;
    let now = cognito_authorizer::clock::Clock::now(&world.clock);
    let token = world.token().sign();
    world.clock.set(now + 30 * MINUTE);
    assert_eq!(world.status(&token).await, 200);
    world.clock.set(now - MINUTE);
    assert_eq!(world.status(&token).await, 401, "it begins in a minute");
    world.clock.set(now);
    assert_eq!(world.status(&token).await, 200);
}

#[tokio::test]
async fn a_cached_token_is_refused_once_its_key_is_withdrawn() {
    let world = World::with_result_ttl(60 * MINUTE).await;
    let old = world.token().sign();
    assert_eq!(world.status(&old).await, 200);
    world.pool.rotate();
    // The layer has not fetched the new set yet.
    assert_eq!(world.status(&old).await, 200);
    world.auth.refresh().await;
    assert_eq!(world.status(&old).await, 401);
    assert_eq!(world.status(&world.token().sign()).await, 200);
}

/// The same `kid` over another key is another key.
#[tokio::test]
async fn a_cached_token_is_refused_once_its_key_id_has_another_key() {
    let clock = clock();
    let pool_with_key = || support::pool_builder(&clock).key_id("same").build().expect("a pool");
    let (one, two) = (pool_with_key(), pool_with_key());
    assert_eq!(one.access_key_id(), two.access_key_id());
    let published = Arc::new(Mutex::new(one.jwks()));
    let answer = published.clone();
    let answer = async move || answer.lock().expect("no panic").clone();
    let server = Api::serve(Router::new().route("/jwks.json", get(answer))).await;
    let auth = support::builder_with_result_ttl(&clock, 60 * MINUTE);
    let auth = auth.jwks_url(format!("{}/jwks.json", server.url()));
    let auth = auth.connect().await.expect("keys");
    let token = one.access_token("ada").sign();
    assert_eq!((status(&auth, &token).await, status(&auth, &token).await), (200, 200));
    *published.lock().expect("no panic") = two.jwks();
    auth.refresh().await;
    assert_eq!(status(&auth, &token).await, 401);
}

/// Pools may share a key, as those of some emulators do. What counts is whether the token's own pool still publishes it.
#[test]
fn a_cached_token_is_refused_once_its_own_pool_withdraws_a_shared_key() {
    let clock = clock();
    let (pool, now) = (pool(&clock), cognito_authorizer::clock::Clock::now(&clock));
    let pools = [POOL, "ap-south-1_another00"].map(|id| UserPool::new(id).client(CLIENT));
    let verifier = Verifier::new(pools).expect("it holds");
    let (published, published_again) = (keys(&pool), keys(&pool));
    let (token, pool_keys) =
        (pool.access_token("ada").sign(), PoolKeys::new([Some(&published), Some(&published)]));
    let verified = verifier.verify(&token, &pool_keys, now).expect("a good token");
    for (sets, is_published) in [
        ([Some(&published), Some(&published)], true),
        ([Some(&published), None], true),
        ([Some(&published_again), None], true),
        ([None, Some(&published)], false),
        ([None, Some(&published_again)], false),
    ] {
        let pool_keys = PoolKeys::new(sets);
        let unverified = verifier.read(token.as_bytes(), &pool_keys).expect("a known key");
        assert_eq!(unverified.recheck(&verified, now), is_published.then_some(Ok(())), "{sets:?}");
        assert_eq!(unverified.verify(now).is_ok(), is_published, "{sets:?}");
    }
}

/// Two pools have different keys with the same `kid`.
#[test]
fn a_cached_token_needs_only_the_key_that_signed_it() {
    let clock = clock();
    let now = cognito_authorizer::clock::Clock::now(&clock);
    let other = LocalPool::builder("ap-south-1_another00").clock(support::pool_clock(&clock)).key_id("same");
    let other = other.app_client(AppClient::public(CLIENT)).build().expect("a pool");
    let one = support::pool_builder(&clock).key_id("same").build().expect("a pool");
    let verifier = Verifier::new([&one, &other].map(|pool| UserPool::new(pool.id()).client(CLIENT)));
    let verifier = verifier.expect("it holds");
    let pool_keys = PoolKeys::new([Some(&keys(&one)), Some(&keys(&other))]);
    for pool in [one, other] {
        let token = pool.access_token("ada").sign();
        let unverified = verifier.read(token.as_bytes(), &pool_keys).expect("a known key");
        let verified = verifier.verify(&token, &pool_keys, now).expect("a good token");
        assert_eq!(verified.pool().to_string(), pool.id());
        assert_eq!(unverified.recheck(&verified, now), Some(Ok(())));
    }
}

/// A cached token is refused for the same reason as one that is verified anew, without another look at its signature.
#[test]
fn a_recheck_gives_the_reason_that_a_verification_gives() {
    let clock = clock();
    let (pool, now) = (pool(&clock), cognito_authorizer::clock::Clock::now(&clock));
    let verifier = Verifier::new([UserPool::new(POOL).client(CLIENT)]).expect("it holds");
    let pool_keys = PoolKeys::from(&keys(&pool));
    let token = pool.access_token("ada").sign();
    let verified = verifier.verify(&token, &pool_keys, now).expect("a good token");
    let read =
        |accept: Accept| verifier.read(token.as_bytes(), &pool_keys).expect("a known key").accept(accept);
    let later = verified.expiry();
    for (accept, at, code) in [
        (Accept::Access, now, None),
        (Accept::Either, now, None),
        (Accept::Id, now, Some("token_use")),
        (Accept::Access, later, Some("expired")),
        (Accept::Id, later, Some("expired")),
        (Accept::Access, UnixTime::from_secs(0), Some("not_yet_valid")),
    ] {
        let again = read(accept).recheck(&verified, at).expect("the same token");
        let anew = read(accept).verify(at).map(|_| ());
        assert_eq!(again, anew, "{accept:?} at {at}");
        assert_eq!(again.err().map(|rejected| rejected.code()), code, "{accept:?} at {at}");
    }
}

/// Each clone of a layer checks its own requirement on every request.
#[tokio::test]
async fn a_cached_token_must_meet_the_requirement_of_each_route() {
    let world = World::with_result_ttl(5 * MINUTE).await;
    let token = world.token().sign();
    let read = world.auth.clone().require(scope("orders/read")).expect("it holds");
    let write = world.auth.clone().require(scope("orders/write")).expect("it holds");
    let id = world.auth.clone().accept(TokenUse::Id).expect("it holds");
    for (auth, expected) in [(&read, 200), (&write, 403), (&id, 401), (&read, 200), (&write, 403), (&id, 401)]
    {
        assert_eq!(status(auth, &token).await, expected);
    }
    assert_eq!(cached(&write), 1, "clones share a cache");
}

#[tokio::test]
async fn no_more_is_cached_than_there_is_room_for() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = support::builder_with_result_ttl(&clock, 5 * MINUTE)
        .limits(Limits::new().cached_tokens(64))
        .with_keys([(pool.id(), keys(&pool))]);
    let auth = auth.expect("a layer");
    for _ in 0..300 {
        let token = pool.machine_token(CLIENT).sign();
        assert_eq!(status(&auth, &token).await, 200);
    }
    assert!((32..=64).contains(&cached(&auth)), "{}", cached(&auth));
}

/// The cache keeps whole tokens. The longest ones count as eight, so that they do not take eight times the memory.
#[tokio::test]
async fn a_long_token_counts_as_several() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = support::builder_with_result_ttl(&clock, 5 * MINUTE)
        .limits(Limits::new().cached_tokens(640))
        .with_keys([(pool.id(), keys(&pool))]);
    let auth = auth.expect("a layer");
    for _ in 0..200 {
        let token = pool.machine_token(CLIENT).claim("padding", "x".repeat(11_000)).sign();
        assert!((7 * 2048..8 * 2048).contains(&token.len()), "{}", token.len());
        assert_eq!(status(&auth, &token).await, 200);
    }
    assert!((40..=80).contains(&cached(&auth)), "{}", cached(&auth));
}

#[tokio::test]
async fn a_ttl_of_zero_caches_nothing() {
    let world = World::with_result_ttl(Duration::ZERO).await;
    let token = world.token().sign();
    assert_eq!((world.status(&token).await, world.status(&token).await), (200, 200));
    assert!(!format!("{:?}", world.auth).contains("VerifiedTokens("));
}

/// With refreshes between many concurrent requests, no request is let in with a key that has been withdrawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotation_under_load_lets_no_withdrawn_key_in() {
    let world = World::with_result_ttl(60 * MINUTE).await;
    for _ in 0..5 {
        let old = world.token().sign();
        assert_eq!(world.status(&old).await, 200);
        let hammer: Vec<_> = (0..4)
            .map(|_| {
                let (auth, old) = (world.auth.clone(), old.clone());
                tokio::spawn(async move {
                    // Once refused, it stays refused.
                    let mut refused = false;
                    for _ in 0..200 {
                        let status = status(&auth, &old).await;
                        assert!(status == 401 || (status == 200 && !refused), "{status}");
                        refused |= status == 401;
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        world.pool.rotate();
        world.auth.refresh().await;
        assert_eq!(world.status(&old).await, 401);
        for task in hammer {
            task.await.expect("no panic");
        }
        world.clock.advance(MINUTE);
    }
}
