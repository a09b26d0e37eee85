//! The layer in a router: which routes it protects, and how it works together with other layers.

use axum::{
    Router,
    body::to_bytes,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::{MethodRouter, get, post},
};
use cognito_authorizer::{Limits, Refusal, RouteTable, group, scope};
use expect_test::expect;
use http::{Method, header};
use tower::ServiceExt;

use crate::support::{Api, bearer, builder, clock, keys, pool, request};

#[tokio::test]
async fn routes_outside_the_layer_are_not_protected_and_methods_may_differ() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let router = Router::new()
        .route(
            "/orders",
            get(|| async { "read" })
                .route_layer(auth.clone().require(scope("orders/read")).expect("it holds")),
        )
        .route(
            "/orders",
            post(|| async { "written" })
                .route_layer(auth.clone().require(scope("orders/write")).expect("it holds")),
        )
        .route("/me", get(|| async { "me" }))
        .route_layer(auth)
        .route("/health", get(|| async { "ok" }));
    let api = Api::serve(router).await;
    assert_eq!(api.get("/health", "").await.to_string(), "200 ok");
    assert_eq!(api.get("/nowhere", "").await.status, 404);
    let token = bearer(pool.access_token("ada").scope("orders/read").sign());
    assert_eq!(api.get("/orders", &token).await.to_string(), "200 read");
    assert_eq!(api.get("/me", &token).await.to_string(), "200 me");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let written = client.post(format!("{}/orders", api.url())).header(header::AUTHORIZATION, token);
    assert_eq!(written.send().await.expect("an answer").status().as_u16(), 403);
}

