//! The API as a protected resource (RFC 9728): every challenge names the metadata, and the metadata names the user pool.

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, ConfigError, HttpApi, Rejection, RequireScope, RouteRule,
    RouteTable, Standard, UserPool, group,
    protected_resource::ProtectedResource,
    requirement::{COGNITO_ACR_LEVELS, acr_at_least},
    scope,
};
use expect_test::expect;
use http::{Method, header};
use serde_json::{Value, json};

use crate::{
    extractors::ReadOrders,
    support::{self, Api, CLIENT, POOL, bearer, clock, keys, pool},
};

const API: &str = "https://api.example/orders";
const METADATA: &str =
    r#"resource_metadata="https://api.example/.well-known/oauth-protected-resource/orders""#;
const PATH: &str = "/.well-known/oauth-protected-resource/orders";

fn builder(resource: ProtectedResource) -> CognitoAuthBuilder {
    support::builder(&clock())
        .map_user_pools(|pool| pool.resource(API))
        .profile(Standard::new().protected_resource(resource))
}

fn described() -> ProtectedResource {
    ProtectedResource::new(API)
}

/// A metadata service in a router, with a layer that it describes.
fn router(auth: CognitoAuthLayer) -> Router {
    let metadata = auth.protected_resource_metadata().expect("a protected resource");
    assert_eq!(metadata.path(), PATH);
    Router::new()
        .route("/handler", get(async |_: RequireScope<ReadOrders>| "let in"))
        .fallback(async || "let in")
        .layer(auth)
        .route_service(metadata.path(), metadata.clone())
}

