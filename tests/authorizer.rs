//! `CognitoAuthorizer` decides as the layer does, without a service behind it.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use axum::body::Body;
use cognito_authorizer::{
    CognitoAuthLayer, CognitoAuthorizer, ConfigError, Refusal, Refused, Revocation, RouteTable,
    routes::RouteError, scope,
};
use cognito_local_pool::LocalPool;
use http::{
    HeaderMap, Method, Request, StatusCode,
    header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, RETRY_AFTER},
    request::Parts,
};
use http_body_util::BodyExt;
use serde_json::json;
use tower::{Layer, Service, ServiceExt};

use crate::support::{AlwaysRevoked, PoolSettings, bearer, builder, clock, keys, pool, request, served};

fn parts(method: Method, path: &str, authorization: &str) -> Parts {
    let (mut parts, _) = request(authorization).into_parts();
    parts.method = method;
    parts.uri = path.parse().expect("a path");
    parts
}

fn table() -> RouteTable {
    RouteTable::builder()
        .require("GET /orders/{id}", scope("orders/read"))
        .open("GET /health")
        .preflight("OPTIONS /orders/{id}")
        .refuse("ANY /internal")
        .build()
        .expect("a table")
}

fn layer(pool: &LocalPool) -> CognitoAuthLayer {
    builder(&clock()).routes(table()).with_keys([(pool.id(), keys(pool))]).expect("a layer")
}

fn token(pool: &LocalPool) -> String {
    pool.access_token("ada").scope("orders/read").sign()
}