/// As `README.md` and the page of the layer say: `route_layer` protects only routes.
#[tokio::test]
async fn a_fallback_needs_a_token_by_layer_and_none_by_route_layer() {
    fn orders() -> MethodRouter {
        get(async || "orders").fallback(async || "method fallback")
    }
    fn router(orders: MethodRouter) -> Router {
        let nested = Router::new().route("/a", get(async || "nested")).fallback(async || "nested fallback");
        Router::new().route("/orders", orders).nest("/nested", nested).fallback(async || "fallback")
    }
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let good = bearer(pool.access_token("ada").sign());
    let mut shown = String::new();
    for (name, router) in [
        ("Router::route_layer", router(orders()).route_layer(auth.clone())),
        ("MethodRouter::route_layer", router(orders().route_layer(auth.clone()))),
        ("MethodRouter::layer", router(orders().layer(auth.clone()))),
        ("Router::layer", router(orders()).layer(auth)),
    ] {
        shown += &format!("{name}\n");
        for (method, path, handler) in [
            (Method::GET, "/orders", "orders"),
            (Method::POST, "/orders", "method fallback"),
            (Method::GET, "/nested/a", "nested"),
            (Method::GET, "/nested/nowhere", "nested fallback"),
            (Method::GET, "/nowhere", "fallback"),
        ] {
            let answer = async |authorization: &str| {
                let mut request = request(authorization);
                (*request.method_mut(), *request.uri_mut()) = (method.clone(), path.parse().expect("a path"));
                let response = router.clone().oneshot(request).await.expect("an answer");
                let status = response.status().as_u16();
                let body = to_bytes(response.into_body(), 1000).await.expect("a body");
                (status, String::from_utf8(body.into()).expect("text"))
            };
            assert_eq!(answer(&good).await, (200, handler.to_owned()), "{name}, with a token");
            let (status, body) = answer("").await;
            shown += &format!("  {method} {path}, without a token: {status} {body}\n");
        }
    }
    expect![[r#"
        Router::route_layer
          GET /orders, without a token: 401 {"message":"Unauthorized"}
          POST /orders, without a token: 401 {"message":"Unauthorized"}
          GET /nested/a, without a token: 401 {"message":"Unauthorized"}
          GET /nested/nowhere, without a token: 200 nested fallback
          GET /nowhere, without a token: 200 fallback
        MethodRouter::route_layer
          GET /orders, without a token: 401 {"message":"Unauthorized"}
          POST /orders, without a token: 200 method fallback
          GET /nested/a, without a token: 200 nested
          GET /nested/nowhere, without a token: 200 nested fallback
          GET /nowhere, without a token: 200 fallback
        MethodRouter::layer
          GET /orders, without a token: 401 {"message":"Unauthorized"}
          POST /orders, without a token: 401 {"message":"Unauthorized"}
          GET /nested/a, without a token: 200 nested
          GET /nested/nowhere, without a token: 200 nested fallback
          GET /nowhere, without a token: 200 fallback
        Router::layer
          GET /orders, without a token: 401 {"message":"Unauthorized"}
          POST /orders, without a token: 401 {"message":"Unauthorized"}
          GET /nested/a, without a token: 401 {"message":"Unauthorized"}
          GET /nested/nowhere, without a token: 401 {"message":"Unauthorized"}
          GET /nowhere, without a token: 401 {"message":"Unauthorized"}
    "#]]
    .assert_eq(&shown);
}

#[tokio::test]
async fn an_outer_layer_sees_the_reason_of_a_refusal() {
    async fn tell(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        let code = response.extensions().get::<Refusal>().map_or("none", Refusal::code);
        response.headers_mut().insert("x-reason", code.parse().expect("a code is a header value"));
        response
    }
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let router = Router::new().route("/", get(|| async { "let in" })).route_layer(auth).layer(from_fn(tell));
    let api = Api::serve(router).await;
    let reason = async |authorization: String| api.get("/", &authorization).await.headers["x-reason"].clone();
    assert_eq!(reason(String::new()).await, "no_token");
    assert_eq!(reason(bearer(pool.access_token("ada").expired().sign())).await, "expired");
    assert_eq!(reason(bearer(pool.access_token("ada").sign())).await, "none");
}

#[tokio::test]
async fn each_call_of_require_adds_to_the_requirement() {
    let clock = clock();
    let pool = pool(&clock);
    let auth =
        builder(&clock).require(scope("orders/read")).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let both = auth.require(scope("orders/write")).expect("it holds");
    let all = both.clone().require(group("ops")).expect("it holds");
    let (both, all) = (Api::behind(both).await, Api::behind(all).await);
    for (scopes, of_two) in [("orders/read", 403), ("orders/write", 403), ("orders/read orders/write", 200)] {
        let token = |groups: &[&str]| {
            let token = pool.access_token("ada").claim("scope", scopes);
            bearer(token.claim("cognito:groups", groups).sign())
        };
        assert_eq!(both.get("/", &token(&[])).await.status, of_two, "{scopes}");
        assert_eq!(all.get("/", &token(&["ops"])).await.status, of_two, "{scopes}");
        assert_eq!(all.get("/", &token(&[])).await.status, 403, "{scopes}");
    }
}

#[tokio::test]
async fn the_requirement_of_a_row_is_added_to_that_of_the_layer() {
    let clock = clock();
    let pool = pool(&clock);
    let table = RouteTable::builder().require("GET /", scope("orders/write")).build().expect("a row");
    let auth =
        builder(&clock).require(scope("orders/read")).routes(table).with_keys([(pool.id(), keys(&pool))]);
    let api = Api::behind(auth.expect("a layer")).await;
    for (scopes, status) in [("orders/read", 403), ("orders/write", 403), ("orders/read orders/write", 200)] {
        let token = bearer(pool.access_token("ada").claim("scope", scopes).sign());
        assert_eq!(api.get("/", &token).await.status, status, "{scopes}");
    }
}

#[tokio::test]
async fn the_limit_on_the_length_of_a_token_is_exact() {
    let clock = clock();
    let pool = pool(&clock);
    let token = pool.access_token("ada").sign();
    for (limit, status) in [(token.len(), 200), (token.len() - 1, 401)] {
        let auth = builder(&clock)
            .limits(Limits::new().token_bytes(limit))
            .with_keys([(pool.id(), keys(&pool))])
            .expect("a layer");
        let api = Api::behind(auth).await;
        assert_eq!(api.get("/", &bearer(token.clone())).await.status, status, "{limit}");
    }
}

/// With a table, only requests that the row `$default` lets in reach a fallback.
#[tokio::test]
async fn behind_a_table_a_fallback_needs_a_default_row() {
    let clock = clock();
    let pool = pool(&clock);
    let table = RouteTable::builder().require("GET /orders", scope("orders/read"));
    let mut shown = String::new();
    for (name, table) in
        [("a table", table.clone()), ("a table with `$default` open", table.open("$default"))]
    {
        let auth = builder(&clock)
            .routes(table.build().expect("rows"))
            .with_keys([(pool.id(), keys(&pool))])
            .expect("a layer");
        let orders = get(async || "orders").fallback(async || "method fallback");
        let router = Router::new().route("/orders", orders).fallback(async || "fallback").layer(auth);
        let api = Api::serve(router).await;
        for (method, path) in [(Method::GET, "/orders"), (Method::POST, "/orders"), (Method::GET, "/nowhere")]
        {
            let answer = api.send(method.clone(), path, "").await;
            shown += &format!("{name}: {method} {path}: {} {}\n", answer.status.as_u16(), answer.body);
        }
    }
    expect![[r#"
        a table: GET /orders: 401 {"message":"Unauthorized"}
        a table: POST /orders: 404 {"message":"Not Found"}
        a table: GET /nowhere: 404 {"message":"Not Found"}
        a table with `$default` open: GET /orders: 401 {"message":"Unauthorized"}
        a table with `$default` open: POST /orders: 404 {"message":"Not Found"}
        a table with `$default` open: GET /nowhere: 200 fallback
    "#]]
    .assert_eq(&shown);
}