#[tokio::test]
async fn every_challenge_names_the_metadata() {
    let clock = clock();
    let pool = pool(&clock);
    let table = RouteTable::builder()
        .require("GET /handler", cognito_authorizer::Requirement::nothing())
        .require("GET /scope", scope("orders/read"))
        .require("GET /group", group("admins"))
        .require("GET /acr", acr_at_least("urn:cognito:loa:4", COGNITO_ACR_LEVELS))
        .build()
        .expect("rows");
    let auth = builder(described()).routes(table).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::serve(router(auth)).await;
    let token = || pool.access_token("ada").audience(API);
    let good = bearer(token().sign());
    for (path, authorization, expected) in [
        ("/scope", String::new(), format!(r#"401 Bearer scope="orders/read", {METADATA}"#)),
        ("/group", String::new(), format!("401 Bearer {METADATA}")),
        (
            "/group",
            bearer(token().expired().sign()),
            format!(
                r#"401 Bearer error="invalid_token", error_description="the token has expired", {METADATA}"#
            ),
        ),
        (
            "/group",
            bearer(pool.access_token("ada").sign()),
            format!(
                r#"401 Bearer error="invalid_token", error_description="the token is not for this API", {METADATA}"#
            ),
        ),
        (
            "/scope",
            good.clone(),
            format!(r#"403 Bearer error="insufficient_scope", scope="orders/read", {METADATA}"#),
        ),
        ("/group", good.clone(), format!(r#"403 Bearer error="insufficient_scope", {METADATA}"#)),
        (
            "/acr",
            good.clone(),
            format!(
                r#"401 Bearer error="insufficient_user_authentication", acr_values="urn:cognito:loa:4", {METADATA}"#
            ),
        ),
        // An extractor refuses in the same way.
        (
            "/handler",
            good.clone(),
            format!(r#"403 Bearer error="insufficient_scope", scope="orders/read", {METADATA}"#),
        ),
        // A 404 has no challenge.
        ("/nowhere", good, r#"404 {"message":"Not Found"}"#.to_owned()),
    ] {
        assert_eq!(api.get(path, &authorization).await.to_string(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_challenge_may_name_metadata_that_is_served_elsewhere() {
    let pool = pool(&clock());
    let url = "https://docs.example/.well-known/oauth-protected-resource";
    let profile = Standard::new().realm("orders").resource_metadata(url);
    let auth = support::builder(&clock()).profile(profile).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let answer = Api::behind(auth.clone()).await.get("/", "").await;
    assert_eq!(answer.to_string(), format!(r#"401 Bearer realm="orders", resource_metadata="{url}""#));
    assert!(matches!(auth.protected_resource_metadata(), Err(ConfigError::NoProtectedResource)));
}

fn document(auth: &CognitoAuthLayer) -> Value {
    let document = auth.protected_resource_metadata().expect("a protected resource").document();
    serde_json::from_str(&document).expect("JSON")
}

#[tokio::test]
async fn the_metadata_follows_changes_of_the_layer() {
    let pool = pool(&clock());
    let table = |row: &str| {
        RouteTable::builder()
            .require("GET /a", scope(row))
            .require("GET /b", group("ops"))
            .unmatched(RouteRule::Require(scope("orders/rest")))
            .build()
            .expect("rows")
    };
    let auth = builder(described())
        .require(scope("orders/read"))
        .routes(table("orders/write"))
        .with_keys([(POOL, keys(&pool))])
        .expect("a layer");
    let issuer = pool.issuer();
    let expected = |scopes: [&str; 3]| {
        json!({
            "resource": API, "authorization_servers": [issuer], "scopes_supported": scopes,
            "bearer_methods_supported": ["header"],
        })
    };
    assert_eq!(document(&auth), expected(["orders/read", "orders/rest", "orders/write"]));
    auth.set_routes(table("orders/admin")).expect("rows");
    assert_eq!(document(&auth), expected(["orders/admin", "orders/read", "orders/rest"]));

    let other = "https://idp.example/pool";
    let moved = UserPool::new(POOL).client(CLIENT).resource(API).issuer(other);
    auth.set_user_pools([moved]).expect("its keys are known");
    assert_eq!(document(&auth)["authorization_servers"], json!([other]));
    // A pool that does not require the resource would accept tokens for other APIs.
    let lax = UserPool::new(POOL).client(CLIENT);
    assert!(matches!(auth.set_user_pools([lax]), Err(ConfigError::ResourceNotRequired { .. })));
    assert_eq!(document(&auth)["authorization_servers"], json!([other]));
}

#[test]
fn settings_of_the_metadata_override_what_the_layer_knows() {
    let pool = pool(&clock());
    let resource = described()
        .name("Orders \"and\" more")
        .documentation("https://docs.example")
        .scope("orders/read")
        .authorization_server("https://tenants.example");
    let profile =
        Standard::new().identity_source("method.request.header.X-Token").protected_resource(resource);
    let builder = support::builder(&clock()).map_user_pools(|pool| pool.resource(API)).profile(profile);
    let auth = builder.require(scope("orders/write")).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let expected = json!({
        "resource": API, "authorization_servers": ["https://tenants.example"], "scopes_supported": ["orders/read"],
        "resource_name": "Orders \"and\" more", "resource_documentation": "https://docs.example",
    });
    assert_eq!(document(&auth), expected, "a header of another name cannot be expressed in the document");
}

#[tokio::test]
async fn the_metadata_needs_no_token_and_is_the_same_for_every_caller() {
    let pool = pool(&clock());
    let auth = builder(described().scope("orders/read")).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let api = Api::serve(router(auth)).await;
    let plain = api.get(PATH, "").await;
    assert_eq!((plain.status.as_u16(), plain.header(header::CONTENT_TYPE)), (200, "application/json"));
    assert_eq!(plain.header(header::CACHE_CONTROL), "public, max-age=300");
    let token = bearer(pool.access_token("ada").audience(API).sign());
    for authorization in [&*token, "Bearer garbage", "Basic x"] {
        let answer = api.get(PATH, authorization).await;
        assert_eq!((answer.status, &answer.body), (plain.status, &plain.body));
    }
    let head = api.send(Method::HEAD, PATH, "").await;
    assert_eq!((head.status.as_u16(), &*head.body), (200, ""));
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = api.send(method, PATH, &token).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(header::ALLOW), &*answer.body),
            (405, "GET, HEAD", "")
        );
    }
    assert_eq!(api.get("/other", "").await.status, 401);
}

/// A middleware may compute a requirement from the request.
#[tokio::test]
async fn a_middleware_with_its_own_requirement_refuses_as_the_layer_does() {
    async fn check(request: Request, next: Next) -> Result<Response, Rejection> {
        let (parts, body) = request.into_parts();
        let needed = parts.uri.path().trim_start_matches('/').replace('.', "/");
        Rejection::check(&scope(needed), &parts)?;
        Ok(next.run(Request::from_parts(parts, body)).await)
    }
    let pool = pool(&clock());
    let auth = builder(described()).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let inner = Router::new().fallback(async || "let in").layer(middleware::from_fn(check));
    let api = Api::serve(inner.clone().layer(auth)).await;
    let token = bearer(pool.access_token("ada").audience(API).scope("orders/read").sign());
    assert_eq!(api.get("/orders.read", &token).await.to_string(), "200 let in");
    assert_eq!(
        api.get("/orders.write", &token).await.to_string(),
        format!(r#"403 Bearer error="insufficient_scope", scope="orders/write", {METADATA}"#)
    );
    // Outside a layer, or with an invalid requirement, the answer is a server error.
    assert_eq!(Api::serve(inner).await.get("/orders.read", &token).await.status, 500);
    assert_eq!(api.get("/", &token).await.status, 500);
}

#[test]
fn metadata_that_would_mislead_clients_is_an_error_at_the_start() {
    let clock = clock();
    let keys = keys(&pool(&clock));
    let error = |builder: CognitoAuthBuilder| {
        builder.with_keys([(POOL, keys.clone())]).expect_err("a mistake").to_string()
    };
    let with = |profile: Standard| {
        error(support::builder(&clock).map_user_pools(|pool| pool.resource(API)).profile(profile))
    };
    let errors = [
        error(support::builder(&clock).profile(Standard::new().protected_resource(described()))),
        with(Standard::new().protected_resource(ProtectedResource::new("http://api.example/orders"))),
        with(Standard::new().protected_resource(described().scope("two words"))),
        with(Standard::new().protected_resource(described().documentation("docs"))),
        with(Standard::new().protected_resource(described()).resource_metadata("https://docs.example")),
        with(Standard::new().protected_resource(described()).protected_resource(described())),
        with(Standard::new().resource_metadata("https://docs.example/\"")),
    ];
    expect![[r#"
        clients are told to ask for tokens for https://api.example/orders, but user pool ap-south-1_abcdefghi does not require them; add `.resource("https://api.example/orders")` to the `UserPool`
        the configuration has 2 problems:
        - `ProtectedResource::new("http://api.example/orders")` is plain http on a host other than loopback; give an absolute https URL, or http on a loopback address, without query and fragment
        - clients are told to ask for tokens for http://api.example/orders, but user pool ap-south-1_abcdefghi does not require them; add `.resource("http://api.example/orders")` to the `UserPool`
        `.scope("two words")` is not a scope; give its full name, such as `orders/read`
        `.documentation("docs")` is not an absolute URL; give an absolute https URL, or http on a loopback address, without query and fragment
        `.resource_metadata("https://docs.example")` is given beside `.protected_resource(…)`, whose metadata has a URL of its own; keep one of the two
        `.protected_resource(…)` is called twice; keep one of the calls
        `.resource_metadata("https://docs.example/\"")` has a character that a URL cannot have; give an absolute https URL, or http on a loopback address, without query and fragment"#]].assert_eq(&errors.join("\n"));
    // A definition's profile of API Gateway has no such challenge, and no setting for one.
    let api_gateway = support::builder(&clock).profile(HttpApi::new()).with_keys([(POOL, keys)]);
    assert!(api_gateway.expect("a layer").protected_resource_metadata().is_err());
}
