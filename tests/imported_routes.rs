//! Which requests reach a handler through the table of a definition. Each handler answers with its name, and serves more methods
//! than the definition has routes for.

use apigateway_definition::{ApiDefinition, Diagnostic, Import, Severity};
use axum::{
    Router,
    body::Body,
    routing::{any, delete, get, head, post},
};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, DefinesRoutes, DefinitionError, Profile, RouteRule, RouteTable,
    UserPool,
};
use cognito_local_pool::{AppClient, LocalPool};
use expect_test::expect;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::{bearer, clock, keys, pool_clock};

const POOL: &str = "eu-west-1_Ab12Cd34E";
const CLIENT: &str = "4example23456789";
const PREFLIGHT: [(&str, &str); 2] =
    [("origin", "https://app.example"), ("access-control-request-method", "GET")];

fn read(text: &str) -> ApiDefinition {
    let name = if text.contains("service:") { "serverless.yml" } else { "template.yaml" };
    read_as(&Import::new().file(name, text))
}

fn read_as(import: &Import) -> ApiDefinition {
    import.read().unwrap_or_else(|problems| panic!("{problems}")).definition
}

fn pool() -> LocalPool {
    let builder = LocalPool::builder(POOL).clock(pool_clock(&clock()));
    builder.app_client(AppClient::public(CLIENT)).build().expect("a pool")
}

/// The layer of the definition around the router.
fn protected(definition: &ApiDefinition, router: Router, pool: &LocalPool) -> Router {
    let builder = CognitoAuthLayer::builder_from(definition).expect("a layer");
    with_layer(builder, router, pool)
}

fn with_layer(builder: CognitoAuthBuilder, router: Router, pool: &LocalPool) -> Router {
    router.layer(builder.clock(clock()).with_keys([(pool.id(), keys(pool))]).expect("a layer"))
}

/// Status and body.
async fn ask(router: &Router, line: &str, headers: &[(&str, &str)]) -> String {
    let (method, path) = line.split_once(' ').expect("method and path");
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let request = request.body(Body::empty()).expect("a request");
    let answer = router.clone().oneshot(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    format!("{status} {}", String::from_utf8_lossy(&body)).trim_end().to_owned()
}

/// `POST /admin/users` needs a scope, and `ANY /{proxy+}` is open.
const NARROW: &str = "
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: HTTP, Name: shop } }
  People:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: people
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E', Audience: [4example23456789] }
  MakeUser: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: 'POST /admin/users', AuthorizationType: JWT, AuthorizerId: !Ref People, AuthorizationScopes: [admin/all] } }
  Rest: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: 'ANY /{proxy+}' } }
";

