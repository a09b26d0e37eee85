//! Optional authentication: only a request that presents no credentials is anonymous.

use axum::{
    Router,
    body::Body,
    extract::Request,
    routing::{any, get},
};
use cognito_authorizer::{
    AccessClaims, Claims, CognitoAuthLayer, ConfigError, HttpApi, IdClaims, Refusal, RequireGroup,
    RequireScope, Requirement, RestApi, RouteRule, RouteTable, Standard, Verified, groups, scope, scopes,
};
use cognito_local_pool::LocalPool;
use http::{HeaderName, Method, header::AUTHORIZATION};
use tower::ServiceExt;

use crate::support::{
    Api, CLIENT, PoolSettings, bearer, builder, clock, events::Events, keys, pool, request,
};

scopes! { ReadOrders = "orders/read" }
groups! { Operators = "ops" }

async fn feed(caller: Option<AccessClaims>) -> String {
    caller.map_or("anonymous".to_owned(), |caller| caller.username().unwrap_or("nobody").to_owned())
}

/// A handler for each extractor.
fn router() -> Router {
    Router::new()
        .route("/feed", any(feed))
        .route("/id", get(async |id: Option<IdClaims>| id.is_some().to_string()))
        .route("/claims", get(async |all: Option<Claims<serde_json::Value>>| all.is_some().to_string()))
        .route("/access", get(async |_: AccessClaims| "access"))
        .route("/scope", get(async |_: RequireScope<ReadOrders>| "scope"))
        .route("/group", get(async |_: RequireGroup<Operators>| "group"))
        .route("/needed", get(async |_: Claims<serde_json::Value>| "claims"))
}

fn layer(pool: &LocalPool) -> CognitoAuthLayer {
    builder(&clock()).with_keys([(pool.id(), keys(pool))]).expect("a layer")
}

fn anonymous(pool: &LocalPool) -> CognitoAuthLayer {
    layer(pool).allow_anonymous().expect("no requirement")
}

fn with_table(pool: &LocalPool, table: RouteTable) -> CognitoAuthLayer {
    builder(&clock()).routes(table).with_keys([(pool.id(), keys(pool))]).expect("a layer")
}

