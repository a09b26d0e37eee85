//! The example service `orders` as a program, with ministack's tokens.

use expect_test::expect;
use http::{Method, StatusCode};

use super::{
    outcome::{answers, parts},
    program::Program,
    scene::{API_SCOPE, Scene},
    until,
};

async fn orders(scene: &Scene, more: &[&str]) -> Program {
    let client_ids = [&scene.client_ids()[..], more].concat();
    let settings = [
        ("COGNITO_USER_POOL_ID", scene.pool.id()),
        ("COGNITO_CLIENT_IDS", &client_ids.join(",")),
        ("COGNITO_JWKS_URL", &scene.pool.jwks_url()),
    ];
    Program::start("ORDERS_BIN", &settings).await
}

#[tokio::test]
async fn the_service_decides_about_each_kind_of_token() {
    let scene = Scene::new().await;
    let cast = scene.cast().await;
    let orders = orders(&scene, &[]).await;
    expect![[r#"
        machine with the scope · POST /my_path · 200
        machine with another scope · POST /my_path · 403 Bearer error="insufficient_scope" scope="user_management_lambdas/api"
        machine without any scope · POST /my_path · 403 Bearer error="insufficient_scope" scope="user_management_lambdas/api"
        user without the scope · POST /my_path · 403 Bearer error="insufficient_scope" scope="user_management_lambdas/api"
        nobody · POST /my_path · 401 Bearer scope="user_management_lambdas/api"
        user with an ID token · POST /my_path · 401 Bearer error="invalid_token"
        user with a refresh token · POST /my_path · 401 Bearer error="invalid_token"
        machine of another pool · POST /my_path · 401 Bearer error="invalid_token"
        app client that is not listed · POST /my_path · 401 Bearer error="invalid_token"
        changed payload · POST /my_path · 401 Bearer error="invalid_token"
        changed signature · POST /my_path · 401 Bearer error="invalid_token"
        scope under another token's signature · POST /my_path · 401 Bearer error="invalid_token"
        user with an ID token · GET /me · 200
        user with an access token · GET /me · 401 Bearer error="invalid_token"
        user with a refresh token · GET /me · 401 Bearer error="invalid_token"
        machine with the scope · GET /me · 401 Bearer error="invalid_token"
        nobody · GET /me · 401 Bearer
        user in the group · GET /ops · 200
        user in no group · GET /ops · 403 Bearer error="insufficient_scope"
    "#]].assert_eq(&answers(orders.url(), &cast.requests(&scene)).await);

    let more = [
        ("machine that may read", Method::GET, "/orders", Some(&*cast.orders)),
        ("machine that may read", Method::POST, "/orders", Some(&cast.orders)),
        ("machine with the scope of another route", Method::GET, "/orders", Some(&cast.machine)),
        ("nobody", Method::GET, "/health", None),
        ("nobody", Method::GET, "/readyz", None),
        ("nobody", Method::GET, "/no_such_path", None),
    ];
    expect![[r#"
        machine that may read · GET /orders · 200
        machine that may read · POST /orders · 403 Bearer error="insufficient_scope" scope="orders/write"
        machine with the scope of another route · GET /orders · 403 Bearer error="insufficient_scope" scope="orders/read"
        nobody · GET /health · 200
        nobody · GET /readyz · 200
        nobody · GET /no_such_path · 404
    "#]].assert_eq(&answers(orders.url(), &more).await);
}

#[tokio::test]
async fn the_service_logs_no_token() {
    let scene = Scene::new().await;
    let cast = scene.cast().await;
    let mut orders = orders(&scene, &[]).await;
    let requests = cast.requests(&scene);
    answers(orders.url(), &requests).await;
    orders.stop("TERM").await;
    let output = orders.output();
    assert!(output.contains("/my_path"), "the log has every level:\n{output}");
    for (who, _, path, token) in requests {
        for part in token.map(parts).into_iter().flatten() {
            assert!(!output.contains(part), "{path}, {who}: a part of the token was written");
        }
    }
}

#[tokio::test]
async fn the_service_refuses_a_token_once_it_has_expired() {
    let scene = Scene::new().await;
    let brief = scene.pool.create_short_lived_client(&[API_SCOPE], 5).await;
    let orders = orders(&scene, &[&brief.id]).await;
    let token = scene.pool.machine_token(&brief).await;
    let answer =
        async || answers(orders.url(), &[("machine", Method::POST, "/my_path", Some(&*token))]).await;

    let good = answer().await;
    assert!(good.ends_with(" 200\n"), "{good}");
    until("the expiry of the token", async || answer().await != good).await;
    expect![[r#"
        machine · POST /my_path · 401 Bearer error="invalid_token"
    "#]]
    .assert_eq(&answer().await);
}

#[tokio::test]
async fn the_service_shuts_down_gracefully() {
    let scene = Scene::new().await;
    for signal in ["TERM", "INT"] {
        let mut orders = orders(&scene, &[]).await;
        // A caller that keeps its connection open does not keep the service from ending.
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let health = client.get(format!("{}/health", orders.url())).send().await.expect("an answer");
        assert_eq!(health.status(), StatusCode::OK);
        let status = orders.stop(signal).await;
        assert_eq!(status.code(), Some(0), "SIG{signal}: {status}\n{}", orders.output());
    }
}
