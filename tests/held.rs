//! Callers that keep their service: what it reserved in `poll_ready` is released, so that others can use it.

use std::time::Duration;

use cognito_authorizer::{
    CognitoAuthLayer, Profile, Revocation, RevocationCheck, RouteTable, TokenUse, Verified,
    revocation::{RevocationError, RevocationStatus},
    scope, token_use,
};
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimit};

use crate::support::{bearer, builder, clock, keys, pool, request, served};

/// Revokes no token, and takes two polls to say so.
struct SlowlyInForce;

impl RevocationCheck for SlowlyInForce {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        tokio::task::yield_now().await;
        Ok(RevocationStatus::InForce)
    }
}

/// A connection may keep its service from one request to the next.
#[tokio::test]
async fn a_waiting_request_does_not_wait_for_its_own_permit() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock)
        .revocation(Revocation::check(SlowlyInForce))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let mut kept = auth.layer(ConcurrencyLimit::new(served(), 1));
    let good = bearer(pool.access_token("ada").sign());
    for _ in 0..2 {
        let answer = kept.ready().await.expect("ready").call(request(&good));
        let answer = tokio::time::timeout(Duration::from_secs(20), answer).await.expect("no deadlock");
        assert_eq!(answer.expect("an answer").status(), 200);
    }
}

#[tokio::test]
async fn a_refused_request_releases_its_permit() {
    let clock = clock();
    let pool = pool(&clock);
    let table = RouteTable::builder().require("GET /", scope("orders/read")).build().expect("a row");
    let plain = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let tabled = builder(&clock).routes(table).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let good = bearer(pool.access_token("ada").scope("orders/read").sign());
    for auth in [plain, tabled] {
        let mut kept = auth.layer(ConcurrencyLimit::new(served(), 1));
        let others = kept.clone();
        let mut nowhere = request("");
        *nowhere.uri_mut() = "/a//b".parse().expect("a path");
        for refused in [request(""), request("Bearer garbage"), nowhere] {
            let status = kept.ready().await.expect("ready").call(refused).await.expect("an answer").status();
            assert!(status.is_client_error(), "{status}");
            let answer =
                tokio::time::timeout(Duration::from_secs(20), others.clone().oneshot(request(&good)));
            assert_eq!(answer.await.expect("a free permit").expect("an answer").status(), 200);
        }
    }
}

/// As a layer in a static of a test program, which outlives the runtime of the test that made it.
#[test]
fn without_the_runtime_of_its_layer_a_request_is_refused_and_nothing_panics() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let clock = cognito_authorizer::clock::SystemClock::default();
    let pool = cognito_local_pool::LocalPool::builder(crate::support::POOL)
        .app_client(cognito_local_pool::AppClient::public(crate::support::CLIENT))
        .build()
        .expect("a pool");
    let first = runtime();
    let auth: CognitoAuthLayer = first.block_on(async {
        CognitoAuthLayer::builder(crate::support::POOL)
            .client(crate::support::CLIENT)
            .clock(clock)
            .revocation(Revocation::check(SlowlyInForce))
            .with_keys([(pool.id(), keys(&pool))])
            .expect("a layer")
    });
    drop(first);
    let good = bearer(pool.access_token("ada").sign());
    let answer = runtime().block_on(auth.layer(served()).oneshot(request(&good)));
    assert_eq!(answer.expect("an answer").status(), 503);
}

/// Whether some token can meet a requirement depends on the profile.
#[tokio::test]
async fn a_requirement_that_no_token_can_meet_is_an_error_by_the_rules_of_the_profile() {
    let clock = clock();
    let pool = pool(&clock);
    let table = || RouteTable::builder().require("GET /", scope("orders/read")).build().expect("a row");
    let rest = builder(&clock).profile(Profile::RestApi).require(token_use(TokenUse::Access)).routes(table());
    assert!(rest.with_keys([(pool.id(), keys(&pool))]).is_ok());
    let http = builder(&clock).profile(Profile::HttpApi).accept(TokenUse::Id).routes(table());
    assert!(http.with_keys([(pool.id(), keys(&pool))]).is_ok(), "an ID token may have the scope in `scp`");
    let standard = builder(&clock).accept(TokenUse::Id).routes(table());
    assert!(standard.with_keys([(pool.id(), keys(&pool))]).is_err());
}

/// Also if no row of the table needs a token.
#[tokio::test]
async fn a_mistake_in_the_layers_own_requirement_is_found_with_any_table() {
    let clock = clock();
    let pool = pool(&clock);
    let open = RouteTable::builder().open("GET /").build().expect("a row");
    let mistaken = builder(&clock).require(scope("orders read")).routes(open);
    let error = mistaken.with_keys([(pool.id(), keys(&pool))]).expect_err("that is not a scope").to_string();
    assert!(error.contains("`orders read` is not a scope"), "{error}");
}
