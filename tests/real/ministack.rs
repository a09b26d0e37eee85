//! Tokens of ministack: machines and users of a pool that is created with Cognito's API.

use std::time::Duration;

use axum::{
    Json, Router,
    routing::{get, post},
};
use cognito_authorizer::{
    AccessClaims, CognitoAuthLayer, IdClaims, TokenUse, UnixTime, Verified,
    clock::{Clock, ManualClock, SystemClock},
    group, scope,
};
use expect_test::expect;
use serde_json::{Value, json};

use super::{
    outcome::reasons,
    scene::{API_SCOPE, Scene},
};
use crate::support::{Api, bearer};

/// The protected routes of the example service.
fn api(auth: &CognitoAuthLayer) -> Router {
    let needs = |requirement| auth.clone().require(requirement).expect("a requirement that can be met");
    let my_path = post(|caller: AccessClaims| async move { Json(facts(&caller)) });
    let me = get(|caller: IdClaims| async move { Json(facts(&caller)) });
    Router::new()
        .route("/my_path", my_path.route_layer(needs(scope(API_SCOPE))))
        .route("/me", me.route_layer(auth.clone().accept(TokenUse::Id).expect("it holds")))
        .route("/ops", get(|| async {}).route_layer(needs(group("ops"))))
        .route("/", get(|caller: AccessClaims| async move { Json(facts(&caller)) }).route_layer(auth.clone()))
}

/// The claims that a handler gets.
fn facts(caller: &Verified) -> Value {
    json!({
        "client": caller.client_id(),
        "groups": caller.groups().collect::<Vec<_>>(),
        "pool": caller.pool().as_str(),
        "scopes": caller.scopes().iter().collect::<Vec<_>>(),
        "subject is the client": caller.subject() == caller.client_id(),
        "username": caller.username(),
    })
}

fn now() -> ManualClock {
    ManualClock::at(SystemClock::default().now())
}

#[tokio::test]
async fn each_refused_request_has_its_own_reason() {
    let scene = Scene::new().await;
    let cast = scene.cast().await;
    let auth = scene.layer(&now()).await;
    expect![[r#"
        machine with the scope · POST /my_path · 200
        machine with another scope · POST /my_path · 403 scope
        machine without any scope · POST /my_path · 403 scope
        user without the scope · POST /my_path · 403 scope
        nobody · POST /my_path · 401 no_token
        user with an ID token · POST /my_path · 401 token_use
        user with a refresh token · POST /my_path · 401 unknown_use
        machine of another pool · POST /my_path · 401 unknown_key
        app client that is not listed · POST /my_path · 401 client
        changed payload · POST /my_path · 401 signature
        changed signature · POST /my_path · 401 signature
        scope under another token's signature · POST /my_path · 401 signature
        user with an ID token · GET /me · 200
        user with an access token · GET /me · 401 token_use
        user with a refresh token · GET /me · 401 unknown_use
        machine with the scope · GET /me · 401 token_use
        nobody · GET /me · 401 no_token
        user in the group · GET /ops · 200
        user in no group · GET /ops · 403 group
    "#]]
    .assert_eq(&reasons(&api(&auth), &cast.requests(&scene)).await);
}

#[tokio::test]
async fn a_handler_gets_the_claims_that_ministack_signed() {
    let scene = Scene::new().await;
    let machine = scene.pool.machine_token(&scene.machine).await;
    let api = Api::serve(api(&scene.layer(&now()).await)).await;
    let facts_at = async |path: &str, token: &str| {
        let answer = api.get(path, &bearer(token)).await;
        serde_json::from_str::<Value>(&answer.body).unwrap_or_else(|_| panic!("{answer}"))
    };
    let user = json!({
        "client": scene.web.id,
        "groups": ["ops"],
        "pool": scene.pool.id(),
        "scopes": ["aws.cognito.signin.user.admin"],
        "subject is the client": false,
        "username": "ada",
    });
    assert_eq!(facts_at("/", &scene.ada.access).await, user);
    let mut signed_in = user;
    signed_in["scopes"] = json!([]);
    assert_eq!(facts_at("/me", &scene.ada.id).await, signed_in);
    let program = json!({
        "client": scene.machine.id,
        "groups": [],
        "pool": scene.pool.id(),
        "scopes": [API_SCOPE],
        "subject is the client": true,
        "username": null,
    });
    assert_eq!(facts_at("/", &machine).await, program);
}

#[tokio::test]
async fn a_token_is_accepted_until_the_millisecond_of_its_expiry() {
    let scene = Scene::new().await;
    let machine = bearer(scene.pool.machine_token(&scene.machine).await);
    let clock = now();
    let auth = scene.layer(&clock).await;
    let expiry = get(|caller: AccessClaims| async move { caller.expiry().as_millis().to_string() });
    let api = Api::serve(Router::new().route("/", expiry.route_layer(auth))).await;
    let answer = api.get("/", &machine).await.to_string();
    let expiry =
        answer.strip_prefix("200 ").and_then(|millis| millis.parse().ok()).map(UnixTime::from_millis);
    let expiry = expiry.unwrap_or_else(|| panic!("{answer}"));

    clock.set(expiry - Duration::from_millis(1));
    assert_eq!(api.get("/", &machine).await.to_string(), answer);
    clock.set(expiry);
    expect![[r#"401 Bearer error="invalid_token", error_description="the token has expired""#]]
        .assert_eq(&api.get("/", &machine).await.to_string());
}
