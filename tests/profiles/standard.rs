//! The standard profile with a route table: the token use and the user pool of each row.

use axum::Router;
use cognito_authorizer::{
    Requirement, RouteRule, RouteTable, TokenUse, UserPool, group, requirement::any_user_pool, scope,
    token_use,
};
use cognito_local_pool::LocalPool;

use crate::support::{self, Api, bearer, builder, clock, keys, pool};

const NO_SCOPE: &str = r#"403 Bearer error="insufficient_scope", scope="orders/read""#;
const WRONG_USE: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is not for this use""#;

#[tokio::test]
async fn the_requirement_of_each_row_decides_the_token_use() {
    let clock = clock();
    let pool = pool(&clock);
    let table = RouteTable::builder()
        .require("GET /orders", scope("orders/read"))
        .require("GET /any", Requirement::nothing())
        .require("GET /me", token_use(TokenUse::Id))
        .require("GET /ops", group("ops").and(token_use(TokenUse::Id)))
        .require("GET /both", scope("orders/read").or(token_use(TokenUse::Id)))
        .open("GET /health")
        .refuse("ANY /internal/{proxy+}");
    let auth = builder(&clock)
        .routes(table.build().expect("rows"))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let api = Api::serve(Router::new().fallback(async || "let in").layer(auth)).await;
    let access = bearer(pool.access_token("ada").scope("orders/read").sign());
    let poor = bearer(pool.access_token("ada").sign());
    let id = bearer(pool.id_token("ada").sign());
    for (path, authorization, expected) in [
        ("/orders", &access, "200 let in"),
        ("/orders", &poor, NO_SCOPE),
        ("/orders", &id, WRONG_USE),
        ("/orders", &String::new(), r#"401 Bearer scope="orders/read""#),
        ("/any", &poor, "200 let in"),
        ("/any", &id, WRONG_USE),
        ("/me", &id, "200 let in"),
        ("/me", &access, WRONG_USE),
        ("/ops", &id, "200 let in"),
        ("/ops", &access, WRONG_USE),
        ("/both", &id, "200 let in"),
        ("/both", &access, "200 let in"),
        ("/both", &poor, NO_SCOPE),
        ("/health", &String::new(), "200 let in"),
        ("/internal/x", &access, r#"403 {"message":"Forbidden"}"#),
        ("/nowhere", &access, r#"404 {"message":"Not Found"}"#),
        ("/internal//x", &access, r#"400 {"message":"Bad Request"}"#),
    ] {
        assert_eq!(api.get(path, authorization).await.to_string(), expected, "{path}");
    }
}

#[tokio::test]
async fn without_a_table_an_id_token_does_not_meet_a_scope() {
    let clock = clock();
    let pool = pool(&clock);
    let auth =
        builder(&clock).require(scope("orders/read")).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::behind(auth).await;
    assert_eq!(api.get("/", &bearer(pool.id_token("ada").sign())).await.to_string(), WRONG_USE);
}

#[tokio::test]
async fn unmatched_requests_are_handled_by_the_rule_for_them() {
    let clock = clock();
    let pool = pool(&clock);
    for (rule, with, without) in [
        (RouteRule::Refuse, 404, 404),
        (RouteRule::Open, 200, 200),
        (RouteRule::Require(scope("orders/read")), 200, 401),
    ] {
        let table = RouteTable::builder().open("GET /health").unmatched(rule).build().expect("rows");
        let auth = builder(&clock).routes(table).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        let api = Api::serve(Router::new().fallback(async || "let in").layer(auth)).await;
        let token = bearer(pool.access_token("ada").scope("orders/read").sign());
        assert_eq!((api.get("/x", &token).await.status, api.get("/x", "").await.status), {
            let status = |code: u16| http::StatusCode::from_u16(code).expect("a status");
            (status(with), status(without))
        });
    }
}

/// The layer lets in tokens of several pools, and some routes only those of one.
#[tokio::test]
async fn a_row_may_require_a_user_pool() {
    let clock = clock();
    let staff = pool(&clock);
    let guests =
        LocalPool::builder("eu-west-1_Zz98Yy76X").clock(support::pool_clock(&clock)).build().expect("a pool");
    let only = |pool: &LocalPool| any_user_pool([pool.id().parse().expect("an id")]);
    let table = RouteTable::builder()
        .require("GET /staff", only(&staff).and(scope("orders/read")))
        .require("GET /guests", only(&guests))
        .require("GET /all", Requirement::nothing())
        .build()
        .expect("rows");
    let auth = builder(&clock).user_pool(UserPool::new(guests.id()).any_client()).routes(table);
    let auth = auth.with_keys([(staff.id(), keys(&staff)), (guests.id(), keys(&guests))]).expect("a layer");
    let api = Api::serve(Router::new().fallback(async || "let in").layer(auth)).await;
    let token = |pool: &LocalPool| bearer(pool.access_token("ada").scope("orders/read").sign());
    let other = r#"401 Bearer error="invalid_token", error_description="the token is not for this API""#;
    for (path, pool, expected) in [
        ("/staff", &staff, "200 let in"),
        ("/staff", &guests, other),
        ("/guests", &guests, "200 let in"),
        ("/guests", &staff, other),
        ("/all", &staff, "200 let in"),
        ("/all", &guests, "200 let in"),
    ] {
        assert_eq!(api.get(path, &token(pool)).await.to_string(), expected, "{path}");
    }
}
