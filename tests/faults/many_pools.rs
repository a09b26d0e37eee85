//! A token with an unknown `kid` causes a fetch only from the pool that its issuer names, however many there are.

use std::time::Duration;

use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, IssuerForm, UserPool, clock::ManualClock, keys::FetchError,
};
use cognito_local_pool::{LocalPool, TokenBuilder};

use super::{
    COOL_DOWN, DAY, LONG, ROTATION, code, layer_on,
    server::{Answer, FaultServer},
};
use crate::support::{self, PoolSettings, bearer, clock};

/// A token of the local pool with a `kid` that no pool has.
fn forged(pool: &LocalPool, number: usize) -> TokenBuilder {
    pool.access_token("ada").header("kid", format!("forged-{number}")).expires_in(10 * 365 * DAY)
}

/// Adds pools up to this number, all with their keys on this server.
fn with_pools(layer: CognitoAuthBuilder, pools: usize, server: &FaultServer) -> CognitoAuthBuilder {
    (1..pools).fold(layer, |layer, number| {
        let pool = UserPool::new(format!("eu-west-1_Partner{number}")).any_client();
        layer.user_pool(pool.jwks_url(server.url()))
    })
}

async fn connected(server: &FaultServer, clock: &ManualClock, pools: usize) -> CognitoAuthLayer {
    with_pools(layer_on(server, clock, LONG), pools, server).connect().await.expect("keys")
}

#[tokio::test]
async fn a_forged_token_asks_at_most_one_pool_of_many() {
    for pools in [1, 300, 1000] {
        let clock = clock();
        let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
        let auth = connected(&server, &clock, pools).await;
        let local = support::pool(&clock);
        let start = server.count();
        let fetches = || server.count() - start;

        for (number, issuer) in [
            "https://evil.example",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Partner0",
            "https://issuer-cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi",
            "",
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(code(&auth, &bearer(forged(&local, number).issuer(issuer).sign())).await, 401);
        }
        for payload in [r#"{"iss":7}"#, r#"{"iss""#, "{}", r#"{"iss":"a","iss":"b"}"#, "\0", ""] {
            let token = forged(&local, 9).raw_payload(payload).sign();
            assert_eq!(code(&auth, &bearer(token)).await, 401, "{payload}");
        }
        let foreign = fetches();
        assert_eq!(code(&auth, &bearer(forged(&local, 10).sign())).await, 401);
        let named = fetches();
        println!("{pools} pools: {foreign} fetches for foreign issuers, {named} for one that is configured");
        assert_eq!((foreign, named), (0, 1), "{pools} pools");
        // It caused no fetch from the other pools, and its cool-down does not apply to them.
        for pool in (1..pools).take(20) {
            let issuer = format!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Partner{pool}");
            assert_eq!(code(&auth, &bearer(forged(&local, 11).issuer(issuer).sign())).await, 401);
            assert_eq!(fetches(), 1 + pool);
        }
    }
}

/// While a pool is switched from one issuer form to the other, both forms name it.
#[tokio::test]
async fn a_token_with_either_issuer_form_causes_a_fetch_from_its_pool() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let forms =
        |layer: CognitoAuthBuilder| layer.issuer_form(IssuerForm::Original).issuer_form(IssuerForm::Updated);
    let auth = with_pools(forms(layer_on(&server, &clock, LONG)), 3, &server).connect().await.expect("keys");
    let local = support::pool(&clock);
    let updated = local.issuer().replace("cognito-idp", "issuer-cognito-idp");
    for (number, issuer) in [local.issuer(), &updated].into_iter().enumerate() {
        assert_eq!(code(&auth, &bearer(forged(&local, number).issuer(issuer).sign())).await, 401);
        assert_eq!(server.count(), 3 + number + 1, "{issuer}");
        clock.advance(COOL_DOWN);
    }
}

/// The issuer selects the pool to fetch from. It neither lets a token in nor keeps one out.
#[tokio::test]
async fn the_unsigned_issuer_decides_nothing_else() {
    let clock = clock();
    let one = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let two = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let partners = UserPool::new("eu-west-1_Partner1").any_client().jwks_url(two.url());
    let auth = layer_on(&one, &clock, LONG).user_pool(partners).connect().await.expect("keys");
    // From now on both pools publish the token's key. The token names the second pool, but belongs to the first.
    one.answer(Answer::good(&ROTATION.both));
    two.answer(Answer::good(&ROTATION.both));
    let local = support::pool(&clock);
    let partner = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Partner1";
    assert_eq!(code(&auth, &bearer(forged(&local, 0).issuer(partner).sign())).await, 401);
    assert_eq!((one.count(), two.count()), (1, 2));
    // Its key is now known, but as the second pool's, so it does not let the token in.
    assert_eq!(code(&auth, &ROTATION.new_token).await, 401);
    auth.refresh().await;
    assert_eq!(code(&auth, &ROTATION.new_token).await, 200);
    // While a pool's keys are unavailable, an unknown key may be one of them, whatever the issuer says.
    two.answer(Answer::Status(500));
    auth.refresh().await;
    for issuer in ["https://evil.example", local.issuer(), partner] {
        assert_eq!(code(&auth, &bearer(forged(&local, 1).issuer(issuer).sign())).await, 503, "{issuer}");
    }
}

#[tokio::test]
async fn the_first_fetch_is_tried_twice() {
    let clock = clock();
    for (answers, starts) in [(1, true), (2, false)] {
        let server = FaultServer::start(&clock, Answer::Status(500)).await;
        server.then(answers, Answer::good(&ROTATION.old));
        let layer = layer_on(&server, &clock, LONG).connect().await;
        assert_eq!((layer.is_ok(), server.count()), (starts, 2), "after {answers} faults");
        // Pools that have their keys get no second request.
        let good = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
        let partners = UserPool::new("eu-west-1_Partner1").any_client().jwks_url(server.url());
        server.answer(Answer::Status(500));
        server.then(answers, Answer::good(&ROTATION.old));
        let layer = layer_on(&good, &clock, LONG).user_pool(partners).connect().await;
        assert_eq!((layer.is_ok(), good.count(), server.count()), (starts, 1, 4), "after {answers} faults");
    }
}

#[tokio::test]
async fn a_time_out_names_the_setting() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::Hang).await;
    let error = layer_on(&server, &clock, Duration::from_millis(100)).connect().await.expect_err("no answer");
    let text = error.to_string();
    assert!(text.contains("no complete answer within 100 ms; allow more with `.fetch_timeout(…)`"), "{text}");
    assert!(matches!(
        error,
        cognito_authorizer::ConfigError::Keys { error: FetchError::TimedOut { .. }, .. }
    ));
}