#[tokio::test]
async fn the_handler_of_a_narrow_path_is_reached_only_by_its_own_rows() {
    let (definition, pool) = (read(NARROW), pool());
    let users = async || "users";
    let token = bearer(pool.access_token("ada").client(CLIENT).scope("admin/all").sign());
    let token = [("authorization", &*token)];
    for (how, narrow) in [
        ("a method", delete(users).post(users)),
        ("any", any(users)),
        ("a fallback", post(users).fallback(users)),
        ("get, which serves HEAD", get(users).post(users)),
    ] {
        let router = Router::new().route("/admin/users", narrow).route("/{*rest}", any(async || "rest"));
        let router = protected(&definition, router, &pool);
        for method in ["DELETE", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "get", "post", "FOO"] {
            for headers in [&[][..], &token, &PREFLIGHT] {
                let answer = ask(&router, &format!("{method} /admin/users"), headers).await;
                assert_eq!(answer.get(..3), Some("404"), "{how}, {method}: {answer}");
                assert!(!answer.contains("users"), "{how}, {method}: {answer}");
            }
        }
        assert_eq!(ask(&router, "POST /admin/users", &[]).await, r#"401 {"message":"Unauthorized"}"#);
        assert_eq!(ask(&router, "POST /admin/users", &token).await, "200 users");
        assert_eq!(ask(&router, "DELETE /other", &[]).await, "200 rest");
    }
    let table = definition.route_table().expect("a table");
    let comparison = table.compare(["POST /admin/users", "DELETE /admin/users", "ANY /{*rest}"]);
    expect![[r"
        the route table and the router differ:
        - no row covers the route `DELETE /admin/users`, only `POST /admin/users`; add a row for it, or remove the route"]]
    .assert_eq(&comparison.into_result().expect_err("DELETE has no row").to_string());
}

/// A REST API with one route for every method and `cors: true`.
const REST_CORS: &str = "
service: shop
provider: { name: aws, region: eu-west-1, stage: dev }
functions:
  all:
    handler: all.handler
    events:
      - http:
          path: '{proxy+}'
          method: any
          cors: true
          authorizer: { name: people, type: COGNITO_USER_POOLS, arn: 'arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E' }
";

#[tokio::test]
async fn cors_of_a_rest_api_opens_preflights_and_no_other_options_request() {
    let pool = pool();
    let token = bearer(pool.id_token("ada").client(CLIENT).sign());
    let router = || Router::new().route("/{*rest}", any(async || "all"));
    let no_route = r#"403 {"message":"Missing Authentication Token"}"#;
    let unauthorized = r#"401 {"message":"Unauthorized"}"#;
    for (method, without_token, with_token) in
        [("any", unauthorized, "200 all"), ("get", no_route, no_route), ("post", no_route, no_route)]
    {
        let definition = read(&REST_CORS.replace("method: any", &format!("method: {method}")));
        let router = protected(&definition, router(), &pool);
        assert_eq!(ask(&router, "OPTIONS /x", &PREFLIGHT).await, "200 all", "{method}");
        for (name, value) in PREFLIGHT {
            assert_eq!(ask(&router, "OPTIONS /x", &[(name, value)]).await, without_token, "{method}");
        }
        assert_eq!(ask(&router, "OPTIONS /x", &[]).await, without_token, "{method}");
        let token = [("authorization", &*token)];
        assert_eq!(ask(&router, "OPTIONS /x", &token).await, with_token, "{method}");
    }
}

/// The definition of [`import_of`].
fn http_api(cors: &str, routes: &[(&str, &str)]) -> ApiDefinition {
    read_as(&import_of(cors, routes))
}

/// An HTTP API with this CORS configuration, unless it is empty, and these routes: the route key, and the authorizer `people` or
/// `open`.
fn import_of(cors: &str, routes: &[(&str, &str)]) -> Import {
    let mut text = NARROW.split("  MakeUser:").next().expect("the API").to_owned();
    if !cors.is_empty() {
        text = text.replace("Name: shop }", &format!("Name: shop, CorsConfiguration: {cors} }}"));
    }
    for (index, (key, authorizer)) in routes.iter().enumerate() {
        let authorizer = match *authorizer {
            "open" => "",
            _ => ", AuthorizationType: JWT, AuthorizerId: !Ref People",
        };
        text.push_str(&format!(
            "  R{index}: {{ Type: AWS::ApiGatewayV2::Route, Properties: {{ ApiId: !Ref Api, RouteKey: '{key}'{authorizer} }} }}\n"
        ));
    }
    Import::new().file("template.yaml", text)
}

const CORS: &str = "{ AllowOrigins: ['https://app.example'] }";

#[tokio::test]
async fn cors_of_an_http_api_opens_preflights_and_no_other_options_request() {
    let pool = pool();
    let definition = http_api(CORS, &[("GET /x", "people")]);
    let router = protected(&definition, Router::new().route("/x", any(async || "all")), &pool);
    assert_eq!(ask(&router, "OPTIONS /x", &PREFLIGHT).await, "200 all");
    let token = bearer(pool.access_token("ada").client(CLIENT).sign());
    for headers in [&[][..], &PREFLIGHT[..1], &PREFLIGHT[1..], &[("authorization", &*token)]] {
        assert_eq!(ask(&router, "OPTIONS /x", headers).await, r#"404 {"message":"Not Found"}"#);
    }
}

/// The paths on which only preflights are let in.
fn opened(cors: &str, routes: &[(&str, &str)]) -> Vec<String> {
    let table = http_api(cors, routes).route_table().expect("a table");
    let rows = table.rows().filter(|(_, rule)| rule.to_string() == "open to CORS preflights");
    rows.map(|(key, _)| key.path().to_string()).collect()
}

#[test]
fn a_broader_open_route_for_options_opens_the_preflights_of_narrower_paths() {
    let no_cors = "";
    for (cors, routes, paths) in [
        // As AWS recommends if `$default` or `ANY` has an authorizer.
        (
            no_cors,
            &[("$default", "people"), ("OPTIONS /{proxy+}", "open"), ("GET /x", "people")][..],
            &["/x"][..],
        ),
        (no_cors, &[("ANY /{p+}", "people"), ("OPTIONS /{p+}", "open"), ("GET /x", "people")], &["/x"]),
        (no_cors, &[("OPTIONS /a/{p+}", "open"), ("GET /a/b", "people"), ("GET /x", "people")], &["/a/b"]),
        // Not opened by accident.
        (no_cors, &[("GET /x", "people")], &[]),
        (no_cors, &[("ANY /{p+}", "open"), ("GET /x", "people")], &[]),
        (no_cors, &[("OPTIONS /{p+}", "people"), ("GET /x", "people")], &[]),
        (no_cors, &[("OPTIONS /{p+}", "open"), ("ANY /a/{p+}", "people"), ("GET /a/x", "people")], &[]),
        (no_cors, &[("OPTIONS /{p+}", "open"), ("ANY /{a}/{b}", "people"), ("GET /a/{x}", "people")], &[]),
        (no_cors, &[("OPTIONS /{p+}", "open"), ("ANY /a/b", "people"), ("GET /a/{x}", "people")], &[]),
        (no_cors, &[("OPTIONS /a/b", "open"), ("GET /a/{x}", "people")], &[]),
        (no_cors, &[("OPTIONS /{p+}", "open"), ("GET /", "people")], &[]),
        // Opened by the CORS configuration, unless a route with an authorizer matches OPTIONS.
        (CORS, &[("GET /x", "people"), ("POST /x", "open"), ("GET /y", "open")], &["/x", "/y"]),
        (CORS, &[("ANY /{p+}", "open"), ("GET /x", "people")], &["/x"]),
        (CORS, &[("$default", "open"), ("GET /x", "people")], &["/x"]),
        (CORS, &[("$default", "people"), ("GET /x", "people")], &[]),
        (CORS, &[("ANY /{p+}", "people"), ("GET /x", "people")], &[]),
        (CORS, &[("ANY /x", "people"), ("OPTIONS /y", "people")], &[]),
        // One row, although the variables have different names.
        (CORS, &[("GET /a/{x}", "people"), ("PUT /a/{y}", "people")], &["/a/{x}"]),
    ] {
        assert_eq!(opened(cors, routes), paths, "{cors} {routes:?}");
    }
}

/// On the narrower path, `OPTIONS` is open only to preflights.
#[test]
fn an_options_request_to_a_narrower_path_is_refused() {
    let routes = [("OPTIONS /{proxy+}", "open"), ("GET /x", "people")];
    let table: RouteTable = http_api("", &routes).route_table().expect("a table");
    let options = |path| table.rule(&http::Method::OPTIONS, path).to_string();
    assert_eq!(options("/y"), "OPTIONS /{proxy+}: open");
    assert_eq!(options("/x"), "no row for the method: refused");
    assert_eq!(table.preflight("/x").to_string(), "OPTIONS /x: open to CORS preflights");
}

/// Routes whose protection is not reproduced, each beside an open route that matches the same requests.
const NOT_REPRODUCED: &[(&str, &str)] = &[
    (
        "AWS IAM, HTTP API",
        "
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: HTTP, Name: shop } }
  Admin: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: 'GET /admin', AuthorizationType: AWS_IAM } }
  Rest: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: 'ANY /{proxy+}' } }
