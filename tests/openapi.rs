//! OpenAPI documents describe what the layer requires.

use std::time::Duration;

use apigateway_definition::{ApiKind, Import};
use axum::Router;
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, DefinesRoutes, Profile, Requirement, RouteTable, UserPool, all_of,
    group,
    openapi::{ApiGatewayError, RequireRoutes},
    requirement::{acr_at_least, actor, all_scopes, any_scope, claim, no_actor, signed_in_within},
    scope, scopes,
};
use expect_test::expect;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;
use utoipa::{Modify, OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::support::{PoolSettings, bearer, builder, clock, keys, pool};

scopes! {
    ReadOrders = "orders/read";
    WriteOrders = "orders/write" | "orders/admin";
}

#[utoipa::path(get, path = "/orders", description = "All orders.", responses((status = 200, description = "The orders.")))]
async fn list() {}

#[utoipa::path(post, path = "/orders/{id}", responses((status = 200), (status = 403, description = "Not your order.")))]
async fn change() {}

#[utoipa::path(get, path = "/health", responses((status = 200)))]
async fn health() {}

#[utoipa::path(delete, path = "/admin/cache", responses((status = 200)))]
#[expect(dead_code, clippy::unused_async, reason = "only its documentation is used")]
async fn clear() {}

#[derive(OpenApi)]
#[openapi(paths(list, change, health, clear))]
struct Document;

fn rows() -> RouteTable {
    let table = RouteTable::builder()
        .require("GET /orders", ReadOrders)
        .require("POST /orders/{order}", WriteOrders)
        .open("GET /health")
        .require("ANY /admin/{proxy+}", scope("admin").and(group("ops")));
    table.build().expect("a table")
}

pub(crate) fn auth(set: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder) -> CognitoAuthLayer {
    let clock = clock();
    let pool = pool(&clock);
    set(builder(&clock)).with_keys([(pool.id(), keys(&pool))]).expect("a layer")
}

fn json(document: &utoipa::openapi::OpenApi) -> Value {
    serde_json::to_value(document).expect("JSON")
}

/// A line for each operation: security, groups, description and statuses.
pub(crate) fn summary(document: &Value) -> String {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().expect("operations").iter().map(move |(method, operation)| (method, path, operation))
    });
    let lines = operations.map(|(method, path, operation)| {
        let statuses: Vec<&String> = operation["responses"]
            .as_object()
            .map(|responses| responses.keys().collect())
            .unwrap_or_default();
        let (security, groups) = (&operation["security"], &operation["x-cognito-groups"]);
        format!("{method} {path}: {security} {groups} {} {statuses:?}\n", operation["description"])
    });
    lines.collect()
}