/// Status, headers and body of the layer's response.
async fn by_layer(auth: &CognitoAuthLayer, parts: &Parts) -> (StatusCode, HeaderMap, String) {
    let request = Request::from_parts(parts.clone(), Body::empty());
    let response = auth.layer(served()).oneshot(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (head.status, head.headers, String::from_utf8(body.to_vec()).expect("text"))
}

fn by_authorizer(refused: &Refused) -> (StatusCode, HeaderMap, String) {
    let response = refused.response();
    let body = String::from_utf8(response.body().to_vec()).expect("text");
    (response.status(), response.headers().clone(), body)
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn the_authorizer_returns_the_token_and_its_route() {
    let pool = pool(&clock());
    let authorizer = layer(&pool).authorizer();
    let request = parts(Method::GET, "/orders/7", &bearer(token(&pool)));
    let authorized = assert_send(authorizer.authorize(&request)).await.expect("let in");
    assert_eq!(authorized.verified().expect("a token").username(), Some("ada"));
    assert_eq!(authorized.route().expect("a row").to_string(), "GET /orders/{id}");
    assert!(request.extensions.is_empty());
}

#[tokio::test]
async fn an_open_route_and_a_preflight_are_let_in_without_a_token() {
    let pool = pool(&clock());
    let authorizer = layer(&pool).authorizer();
    // The token is not read.
    let open = authorizer.authorize(&parts(Method::GET, "/health", "Bearer x")).await.expect("let in");
    assert!(open.verified().is_none());
    assert_eq!(open.route().expect("a row").to_string(), "GET /health");

    let mut preflight = parts(Method::OPTIONS, "/orders/7", "");
    let refused = authorizer.authorize(&preflight).await.expect_err("not a preflight yet");
    assert_eq!(refused.refusal(), &Refusal::Route(RouteError::Method));
    preflight.headers.insert(ORIGIN, "https://app.example".parse().expect("a value"));
    preflight.headers.insert(ACCESS_CONTROL_REQUEST_METHOD, "GET".parse().expect("a value"));
    let authorized = authorizer.authorize(&preflight).await.expect("let in");
    assert!(authorized.verified().is_none());
}

#[tokio::test]
async fn a_refusal_has_the_response_of_the_layer() {
    let pool = pool(&clock());
    let auth = layer(&pool);
    let weak = pool.access_token("ada").scope("orders/write").sign();
    for (method, path, authorization, status) in [
        (Method::GET, "/orders/7", String::new(), 401),
        (Method::GET, "/orders/7", "Basic YTpi".to_owned(), 401),
        (Method::GET, "/orders/7", "Bearer\ta.b.c".to_owned(), 401),
        (Method::GET, "/orders/7", "Bearer a.b.c".to_owned(), 401),
        (Method::GET, "/orders/7", bearer(weak), 403),
        (Method::GET, "/internal", bearer(token(&pool)), 403),
        (Method::GET, "/none", bearer(token(&pool)), 404),
        (Method::GET, "/orders//7", bearer(token(&pool)), 400),
    ] {
        let request = parts(method, path, &authorization);
        let refused = auth.authorizer().authorize(&request).await.expect_err("refused");
        assert_eq!(refused.response().status(), status, "{path}");
        assert_eq!(by_authorizer(&refused), by_layer(&auth, &request).await, "{path} {authorization}");
        assert_eq!(refused.to_string(), refused.refusal().to_string());
        let refusal = refused.refusal().clone();
        assert_eq!(refused.into_response().extensions().get(), Some(&refusal));
    }
}

#[tokio::test]
async fn a_token_without_a_request_is_verified_by_the_requirement_of_the_layer() {
    let pool = pool(&clock());
    let authorizer = builder(&clock())
        .routes(table())
        .require(scope("orders/read"))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer")
        .authorizer();
    let verified = assert_send(authorizer.verify(&token(&pool))).await.expect("a good token");
    assert_eq!(verified.username(), Some("ada"));
    for (token, code) in [
        (pool.access_token("ada").scope("orders/write").sign(), "scope"),
        (pool.access_token("ada").expired().sign(), "expired"),
        (pool.id_token("ada").sign(), "token_use"),
        (bearer(token(&pool)), "encoding"),
        (String::new(), "segments"),
    ] {
        let refusal = authorizer.verify(&token).await.expect_err("not good enough");
        assert_eq!(refusal.code(), code);
    }
}

#[tokio::test]
async fn clones_and_layers_share_a_new_table() {
    let pool = pool(&clock());
    let auth = layer(&pool);
    let (authorizer, other) = (auth.authorizer(), auth.clone().authorizer());
    let request = parts(Method::GET, "/health", "");
    assert!(other.authorize(&request).await.is_ok());
    authorizer
        .set_routes(RouteTable::builder().refuse("GET /health").build().expect("a table"))
        .expect("set");
    let refused = other.authorize(&request).await.expect_err("by the new table");
    assert_eq!(refused.refusal(), &Refusal::Route(RouteError::Refused));
    assert_eq!(by_layer(&auth, &request).await.0, 403);

    let without = builder(&clock()).with_keys([(pool.id(), keys(&pool))]).expect("a layer").authorizer();
    assert_eq!(without.set_routes(table()), Err(ConfigError::NoRouteTable));
}

#[tokio::test]
async fn the_revocation_check_is_awaited() {
    let pool = pool(&clock());
    let auth = builder(&clock())
        .revocation(Revocation::check(AlwaysRevoked))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let request = parts(Method::GET, "/", &bearer(token(&pool)));
    let refused = assert_send(auth.authorizer().authorize(&request)).await.expect_err("revoked");
    assert_eq!(refused.refusal(), &Refusal::Revoked);
    assert_eq!(by_authorizer(&refused), by_layer(&auth, &request).await);
    let refusal = auth.authorizer().verify(&token(&pool)).await.expect_err("revoked");
    assert_eq!(refusal, Refusal::Revoked);
}

#[tokio::test]
async fn a_token_with_a_new_key_waits_for_the_keys() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a server");
    let auth = builder(&clock).jwks_url(server.jwks_url()).connect().await.expect("a layer");
    let authorizer: CognitoAuthorizer = auth.authorizer();
    assert!(authorizer.status().pools[0].is_ready());
    clock.advance(Duration::from_secs(60));
    pool.rotate();
    let request = parts(Method::GET, "/", &bearer(token(&pool)));
    let authorized = authorizer.authorize(&request).await.expect("the keys were fetched");
    assert!(authorized.verified().is_some());
    // The layer has the same keys now.
    assert_eq!(by_layer(&auth, &request).await.0, 200);

    server.stop().await;
    clock.advance(Duration::from_secs(60));
    pool.rotate();
    let request = parts(Method::GET, "/", &bearer(token(&pool)));
    let refused = authorizer.authorize(&request).await.expect_err("no keys");
    assert!(matches!(refused.refusal(), Refusal::KeysUnavailable { .. }), "{refused:?}");
    assert_eq!(refused.response().status(), 503);
    assert!(refused.response().headers().contains_key(RETRY_AFTER));
}

/// The panic message of a second poll.
fn second_poll<F: Future>(future: F) -> String {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_ready());
    let panic = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx).is_ready()));
    let panic = panic.expect_err("a panic");
    panic.downcast_ref::<String>().cloned().expect("a message")
}

#[tokio::test]
async fn a_response_future_panics_when_it_is_polled_after_the_response() {
    let pool = pool(&clock());
    let auth = layer(&pool);
    let refused = auth.layer(served()).call(request(""));
    assert_eq!(second_poll(refused), "`ResponseFuture` polled after completion");
}

#[tokio::test]
async fn the_methods_of_a_sign_in_can_be_read_and_decide_nothing() {
    let pool = pool(&clock());
    let auth = layer(&pool);
    for (amr, methods) in [
        (json!(["pwd", "otp", "mfa"]), &["pwd", "otp", "mfa"][..]),
        (json!([]), &[]),
        (json!("mfa"), &[]),
        (json!(["mfa", 1]), &[]),
        (json!({ "mfa": true }), &[]),
        (json!(null), &[]),
    ] {
        let token = pool.access_token("ada").claim("amr", amr.clone()).sign();
        let verified = auth.authorizer().verify(&token).await.expect("a good token");
        assert_eq!(verified.amr(), methods, "{amr}");
    }
    let without = pool.access_token("ada").without_claim("amr").sign();
    assert!(auth.authorizer().verify(&without).await.expect("a good token").amr().is_empty());
}
