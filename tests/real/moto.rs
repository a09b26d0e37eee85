//! Tokens of moto, where all pools have the same key, with the same `kid`, for both token uses. Only the issuer distinguishes the
//! pools, and only `token_use` the uses.

use axum::{Router, routing::get};
use cognito_authorizer::{AccessClaims, CognitoAuthLayer, IdClaims, TokenUse, UserPool, Verified};
use expect_test::expect;
use http::Method;

use super::{
    cognito::{Client, Cognito, Pool, Tokens},
    outcome::reasons,
};
use crate::support::{Api, PoolSettings, bearer};

/// A pool with an app client and the tokens of a user.
struct Scene {
    pool: Pool,
    client: Client,
    user: Tokens,
}

impl Scene {
    async fn new() -> Self {
        let pool = Cognito::at("MOTO_URL").create_pool().await;
        let client = pool.create_public_client().await;
        pool.create_user("ada").await;
        pool.create_group("ops", "ada").await;
        let user = pool.sign_in(&client, "ada").await;
        Self { pool, client, user }
    }

    fn trusted(&self) -> UserPool {
        UserPool::new(self.pool.id()).client(&self.client.id).jwks_url(self.pool.jwks_url())
    }

    /// What a handler behind the layer reads in the tokens.
    fn facts(&self) -> String {
        format!("200 ada of [\"ops\"] by {} of {}", self.client.id, self.pool.id())
    }
}

async fn layer(first: &Scene, more: &[&Scene]) -> CognitoAuthLayer {
    let builder =
        CognitoAuthLayer::builder(first.pool.id()).client(&first.client.id).jwks_url(first.pool.jwks_url());
    let builder = more.iter().fold(builder, |builder, scene| builder.user_pool(scene.trusted()));
    builder.connect().await.expect("moto has the keys")
}

fn api(auth: &CognitoAuthLayer) -> Router {
    let access = get(|caller: AccessClaims| async move { facts(&caller) });
    let id = get(|caller: IdClaims| async move { facts(&caller) });
    Router::new()
        .route("/access", access.route_layer(auth.clone()))
        .route("/id", id.route_layer(auth.clone().accept(TokenUse::Id).expect("it holds")))
}

fn facts(caller: &Verified) -> String {
    let (user, groups) = (caller.username().unwrap_or_default(), caller.groups().collect::<Vec<_>>());
    format!("{user} of {groups:?} by {} of {}", caller.client_id(), caller.pool())
}

#[tokio::test]
async fn pools_with_the_same_key_are_distinguished_by_their_issuer() {
    let (first, second) = (Scene::new().await, Scene::new().await);
    let auth = layer(&first, &[&second]).await;
    let shared: Vec<_> = auth.status().pools.into_iter().map(|pool| pool.key_ids).collect();
    assert_eq!(shared, [["dummy"], ["dummy"]], "moto's pools share a `kid`");
    let api = Api::serve(api(&auth)).await;
    for scene in [&first, &second] {
        assert_eq!(api.get("/access", &bearer(&scene.user.access)).await.to_string(), scene.facts());
        assert_eq!(api.get("/id", &bearer(&scene.user.id)).await.to_string(), scene.facts());
    }
}

#[tokio::test]
async fn the_key_of_a_trusted_pool_does_not_let_in_tokens_of_another() {
    let (first, second, third) = (Scene::new().await, Scene::new().await, Scene::new().await);
    let api = api(&layer(&first, &[&second]).await);
    let requests = [
        ("token of a trusted pool", Method::GET, "/access", Some(&*second.user.access)),
        ("token of another pool", Method::GET, "/access", Some(&third.user.access)),
        ("ID token of another pool", Method::GET, "/id", Some(&third.user.id)),
    ];
    expect![[r#"
        token of a trusted pool · GET /access · 200
        token of another pool · GET /access · 401 issuer
        ID token of another pool · GET /id · 401 issuer
    "#]]
    .assert_eq(&reasons(&api, &requests).await);
}

#[tokio::test]
async fn tokens_of_both_uses_with_one_key_are_distinguished_by_token_use() {
    let scene = Scene::new().await;
    let api = api(&layer(&scene, &[]).await);
    let requests = [
        ("access token", Method::GET, "/access", Some(&*scene.user.access)),
        ("ID token", Method::GET, "/access", Some(&scene.user.id)),
        ("ID token", Method::GET, "/id", Some(&scene.user.id)),
        ("access token", Method::GET, "/id", Some(&scene.user.access)),
    ];
    expect![[r#"
        access token · GET /access · 200
        ID token · GET /access · 401 token_use
        ID token · GET /id · 200
        access token · GET /id · 401 token_use
    "#]]
    .assert_eq(&reasons(&api, &requests).await);
}

#[tokio::test]
async fn an_app_client_is_let_in_with_its_own_pool_only() {
    let (first, second) = (Scene::new().await, Scene::new().await);
    // The first pool lets in the second's app client by mistake; matching ids must not suffice.
    let swapped = CognitoAuthLayer::builder(first.pool.id())
        .client(&second.client.id)
        .jwks_url(first.pool.jwks_url())
        .user_pool(UserPool::new(second.pool.id()).client(&first.client.id).jwks_url(second.pool.jwks_url()))
        .connect()
        .await
        .expect("moto has the keys");
    let requests = [&first, &second].map(|scene| ("user", Method::GET, "/access", Some(&*scene.user.access)));
    expect![[r#"
        user · GET /access · 401 client
        user · GET /access · 401 client
    "#]]
    .assert_eq(&reasons(&api(&swapped), &requests).await);
}
