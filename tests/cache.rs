//! Tokens that were verified before are let in without asking their signature again, and never where a new one would not be.

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

use crate::support::{self, Api, CLIENT, POOL, PoolSettings, bearer, clock, keys, pool, request, served};

const MINUTE: Duration = Duration::from_secs(60);

/// A pool whose tokens a layer remembers for so long, by way of fetched keys.
struct World {
    clock: ManualClock,
    pool: LocalPool,
    auth: CognitoAuthLayer,
    _server: cognito_local_pool::PoolServer,
}

impl World {
    async fn remembering(result_ttl: Duration) -> Self {
        let clock = clock();
        let pool = pool(&clock);
        let server = pool.serve("127.0.0.1:0").await.expect("a port");
        let builder = support::builder_remembering(&clock, result_ttl).jwks_url(server.jwks_url());
        let auth = builder.connect().await.expect("keys");
        Self { clock, pool, auth, _server: server }
    }

    fn token(&self) -> TokenBuilder {
        self.pool.access_token("ada").scope("orders/read").expires_in(Duration::from_secs(24 * 3600))
    }

    async fn status(&self, token: &str) -> u16 {
        status(&self.auth, token).await
    }

    /// What the handler is given for this token.
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
    auth.layer(served()).oneshot(request(&bearer(token))).await.expect("an answer").status().as_u16()
}

/// Shows whether a token was cached: only verification allocates the payload.
fn remembered(layer: &CognitoAuthLayer) -> usize {
    let debug = format!("{layer:?}");
    let (_, rest) = debug.split_once("VerifiedTokens(").expect("a cache");
    rest.split(' ').next().and_then(|count| count.parse().ok()).expect("a number")
}

#[tokio::test]
async fn a_good_token_is_remembered_and_a_bad_one_is_not() {
    let world = World::remembering(5 * MINUTE).await;
    let good = world.token().sign();
    assert_eq!((world.status(&good).await, world.status(&good).await), (200, 200));
    assert_eq!(remembered(&world.auth), 1);
    for bad in [
        world.token().forged().sign(),
        world.token().client("another").sign(),
        world.token().expired().sign(),
        "garbage".into(),
        format!("{good}A"),
    ] {
        assert_eq!(world.status(&bad).await, 401);
    }
    assert_eq!(remembered(&world.auth), 1);
    let error = support::builder_remembering(&world.clock, 61 * MINUTE)
        .with_keys([(world.pool.id(), keys(&world.pool))]);
    assert!(error.expect_err("too long").to_string().contains(".result_ttl("));
}

