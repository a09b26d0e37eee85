//! A layer from an API definition: what it takes over, and what is an error.

use std::{convert::Infallible, sync::Arc, time::Duration};

use apigateway_definition::{ApiDefinition, ApiKind, Import};
use axum::body::Body;
use cognito_authorizer::{CognitoAuthLayer, DefinesRoutes, DefinitionError, RouteRule, Verified};
use cognito_local_pool::{AppClient, LocalPool};
use expect_test::expect;
use http::{Method, Request, Response};
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    profiles::full,
    support::{Api, bearer, clock, keys, pool_clock, request},
};

const FIRST: &str = "eu-west-1_First";
const SECOND: &str = "eu-west-1_Second";

/// A REST API; `authorizers` are its security schemes, `paths` its operations. `$mock` stands for a mock integration.
fn rest_api(authorizers: &str, paths: &str, more: &str) -> ApiDefinition {
    let document = format!(
        r#"{{"openapi": "3.0.1", "info": {{"title": "a", "version": "1"}}, {more}
        "components": {{"securitySchemes": {{{authorizers}}}}}, "paths": {{{paths}}}}}"#
    );
    let document = document.replace("$mock", r#""x-amazon-apigateway-integration": {"type": "mock"}"#);
    read(&Import::new().file("openapi.json", document))
}

fn read(import: &Import) -> ApiDefinition {
    import.read().unwrap_or_else(|problems| panic!("{problems}")).definition
}

