//! The report of `explain` about a token for a route of a definition.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};

use crate::support::{KeysFile, POOL, WEB_APP, explain, pool, run};

/// The definition of `examples/imported.rs`.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/imported/serverless.yml");
const BOUND: [&str; 2] = ["--bind", "UserPool=eu-west-1_Ab12Cd34E"];

/// The output from the step after the issuer on, which differs from a call with `--pool`.
fn ending(out: &str) -> String {
    let (_, ending) = out.split_once("  ✓ issuer").unwrap_or_else(|| panic!("{out}"));
    let (_, ending) = ending.split_once('\n').unwrap();
    ending.to_owned()
}

async fn check(
    sign: impl FnOnce(&cognito_local_pool::LocalPool) -> String,
    definition: &str,
    options: &[&str],
    exit: u8,
    expected: Expect,
) {
    let pool = pool();
    let keys = KeysFile::of(&pool);
    let arguments = [&["explain", "--jwks", keys.path(), "--definition", definition], options].concat();
    let ran = explain(&sign(&pool), &arguments).await;
    assert_eq!(ran.exit, exit, "{ran:?}");
    expected.assert_eq(&ending(&ran.out));
}

async fn check_sample(
    sign: impl FnOnce(&cognito_local_pool::LocalPool) -> String,
    options: &[&str],
    exit: u8,
    expected: Expect,
) {
    check(sign, SAMPLE, &[&BOUND, options].concat(), exit, expected).await;
}

const MY_PATH: [&str; 2] = ["--route", "POST /my_path"];