",
    ),
    (
        "Lambda authorizer, HTTP API",
        "
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: HTTP, Name: shop } }
  Code: { Type: AWS::ApiGatewayV2::Authorizer, Properties: { ApiId: !Ref Api, AuthorizerType: REQUEST, Name: code } }
  Admin: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: 'GET /admin', AuthorizationType: CUSTOM, AuthorizerId: !Ref Code } }
  Rest: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: 'ANY /{proxy+}' } }
",
    ),
    (
        "AWS IAM, REST API",
        "
service: shop
provider: { name: aws, region: eu-west-1, stage: dev }
functions:
  admin: { handler: a.b, events: [{ http: { path: admin, method: get, authorizer: aws_iam } }] }
  rest: { handler: a.b, events: [{ http: { path: '{proxy+}', method: any } }] }
",
    ),
    (
        "Lambda authorizer, REST API",
        "
service: shop
provider: { name: aws, region: eu-west-1, stage: dev }
functions:
  guard: { handler: a.b }
  admin: { handler: a.b, events: [{ http: { path: admin, method: get, authorizer: guard } }] }
  rest: { handler: a.b, events: [{ http: { path: '{proxy+}', method: any } }] }
",
    ),
    (
        "API key, REST API",
        "
service: shop
provider: { name: aws, region: eu-west-1, stage: dev }
functions:
  admin: { handler: a.b, events: [{ http: { path: admin, method: get, private: true } }] }
  rest: { handler: a.b, events: [{ http: { path: '{proxy+}', method: any } }] }
",
    ),
];