/// A scheme of these pools, with these further members of the authorizer.
fn scheme(name: &str, header: &str, pools: &[&str], more: &str) -> String {
    let arns: Vec<String> = pools
        .iter()
        .map(|pool| format!(r#""arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{pool}""#))
        .collect();
    format!(
        r#""{name}": {{"type": "apiKey", "in": "header", "name": "{header}",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {{"type": "cognito_user_pools", "providerARNs": [{}] {more}}}}}"#,
        arns.join(",")
    )
}

fn operation(path: &str, scheme: &str, scope: &str) -> String {
    format!(r#""{path}": {{"get": {{"security": [{{"{scheme}": ["{scope}"]}}], $mock}}}}"#)
}

fn local_pool(id: &str) -> LocalPool {
    let clock = pool_clock(&clock());
    LocalPool::builder(id).clock(clock).app_client(AppClient::public("web")).build().expect("a pool")
}

/// Serves the definition's API with the keys of these pools, in their order.
async fn serve(definition: &ApiDefinition, pools: &[&LocalPool]) -> Api {
    let builder = CognitoAuthLayer::builder_from(definition).expect("a layer").clock(clock());
    let auth = builder.with_keys(pools.iter().map(|pool| (pool.id(), keys(pool)))).expect("a layer");
    Api::serve(axum::Router::new().fallback(async || "let in").layer(auth)).await
}

#[tokio::test]
async fn each_route_takes_the_tokens_of_its_own_pools() {
    let authorizers = [
        scheme("one", "Authorization", &[FIRST], ""),
        scheme("other", "Authorization", &[SECOND], ""),
        scheme("both", "Authorization", &[FIRST, SECOND], ""),
    ];
    let paths = [
        operation("/one", "one", "orders/read"),
        operation("/other", "other", "orders/read"),
        operation("/both", "both", "orders/read"),
    ];
    let definition = rest_api(&authorizers.join(","), &paths.join(","), "");
    // Pools come in the order of the routes, which are sorted: `/both` is first.
    let (first, second) = (local_pool(FIRST), local_pool(SECOND));
    let api = serve(&definition, &[&first, &second]).await;
    let mut shown = String::new();
    for path in ["/one", "/other", "/both"] {
        for (name, pool) in [("first", &first), ("second", &second)] {
            let token = pool.access_token("ada").client("web").scope("orders/read").sign();
            let status = api.get(path, &bearer(&token)).await.status.as_u16();
            shown.push_str(&format!("{path} {name} {status}\n"));
        }
    }
    expect![[r"
        /one first 200
        /one second 401
        /other first 401
        /other second 200
        /both first 200
        /both second 200
    "]]
    .assert_eq(&shown);
}

#[test]
fn authorizers_that_need_different_settings_of_the_layer_are_an_error() {
    for (header, more, setting) in [
        ("X-Token", "", "identity source"),
        ("Authorization", r#", "identityValidationExpression": "^staff$""#, "identity validation expression"),
    ] {
        let authorizers =
            [scheme("one", "Authorization", &[FIRST], ""), scheme("other", header, &[FIRST], more)];
        let paths = [operation("/one", "one", "a/b"), operation("/other", "other", "a/b")];
        let definition = rest_api(&authorizers.join(","), &paths.join(","), "");
        let error = CognitoAuthLayer::builder_from(&definition).expect_err("they differ");
        assert!(
            matches!(&error, DefinitionError::Differ { setting: found, .. } if *found == setting),
            "{error}"
        );
        assert!(error.to_string().contains("build a layer for each"), "{error}");
    }
}

#[tokio::test]
async fn the_header_of_the_token_is_taken_over() {
    let authorizers = [scheme("one", "X-Token", &[FIRST], "")];
    let definition = rest_api(&authorizers.join(","), &operation("/one", "one", "a/b"), "");
    let pool = local_pool(FIRST);
    let api = serve(&definition, &[&pool]).await;
    let token = pool.access_token("ada").client("web").scope("a/b").sign();
    assert_eq!(api.get("/one", &bearer(&token)).await.status, 401);
    let header = http::HeaderName::from_static("x-token");
    assert_eq!(api.get_with("/one", [(header, token.as_bytes())]).await.status, 200);
}

/// A token was cached if a second request gets the same `Arc` of claims as the first.
#[tokio::test]
async fn a_token_is_cached_for_the_shortest_result_ttl_of_all_authorizers() {
    for (ttls, seconds) in [
        (["60", "600"], 60),
        (["600", "60"], 60),
        (["0", "600"], 0),
        (["3600", "3600"], 3_600),
        // API Gateway's default.
        (["", "600"], 300),
        (["", "30"], 30),
    ] {
        let more = |ttl: &str| match ttl {
            "" => String::new(),
            seconds => format!(r#", "authorizerResultTtlInSeconds": {seconds}"#),
        };
        let authorizers = [
            scheme("one", "Authorization", &[FIRST], &more(ttls[0])),
            scheme("other", "Authorization", &[FIRST], &more(ttls[1])),
        ];
        let paths = [operation("/one", "one", "a/b"), operation("/other", "other", "a/b")];
        let definition = rest_api(&authorizers.join(","), &paths.join(","), "");
        let (pool, clock) = (local_pool(FIRST), clock());
        let auth = CognitoAuthLayer::builder_from(&definition).expect("a layer").clock(clock.clone());
        let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        let service = auth.layer(service_fn(async |request: Request<Body>| {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().extend(request.extensions().clone());
            Ok::<_, Infallible>(response)
        }));
        let token =
            pool.access_token("ada").client("web").scope("a/b").expires_in(Duration::from_secs(7_200));
        let token = bearer(token.sign());
        let claims = async || {
            let mut request = request(&token);
            *request.uri_mut() = "/one".parse().expect("a path");
            let answer = service.clone().oneshot(request).await.expect("an answer");
            answer.extensions().get::<Arc<Verified>>().expect("it was let in").clone()
        };
        let first = claims().await;
        for (after, is_cached) in [(seconds.max(1) - 1, seconds > 0), (1, false)] {
            clock.advance(Duration::from_secs(after));
            assert_eq!(Arc::ptr_eq(&first, &claims().await), is_cached, "{ttls:?}");
        }
    }
}

#[tokio::test]
async fn gateway_responses_are_taken_over() {
    let responses = r#""x-amazon-apigateway-gateway-responses": {
        "UNAUTHORIZED": {
            "statusCode": 419,
            "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
            "responseTemplates": {"application/json": "{\"say\": $context.error.messageString}"}
        },
        "THROTTLED": {"statusCode": 430}
    },"#;
    let authorizers = scheme("one", "Authorization", &[FIRST], "");
    let definition = rest_api(&authorizers, &operation("/one", "one", "a/b"), responses);
    let api = serve(&definition, &[&local_pool(FIRST)]).await;
    expect![[r#"
        419
        access-control-allow-origin: *
        content-length: 23
        content-type: application/json
        x-amz-apigw-id: <id>
        x-amzn-errortype: UnauthorizedException
        x-amzn-requestid: <uuid>

        {"say": "Unauthorized"}"#]]
    .assert_eq(&full(&api.get("/one", "").await));
}

const HTTP_API: &str = "
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ['https://app.example']}}
  Jwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {Issuer: !Sub 'https://cognito-idp.eu-west-1.amazonaws.com/${Pool}', Audience: [!Ref Client]}
  Orders:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: 'GET /orders/{id}', AuthorizationType: JWT, AuthorizerId: !Ref Jwt}
  Any:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: 'ANY /any', AuthorizationType: JWT, AuthorizerId: !Ref Jwt}
";

fn http_api() -> Import {
    Import::new().file("template.yaml", HTTP_API)
}

#[tokio::test]
async fn an_http_api_lets_in_only_its_audiences() {
    let definition = read(&http_api().bind("Pool", FIRST).bind("Client", "web"));
    let pool = local_pool(FIRST);
    let api = serve(&definition, &[&pool]).await;
    let status = async |token: String| api.get("/orders/7", &bearer(&token)).await.status.as_u16();
    assert_eq!(status(pool.access_token("ada").client("web").sign()).await, 200);
    assert_eq!(status(pool.id_token("ada").client("web").sign()).await, 200);
    assert_eq!(status(pool.access_token("ada").client("another").sign()).await, 401);
    assert_eq!(full(&api.get("/nowhere", "").await).lines().next(), Some("404"));
}

/// The gateway answers preflights itself, so they reach the router for a `CorsLayer` to answer.
#[test]
fn cors_of_an_http_api_opens_preflights_if_no_route_handles_options() {
    let definition = read(&http_api().bind("Pool", FIRST).bind("Client", "web"));
    let table = definition.route_table().expect("a table");
    let rule = |path| table.preflight(path).rule().to_string();
    assert_eq!(rule("/orders/7"), "open to CORS preflights");
    assert_eq!(rule("/nowhere"), "refused");
    let other = |path| table.rule(&Method::OPTIONS, path).to_string();
    assert_eq!(other("/orders/7"), "no row for the method: refused");
    // The route's own row decides about its preflights.
    assert!(!rule("/any").starts_with("open"), "{}", rule("/any"));
    assert_eq!(other("/any"), format!("ANY /any: {}", rule("/any")));
}

#[test]
fn a_definition_with_unbound_ids_is_an_error() {
    let unbound =
        |import: Import| CognitoAuthLayer::builder_from(&read(&import)).expect_err("unbound").to_string();
    expect!["`https://cognito-idp.eu-west-1.amazonaws.com/${Pool}` is not known before it is deployed; give its id to the import with `.bind(…)`"]
        .assert_eq(&unbound(http_api()));
    expect!["`${Client}` is not known before it is deployed; give its id to the import with `.bind(…)`"]
        .assert_eq(&unbound(http_api().bind("Pool", FIRST)));
    assert!(matches!(read(&http_api()).route_table(), Err(DefinitionError::Unbound { .. })));
}

#[test]
fn there_must_be_one_api_and_something_to_authorize() {
    let two =
        format!("{HTTP_API}  Second: {{Type: AWS::ApiGatewayV2::Api, Properties: {{ProtocolType: HTTP}}}}\n");
    let two = read(&Import::new().file("template.yaml", two));
    let error = CognitoAuthLayer::builder_from(&two).expect_err("two APIs");
    assert!(matches!(&error, DefinitionError::Apis { ids } if ids.len() == 2), "{error}");

    let open = "
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Health: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: 'GET /health'}}
";
    let open = read(&Import::new().file("template.yaml", open));
    let error = CognitoAuthLayer::builder_from(&open).expect_err("nothing to authorize");
    assert!(matches!(error, DefinitionError::NoAuthorizer { .. }), "{error}");
}

#[test]
fn an_issuer_that_is_not_a_user_pool_is_an_error() {
    let elsewhere =
        HTTP_API.replace("https://cognito-idp.eu-west-1.amazonaws.com/${Pool}", "https://idp.example/");
    let definition = read(&Import::new().file("template.yaml", elsewhere).bind("Client", "web"));
    let error = CognitoAuthLayer::builder_from(&definition).expect_err("it is not a user pool");
    assert!(matches!(error, DefinitionError::NotAUserPool { .. }), "{error}");
}

/// The rows for preflights of an API with this kind, this authorizer, a CORS configuration and these paths.
fn with_cors(kind: ApiKind, authorizer: &str, paths: &str) -> Vec<String> {
    let document = format!(
        r#"{{"openapi": "3.0.1", "info": {{"title": "a", "version": "1"}},
        "x-amazon-apigateway-cors": {{"allowMethods": ["GET"], "allowOrigins": ["https://web.example"]}},
        "components": {{"securitySchemes": {{"Pool": {{{authorizer}}}}}}}, "paths": {{{paths}}}}}"#
    );
    let table = read(&Import::new().kind(kind).file("openapi.json", document)).route_table().expect("rows");
    assert!(table.rows().all(|(_, rule)| *rule != RouteRule::Open), "{table:?}");
    let open = table.rows().filter(|(_, rule)| matches!(rule, RouteRule::Preflight));
    open.map(|(key, _)| key.to_string()).collect()
}

