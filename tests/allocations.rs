//! How many heap allocations a verified request makes.

use std::time::Duration;

use allocation_counter::measure;
use cognito_authorizer::{UnixTime, UserPool};
use cognito_verify::{PoolKeys, Verifier};
use tower::{Layer, Service};

use crate::support::{CLIENT, POOL, bearer, builder_with_result_ttl, clock, keys, pool, request, served};

#[derive(serde::Deserialize)]
struct Typed<'c> {
    sub: &'c str,
    client_id: &'c str,
    exp: u64,
}

/// The payload, and the list of groups twice: as read and as kept. Typed claims are read in place.
#[test]
fn a_verification_with_typed_claims_allocates_three_times() {
    let clock = clock();
    let pool = pool(&clock);
    let verifier = Verifier::new([UserPool::new(POOL).client(CLIENT)]).expect("it holds");
    let (pool_keys, now) = (PoolKeys::from(&keys(&pool)), cognito_authorizer::clock::Clock::now(&clock));
    let run = |token: &str, now: UnixTime| {
        let verified = verifier.verify(token, &pool_keys, now).expect("a good token");
        let typed: Typed<'_> = verified.claims().expect("they fit");
        assert!(!typed.sub.is_empty() && !typed.client_id.is_empty() && typed.exp > 0);
    };
    let user = pool.access_token("ada").scope("orders/read").sign();
    let machine = pool.machine_token(CLIENT).scope("orders/read").sign();
    run(&user, now);
    assert_eq!(measure(|| run(&user, now)).count_total, 3);
    assert_eq!(measure(|| run(&machine, now)).count_total, 1);
}

/// Three in the verification, one for the shared `Verified`, and three in the request's extensions.
#[tokio::test]
async fn an_allowed_request_allocates_seven_times() {
    assert_eq!(allocations_of_a_second_request(Duration::ZERO).await, 7);
}

/// Only those in the request's extensions.
#[tokio::test]
async fn a_request_with_a_cached_token_allocates_three_times() {
    assert_eq!(allocations_of_a_second_request(Duration::from_secs(300)).await, 3);
}

async fn allocations_of_a_second_request(result_ttl: Duration) -> u64 {
    let clock = clock();
    let pool = pool(&clock);
    let auth =
        builder_with_result_ttl(&clock, result_ttl).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let mut service = auth.layer(served());
    let user = bearer(pool.access_token("ada").scope("orders/read").sign());
    let (warm, counted) = (request(&user), request(&user));
    service.call(warm).await.expect("an answer");
    let mut future = None;
    // The decision is made in `call`; the rest of the future belongs to the inner service.
    let allocations = measure(|| future = Some(service.call(counted)));
    assert_eq!(future.expect("called").await.expect("an answer").status(), 200);
    allocations.count_total
}
