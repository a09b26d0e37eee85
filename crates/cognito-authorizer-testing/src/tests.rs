use std::time::Duration;

use cognito_authorizer::{Refusal, Rejected, keys::Jwks};
use cognito_local_pool::AppClient;

use super::*;

fn pool() -> LocalPool {
    let builder = LocalPool::builder("ap-south-1_abcdefghi");
    builder.app_client(AppClient::public("web")).app_client(AppClient::public("app")).build().unwrap()
}

async fn refusal(auth: &CognitoAuthLayer, token: &str) -> Refusal {
    auth.authorizer().verify(token).await.unwrap_err()
}

#[tokio::test]
async fn a_layer_accepts_tokens_of_the_pools_app_clients_and_no_others() {
    let pool = pool();
    let auth = pool.layer().unwrap();
    let verify = async |token: String| auth.authorizer().verify(&token).await;
    for client in ["web", "app"] {
        let verified = verify(pool.access_token("ada").client(client).sign()).await.unwrap();
        assert_eq!(verified.client_id(), client);
    }
    let other = pool.access_token("ada").client("other").sign();
    assert!(matches!(refusal(&auth, &other).await, Refusal::Rejected(Rejected::Client { .. })));
    let forged = pool.access_token("ada").forged().sign();
    assert!(matches!(refusal(&auth, &forged).await, Refusal::Rejected(_)));
}

#[tokio::test]
async fn a_pool_without_app_clients_signs_for_any() {
    let pool = LocalPool::builder("ap-south-1_abcdefghi").build().unwrap();
    let token = pool.access_token("ada").client("of this test").sign();
    assert!(pool.layer().unwrap().authorizer().verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_token_expires_when_the_pools_clock_is_advanced() {
    let pool = pool();
    let auth = pool.layer().unwrap();
    let token = pool.access_token("ada").client("web").sign();
    assert!(auth.authorizer().verify(&token).await.is_ok());
    pool.clock().advance(Duration::from_secs(2 * 3600));
    assert!(matches!(refusal(&auth, &token).await, Refusal::Rejected(Rejected::Expired { .. })));
    assert!(auth.authorizer().verify(&pool.access_token("ada").client("web").sign()).await.is_ok());
}

#[tokio::test]
async fn a_pool_with_an_issuer_of_its_own_is_trusted_by_it() {
    let builder =
        LocalPool::builder("ap-south-1_abcdefghi").issuer("http://localhost:9229/ap-south-1_abcdefghi");
    let pool = builder.build().unwrap();
    let token = pool.access_token("ada").sign();
    assert!(pool.layer().unwrap().authorizer().verify(&token).await.is_ok());
    let cognito =
        pool.access_token("ada").issuer("https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi");
    let refused = refusal(&pool.layer().unwrap(), &cognito.sign()).await;
    assert!(matches!(refused, Refusal::Rejected(Rejected::Issuer)), "{refused}");
}

#[tokio::test]
async fn supplied_keys_stay_and_fetched_keys_follow_the_pool() {
    let pool = pool();
    let (supplied, fetched) = (pool.layer().unwrap(), pool.authorizer().connect().await.unwrap());
    pool.rotate();
    let token = pool.access_token("ada").client("web").sign();
    assert!(matches!(refusal(&supplied, &token).await, Refusal::Rejected(Rejected::UnknownKey)));
    assert!(fetched.authorizer().verify(&token).await.is_ok());
}

#[tokio::test]
async fn the_keys_of_a_further_pool_are_not_those_of_this_one() {
    let pool = pool();
    let more = UserPool::new("eu-west-1_Ab12Cd34E").any_client();
    let error = pool.authorizer().user_pool(more).connect().await.unwrap_err();
    assert!(error.to_string().contains("give further pools a source of their own"), "{error}");
}

#[test]
fn a_layer_needs_no_runtime() {
    assert!(pool().layer().unwrap().status().is_ready());
}

/// A setting of the trait counts as one of the program's: a second one would silently replace it.
#[test]
fn a_second_key_source_is_an_error() {
    let pool = pool();
    let twice = pool.authorizer().keys(Jwks::from_source(PoolKeys::of(&pool)));
    assert!(matches!(twice.with_keys(pool.key_sets().unwrap()), Err(ConfigError::Repeated { .. })));
}