const JWT: &str = r#""type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt",
    "identitySource": "$request.header.Authorization", "jwtConfiguration": {"audience": ["web"],
    "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"}}"#;

/// The gateway answers preflights only for paths without a route for `OPTIONS`, also where two routes match.
#[test]
fn preflights_are_not_open_on_a_path_whose_route_handles_options() {
    let contested = r#""/{t}/{i}": {"x-amazon-apigateway-any-method": {"security": [{"Pool": ["orders/read"]}]}},
        "/a/{proxy+}": {"x-amazon-apigateway-any-method": {"security": [{"Pool": ["orders/write"]}]}},
        "/b": {"get": {"security": [{"Pool": ["orders/read"]}]}},
        "/c/d": {"get": {"security": [{"Pool": ["orders/read"]}]}}"#;
    assert_eq!(with_cors(ApiKind::Http, JWT, contested), ["OPTIONS /b"]);
    let own = r#""/a/{b}": {"options": {"security": [{"Pool": ["orders/read"]}]}},
        "/a/c": {"get": {"security": [{"Pool": ["orders/read"]}]}}"#;
    assert_eq!(with_cors(ApiKind::Http, JWT, own), [""; 0]);
    let default = r#""/b": {"get": {"security": [{"Pool": ["orders/read"]}]}},
        "/$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true,
            "security": [{"Pool": ["orders/read"]}]}}"#;
    assert_eq!(with_cors(ApiKind::Http, JWT, default), [""; 0]);
}

