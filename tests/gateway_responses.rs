//! Customised gateway responses, through the layer and the extractors.

use axum::{Router, routing::get};
use cognito_authorizer::{
    CognitoAuthBuilder, Profile, ProfileSettings, RequireScope, Requirement, RestApi, Revocation,
    RevocationCheck, RouteTable, Standard, Verified,
    gateway::{GatewayResponse, GatewayResponses, ResponseType},
    group,
    revocation::{RevocationError, RevocationStatus},
    scope, scopes,
};
use cognito_local_pool::LocalPool;
use expect_test::{Expect, expect};
use http::{HeaderName, Request, header};
use serde_json::{Value, json};

use crate::support::{Answer, Api, PoolSettings, bearer, builder, clock, keys, pool};

const JSON: &str = "application/json";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

fn table() -> RouteTable {
    RouteTable::builder()
        .require("GET /plain", Requirement::nothing())
        .require("GET /orders/{id}", scope("orders/read"))
        .require("GET /ops", group("ops"))
        .refuse("ANY /closed")
        .build()
        .expect("the rows hold")
}

async fn serve(builder: CognitoAuthBuilder, pool: &LocalPool) -> Api {
    let auth = builder.routes(table()).with_keys([(pool.id(), keys(pool))]).expect("a layer");
    Api::serve(Router::new().fallback(async || "let in").layer(auth)).await
}

/// Status, the headers that tell one response from another, body.
fn line(answer: &Answer) -> String {
    let mut line = answer.status.as_str().to_owned();
    for name in ["x-customised", "x-amzn-errortype", "www-authenticate", "retry-after", "content-type"] {
        if let Some(value) = answer.headers.get(name) {
            line += &format!(" [{name}: {}]", value.to_str().expect("visible ASCII"));
        }
    }
    format!("{line} {}", answer.body)
}

/// A store that cannot be reached.
#[derive(Debug)]
struct Unreachable;

impl RevocationCheck for Unreachable {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        Err("no connection".into())
    }
}

/// The profile with these gateway responses.
fn with_responses(profile: Profile, responses: GatewayResponses) -> ProfileSettings {
    match profile {
        Profile::RestApi => RestApi::new().gateway_responses(responses).into(),
        Profile::Standard => Standard::new().gateway_responses(responses).into(),
        _ => panic!("{profile:?} has no gateway responses"),
    }
}

/// A request for each refusal that has a gateway response, and its answer.
async fn each_refusal(profile: Profile, responses: &GatewayResponses) -> String {
    let pool = pool(&clock());
    let builder = || builder(&clock()).profile(with_responses(profile, responses.clone()));
    let api = serve(builder().accept(cognito_authorizer::TokenUse::Access), &pool).await;
    let access = || pool.access_token("bob").scope("orders/write");
    let mut lines = String::new();
    for (refusal, path, authorization) in [
        ("no token", "/plain", String::new()),
        ("a bad token", "/plain", "garbage".into()),
        ("an expired token", "/plain", bearer(access().expired().sign())),
        ("no scope", "/orders/7", bearer(access().sign())),
        ("no group", "/ops", bearer(access().sign())),
        ("a refused route", "/closed", String::new()),
        ("no route", "/nowhere", String::new()),
        ("an ambiguous path", "//plain", String::new()),
        ("a good token", "/plain", bearer(access().sign())),
    ] {
        lines += &format!("{refusal}: {}\n", line(&api.get(path, &authorization).await));
    }

    let token = if profile == Profile::RestApi { pool.id_token("bob") } else { access() };
    let token = bearer(token.sign());
    let unfetched = builder().jwks_url("http://127.0.0.1:9/jwks.json").connect_lazy().expect("a layer");
    lines += &format!("no keys: {}\n", line(&Api::behind(unfetched).await.get("/", &token).await));
    let unknown = builder()
        .revocation(Revocation::check(Unreachable))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    lines += &format!("revocation unknown: {}\n", line(&Api::behind(unknown).await.get("/", &token).await));
    lines
}

/// A response with its type in a header.
fn with_its_type(response_type: ResponseType) -> GatewayResponse {
    GatewayResponse::new().header("X-Customised", format!("'{response_type}'"))
}

fn customised(types: &[ResponseType]) -> GatewayResponses {
    types.iter().fold(GatewayResponses::new(), |all, of| all.response(*of, with_its_type(*of)))
}