#[tokio::test]
async fn only_a_request_that_presents_no_credentials_is_anonymous() {
    let pool = pool(&clock());
    let table = RouteTable::builder().optional("GET /feed").build().expect("a table");
    let unmatched = RouteTable::builder().unmatched(RouteRule::Optional).build().expect("a table");
    let access = pool.access_token("ada");
    let good = bearer(access.clone().sign());
    let cases: Vec<(&str, Vec<String>, u16, &str)> = vec![
        ("no header", vec![], 200, "anonymous"),
        ("a good token", vec![good.clone()], 200, "ada"),
        ("an empty header", vec![String::new()], 401, "no_token"),
        ("white space", vec![" \t".into()], 401, "no_token"),
        ("the scheme alone", vec!["Bearer".into()], 401, "no_token"),
        ("another scheme", vec!["Basic YWRhOnNlY3JldA==".into()], 401, "other_scheme"),
        ("two headers", vec![good.clone(), good.clone()], 401, "several_headers"),
        ("two empty headers", vec![String::new(), String::new()], 401, "several_headers"),
        ("two tokens", vec![format!("{good}, {good}")], 401, "several_tokens"),
        ("garbage", vec!["Bearer garbage".into()], 401, "segments"),
        ("an expired token", vec![bearer(access.clone().expired().sign())], 401, "expired"),
        ("a forged token", vec![bearer(access.clone().forged().sign())], 401, "signature"),
        ("another client's", vec![bearer(access.client("another").sign())], 401, "client"),
        ("an ID token", vec![bearer(pool.id_token("ada").sign())], 401, "token_use"),
    ];
    for auth in [anonymous(&pool), with_table(&pool, table), with_table(&pool, unmatched)] {
        let router = router().layer(auth);
        for (name, values, status, expected) in &cases {
            let mut request = Request::get("/feed").body(Body::empty()).expect("a request");
            for value in values {
                request.headers_mut().append(AUTHORIZATION, value.parse().expect("a value"));
            }
            let response = router.clone().oneshot(request).await.expect("an answer");
            assert_eq!(response.status().as_u16(), *status, "{name}");
            if let Some(refusal) = response.extensions().get::<Refusal>() {
                assert_eq!(refusal.code(), *expected, "{name}");
            } else {
                let body = axum::body::to_bytes(response.into_body(), 64).await.expect("a body");
                assert_eq!(body, *expected, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_request_is_anonymous_by_the_configured_identity_source() {
    let pool = pool(&clock());
    let table = RouteTable::builder().optional("ANY /feed").build().expect("a table");
    let keys = keys(&pool);
    let header = builder(&clock()).profile(Standard::new().identity_source("$request.header.X-Token"));
    let header = header.routes(table.clone()).with_keys([(pool.id(), keys.clone())]).expect("a layer");
    let query = builder(&clock()).profile(HttpApi::new().identity_source("$request.querystring.token"));
    let query = query.routes(table).with_keys([(pool.id(), keys)]).expect("a layer");
    let token = pool.access_token("ada").sign();
    let api = Api::serve(router().layer(header)).await;
    let sent = |name: &'static str, value: &str| vec![(HeaderName::from_static(name), value.to_owned())];
    for (headers, status) in [
        (sent("authorization", "Basic eA=="), 200),
        (sent("x-token", ""), 401),
        (sent("x-token", "Basic eA=="), 401),
        (sent("x-token", &token), 200),
    ] {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.as_bytes()));
        assert_eq!(api.get_with("/feed", headers).await.status, status);
    }
    let api = Api::serve(router().layer(query)).await;
    for (path, status) in [
        ("/feed".to_owned(), 200),
        ("/feed?other=1".to_owned(), 200),
        ("/feed?token".to_owned(), 401),
        ("/feed?token=".to_owned(), 401),
        ("/feed?%74oken=x".to_owned(), 401),
        (format!("/feed?token={token}&token={token}"), 401),
        (format!("/feed?token={token}"), 200),
    ] {
        assert_eq!(api.get(&path, "").await.status, status, "{path}");
    }
}

#[tokio::test]
async fn extractors_that_need_a_token_refuse_anonymous_requests_as_the_layer_does() {
    let pool = pool(&clock());
    let realm = builder(&clock()).profile(Standard::new().realm("orders"));
    let realm = realm.with_keys([(pool.id(), keys(&pool))]).expect("a layer").allow_anonymous();
    let rest = builder(&clock()).profile(RestApi::new()).with_keys([(pool.id(), keys(&pool))]);
    let rest = rest.expect("a layer").allow_anonymous().expect("no requirement");
    let api = Api::serve(router().layer(anonymous(&pool))).await;
    for (path, expected) in [
        ("/feed", "200 anonymous"),
        ("/id", "200 false"),
        ("/claims", "200 false"),
        ("/access", r#"401 Bearer realm="api""#),
        ("/scope", r#"401 Bearer scope="orders/read""#),
        ("/group", r#"401 Bearer realm="api""#),
        ("/needed", r#"401 Bearer realm="api""#),
    ] {
        assert_eq!(api.get(path, "").await.to_string(), expected, "{path}");
    }
    let api = Api::serve(router().layer(realm.expect("no requirement"))).await;
    assert_eq!(api.get("/access", "").await.to_string(), r#"401 Bearer realm="orders""#);
    let api = Api::serve(router().layer(rest)).await;
    let answer = api.get("/access", "").await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (401, r#"{"message":"Unauthorized"}"#));
}

#[tokio::test]
async fn an_optional_extractor_outside_the_layer_is_a_server_error_and_the_log_says_which_line_to_add() {
    let events = Events::listen();
    let token = bearer(pool(&clock()).access_token("ada").sign());
    for (path, extractor) in
        [("/feed", "Option<AccessClaims>"), ("/id", "Option<IdClaims>"), ("/claims", "Option<Claims>")]
    {
        for authorization in ["", &token] {
            let mut request = request(authorization);
            *request.uri_mut() = path.parse().expect("a path");
            let response = router().oneshot(request).await.expect("an answer");
            assert_eq!(response.status(), 500, "{path}");
            assert_eq!(response.extensions().get(), Some(&Refusal::NoLayer { extractor }));
        }
        let text = events.text();
        let line = text.lines().last().expect("a line");
        for part in ["ERROR", extractor, ".route_layer(auth.allow_anonymous()?)", ".optional(…)"] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
}

/// An open route ignores tokens. An extractor that needs one is a server error there.
#[tokio::test]
async fn on_an_open_route_an_optional_extractor_finds_no_token() {
    let pool = pool(&clock());
    let table = RouteTable::builder().open("GET /feed").open("GET /access").build().expect("a table");
    let api = Api::serve(router().layer(with_table(&pool, table))).await;
    let token = bearer(pool.access_token("ada").sign());
    for authorization in ["", "Basic x", &token] {
        assert_eq!(api.get("/feed", authorization).await.to_string(), "200 anonymous");
        assert_eq!(api.get("/access", authorization).await.status, 500);
    }
}

#[tokio::test]
async fn a_token_that_is_sent_must_meet_the_requirement_of_the_layer() {
    let pool = pool(&clock());
    let table = RouteTable::builder().optional("GET /feed").require("GET /access", Requirement::nothing());
    let auth = with_table(&pool, table.build().expect("a table")).require(scope("orders/read"));
    let api = Api::serve(router().layer(auth.expect("possible"))).await;
    let token = pool.access_token("ada");
    let lacking = r#"403 Bearer error="insufficient_scope", scope="orders/read""#;
    for (path, authorization, expected) in [
        ("/feed", String::new(), "200 anonymous"),
        ("/feed", bearer(token.clone().sign()), lacking),
        ("/feed", bearer(token.clone().scope("orders/read").sign()), "200 ada"),
        ("/feed", "Basic x".into(), r#"401 Bearer scope="orders/read""#),
        ("/access", String::new(), r#"401 Bearer scope="orders/read""#),
    ] {
        assert_eq!(api.get(path, &authorization).await.to_string(), expected, "{path} {authorization}");
    }
}

#[tokio::test]
async fn anonymous_requests_take_no_claims_of_an_outer_layer_along() {
    let pool = pool(&clock());
    let inner = builder(&clock()).profile(Standard::new().identity_source("$request.header.X-Token"));
    let inner = inner.with_keys([(pool.id(), keys(&pool))]).expect("a layer").allow_anonymous();
    let has_claims = get(async |request: Request| {
        request.extensions().get::<std::sync::Arc<Verified>>().is_some().to_string()
    });
    let router = router().route("/raw", has_claims).layer(inner.expect("no requirement"));
    let api = Api::serve(router.layer(layer(&pool))).await;
    let token = bearer(pool.access_token("ada").sign());
    assert_eq!(api.get("/raw", &token).await.to_string(), "200 false");
    assert_eq!(api.get("/feed", &token).await.to_string(), "200 anonymous");
    assert_eq!(api.get("/feed", "").await.status, 401, "the outer layer needs a token");
}

/// Missing keys do not make a request with a token anonymous.
#[tokio::test]
async fn without_keys_a_token_is_answered_with_503_and_an_anonymous_request_is_served() {
    let auth = builder(&clock()).jwks_url("http://127.0.0.1:9/jwks.json").connect_lazy().expect("a layer");
    let api = Api::serve(router().layer(auth.allow_anonymous().expect("no requirement"))).await;
    assert_eq!(api.get("/feed", "").await.to_string(), "200 anonymous");
    assert_eq!(api.get("/feed", &bearer(pool(&clock()).access_token("ada").sign())).await.status, 503);
}

#[tokio::test]
async fn an_anonymous_request_is_logged_without_a_refusal() {
    let events = Events::listen();
    let service = router().layer(anonymous(&pool(&clock())));
    let mut request = request("");
    *request.uri_mut() = "/feed".parse().expect("a path");
    assert_eq!(service.oneshot(request).await.expect("an answer").status(), 200);
    let text = events.text();
    assert!(text.contains(r#"decision="allowed" token_use="none""#), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn what_contradicts_an_optional_token_is_a_mistake_with_its_fix() {
    let pool = pool(&clock());
    let text = |result: Result<CognitoAuthLayer, ConfigError>| result.expect_err("a mistake").to_string();
    let table = RouteTable::builder().optional("GET /feed").build().expect("a table");
    let by_table = text(with_table(&pool, table).allow_anonymous());
    assert!(by_table.contains(r#".optional("GET /path")"#), "{by_table}");
    let before = text(layer(&pool).require(scope("orders/read")).and_then(CognitoAuthLayer::allow_anonymous));
    let after = text(anonymous(&pool).require("orders/read"));
    assert_eq!(before, after);
    assert!(before.contains("scope orders/read") && before.contains("Option<AccessClaims>"), "{before}");
    assert!(anonymous(&pool).require(Requirement::nothing()).is_ok(), "that adds nothing");
    // No token could be let in, only anonymous requests.
    let table = RouteTable::builder().optional("GET /feed").build().expect("a table");
    let auth = with_table(&pool, table).accept(cognito_authorizer::TokenUse::Id).expect("possible");
    let impossible = text(auth.require(scope("orders/read")));
    assert!(impossible.contains("row `GET /feed`"), "{impossible}");
}

#[test]
fn an_optional_row_is_weaker_than_one_that_requires_a_token() {
    let table = |head: RouteRule, get: RouteRule| {
        let row = |key: &str| key.parse().expect("a key");
        RouteTable::builder().row(row("HEAD /a"), head).row(row("GET /a"), get).build().is_ok()
    };
    let any_token = RouteRule::Require(Requirement::nothing());
    let scoped = RouteRule::Require(scope("orders/read"));
    for (head, get, is_allowed) in [
        (RouteRule::Optional, RouteRule::Open, true),
        (RouteRule::Optional, RouteRule::Optional, true),
        (RouteRule::Optional, any_token.clone(), false),
        (RouteRule::Optional, RouteRule::Refuse, false),
        (any_token, RouteRule::Optional, true),
        // Its tokens may be of another use than those of the optional row.
        (scoped, RouteRule::Optional, false),
        (RouteRule::Open, RouteRule::Optional, false),
        (RouteRule::Refuse, RouteRule::Optional, true),
    ] {
        assert_eq!(table(head.clone(), get.clone()), is_allowed, "{head} {get}");
    }
}

#[test]
fn rows_can_be_added_to_a_finished_table() {
    let imported = RouteTable::builder().require("GET /orders", scope("orders/read"));
    let imported = imported.unmatched(RouteRule::Open).build().expect("a table");
    let table = imported.into_builder().optional("GET /feed").build().expect("a table");
    assert_eq!(table.rule(&Method::GET, "/feed").to_string(), "GET /feed: a token is optional");
    assert_eq!(table.rule(&Method::GET, "/orders").to_string(), "GET /orders: scope orders/read");
    assert_eq!(table.unmatched(), &RouteRule::Open);
    let error = table.clone().into_builder().open("GET /feed").build().expect_err("twice");
    assert!(error.to_string().contains("matches the same requests as `GET /feed`"), "{error}");
    assert!(table.compare(["GET /orders", "GET /feed"]).is_empty());
    assert_eq!(table.compare(["GET /orders"]).rows_without_route().len(), 1);
}

/// The claims of the caller are those of the token, not of what else the request has.
#[tokio::test]
async fn the_caller_of_an_optional_route_is_that_of_the_token() {
    let pool = pool(&clock());
    let router = Router::new()
        .route("/", get(async |caller: Option<AccessClaims>| caller.expect("sent").client_id().to_owned()));
    let api = Api::serve(router.layer(anonymous(&pool))).await;
    let answer = api.get("/", &bearer(pool.access_token("ada").sign())).await;
    assert_eq!(answer.to_string(), format!("200 {CLIENT}"));
}