/// A REST API does not answer preflights by itself, even if the document configures CORS.
#[test]
fn cors_of_a_rest_api_opens_no_preflights() {
    let cognito = r#""type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools",
            "providerARNs": ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E"]}"#;
    let paths = r#""/b": {"get": {"security": [{"Pool": ["orders/read"]}],
        "x-amazon-apigateway-integration": {"type": "mock"}}}"#;
    assert_eq!(with_cors(ApiKind::Rest, cognito, paths), [""; 0]);
}

/// A REST API with a JWT authorizer of two user pools; tokens of the first need a claim.
fn rest_api_with_jwt() -> ApiDefinition {
    let issuer = |pool: &str, claims: &str| {
        format!(
            r#"{{"issuer": "https://cognito-idp.eu-west-1.amazonaws.com/{pool}", "audiences": ["web"], "additionalClaims": [{claims}]}}"#
        )
    };
    let tenant =
        r#"{"claimName": "tenant", "format": "SINGLE_STRING", "required": true, "expectedValues": ["blue"]}"#;
    let authorizer = format!(
        r#""people": {{"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authorizer": {{"type": "jwt",
        "jwtConfiguration": {{"defaultAlgorithms": ["RS256"], "issuers": [{}, {}]}}}}}}"#,
        issuer(FIRST, tenant),
        issuer(SECOND, "")
    );
    rest_api(&authorizer, &operation("/one", "people", "a/b"), "")
}

#[tokio::test]
async fn additional_claims_of_a_rest_api_are_required_of_the_tokens_of_their_issuer() {
    let (first, second) = (local_pool(FIRST), local_pool(SECOND));
    let api = serve(&rest_api_with_jwt(), &[&first, &second]).await;
    let token = |pool: &LocalPool| pool.access_token("ada").audience("web").scope("a/b");
    for (what, token, status) in [
        ("the claim", token(&first).claim("tenant", "blue").sign(), 200),
        ("another value", token(&first).claim("tenant", "red").sign(), 403),
        ("a list", token(&first).claim("tenant", ["blue"]).sign(), 403),
        ("no claim", token(&first).sign(), 403),
        ("another issuer", token(&second).sign(), 200),
        // Only `aud` counts, not the app client.
        ("another client", token(&first).client("app").claim("tenant", "blue").sign(), 200),
        ("another audience", token(&first).claim("aud", "app").claim("tenant", "blue").sign(), 401),
        (
            "no audience",
            first.access_token("ada").client("web").scope("a/b").claim("tenant", "blue").sign(),
            401,
        ),
        (
            "another scope",
            first.access_token("ada").audience("web").scope("a/c").claim("tenant", "blue").sign(),
            403,
        ),
        ("scopes in scp", token(&second).claim("scope", "x").claim("scp", ["a/b"]).sign(), 200),
        ("an ID token", second.id_token("ada").client("web").claim("scp", "a/b").sign(), 200),
        (
            "an ID token of another client",
            second.id_token("ada").client("app").claim("scp", "a/b").sign(),
            401,
        ),
    ] {
        assert_eq!(api.get("/one", &bearer(&token)).await.status.as_u16(), status, "{what}");
    }
}

#[tokio::test]
async fn refusals_of_a_rest_api_with_a_jwt_authorizer_are_the_standard_ones() {
    let api = serve(&rest_api_with_jwt(), &[&local_pool(FIRST), &local_pool(SECOND)]).await;
    let answer = api.get("/one", &bearer("not-a-token")).await;
    assert_eq!(answer.status, 401);
    let challenge = answer.headers.get(http::header::WWW_AUTHENTICATE).expect("a challenge");
    assert!(challenge.to_str().expect("ASCII").starts_with("Bearer"), "{challenge:?}");
}