#[tokio::test]
async fn a_route_that_is_not_reproduced_is_refused_beside_an_open_one() {
    let pool = pool();
    for (what, text) in NOT_REPRODUCED {
        let name = if text.contains("service:") { "serverless.yml" } else { "template.yaml" };
        // Otherwise an API key as the only protection is an error.
        let definition = read_as(&Import::new().file(name, *text).partial());
        let builder = CognitoAuthLayer::builder(UserPool::new(POOL).any_client()).profile(Profile::HttpApi);
        let builder = builder.routes(definition.route_table().expect("a table"));
        let router = Router::new().route("/admin", any(async || "admin")).fallback(async || "rest");
        let router = with_layer(builder, router, &pool);
        let token = bearer(pool.access_token("ada").client(CLIENT).sign());
        for headers in [&[][..], &[("authorization", &*token)]] {
            for method in ["GET", "HEAD"] {
                let answer = ask(&router, &format!("{method} /admin"), headers).await;
                assert_eq!(answer.get(..3), Some("403"), "{what}, {method}: {answer}");
            }
            let others = ask(&router, "POST /admin", headers).await;
            assert_eq!(others.get(..3), Some("404"), "{what}: {others}");
            assert_eq!(ask(&router, "GET /x", headers).await, "200 rest", "{what}");
        }
    }
}