#[tokio::test]
async fn the_route_says_what_is_asked_for() {
    check_sample(
        |pool| pool.access_token("ada").scope("user_management_lambdas/api").sign(),
        &MY_PATH,
        0,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✓ token use    access token, as expected
              ✓ app client   4example23456789; any is accepted
              ✓ subject      the token has one
              ✓ requirement  access token, and scope user_management_lambdas/api: met

            Accepted: a good access token
            A REST API answers: what the service answers, because the request is accepted
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_id_token_is_the_wrong_one_for_a_route_with_scopes() {
    check_sample(
        |pool| pool.id_token("ada").sign(),
        &["--method", "post", "--path", "/my_path"],
        1,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✗ token use    expected an access token, got an ID token
              · not reached  app client, subject, requirement

            Refused: expected an access token, got an ID token
            → This is an ID token, and POST /my_path requires the scope
              user_management_lambdas/api, which only access tokens have: send the access
              token (`access_token`, `AccessToken`).
            A REST API answers: 401 {"message":"Unauthorized"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_lacking_scope_is_403_here_and_401_at_a_rest_api() {
    let sign = |pool: &cognito_local_pool::LocalPool| pool.access_token("ada").sign();
    check_sample(
        sign,
        &MY_PATH,
        1,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✓ token use    access token, as expected
              ✓ app client   4example23456789; any is accepted
              ✓ subject      the token has one
              ✗ requirement  scope user_management_lambdas/api is required

            Refused, though the token is good: scope user_management_lambdas/api is required
            → The scope is only aws.cognito.signin.user.admin: the token is from an API
              sign-in (InitiateAuth, an SDK, Amplify's signIn), which grants no custom
              scopes. Sign in through the hosted UI (managed login) and ask for
              user_management_lambdas/api, or add the scope with a pre token generation
              trigger (version 2).
            A REST API answers: 401 {"message":"Unauthorized"}
        "#]],
    )
    .await;
    check_sample(
        sign,
        &[&MY_PATH[..], &["--profile", "standard"]].concat(),
        1,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✓ token use    access token, as expected
              ✓ app client   4example23456789; any is accepted
              ✓ subject      the token has one
              ✗ requirement  scope user_management_lambdas/api is required

            Refused, though the token is good: scope user_management_lambdas/api is required
            → The scope is only aws.cognito.signin.user.admin: the token is from an API
              sign-in (InitiateAuth, an SDK, Amplify's signIn), which grants no custom
              scopes. Sign in through the hosted UI (managed login) and ask for
              user_management_lambdas/api, or add the scope with a pre token generation
              trigger (version 2).
            The client gets: 403 {"message":"Forbidden"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_rest_api_says_that_a_token_has_expired() {
    let pool = pool();
    let keys = KeysFile::of(&pool);
    let arguments =
        [&["explain", "--jwks", keys.path(), "--definition", SAMPLE], &BOUND[..], &MY_PATH].concat();
    let ran = explain(&pool.access_token("ada").expired().sign(), &arguments).await;
    let answer = r#"A REST API answers: 401 {"message":"The incoming token has expired"}"#;
    assert_eq!((ran.exit, ran.out.lines().last()), (1, Some(answer)), "{ran:?}");
}

const HTTP_API: &str = r"
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ['*']}}}
  Jwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration:
        Issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
        Audience: [AUDIENCE]
  Orders:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: 'GET /orders/{id}', AuthorizationType: JWT, AuthorizerId: !Ref Jwt, AuthorizationScopes: [orders/read]}
  Health: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: 'GET /health'}}
  Iam: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: 'GET /iam', AuthorizationType: AWS_IAM}}
";

fn http_api(audience: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("api.yaml");
    std::fs::write(&path, HTTP_API.replace("AUDIENCE", audience)).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_http_api_has_audiences() {
    let (_folder, api) = http_api("another");
    check(
        |pool| pool.access_token("ada").scope("orders/read").sign(),
        &api,
        &["--path", "/orders/7"],
        1,
        expect![[r#"
              ✗ app client   the token's app client is not one of those that user pool
                             eu-west-1_Ab12Cd34E lets in
              · not reached  times, token use, subject, requirement

            Refused: the token's app client is not one of those that user pool
              eu-west-1_Ab12Cd34E lets in
            → The token was issued to the app client 4example23456789, and accepted is
              another. Sign in with that one, or accept this one: `.client("…")` in the
              service.
            An HTTP API answers: 401 {"message":"Unauthorized"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_http_api_takes_an_id_token_as_far_as_no_scope_is_asked_for() {
    let (_folder, api) = http_api(WEB_APP);
    check(
        |pool| pool.id_token("ada").sign(),
        &api,
        &["--route", "GET /orders/{id}"],
        1,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✓ token use    ID token; both kinds are accepted
              ✓ app client   4example23456789, which is accepted
              ✓ subject      the token has one
              ✗ requirement  scope orders/read is required

            Refused, though the token is good: scope orders/read is required
            → The token has no scopes. ID tokens never have any: send the access token.
            An HTTP API answers: 403 {"message":"Forbidden"}
        "#]],
    )
    .await;
    check(
        |pool| pool.access_token("ada").scope("orders/read").sign(),
        &api,
        &["--route", "GET /orders/{id}"],
        0,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✓ token use    access token; both kinds are accepted
              ✓ app client   4example23456789, which is accepted
              ✓ subject      the token has one
              ✓ requirement  scope orders/read: met

            Accepted: a good access token
            An HTTP API answers: what the service answers, because the request is accepted
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_route_may_decide_alone() {
    let (_folder, api) = http_api(WEB_APP);
    let mut told = String::new();
    for (route, exit) in [
        ("GET /health", 0),
        ("OPTIONS /orders/7", 0),
        ("GET /iam", 1),
        ("GET /nowhere", 1),
        ("DELETE /orders/7", 1),
    ] {
        let ran = run(&["explain", "--definition", &api, "--route", route], "").await;
        assert_eq!(ran.exit, exit, "{ran:?}");
        told.push_str(&ran.out);
    }
    expect![[r#"
        GET /health is open: no token is read
        An HTTP API answers: what the service answers, because the request is accepted
        OPTIONS /orders/7 is open to CORS preflights: they need no token
        → A preflight has the headers `Origin` and `Access-Control-Request-Method`. The
          other routes of the path decide about other OPTIONS requests, which are
          refused if there is none.
        An HTTP API answers: what the service answers, because the request is accepted
        GET /iam refuses every request, whatever its token
        → Its protection is not reproduced, or could not be resolved: see
          `cognito-authorizer routes`.
        An HTTP API answers: 403 {"message":"Forbidden"}
        No route of the definition matches GET /nowhere
        An HTTP API answers: 404 {"message":"Not Found"}
        No route of the definition matches DELETE /orders/7
        → The path has routes for other methods. In an HTTP API, API Gateway would use a
          broader route. Here, the request would reach the handler of the path, so it is
          refused: add a route for the method.
        An HTTP API answers: 404 {"message":"Not Found"}
    "#]]
    .assert_eq(&told);
    let ran = run(
        &["explain", "--definition", SAMPLE, "--route", "OPTIONS /my_path", BOUND[0], BOUND[1], "--json"],
        "",
    )
    .await;
    assert!(ran.exit == 0 && ran.out.contains(r#""verdict": "open_to_preflights""#), "{ran:?}");
    let ran =
        run(&["explain", "--definition", SAMPLE, "--route", "GET /nowhere", BOUND[0], BOUND[1]], "").await;
    let answer = r#"A REST API answers: 403 {"message":"Missing Authentication Token"}"#;
    assert_eq!((ran.exit, ran.out.lines().last()), (1, Some(answer)), "{ran:?}");
    let ran = run(&["explain", "--definition", &api, "--path", "/iam", "--json"], "").await;
    expect![[r#"
        {
          "verdict": "route_refused",
          "route": "GET /iam",
          "answer": {
            "profile": "http-api",
            "status": 403,
            "body": "{\"message\":\"Forbidden\"}"
          }
        }
    "#]]
    .assert_eq(&ran.out);
}

/// An authorizer with an expression that the token's `aud` must match.
#[tokio::test]
async fn an_audience_that_only_the_authorizer_refuses_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openapi.yaml");
    let definition = "
openapi: 3.0.1
info: {title: a, version: '1'}
components:
  securitySchemes:
    staff:
      type: apiKey
      in: header
      name: X-Token
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer:
        type: cognito_user_pools
        identityValidationExpression: ^staff.*
        providerARNs: [arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E]
paths:
  /me:
    get: {security: [{staff: []}], x-amazon-apigateway-integration: {type: mock}}
";
    std::fs::write(&path, definition).unwrap();
    let path = path.to_str().unwrap();
    check(
        |pool| pool.id_token("ada").sign(),
        path,
        &["--path", "/me"],
        1,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✓ token use    ID token, as expected
              ✓ app client   4example23456789; any is accepted
              ✓ subject      the token has one
              ✗ audience     the token's audience does not match the identity validation
                             expression
              · not reached  requirement

            Refused, though the token is good: the token's audience does not match the
              identity validation expression
            → The authorizer compares the token's `aud` with its identity validation
              expression. An access token has no `aud`, and the `aud` of an ID token is its
              app client: sign in with an app client that the expression matches.
            A REST API answers: 401 {"message":"Unauthorized"}
        "#]],
    )
    .await;
    check(
        |pool| pool.id_token("ada").client("staff-1").sign(),
        path,
        &["--path", "/me"],
        0,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✓ token use    ID token, as expected
              ✓ app client   staff-1; any is accepted
              ✓ subject      the token has one
              ✓ audience     staff-1 matches ^staff.*
              ✓ requirement  ID token: met

            Accepted: a good ID token
            A REST API answers: what the service answers, because the request is accepted
        "#]],
    )
    .await;
    check(
        |pool| pool.access_token("ada").sign(),
        path,
        &["--path", "/me"],
        1,
        expect![[r#"
              ✓ times        issued 0 s ago, expires in 60 min
              ✗ token use    expected an ID token, got an access token
              · not reached  app client, subject, audience, requirement

            Refused: expected an ID token, got an access token
            → This is an access token, and GET /me requires no scope, which makes it a route
              for ID tokens: send the ID token (`id_token`, `IdToken`), or give the route a
              scope.
            A REST API answers: 401 {"message":"Unauthorized"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn missing_inputs_of_a_definition_are_reported() {
    for (options, exit, message) in [
        (
            &["--route", "POST /my_path"][..],
            2,
            "`${UserPool}` is not known before it is deployed; give its id with `--bind",
        ),
        (&["--route", "POST /my_path", "--api", "Other"], 2, "there is no API `Other`"),
        (&["--route", "GET\u{e9} /my_path", BOUND[0], BOUND[1]], 2, "`GET\u{e9}` is not an HTTP method"),
    ] {
        let ran = run(&[&["explain", "--definition", SAMPLE], options].concat(), "").await;
        assert_eq!(ran.exit, exit, "{ran:?}");
        assert!(ran.messages.contains(message), "{ran:?}");
    }
    let wrong = KeysFile::of(&pool());
    let ran = run(&["explain", "--definition", wrong.path(), "--path", "/"], "").await;
    assert!(ran.exit == 2 && ran.messages.contains("APIGW-FILE-001"), "{ran:?}");
    assert_eq!(POOL, "eu-west-1_Ab12Cd34E");
}
