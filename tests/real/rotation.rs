//! Key rotation during traffic: at once and without notice (ministack), and as Cognito does it (the local pool).

use std::{process::Output, sync::Arc};

use cognito_authorizer::{CognitoAuthLayer, UserPool, keys::KeyStatus};
use tokio::{process::Command, task::JoinSet};

use super::{cognito::Cognito, setting, traffic::Traffic};
use crate::support::{Api, POOL, PoolSettings, bearer};

/// The answer to a token whose key the issuer has withdrawn.
const WITHDRAWN: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is not signed by an accepted key""#;

fn key_ids(status: &KeyStatus) -> Vec<String> {
    assert!(status.is_ready(), "{status:?}");
    status.pools.iter().flat_map(|pool| pool.key_ids.clone()).collect()
}

fn assert_success(Output { status, stderr, .. }: &Output) {
    assert!(status.success(), "{status}: {}", String::from_utf8_lossy(stderr));
}

/// The issuer is unavailable for half a second, and has other keys when it comes back. Old tokens are accepted until the new keys
/// are fetched, and new tokens from the first request on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_good_request_is_refused_when_all_keys_change_at_once() {
    let pool = Cognito::at("MINISTACK_ROTATING_URL").create_pool().await;
    pool.create_resource_server("orders", &["read"]).await;
    let machine = pool.create_machine_client(&["orders/read"]).await;
    let web = pool.create_public_client().await;
    pool.create_user("ada").await;
    let auth = CognitoAuthLayer::builder(pool.id())
        .client(&machine.id)
        .client(&web.id)
        .jwks_url(pool.jwks_url())
        .connect()
        .await
        .expect("ministack has the keys");
    let api = Arc::new(Api::behind(auth.clone()).await);
    let first_keys = key_ids(&auth.status());
    let old = [pool.machine_token(&machine).await, pool.sign_in(&web, "ada").await.access];

    let [from_machine, from_user] = old.clone().map(|token| Traffic::start(2, &api, move || token.clone()));
    from_machine.next_answers().await;
    let rotated = Command::new(setting("MINISTACK_ROTATE")).arg(pool.id()).output().await;
    assert_success(&rotated.expect("`MINISTACK_ROTATE` can be run"));
    from_user.next_answers().await;
    for traffic in [from_machine, from_user] {
        traffic.stop_unrefused().await;
    }
    assert_eq!(key_ids(&auth.status()), first_keys, "nothing has asked for the new keys yet");

    // Fifty at once: the first one causes a fetch, and none may be refused.
    let new = [pool.machine_token(&machine).await, pool.sign_in(&web, "ada").await.access];
    let mut answers = JoinSet::new();
    for token in new.iter().cycle().take(50).cloned() {
        let api = api.clone();
        answers.spawn(async move { api.get("/", &bearer(token)).await.to_string() });
    }
    for answer in answers.join_all().await {
        assert_eq!(answer, "200 let in");
    }
    let second_keys = key_ids(&auth.status());
    assert!(!second_keys.iter().any(|id| first_keys.contains(id)), "{first_keys:?} and {second_keys:?}");
    for token in &old {
        assert_eq!(api.get("/", &bearer(token)).await.to_string(), WITHDRAWN);
    }
}

/// Every request has a new token, signed with the key that the pool uses at that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_good_request_is_refused_when_keys_are_published_before_they_are_used() {
    let pool = cognito_local_pool::LocalPool::builder(POOL).build().expect("a pool");
    let server = pool.serve("127.0.0.1:0").await.expect("a free port");
    let auth = CognitoAuthLayer::builder(UserPool::new(POOL).any_client().jwks_url(server.jwks_url()))
        .connect()
        .await
        .expect("the pool has the keys");
    let api = Arc::new(Api::behind(auth.clone()).await);
    let minting = pool.clone();
    let traffic = Traffic::start(8, &api, move || minting.access_token("ada").sign());
    traffic.next_answers().await;
    let first_keys = key_ids(&auth.status());
    let old = bearer(pool.access_token("ada").sign());

    pool.publish_next_keys();
    assert_eq!(key_ids(&auth.refresh().await).len(), 4, "old and new");
    traffic.next_answers().await;
    pool.use_next_keys();
    traffic.next_answers().await;
    assert_eq!(api.get("/", &old).await.to_string(), "200 let in");
    pool.withdraw_old_keys();
    let second_keys = key_ids(&auth.refresh().await);
    traffic.next_answers().await;

    let requests = traffic.stop_unrefused().await;
    assert!(requests >= 64, "{requests} requests: eight callers had at least two answers, four times");
    assert!(second_keys.contains(&pool.access_key_id()), "{second_keys:?}");
    assert!(!second_keys.iter().any(|id| first_keys.contains(id)), "{first_keys:?} and {second_keys:?}");
    // The first fetch and two refreshes; no request caused a fetch.
    assert_eq!(server.jwks_fetches(), 3);
    assert_eq!(api.get("/", &old).await.to_string(), WITHDRAWN);
}