/// A forged token is not let in because a good one with the same claims, or the same signature, was.
#[tokio::test]
async fn the_whole_token_is_what_is_remembered() {
    let world = World::remembering(5 * MINUTE).await;
    let good = world.token().sign();
    assert_eq!(world.status(&good).await, 200);
    for place in 0..good.len() {
        let mut forged = good.clone().into_bytes();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        assert_eq!(world.status(&String::from_utf8(forged).expect("ASCII")).await, 401, "{place}");
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

/// For programs with a cache of their own: of two tokens with the same signature, only one with the same header and payload is accepted.
#[test]
fn what_was_signed_is_compared_to_the_letter() {
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

/// The moment from which it is remembered is the one at which its signature was asked.
#[tokio::test]
async fn a_token_is_verified_anew_when_it_was_remembered_for_long_enough() {
    let world = World::remembering(5 * MINUTE).await;
    let (token, start) = (world.token().sign(), cognito_authorizer::clock::Clock::now(&world.clock));
    let mut before = world.seen(&token).await;
    for (after, is_remembered) in [
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
        assert_eq!(Arc::ptr_eq(&now, &before), is_remembered, "after {after:?}");
        before = now;
    }
}

#[tokio::test]
async fn a_remembered_token_expires_like_any_other() {
    let world = World::remembering(60 * MINUTE).await;
    let short = world.token().expires_in(10 * MINUTE).sign();
    assert_eq!(world.status(&short).await, 200);
    world.clock.advance(Duration::from_millis(599_999));
    assert_eq!(world.status(&short).await, 200);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.status(&short).await, 401);
}

/// A clock that was ahead when a token was verified makes nothing last longer, nor begin sooner.
#[tokio::test]
async fn clock_steps_make_a_remembered_token_no_better() {
    let world = World::remembering(60 * MINUTE).await;
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
async fn a_remembered_token_goes_with_its_key() {
    let world = World::remembering(60 * MINUTE).await;
    let old = world.token().sign();
    assert_eq!(world.status(&old).await, 200);
    world.pool.rotate();
    // Nothing has been fetched, so nothing is known of it.
    assert_eq!(world.status(&old).await, 200);
    world.auth.refresh().await;
    assert_eq!(world.status(&old).await, 401);
    assert_eq!(world.status(&world.token().sign()).await, 200);
}

/// The same `kid` over another key is another key.
#[tokio::test]
async fn a_remembered_token_goes_with_the_material_of_its_key() {
    let clock = clock();
    let pool_with_key = || support::pool_builder(&clock).key_id("same").build().expect("a pool");
    let (one, two) = (pool_with_key(), pool_with_key());
    assert_eq!(one.access_key_id(), two.access_key_id());
    let published = Arc::new(Mutex::new(one.jwks()));
    let answer = published.clone();
    let answer = async move || answer.lock().expect("nobody panics").clone();
    let server = Api::serve(Router::new().route("/jwks.json", get(answer))).await;
    let auth = support::builder_remembering(&clock, 60 * MINUTE);
    let auth = auth.jwks_url(format!("{}/jwks.json", server.url()));
    let auth = auth.connect().await.expect("keys");
    let token = one.access_token("ada").sign();
    assert_eq!((status(&auth, &token).await, status(&auth, &token).await), (200, 200));
    *published.lock().expect("nobody panics") = two.jwks();
    auth.refresh().await;
    assert_eq!(status(&auth, &token).await, 401);
}

/// Pools may publish one key, as those of some emulators do: what counts is whether the token's own still does.
#[test]
fn a_remembered_token_goes_with_its_key_though_another_pool_keeps_it() {
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

/// Different keys under one `kid`, of two pools: a token is remembered whichever of them signed it.
#[test]
fn a_remembered_token_needs_no_other_key_than_its_own() {
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

/// What a route asks is asked each time, of the clone that it is asked of.
#[tokio::test]
async fn a_remembered_token_has_to_be_enough_for_each_route() {
    let world = World::remembering(5 * MINUTE).await;
    let token = world.token().sign();
    let read = world.auth.clone().require(scope("orders/read")).expect("it holds");
    let write = world.auth.clone().require(scope("orders/write")).expect("it holds");
    let id = world.auth.clone().accept(TokenUse::Id).expect("it holds");
    for (auth, expected) in [(&read, 200), (&write, 403), (&id, 401), (&read, 200), (&write, 403), (&id, 401)]
    {
        assert_eq!(status(auth, &token).await, expected);
    }
    assert_eq!(remembered(&write), 1, "clones share what they remember");
}

#[tokio::test]
async fn no_more_is_remembered_than_there_is_room_for() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = support::builder_remembering(&clock, 5 * MINUTE)
        .limits(Limits::new().cached_tokens(64))
        .with_keys([(pool.id(), keys(&pool))]);
    let auth = auth.expect("a layer");
    for _ in 0..300 {
        let token = pool.machine_token(CLIENT).sign();
        assert_eq!(status(&auth, &token).await, 200);
    }
    assert!((32..=64).contains(&remembered(&auth)), "{}", remembered(&auth));
}

/// What is kept is as long as the token, so that the longest ones must not take eight times the memory.
#[tokio::test]
async fn a_long_token_takes_the_room_of_several() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = support::builder_remembering(&clock, 5 * MINUTE)
        .limits(Limits::new().cached_tokens(640))
        .with_keys([(pool.id(), keys(&pool))]);
    let auth = auth.expect("a layer");
    for _ in 0..200 {
        let token = pool.machine_token(CLIENT).claim("padding", "x".repeat(11_000)).sign();
        assert!((7 * 2048..8 * 2048).contains(&token.len()), "{}", token.len());
        assert_eq!(status(&auth, &token).await, 200);
    }
    assert!((40..=80).contains(&remembered(&auth)), "{}", remembered(&auth));
}

#[tokio::test]
async fn a_ttl_of_zero_remembers_nothing() {
    let world = World::remembering(Duration::ZERO).await;
    let token = world.token().sign();
    assert_eq!((world.status(&token).await, world.status(&token).await), (200, 200));
    assert!(!format!("{:?}", world.auth).contains("VerifiedTokens("));
}

/// With refreshes between many concurrent requests, no request is let in with a key that has been withdrawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotation_under_load_lets_no_withdrawn_key_in() {
    let world = World::remembering(60 * MINUTE).await;
    for _ in 0..5 {
        let old = world.token().sign();
        assert_eq!(world.status(&old).await, 200);
        let hammer: Vec<_> = (0..4)
            .map(|_| {
                let (auth, old) = (world.auth.clone(), old.clone());
                tokio::spawn(async move {
                    // Once it is refused it stays refused.
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