#[tokio::test]
async fn a_route_only_for_head_is_served_and_opens_nothing_else() {
    let pool = pool();
    let definition = http_api("", &[("HEAD /files/{id}", "people")]);
    let token = bearer(pool.access_token("ada").client(CLIENT).sign());
    let token = [("authorization", &*token)];
    let file = async || {
        let length = HeaderMap::from_iter([(header::ETAG, header::HeaderValue::from_static("\"7\""))]);
        (StatusCode::OK, length, "file")
    };
    for handler in [head(file), get(file), any(file)] {
        let router = protected(&definition, Router::new().route("/files/{id}", handler), &pool);
        assert_eq!(ask(&router, "HEAD /files/7", &token).await.get(..3), Some("200"));
        assert_eq!(ask(&router, "HEAD /files/7", &[]).await.get(..3), Some("401"));
        for method in ["GET", "POST", "OPTIONS"] {
            let answer = ask(&router, &format!("{method} /files/7"), &token).await;
            assert_eq!(answer, r#"404 {"message":"Not Found"}"#, "{method}");
        }
    }
    let table = definition.route_table().expect("a table");
    assert_eq!(table.compare(["HEAD /files/{id}"]).into_result(), Ok(()));
    let comparison = table.compare(["GET /files/{id}"]);
    assert_eq!(comparison.routes_without_row().collect::<Vec<_>>(), ["GET /files/{id}"]);
}

#[test]
fn a_route_that_cannot_be_a_row_is_an_error_of_the_import() {
    for (routes, expected) in [
        (
            [("GET /a", "people"), ("HEAD /a", "open")],
            expect!["APIGW-CFN-024 template.yaml:13:3: `HEAD /a` may let in requests that `GET /a` refuses"],
        ),
        (
            [("HEAD /a", "open"), ("ANY /a", "people")],
            expect!["APIGW-CFN-024 template.yaml:12:3: `HEAD /a` may let in requests that `ANY /a` refuses"],
        ),
        (
            [("GET /{a}/{b}/{a}", "people"), ("GET /a", "people")],
            expect![[
                r#"APIGW-CFN-023 template.yaml:12:82: the path "/{a}/{b}/{a}" has two variables `a`; give each a name of its own"#
            ]],
        ),
        (
            [("GET /a/..", "people"), ("GET /a", "people")],
            expect![[
                r#"APIGW-CFN-023 template.yaml:12:82: the path "/a/.." has a dot segment, and requests with one are refused; write the path that is meant"#
            ]],
        ),
        (
            [("GET /:a", "people"), ("GET /a", "people")],
            expect![[
                r#"APIGW-CFN-023 template.yaml:12:82: the segment ":a" of the path "/:a" is neither text nor a variable; text has letters, digits and any of -._~:@,$!'()=& (`:` not in front), a variable reads `{id}`, the rest of a path `{proxy+}`"#
            ]],
        ),
        (
            [("GET /{a}", "people"), ("GET /{b}", "people")],
            expect!["APIGW-CFN-023 template.yaml:13:3: two routes take the requests of `GET /{b}`"],
        ),
    ] {
        let problems = import_of("", &routes).read().expect_err("an error");
        let line = |diagnostic: &Diagnostic| {
            let label = diagnostic.labels().first().expect("a label").location().to_string();
            format!("{} {label}: {}", diagnostic.code(), diagnostic.message())
        };
        let lines: Vec<String> = problems.diagnostics().iter().map(line).collect();
        expected.assert_eq(&lines.join("\n"));
    }
}

#[test]
fn a_partial_import_refuses_a_head_route_that_lets_in_more_than_get() {
    let partial = import_of("", &[("GET /a", "people"), ("HEAD /a", "open")]).partial();
    let table = read_as(&partial).route_table().expect("a table");
    assert_eq!(table.rule(&Method::HEAD, "/a").rule(), &RouteRule::Refuse);
    assert!(matches!(table.rule(&Method::GET, "/a").rule(), RouteRule::Require(_)));
    // The same rule for both is not a problem.
    for head in ["people", "open"] {
        let definition = http_api("", &[("GET /a", head), ("HEAD /a", head)]);
        assert!(definition.route_table().is_ok(), "{head}");
    }
}

/// Every import that succeeds gives a table, unless an id is unbound or the issuer is not a user pool.
#[test]
fn every_definition_that_is_read_gives_a_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/apigateway-definition/tests/definitions");
    let mut tables = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of the definitions") {
        let path = entry.expect("an entry").path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "expected") {
            continue;
        }
        let import = Import::from_path(&path).expect("a definition").accept_parameter_defaults();
        for import in [import.clone(), import.partial()] {
            let Ok(imported) = import.unused_inputs(Severity::Warning).read() else { continue };
            for api in &imported.definition.apis {
                match api.route_table() {
                    Ok(_) => tables += 1,
                    Err(DefinitionError::Unbound { .. } | DefinitionError::NotAUserPool { .. }) => {}
                    Err(error) => panic!("{}: {error}", path.display()),
                }
            }
        }
    }
    assert!(tables > 50, "{tables}");
}
