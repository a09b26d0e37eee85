//! Requirements mean what they say, and a mistake in one is an error when the layer or the table is built.

use axum::{Router, routing::get};
use cognito_authorizer::{
    Accept, CognitoAuthBuilder, CognitoAuthLayer, IntoRequirement, Profile, Requirement, RouteRule,
    RouteTable, TokenUse, all_of, any_of, group, groups, requirement::any_user_pool, scope, scopes,
    token_use,
};
use expect_test::expect;

use crate::support::{Api, POOL, bearer, builder, clock, keys, pool};

scopes! { ReadOrders = "orders/read" }
scopes! { pub(crate) WriteOrders = "orders/write" | "orders/admin"; CloseOrders = "orders/close" }
groups! { Operators = "ops" }

fn layer(change: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder) -> Result<CognitoAuthLayer, String> {
    let clock = clock();
    change(builder(&clock)).with_keys([(POOL, keys(&pool(&clock)))]).map_err(|error| error.to_string())
}

/// A natural way to write a list. Without the error, it would open the route to every valid token.
fn folded() -> Requirement {
    ["orders/read", "orders/admin"].iter().fold(Requirement::nothing(), |any, name| any.or(scope(*name)))
}

#[tokio::test]
async fn a_challenge_names_a_scope_of_the_layer_and_its_row_once() {
    let pool = pool(&clock());
    let row = scope("orders/read").and(scope("orders/write"));
    let table = RouteTable::builder().require("GET /", row).build().expect("a row");
    let auth = builder(&clock()).require(scope("orders/read")).routes(table);
    let api = Api::behind(auth.with_keys([(POOL, keys(&pool))]).expect("a layer")).await;
    assert_eq!(api.get("/", "").await.to_string(), r#"401 Bearer scope="orders/read orders/write""#);
}

#[test]
fn alternatives_that_check_nothing_are_an_error_wherever_they_are_built() {
    let table = |requirement: Requirement| RouteTable::builder().require("GET /orders", requirement);
    let row = |requirement| table(requirement).build().expect_err("a mistake").to_string();
    let access_or_scope = || scope("orders/read").or(token_use(TokenUse::Access));
    let in_row = |requirement| table(requirement).build().expect("the mistake depends on the layer");
    let of_pool = || any_user_pool([POOL.parse().expect("an id")]);
    let refused = |result: Result<CognitoAuthLayer, String>| result.expect_err("a mistake");
    let later = |layer: CognitoAuthLayer, requirement: Requirement| {
        layer.require(requirement).expect_err("a mistake").to_string()
    };
    let replaced = || {
        let auth = layer(|b| b.routes(in_row(scope("orders/read")))).expect("a layer");
        auth.set_routes(in_row(access_or_scope())).expect_err("a mistake").to_string()
    };
    let errors = [
        refused(layer(|b| b.require(folded()))),
        later(layer(|b| b).expect("a layer"), folded()),
        row(folded()),
        RouteTable::builder()
            .unmatched(RouteRule::Require(folded()))
            .build()
            .expect_err("a mistake")
            .to_string(),
        refused(layer(|b| b.require(any_of(Vec::<Requirement>::new())))),
        row(all_of(Vec::<Requirement>::new())),
        refused(layer(|b| b.require(access_or_scope()))),
        later(layer(|b| b).expect("a layer"), access_or_scope()),
        refused(layer(|b| b.routes(in_row(access_or_scope())))),
        refused(layer(|b| {
            b.require(token_use(TokenUse::Id))
                .accept(Accept::Either)
                .routes(in_row(group("ops").or(token_use(TokenUse::Id))))
        })),
        refused(layer(|b| {
            b.profile(Profile::RestApi).routes(in_row(group("ops").or(token_use(TokenUse::Id))))
        })),
        refused(layer(|b| b.require(scope("orders/read").or(of_pool())))),
        layer(|b| b.accept(Accept::Either).require(access_or_scope()))
            .expect("an ID token is denied")
            .accept(TokenUse::Access)
            .expect_err("a mistake")
            .to_string(),
        replaced(),
    ];
    expect![[r"
        `.require(…)` cannot be used: `a valid token, or scope orders/read` is met by every valid token, so it checks nothing; remove the alternative that asks for no scope or group; for a list, use `any_of([…])` instead of a fold that starts with `Requirement::nothing()`
        `.require(…)` cannot be used: `a valid token, or scope orders/read` is met by every valid token, so it checks nothing; remove the alternative that asks for no scope or group; for a list, use `any_of([…])` instead of a fold that starts with `Requirement::nothing()`
        the requirement of `GET /orders` cannot be used: `a valid token, or scope orders/read` is met by every valid token, so it checks nothing; remove the alternative that asks for no scope or group; for a list, use `any_of([…])` instead of a fold that starts with `Requirement::nothing()`
        the requirement of `.unmatched(…)` cannot be used: `a valid token, or scope orders/read` is met by every valid token, so it checks nothing; remove the alternative that asks for no scope or group; for a list, use `any_of([…])` instead of a fold that starts with `Requirement::nothing()`
        `.require(…)` cannot be used: an empty list of scopes, groups, user pools or alternatives; name at least one, or use `Requirement::nothing()`
        the requirement of `GET /orders` cannot be used: an empty list of scopes, groups, user pools or alternatives; name at least one, or use `Requirement::nothing()`
        every access token that is let in meets `scope orders/read, or access token`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
        every access token that is let in meets `scope orders/read, or access token`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
        row `GET /orders` of the route table: every access token that is let in meets `scope orders/read, or access token`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
        row `GET /orders` of the route table: every access token or ID token that is let in meets `group ops, or ID token`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
        row `GET /orders` of the route table: every ID token that is let in meets `group ops, or ID token`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
        every access token that is let in meets `scope orders/read, or user pool ap-south-1_abcdefghi`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
        every access token that is let in meets `scope orders/read, or access token`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
        row `GET /orders` of the route table: every access token that is let in meets `scope orders/read, or access token`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
    "]]
    .assert_eq(&errors.map(|error| error + "\n").concat());
}

/// The text of a scope, a marker and a list are requirements, on the layer, on the builder and in a row.
#[tokio::test]
async fn texts_and_markers_are_requirements_wherever_one_is_expected() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let table = RouteTable::builder()
        .require("GET /text", "orders/read")
        .require("GET /marker", ReadOrders)
        .require("GET /either", WriteOrders)
        .require("GET /group", Operators)
        .require("GET /list", any_of([scope("orders/read").and(Operators), CloseOrders.into_requirement()]))
        .build()
        .expect("the rows hold");
    let by_row = builder(&clock).routes(table).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let by_row = Router::new().fallback(async || "let in").layer(by_row);
    let on = |auth: Result<CognitoAuthLayer, _>| get(async || "let in").route_layer(auth.expect("it holds"));
    let built = |change: fn(CognitoAuthBuilder) -> CognitoAuthBuilder| {
        change(builder(&clock)).with_keys([(pool.id(), keys(&pool))])
    };
    let by_layer = Router::new()
        .route("/text", on(auth.clone().require("orders/read")))
        .route("/marker", on(auth.clone().require(ReadOrders)))
        .route("/either", on(auth.clone().require(WriteOrders)))
        .route("/group", on(auth.clone().require(Operators)))
        .route(
            "/list",
            on(auth.require(any_of([all_of(["orders/read"]).and(Operators), scope("orders/close")]))),
        );
    let by_builder = Router::new()
        .route("/text", on(built(|b| b.require(String::from("orders/read")))))
        .route("/marker", on(built(|b| b.require(ReadOrders))))
        .route("/either", on(built(|b| b.require(WriteOrders))))
        .route("/group", on(built(|b| b.require(Operators))))
        .route("/list", on(built(|b| b.require(scope("orders/read").and(Operators).or(CloseOrders)))));
    for (name, router) in [("row", by_row), ("layer", by_layer), ("builder", by_builder)] {
        let api = Api::serve(router).await;
        for (path, scopes, in_group, status) in [
            ("/text", "orders/read", false, 200),
            ("/text", "orders/reads", true, 403),
            ("/marker", "orders/read", false, 200),
            ("/marker", "orders/write", true, 403),
            ("/either", "orders/write", false, 200),
            ("/either", "orders/admin", false, 200),
            ("/either", "orders/read", true, 403),
            ("/group", "", true, 200),
            ("/group", "orders/read", false, 403),
            ("/list", "orders/read", true, 200),
            ("/list", "orders/read", false, 403),
            ("/list", "orders/write", true, 403),
            ("/list", "orders/close", false, 200),
        ] {
            let groups: &[&str] = if in_group { &["ops"] } else { &[] };
            let token =
                pool.access_token("ada").claim("scope", scopes).claim("cognito:groups", groups).sign();
            assert_eq!(
                api.get(path, &bearer(token)).await.status,
                status,
                "{name}: {path} {scopes} {in_group}"
            );
        }
    }
}

#[test]
fn a_text_that_cannot_be_a_scope_is_an_error_wherever_it_is_written() {
    let problem = "`orders read` is not a scope; a custom one reads `resource-server/name`, without spaces, quotes or backslashes";
    let on_builder = layer(|b| b.require("orders read")).expect_err("a mistake");
    let on_layer = layer(|b| b).expect("a layer").require("orders read").expect_err("a mistake").to_string();
    for error in [on_builder, on_layer] {
        assert_eq!(error, format!("`.require(…)` cannot be used: {problem}"));
    }
    let in_row = RouteTable::builder().require("GET /a", "orders read").build().expect_err("a mistake");
    assert_eq!(in_row.to_string(), format!("the requirement of `GET /a` cannot be used: {problem}"));
}

#[test]
fn a_requirement_for_unmatched_requests_is_checked_as_that_of_a_row_is() {
    let table =
        RouteTable::builder().open("GET /health").unmatched(RouteRule::Require(token_use(TokenUse::Id)));
    let table = table.build().expect("the mistake depends on the layer");
    let error = layer(|builder| builder.accept(Accept::Access).routes(table.clone())).expect_err("a mistake");
    assert!(error.contains("unmatched") && error.contains("cannot be met"), "{error}");
    assert!(layer(|builder| builder.routes(table)).is_ok(), "an ID token can meet it");
}