const ALL: &[ResponseType] = &[
    ResponseType::Unauthorized,
    ResponseType::AccessDenied,
    ResponseType::ExpiredToken,
    ResponseType::AuthorizerFailure,
    ResponseType::AuthorizerConfigurationError,
    ResponseType::MissingAuthenticationToken,
    ResponseType::Default4xx,
    ResponseType::Default5xx,
];

async fn check(profile: Profile, responses: GatewayResponses, expected: Expect) {
    expected.assert_eq(&each_refusal(profile, &responses).await);
}

/// Each refusal has its response type. A response that sets only a header keeps the profile's status, body and headers.
#[tokio::test]
async fn each_refusal_of_a_rest_api_has_its_type() {
    check(Profile::RestApi, customised(ALL), expect![[r#"
        no token: 401 [x-customised: UNAUTHORIZED] [x-amzn-errortype: UnauthorizedException] [content-type: application/json] {"message":"Unauthorized"}
        a bad token: 401 [x-customised: UNAUTHORIZED] [x-amzn-errortype: UnauthorizedException] [content-type: application/json] {"message":"Unauthorized"}
        an expired token: 401 [x-customised: UNAUTHORIZED] [x-amzn-errortype: UnauthorizedException] [content-type: application/json] {"message":"The incoming token has expired"}
        no scope: 401 [x-customised: UNAUTHORIZED] [x-amzn-errortype: UnauthorizedException] [content-type: application/json] {"message":"Unauthorized"}
        no group: 403 [x-customised: ACCESS_DENIED] [x-amzn-errortype: AccessDeniedException] [content-type: application/json] {"message":"User is not authorized to access this resource"}
        a refused route: 403 [x-customised: ACCESS_DENIED] [x-amzn-errortype: AccessDeniedException] [content-type: application/json] {"message":"User is not authorized to access this resource"}
        no route: 403 [x-customised: MISSING_AUTHENTICATION_TOKEN] [x-amzn-errortype: MissingAuthenticationTokenException] [content-type: application/json] {"message":"Missing Authentication Token"}
        an ambiguous path: 403 [x-customised: MISSING_AUTHENTICATION_TOKEN] [x-amzn-errortype: MissingAuthenticationTokenException] [content-type: application/json] {"message":"Missing Authentication Token"}
        a good token: 200 [content-type: text/plain; charset=utf-8] let in
        no keys: 500 [x-customised: AUTHORIZER_CONFIGURATION_ERROR] [x-amzn-errortype: AuthorizerConfigurationException] [content-type: application/json] {"message":null}
        revocation unknown: 500 [x-customised: AUTHORIZER_FAILURE] [x-amzn-errortype: AuthorizerFailureException] [content-type: application/json] {"message":null}
    "#]]).await;
}

#[tokio::test]
async fn each_refusal_of_the_standard_profile_has_its_type() {
    check(Profile::Standard, customised(ALL), expect![[r#"
        no token: 401 [x-customised: UNAUTHORIZED] [www-authenticate: Bearer realm="api"] [content-type: application/json] {"message":"Unauthorized"}
        a bad token: 401 [x-customised: UNAUTHORIZED] [www-authenticate: Bearer error="invalid_token", error_description="the token is malformed"] [content-type: application/json] {"message":"Unauthorized"}
        an expired token: 401 [x-customised: EXPIRED_TOKEN] [www-authenticate: Bearer error="invalid_token", error_description="the token has expired"] [content-type: application/json] {"message":"Unauthorized"}
        no scope: 403 [x-customised: ACCESS_DENIED] [www-authenticate: Bearer error="insufficient_scope", scope="orders/read"] [content-type: application/json] {"message":"Forbidden"}
        no group: 403 [x-customised: ACCESS_DENIED] [www-authenticate: Bearer error="insufficient_scope"] [content-type: application/json] {"message":"Forbidden"}
        a refused route: 403 [x-customised: ACCESS_DENIED] [content-type: application/json] {"message":"Forbidden"}
        no route: 404 [x-customised: MISSING_AUTHENTICATION_TOKEN] [content-type: application/json] {"message":"Not Found"}
        an ambiguous path: 400 [x-customised: MISSING_AUTHENTICATION_TOKEN] [content-type: application/json] {"message":"Bad Request"}
        a good token: 200 [content-type: text/plain; charset=utf-8] let in
        no keys: 503 [x-customised: AUTHORIZER_CONFIGURATION_ERROR] [retry-after: 2] [content-type: application/json] {"message":"Service Unavailable"}
        revocation unknown: 503 [x-customised: AUTHORIZER_FAILURE] [content-type: application/json] {"message":"Service Unavailable"}
    "#]]).await;
}

/// A type without a response of its own gets the whole default response of its class, with its status and body.
#[tokio::test]
async fn a_default_is_for_every_type_that_is_not_customised() {
    let default = with_its_type(ResponseType::Default4xx).status(418);
    let default = default.template(JSON, r#"{"type":"$context.error.responseType"}"#);
    let responses = customised(&[ResponseType::Unauthorized]).response(ResponseType::Default4xx, default);
    let server = with_its_type(ResponseType::Default5xx)
        .status(599)
        .template("text/plain", "$context.error.responseType");
    let responses = responses.response(ResponseType::Default5xx, server);
    check(Profile::RestApi, responses.clone(), expect![[r#"
        no token: 401 [x-customised: UNAUTHORIZED] [x-amzn-errortype: UnauthorizedException] [content-type: application/json] {"message":"Unauthorized"}
        a bad token: 401 [x-customised: UNAUTHORIZED] [x-amzn-errortype: UnauthorizedException] [content-type: application/json] {"message":"Unauthorized"}
        an expired token: 401 [x-customised: UNAUTHORIZED] [x-amzn-errortype: UnauthorizedException] [content-type: application/json] {"message":"The incoming token has expired"}
        no scope: 401 [x-customised: UNAUTHORIZED] [x-amzn-errortype: UnauthorizedException] [content-type: application/json] {"message":"Unauthorized"}
        no group: 418 [x-customised: DEFAULT_4XX] [x-amzn-errortype: AccessDeniedException] [content-type: application/json] {"type":"ACCESS_DENIED"}
        a refused route: 418 [x-customised: DEFAULT_4XX] [x-amzn-errortype: AccessDeniedException] [content-type: application/json] {"type":"ACCESS_DENIED"}
        no route: 418 [x-customised: DEFAULT_4XX] [x-amzn-errortype: MissingAuthenticationTokenException] [content-type: application/json] {"type":"MISSING_AUTHENTICATION_TOKEN"}
        an ambiguous path: 418 [x-customised: DEFAULT_4XX] [x-amzn-errortype: MissingAuthenticationTokenException] [content-type: application/json] {"type":"MISSING_AUTHENTICATION_TOKEN"}
        a good token: 200 [content-type: text/plain; charset=utf-8] let in
        no keys: 599 [x-customised: DEFAULT_5XX] [x-amzn-errortype: AuthorizerConfigurationException] [content-type: text/plain] AUTHORIZER_CONFIGURATION_ERROR
        revocation unknown: 599 [x-customised: DEFAULT_5XX] [x-amzn-errortype: AuthorizerFailureException] [content-type: text/plain] AUTHORIZER_FAILURE
    "#]]).await;
    check(Profile::Standard, responses, expect![[r#"
        no token: 401 [x-customised: UNAUTHORIZED] [www-authenticate: Bearer realm="api"] [content-type: application/json] {"message":"Unauthorized"}
        a bad token: 401 [x-customised: UNAUTHORIZED] [www-authenticate: Bearer error="invalid_token", error_description="the token is malformed"] [content-type: application/json] {"message":"Unauthorized"}
        an expired token: 418 [x-customised: DEFAULT_4XX] [www-authenticate: Bearer error="invalid_token", error_description="the token has expired"] [content-type: application/json] {"type":"EXPIRED_TOKEN"}
        no scope: 418 [x-customised: DEFAULT_4XX] [www-authenticate: Bearer error="insufficient_scope", scope="orders/read"] [content-type: application/json] {"type":"ACCESS_DENIED"}
        no group: 418 [x-customised: DEFAULT_4XX] [www-authenticate: Bearer error="insufficient_scope"] [content-type: application/json] {"type":"ACCESS_DENIED"}
        a refused route: 418 [x-customised: DEFAULT_4XX] [content-type: application/json] {"type":"ACCESS_DENIED"}
        no route: 418 [x-customised: DEFAULT_4XX] [content-type: application/json] {"type":"MISSING_AUTHENTICATION_TOKEN"}
        an ambiguous path: 418 [x-customised: DEFAULT_4XX] [content-type: application/json] {"type":"MISSING_AUTHENTICATION_TOKEN"}
        a good token: 200 [content-type: text/plain; charset=utf-8] let in
        no keys: 599 [x-customised: DEFAULT_5XX] [retry-after: 2] [content-type: text/plain] AUTHORIZER_CONFIGURATION_ERROR
        revocation unknown: 599 [x-customised: DEFAULT_5XX] [content-type: text/plain] AUTHORIZER_FAILURE
    "#]]).await;
}

#[tokio::test]
async fn without_gateway_responses_the_profile_answers() {
    for profile in [Profile::Standard, Profile::RestApi] {
        let pool = pool(&clock());
        let api = serve(builder(&clock()).profile(profile), &pool).await;
        let same = serve(builder(&clock()).profile(with_responses(profile, GatewayResponses::new())), &pool);
        let same = same.await;
        let expired = bearer(pool.access_token("ada").expired().sign());
        for (path, authorization) in
            [("/plain", ""), ("/plain", &*expired), ("/nowhere", ""), ("/closed", "")]
        {
            let (one, two) = (api.get(path, authorization).await, same.get(path, authorization).await);
            assert_eq!(line(&one), line(&two), "{profile:?}, {path}");
            assert!(one.headers.keys().eq(two.headers.keys()), "{profile:?}, {path}");
        }
    }
}

/// A program that passes a refusal on for the layer, such as forward auth, may be asked by a proxy, which takes 2xx for permission.
#[tokio::test]
async fn a_refusal_that_is_passed_on_has_no_status_of_success() {
    let pool = pool(&clock());
    let (request, ()) = Request::get("/plain").body(()).expect("a request").into_parts();
    for profile in [Profile::Standard, Profile::RestApi] {
        for (customised, passed_on) in [(200, 403), (204, 403), (299, 403), (302, 302), (418, 418)] {
            let response = GatewayResponse::new().status(customised);
            let responses = GatewayResponses::new().response(ResponseType::Default4xx, response);
            let builder = || builder(&clock()).profile(with_responses(profile, responses.clone()));
            let layer = builder().routes(table()).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
            let authorizer = layer.authorizer();
            let refused = authorizer.authorize(&request).await.expect_err("it has no token");
            assert_eq!(refused.response().status(), passed_on, "{profile:?} {customised}");
            let explained = authorizer.explain(&request).await;
            let refused = explained.outcome().expect_err("it has no token");
            assert_eq!(refused.response().status(), passed_on, "{profile:?} {customised}");
            let answer = serve(builder(), &pool).await.get("/plain", "").await;
            assert_eq!(answer.status, customised, "{profile:?}: the layer answers the client itself");
        }
    }
}

/// The most common use of gateway responses: CORS headers. The client's origin is sent back as text.
#[tokio::test]
async fn a_browser_can_read_a_refusal() {
    for profile in [Profile::Standard, Profile::RestApi] {
        let any = GatewayResponse::new().header("Access-Control-Allow-Origin", "'*'");
        let own = GatewayResponse::new()
            .header("gatewayresponse.header.Access-Control-Allow-Origin", "method.request.header.Origin")
            .header("gatewayresponse.header.WWW-Authenticate", "'Basic'");
        let responses = GatewayResponses::new()
            .response(ResponseType::Unauthorized, own)
            .response(ResponseType::Default4xx, any);
        let api = serve(builder(&clock()).profile(with_responses(profile, responses)), &pool(&clock())).await;
        let ask =
            async |path: &str| api.get_with(path, [(header::ORIGIN, &b"https://app.example"[..])]).await;
        let refused = ask("/plain").await;
        assert_eq!(refused.status, 401, "{profile:?}");
        assert_eq!(refused.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "https://app.example", "{profile:?}");
        assert_eq!(
            refused.header(header::WWW_AUTHENTICATE),
            "Basic",
            "{profile:?}: in place of the profile's"
        );
        assert_eq!(ask("/closed").await.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{profile:?}");
        let without = api.get("/plain", "").await;
        assert_eq!(without.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN), None, "{profile:?}");
    }
}

/// Every variable of a template.
const EVERYTHING: &str = r#"{
    "message": $context.error.messageString, "again": "$context.error.message", "type": "$context.error.responseType",
    "id": $context.requestId, "extended": "$context.extendedRequestId", "method": "$context.httpMethod",
    "path": "$context.path", "route": $context.resourcePath, "order": $method.request.path.id, "stage": "$context.stage",
    "tier": "$stageVariables.tier", "query": $method.request.querystring.q, "header": $method.request.header.X-Evil,
    "inside": "<$method.request.header.X-Evil>", "authorization": $method.request.header.Authorization,
    "cookie": "$method.request.header.Cookie", "token": $method.request.header.X-Token
}"#;

async fn echoing(change: impl FnOnce(RestApi) -> RestApi) -> (LocalPool, Api) {
    let response = GatewayResponse::new()
        .template(JSON, EVERYTHING)
        .header("X-Echo", "method.request.header.X-Evil")
        .header("X-Query", "method.request.querystring.q")
        .header("X-Credentials", "method.request.header.Authorization")
        .header("X-Id", "context.requestId");
    let responses = GatewayResponses::new()
        .stage("prod")
        .stage_variable("tier", "gold")
        .response(ResponseType::Unauthorized, response);
    let pool = pool(&clock());
    let builder = builder(&clock()).profile(change(RestApi::new().gateway_responses(responses)));
    let api = serve(builder, &pool).await;
    (pool, api)
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

#[tokio::test]
async fn a_template_may_contain_the_request_and_never_its_credentials() {
    let (_, api) = echoing(|profile| profile.identity_source("method.request.header.X-Token")).await;
    // Shorter than tokens, because such long values are never sent back.
    let token = "short.credentials.no-less-secret";
    let headers = [
        (HeaderName::from_static("x-evil"), &b"ev\"il"[..]),
        (HeaderName::from_static("x-token"), token.as_bytes()),
        (header::AUTHORIZATION, token.as_bytes()),
        (header::COOKIE, token.as_bytes()),
    ];
    let answer = api.get_with("/orders/7?q=a%20b&q=c", headers).await;
    let mut sent = body(&answer);
    let (id, extended) = (sent["id"].take(), sent["extended"].take());
    assert_eq!(id, answer.header(REQUEST_ID));
    assert_eq!(id, answer.header(HeaderName::from_static("x-id")));
    assert_eq!(extended, answer.header(HeaderName::from_static("x-amz-apigw-id")));
    let expected = json!({
        "message": "Unauthorized", "again": "Unauthorized", "type": "UNAUTHORIZED", "id": null, "extended": null,
        "method": "GET", "path": "/orders/7", "route": "/orders/{id}", "order": "7", "stage": "prod", "tier": "gold",
        "query": "a b", "header": "ev\"il", "inside": "<ev\"il>", "authorization": null, "cookie": "", "token": null,
    });
    assert_eq!(sent, expected);
    assert_eq!(answer.headers.get("x-credentials"), None);
    let all = format!("{:?} {}", answer.headers, answer.body);
    assert!(token.split('.').all(|part| !all.contains(part)), "a part of the token is sent back");
}

/// An id that the client chose is sent back, if it is a UUID. Otherwise each response has a new id.
#[tokio::test]
async fn the_request_id_is_that_of_the_header() {
    let (_, api) = echoing(|builder| builder).await;
    let chosen = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    let answer = api.get_with("/plain", [(REQUEST_ID, chosen.as_bytes())]).await;
    assert_eq!((body(&answer)["id"].as_str(), answer.header(REQUEST_ID)), (Some(chosen), chosen));
    let evil = api.get_with("/plain", [(REQUEST_ID, &b"\",\"admin\":\"true"[..])]).await;
    assert_eq!(body(&evil)["id"], evil.header(REQUEST_ID));
    assert_ne!(body(&evil)["id"], body(&api.get("/plain", "").await)["id"]);
}

/// In the standard profile, requests have no id.
#[tokio::test]
async fn a_variable_without_a_value_is_null_and_sets_no_header() {
    let response = GatewayResponse::new()
        .template(JSON, r#"{"id":$context.requestId,"extended":$context.extendedRequestId}"#)
        .header("X-Id", "context.requestId");
    let responses = GatewayResponses::new().response(ResponseType::Unauthorized, response);
    let profile = Standard::new().gateway_responses(responses);
    let api = serve(builder(&clock()).profile(profile), &pool(&clock())).await;
    let answer = api.get("/plain", "").await;
    assert_eq!(answer.body, r#"{"id":null,"extended":null}"#);
    assert_eq!(answer.headers.get("x-id"), None);
}

/// A value of a header or query stays the text of one JSON member and of one header.
#[tokio::test]
async fn no_client_input_breaks_out_of_its_member_or_header() {
    let (_, api) = echoing(|builder| builder).await;
    for evil in [
        r#"","admin":true,"x":""#,
        r"\",
        r#"\""#,
        r#"\\","a":1"#,
        "$context.stage",
        "${context.stage}",
        "$method.request.header.Authorization",
        "#set($x=1)",
        "</script><script>alert(1)</script>",
        "a\tb",
        "'; drop table orders; --",
        "null",
        "%0d%0aset-cookie: a=b",
    ] {
        let answer = api.get_with("/plain", [(HeaderName::from_static("x-evil"), evil.as_bytes())]).await;
        let sent = body(&answer);
        assert_eq!(
            (sent["header"].as_str(), sent["inside"].as_str()),
            (Some(evil), Some(&*format!("<{evil}>")))
        );
        assert_eq!(sent.as_object().map(serde_json::Map::len), Some(17), "{evil}");
        assert_eq!(answer.header(HeaderName::from_static("x-echo")), evil);

        let query: String = evil.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = api.get(&format!("/plain?q={query}"), "").await;
        assert_eq!(body(&answer)["query"], evil);
    }
    // Bytes that a header cannot carry are left out of it.
    let answer = api.get("/plain?q=a%0d%0aset-cookie:%20b=c%00%c3%a9", "").await;
    assert_eq!(body(&answer)["query"], "a\r\nset-cookie: b=c\0é");
    assert_eq!(answer.header(HeaderName::from_static("x-query")), "aset-cookie: b=c");
    assert_eq!(answer.headers.get(header::SET_COOKIE), None);
    // Bytes that are not text have no value.
    let answer = api.get_with("/plain", [(HeaderName::from_static("x-evil"), &b"a\xff"[..])]).await;
    assert_eq!(body(&answer)["header"], Value::Null);
}

scopes! { Read = "orders/read"; }

/// Inside a nested router, the path is shortened and there is no table, so the response uses what the layer saw.
#[tokio::test]
async fn a_response_of_an_extractor_has_the_route_and_the_whole_path() {
    let template =
        r#"{"path":"$context.path","route":$context.resourcePath,"order":$method.request.path.id}"#;
    let response = GatewayResponse::new().template(JSON, template);
    let responses = GatewayResponses::new().response(ResponseType::AccessDenied, response);
    let table = RouteTable::builder().require("GET /v1/orders/{id}", Requirement::nothing());
    let pool = pool(&clock());
    let builder = builder(&clock()).profile(Standard::new().gateway_responses(responses));
    let builder = builder.routes(table.build().expect("it holds"));
    let auth = builder.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let orders = Router::new().route("/orders/{order}", get(async |_: RequireScope<Read>| "let in"));
    let api = Api::serve(Router::new().nest("/v1", orders).layer(auth)).await;
    let answer = api.get("/v1/orders/7", &bearer(pool.access_token("ada").sign())).await;
    let expected = json!({"path": "/v1/orders/7", "route": "/v1/orders/{id}", "order": "7"});
    assert_eq!((answer.status.as_u16(), body(&answer)), (403, expected));
}

#[tokio::test]
async fn extractors_answer_with_gateway_responses_too() {
    for (profile, kind, status) in [
        (Profile::RestApi, ResponseType::Unauthorized, 401),
        (Profile::Standard, ResponseType::AccessDenied, 403),
    ] {
        let response = with_its_type(kind)
            .template(JSON, r#"{"type":"$context.error.responseType","path":"$context.path"}"#);
        let responses = GatewayResponses::new().response(kind, response);
        let pool = pool(&clock());
        let builder = builder(&clock()).profile(with_responses(profile, responses));
        let auth = builder.accept(cognito_authorizer::TokenUse::Access);
        let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        let handler = get(async |_: RequireScope<Read>| "let in");
        let api = Api::serve(Router::new().route("/orders/{id}", handler).route_layer(auth)).await;
        let answer = api.get("/orders/7", &bearer(pool.access_token("ada").sign())).await;
        assert_eq!(answer.status, status, "{profile:?}");
        assert_eq!(answer.header(HeaderName::from_static("x-customised")), kind.name());
        assert_eq!(body(&answer), json!({"type": kind.name(), "path": "/orders/7"}), "{profile:?}");
        let good = api.get("/orders/7", &bearer(pool.access_token("ada").scope("orders/read").sign())).await;
        assert_eq!(good.to_string(), "200 let in", "{profile:?}");
    }
}