#[test]
fn a_route_table_describes_every_operation_that_it_covers() {
    let mut document = Document::openapi();
    let security =
        auth(|builder| builder.routes(rows())).openapi().managed_login("https://auth.example.com/");
    security.modify(&mut document);
    expect![[r#"
        delete /admin/cache: [{"cognito":["admin"]}] ["ops"] "Requires scope admin, and group ops." ["200", "401", "403", "503"]
        get /health: [] null null ["200"]
        get /orders: [{"cognito":["orders/read"]}] null "All orders.\n\nRequires scope orders/read." ["200", "401", "403", "503"]
        post /orders/{id}: [{"cognito":["orders/admin"]},{"cognito":["orders/write"]}] null "Requires scope orders/write or orders/admin." ["200", "401", "403", "503"]
    "#]]
    .assert_eq(&summary(&json(&document)));
    expect![[r#"{"flows":{"authorizationCode":{"authorizationUrl":"https://auth.example.com/oauth2/authorize","scopes":{"admin":"","orders/admin":"","orders/read":"","orders/write":""},"tokenUrl":"https://auth.example.com/oauth2/token"}},"type":"oauth2"}"#]]
    .assert_eq(&json(&document)["components"]["securitySchemes"]["cognito"].to_string());
    let own = &document.paths.paths["/orders/{id}"].post.as_ref().expect("POST").responses.responses["403"];
    assert!(
        serde_json::to_string(own).expect("JSON").contains("Not your order."),
        "a handler's own response is kept"
    );
    let before = json(&document);
    security.modify(&mut document);
    assert_eq!(json(&document), before, "describing a document twice changes nothing");
}

#[test]
fn a_document_says_where_a_token_is_optional() {
    let table = RouteTable::builder().optional("GET /orders").build().expect("a table");
    let described = |auth: &CognitoAuthLayer| {
        let mut document = Document::openapi();
        auth.openapi().modify(&mut document);
        summary(&json(&document)).lines().find(|line| line.starts_with("get /orders")).expect("it").to_owned()
    };
    let by_table = auth(|builder| builder.routes(table));
    expect![[r#"get /orders: [{},{"cognito":[]}] null "All orders.\n\nA token is optional." ["200", "401", "403", "503"]"#]]
        .assert_eq(&described(&by_table));
    let scoped = by_table.clone().require("orders/read").expect("possible");
    expect![[r#"get /orders: [{},{"cognito":["orders/read"]}] null "All orders.\n\nA token is optional; if it is sent, it must have scope orders/read." ["200", "401", "403", "503"]"#]]
        .assert_eq(&described(&scoped));
    let error = by_table.openapi().for_http_api(&Document::openapi()).expect_err("no such authorizer");
    assert_eq!(
        error.to_string(),
        "GET /orders cannot be imported: API Gateway cannot make a token optional; keep this check in the service, and \
         describe the operation without it"
    );
    let anonymous = auth(|builder| builder).allow_anonymous().expect("no requirement");
    let routes: utoipa_axum::router::UtoipaMethodRouter = routes!(list);
    let routes = routes.require(&anonymous, cognito_authorizer::Requirement::nothing()).expect("possible");
    let (_, document) = OpenApiRouter::<()>::new().routes(routes).split_for_parts();
    assert!(summary(&json(&document)).starts_with(r#"get /orders: [{},{"cognito":[]}]"#));
}

#[test]
fn the_statuses_are_those_of_the_profile() {
    for (profile, statuses) in [
        (Profile::Standard, r#"["200", "401", "403", "503"]"#),
        (Profile::RestApi, r#"["200", "401", "500"]"#),
        (Profile::HttpApi, r#"["200", "401", "403"]"#),
    ] {
        let mut document = Document::openapi();
        auth(|builder| builder.routes(rows()).profile(profile)).openapi().modify(&mut document);
        let summary = summary(&json(&document));
        let line = summary.lines().find(|line| line.starts_with("get /orders")).expect("the operation");
        assert!(line.ends_with(statuses), "{profile:?}: {line}");
    }
}

#[test]
fn without_managed_login_the_scheme_is_the_discovery_document() {
    let mut document = Document::openapi();
    auth(|builder| builder).openapi().modify(&mut document);
    let scheme = json(&document)["components"]["securitySchemes"]["cognito"].clone();
    assert_eq!(scheme["type"], "openIdConnect");
    let url = scheme["openIdConnectUrl"].as_str().expect("a URL");
    assert!(
        url.starts_with("https://cognito-idp.") && url.ends_with("/.well-known/openid-configuration"),
        "{url}"
    );
    assert!(
        summary(&json(&document)).lines().all(|line| line.contains(": null")),
        "no table, no requirement"
    );
}

#[test]
fn an_operation_without_a_row_and_a_row_without_an_operation_are_reported() {
    let table =
        RouteTable::builder().require("GET /orders", ReadOrders).open("GET /helth").build().expect("a table");
    let security = auth(|builder| builder.routes(table)).openapi();
    let comparison = security.compare(&Document::openapi());
    let missing: Vec<&str> = comparison.routes_without_row().collect();
    assert_eq!(missing, ["DELETE /admin/cache", "GET /health", "POST /orders/{id}"]);
    assert_eq!(comparison.rows_without_route().map(ToString::to_string).collect::<Vec<_>>(), ["GET /helth"]);
    assert_eq!(auth(|builder| builder).openapi().compare(&Document::openapi()).routes_without_row().len(), 4);
    let mut document = Document::openapi();
    security.modify(&mut document);
    assert!(
        summary(&json(&document)).contains("get /health: null"),
        "an operation without a row is not described as open"
    );
}

#[tokio::test]
async fn a_document_says_which_scopes_a_route_requires() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let (router, document): (Router, _) = OpenApiRouter::new()
        .routes(routes!(list).require(&auth, ReadOrders).expect("possible"))
        .routes(routes!(change).require(&auth, WriteOrders).expect("possible"))
        .routes(routes!(health))
        .split_for_parts();
    expect![[r#"
        get /health: null null null ["200"]
        get /orders: [{"cognito":["orders/read"]}] null "All orders.\n\nRequires scope orders/read." ["200", "401", "403", "503"]
        post /orders/{id}: [{"cognito":["orders/admin"]},{"cognito":["orders/write"]}] null "Requires scope orders/write or orders/admin." ["200", "401", "403", "503"]
    "#]]
    .assert_eq(&summary(&json(&document)));
    let status = async |method: Method, path: &str, scope: &str| {
        let token = bearer(pool.access_token("ada").scope(scope).sign());
        let request = Request::builder().method(method).uri(path).header("authorization", token);
        let request = request.body(axum::body::Body::empty()).expect("a request");
        router.clone().oneshot(request).await.expect("an answer").status()
    };
    assert_eq!(status(Method::GET, "/orders", "orders/read").await, StatusCode::OK);
    assert_eq!(status(Method::GET, "/orders", "orders/write").await, StatusCode::FORBIDDEN);
    assert_eq!(status(Method::POST, "/orders/1", "orders/admin").await, StatusCode::OK);
    assert_eq!(status(Method::POST, "/orders/1", "orders/read").await, StatusCode::FORBIDDEN);
    let handler: utoipa_axum::router::UtoipaMethodRouter = routes!(list);
    let Err(mistake) = handler.require(&auth, "orders read") else { panic!("it is not a scope") };
    assert!(mistake.to_string().contains("`orders read` is not a scope"), "{mistake}");
}

/// A table that is exported as a document and imported again is the same.
#[test]
fn a_document_for_api_gateway_imports_to_the_same_table() {
    #[derive(OpenApi)]
    #[openapi(paths(list, change, health))]
    struct Importable;

    let table = RouteTable::builder()
        .require("GET /orders", ReadOrders)
        .require("POST /orders/{id}", WriteOrders)
        .open("GET /health")
        .build()
        .expect("a table");
    let security = auth(|builder| builder.profile(Profile::HttpApi).routes(table.clone())).openapi();
    let text = security.for_http_api(&Importable::openapi()).expect("a document");
    let imported = Import::new().kind(ApiKind::Http).file("openapi.json", text).read();
    let imported = imported.unwrap_or_else(|problems| panic!("{problems}")).definition.route_table();
    let rows = |table: &RouteTable| {
        let mut rows: Vec<String> = table.rows().map(|(key, rule)| format!("{key}: {rule}")).collect();
        rows.sort();
        rows
    };
    let (imported, table) = (rows(&imported.expect("a table")), rows(&table));
    let sorted = |row: &String| row.replace("orders/admin or orders/write", "orders/write or orders/admin");
    assert_eq!(imported.iter().map(sorted).collect::<Vec<_>>(), table);
}

#[test]
fn a_requirement_that_api_gateway_cannot_check_is_an_error_of_the_export() {
    #[derive(OpenApi)]
    #[openapi(paths(list))]
    struct One;

    for (requirement, problem) in [
        (scope("a").and(group("ops")), "GET /orders cannot be imported: API Gateway does not check groups"),
        (
            all_scopes(["a", "b"]),
            "GET /orders cannot be imported: API Gateway cannot require all of several scopes",
        ),
        (
            any_scope(["a", "b"]).and(scope("c")),
            "GET /orders cannot be imported: API Gateway cannot require all",
        ),
        (no_actor(), "GET /orders cannot be imported: API Gateway checks only scopes"),
        (actor("proxy").and(scope("a")), "GET /orders cannot be imported: API Gateway checks only scopes"),
        (acr_at_least("gold", ["gold"]), "GET /orders cannot be imported: API Gateway checks only scopes"),
        (
            signed_in_within(Duration::from_secs(60)),
            "GET /orders cannot be imported: API Gateway checks only scopes",
        ),
        (claim("tenant").or(scope("a")), "GET /orders cannot be imported: API Gateway checks only scopes"),
        (
            // 81 sets of scopes, more than are listed.
            all_of((0..4).map(|n| any_scope((0..3).map(|m| format!("r/{n}{m}"))))),
            "GET /orders cannot be imported: API Gateway checks only scopes",
        ),
    ] {
        let table = RouteTable::builder().require("GET /orders", requirement).build().expect("a table");
        let error =
            auth(|builder| builder.routes(table)).openapi().for_http_api(&One::openapi()).unwrap_err();
        assert!(error.to_string().starts_with(problem), "{error}");
    }
    let aging = auth(|builder| builder.map_user_pools(|pool| pool.max_token_age(Duration::from_secs(60))));
    assert_eq!(aging.openapi().for_http_api(&One::openapi()), Err(ApiGatewayError::MaxTokenAge));
    let any = CognitoAuthLayer::builder("ap-south-1_abcdefghi").any_client();
    let pool = pool(&clock());
    let any = any.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    assert_eq!(any.openapi().for_http_api(&One::openapi()), Err(ApiGatewayError::AnyClient));
}

/// API Gateway opens an operation without security requirements.
#[test]
fn an_operation_that_the_table_does_not_open_is_not_exported_as_open() {
    #[derive(OpenApi)]
    #[openapi(paths(list))]
    struct One;

    for table in [RouteTable::builder().open("GET /health"), RouteTable::builder().refuse("GET /orders")] {
        let table = table.build().expect("a table");
        let error =
            auth(|builder| builder.routes(table)).openapi().for_http_api(&One::openapi()).unwrap_err();
        let expected =
            "GET /orders is refused by the route table, and API Gateway would open it; add a row for it";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    let open = RouteTable::builder().open("GET /orders").build().expect("a table");
    auth(|builder| builder.routes(open)).openapi().for_http_api(&One::openapi()).expect("it is open");
}

/// A JWT authorizer has one list for both, and accepts both kinds of tokens where it requires no scope.
#[test]
fn a_check_of_clients_beside_audiences_and_of_the_use_of_a_token_is_not_exported() {
    #[derive(OpenApi)]
    #[openapi(paths(list))]
    struct One;

    const RESOURCE: &str = "https://orders.example.com";
    let export = |profile, requirement, set: fn(UserPool) -> UserPool| {
        let table = RouteTable::builder().require("GET /orders", requirement).build().expect("a table");
        let auth = auth(|builder| builder.profile(profile).map_user_pools(set).routes(table));
        auth.openapi().for_http_api(&One::openapi()).map_err(|error| error.to_string())
    };
    let with_resource = |pool: UserPool| pool.resource(RESOURCE);
    let audience = "the layer checks both the app client and the audience of a token";
    let error = export(Profile::Standard, scope("orders/read"), with_resource).unwrap_err();
    assert!(error.starts_with(audience), "{error}");
    let lax = |pool: UserPool| pool.resource(RESOURCE).accept_with_or_without_audience();
    assert!(export(Profile::HttpApi, scope("orders/read"), lax).unwrap_err().starts_with(audience));
    let text = export(Profile::HttpApi, scope("orders/read"), with_resource).expect("as in API Gateway");
    assert!(text.contains(r#""audience":["https://orders.example.com"]"#), "{text}");

    let any = || Requirement::nothing();
    let error = export(Profile::Standard, any(), |pool| pool).unwrap_err();
    assert!(error.starts_with("GET /orders accepts access tokens only, or ID tokens only"), "{error}");
    export(Profile::HttpApi, any(), |pool| pool).expect("as in API Gateway");
    export(Profile::Standard, scope("orders/read"), |pool| pool).expect("ID tokens have no scopes");
}
