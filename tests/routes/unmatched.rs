//! Requests that no row matches, and rows that refuse.

use axum::{Router, routing::get};
use cognito_authorizer::{
    Profile, Refusal, Requirement, RouteRule, RouteTable, TokenUse,
    routes::{RouteError, RouteTableBuilder},
    scope,
};
use http::Method;
use tower::ServiceExt;

use crate::support::{Api, POOL, bearer, builder, clock, keys, pool, request};

const PROFILES: [Profile; 3] = [Profile::Standard, Profile::RestApi, Profile::HttpApi];
/// The answer of axum's own fallback.
const NOTHING_SERVED: &str = "404 ";

/// Routes that the router serves; the table knows two of them.
fn router() -> Router {
    Router::new()
        .route("/orders", get(async || "orders").post(async || "created"))
        .route("/closed", get(async || "closed"))
        .route("/forgotten", get(async || "forgotten"))
}

async fn api(profile: Profile, rule: RouteRule, keys: &cognito_authorizer::KeySet) -> Api {
    let table = RouteTable::builder()
        .require("GET /orders", scope("orders/read"))
        .refuse("ANY /closed")
        .unmatched(rule)
        .build()
        .expect("the rows hold");
    let auth = builder(&clock()).profile(profile).accept(TokenUse::Access).routes(table);
    Api::serve(router().layer(auth.with_keys([(POOL, keys.clone())]).expect("a layer"))).await
}

#[tokio::test]
async fn unmatched_requests_are_refused_in_every_profile_whatever_the_token() {
    let pool = pool(&clock());
    for (profile, unmatched, closed) in [
        (Profile::Standard, r#"404 {"message":"Not Found"}"#, r#"403 {"message":"Forbidden"}"#),
        (
            Profile::RestApi,
            r#"403 {"message":"Missing Authentication Token"}"#,
            r#"403 {"message":"User is not authorized to access this resource"}"#,
        ),
        (Profile::HttpApi, r#"404 {"message":"Not Found"}"#, r#"403 {"message":"Forbidden"}"#),
    ] {
        let api = api(profile, RouteRule::Refuse, &keys(&pool)).await;
        for authorization in [String::new(), bearer(pool.access_token("ada").scope("orders/read").sign())] {
            for path in ["/forgotten", "/nowhere", "/", "/Orders", "/orders/7"] {
                let answer = api.get(path, &authorization).await;
                assert_eq!(answer.to_string(), unmatched, "{profile:?}, {path}");
            }
            // The path has a row, and none for the method.
            let answer = api.send(Method::POST, "/orders", &authorization).await;
            assert_eq!(answer.to_string(), unmatched, "{profile:?}, POST /orders");
            assert_eq!(api.get("/closed", &authorization).await.to_string(), closed, "{profile:?}");
        }
    }
}

#[tokio::test]
async fn unmatched_requests_may_be_open_or_need_only_a_token() {
    let pool = pool(&clock());
    let token = bearer(pool.access_token("ada").sign());
    for profile in PROFILES {
        let asked = api(profile, RouteRule::Require(Requirement::nothing()), &keys(&pool)).await;
        for path in ["/forgotten", "/nowhere"] {
            assert_eq!(asked.get(path, "").await.status, 401, "{profile:?}, {path}");
        }
        assert_eq!(asked.get("/forgotten", &token).await.to_string(), "200 forgotten", "{profile:?}");
        assert_eq!(asked.get("/nowhere", &token).await.to_string(), NOTHING_SERVED, "{profile:?}");

        let open = api(profile, RouteRule::Open, &keys(&pool)).await;
        assert_eq!(open.get("/forgotten", "").await.to_string(), "200 forgotten", "{profile:?}");
        assert_eq!(open.get("/nowhere", "").await.to_string(), NOTHING_SERVED, "{profile:?}");
        assert_eq!(open.get("/orders", "").await.status, 401, "{profile:?}");
        for api in [&asked, &open] {
            let refused = if profile == Profile::RestApi { 403 } else { 404 };
            for authorization in ["", &token] {
                let answer = api.send(Method::POST, "/orders", authorization).await;
                assert_eq!(answer.status, refused, "{profile:?}: the path has a row, and none for POST");
            }
        }
        assert_eq!(open.get("/closed", &token).await.status, 403, "{profile:?}");
    }
}

/// The layer sees only the rest of the path, as documented.
#[tokio::test]
async fn inside_a_nested_router_the_rows_match_the_rest_of_the_path() {
    let pool = pool(&clock());
    let table =
        RouteTable::builder().require("GET /orders", Requirement::nothing()).build().expect("it holds");
    let auth = builder(&clock()).routes(table).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::serve(Router::new().nest("/v1", router().layer(auth))).await;
    assert_eq!(api.get("/v1/orders", "").await.status, 401);
    let token = bearer(pool.access_token("ada").sign());
    assert_eq!(api.get("/v1/orders", &token).await.to_string(), "200 orders");
    assert_eq!(api.get("/v1/v1/orders", &token).await.to_string(), NOTHING_SERVED);
    let unmatched = api.get("/v1/forgotten", &token).await;
    assert_eq!(unmatched.to_string(), r#"404 {"message":"Not Found"}"#);
}

#[tokio::test]
async fn the_reason_is_in_the_extensions_of_the_response() {
    let pool = pool(&clock());
    let table = RouteTable::builder().refuse("ANY /closed").open("GET /orders").build().expect("it holds");
    let auth = builder(&clock()).routes(table).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let router = router().layer(auth);
    for (path, expected) in [("/closed", RouteError::Refused), ("/nowhere", RouteError::Unmatched)] {
        let mut request = request("");
        *request.uri_mut() = path.parse().expect("a path");
        let response = router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.extensions().get(), Some(&Refusal::Route(expected)), "{path}");
    }
    let mut without_method = request("");
    *without_method.method_mut() = Method::POST;
    *without_method.uri_mut() = "/orders".parse().expect("a path");
    let response = router.clone().oneshot(without_method).await.expect("an answer");
    assert_eq!(response.extensions().get(), Some(&Refusal::Route(RouteError::Method)));
    let mut ambiguous = request("");
    *ambiguous.method_mut() = Method::POST;
    *ambiguous.uri_mut() = "/x/../closed".parse().expect("a path");
    let response = router.oneshot(ambiguous).await.expect("an answer");
    let reason = response.extensions().get::<Refusal>().map(Refusal::code);
    assert_eq!(reason, Some("ambiguous_path"));
}

/// The routes of the router, as a program that checks them at its start would list them.
#[test]
fn a_table_with_other_paths_than_the_router_is_an_error_of_compare() {
    let served = ["GET /orders", "POST /orders", "GET /closed", "GET /forgotten"];
    let table = |rows: &[&str]| rows.iter().fold(RouteTable::builder(), RouteTableBuilder::open).build();
    let good = table(&["GET /orders", "POST /orders", "ANY /closed", "GET /forgotten"]).expect("it holds");
    assert_eq!(good.compare(served).into_result(), Ok(()));
    let wrong = table(&["GET /order", "ANY /closed", "GET /orders/{id}"]).expect("it holds");
    let error = wrong.compare(served).into_result().expect_err("they differ");
    expect_test::expect![[r"
        the route table and the router differ:
        - no route serves `GET /order`; add the route, or remove the row
        - no route serves `GET /orders/{id}`; add the route, or remove the row
        - no row covers the route `GET /orders`; add a row for it
        - no row covers the route `POST /orders`; add a row for it
        - no row covers the route `GET /forgotten`; add a row for it"]]
    .assert_eq(&error.to_string());
}
