//! The whole report of `routes`.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};
use tempfile::TempDir;

use crate::support::{Ran, run};

/// The definition of `examples/imported.rs`.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/imported/serverless.yml");

/// Files of a definition in a folder of their own.
struct Files {
    folder: TempDir,
}

impl Files {
    fn of<const N: usize>(files: [(&str, &str); N]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    async fn routes(&self, name: &str, options: &[&str]) -> Ran {
        run(&[&["routes", &*self.path(name)], options].concat(), "").await
    }
}

fn check(ran: &Ran, exit: u8, expected: &Expect) {
    expected.assert_eq(&ran.out);
    assert_eq!(ran.exit, exit, "{ran:?}");
}

/// An HTTP API with a route of each kind.
const HTTP_API: &str = "
Resources:
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
  Pool: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}
  Any:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: 'GET /orders', AuthorizationType: JWT, AuthorizerId: !Ref Jwt}
  Write:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: 'POST /orders'
      AuthorizationType: JWT
      AuthorizerId: !Ref Jwt
      AuthorizationScopes: [orders/write, orders/admin]
  Iam:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: 'GET /internal', AuthorizationType: AWS_IAM}
  Health:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: 'GET /health'}
";

/// The transcript of the README.
#[tokio::test]
async fn the_sample_has_one_protected_route() {
    let ran = run(&["routes", SAMPLE], "").await;
    check(
        &ran,
        0,
        &expect![[r#"
        REST API ApiGatewayRestApi serverless.yml:2:1

          METHOD   PATH      AUTHORIZER     TOKEN   SCOPES
          OPTIONS  /my_path  -              none    answers CORS preflights
          POST     /my_path  ApiAuthorizer  access  user_management_lambdas/api

          ApiAuthorizer: Cognito user pool ${UserPool}, header Authorization, result TTL
            300 s

        Not carried over: 1 thing; `--verbose` lists it

        To be bound, before it can be served
          --bind UserPool=…

        Open routes: requests need no token
          OPTIONS /my_path  answers CORS preflights (serverless.yml:11:9)
    "#]],
    );
}

#[tokio::test]
async fn each_kind_of_route_is_distinguished() {
    let ran = Files::of([("api.yaml", HTTP_API)]).routes("api.yaml", &[]).await;
    check(
        &ran,
        0,
        &expect![[r#"
        HTTP API Api api.yaml:3:3

          METHOD  PATH       AUTHORIZER  TOKEN    SCOPES
          GET     /health    -           none     `AuthorizationType` is NONE or not set
          GET     /internal  -           refused  AWS IAM is not supported
          GET     /orders    Jwt         either
          POST    /orders    Jwt         access   orders/write or orders/admin

          Jwt: JWT, issuer https://cognito-idp.eu-west-1.amazonaws.com/${Pool}, audience
            ${Client}, from $request.header.Authorization
          CORS: the gateway answers preflights itself, for origins https://app.example

        warning[APIGW-DENY-001]: the route is protected by AWS IAM, which is not
          reproduced: it is refused
            --> api.yaml:26:3
             |
          26 |   Iam:
             |   ^^^ this route

        To be bound, before it can be served
          --bind Pool=…
          --bind Client=…

        Open routes: requests need no token
          GET /health  `AuthorizationType` is NONE or not set (api.yaml:29:3)
    "#]],
    );
}

#[tokio::test]
async fn scopes_go_below_the_path_if_there_is_no_room_beside_it() {
    let api = HTTP_API.replace("/orders", "/customers/{customer}/orders/{order}/lines");
    let ran = Files::of([("api.yaml", &api)]).routes("api.yaml", &[]).await;
    let table = ran.out.lines().take(9).collect::<Vec<_>>().join("\n") + "\n";
    expect![[r#"
        HTTP API Api api.yaml:3:3

          METHOD  PATH                                        AUTHORIZER  TOKEN
          GET     /customers/{customer}/orders/{order}/lines  Jwt         either
          POST    /customers/{customer}/orders/{order}/lines  Jwt         access
                  orders/write or orders/admin
          GET     /health                                     -           none
                  `AuthorizationType` is NONE or not set
          GET     /internal                                   -           refused
    "#]]
    .assert_eq(&table);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
}

#[tokio::test]
async fn ci_wants_each_open_route_confirmed() {
    let files = Files::of([("api.yaml", HTTP_API)]);
    let ran = files.routes("api.yaml", &["--check"]).await;
    let check = ran.out.split_once("Check").unwrap().1;
    expect![[r#"
         failed: 1 route
          ✗ GET /health is open, and nothing confirms that it may be
        → Give each an authorizer, or confirm that it may be open:
            --allow-open 'GET /health'
    "#]]
    .assert_eq(check);
    assert_eq!(ran.exit, 1);
    let ran = files.routes("api.yaml", &["--check", "--allow-open", "GET /health"]).await;
    assert!(ran.out.ends_with("Check passed: every route is resolved, and every open one is confirmed\n"));
    assert_eq!(ran.exit, 0);
    // A preflight's answer is open by its nature.
    assert_eq!(run(&["routes", SAMPLE, "--check"], "").await.exit, 0);
}

const UNRESOLVED: &str = "
Resources:
  Api: {Type: AWS::ApiGateway::RestApi}
  Orders:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, AuthorizationType: !Ref Type}
";

#[tokio::test]
async fn an_unresolved_value_is_shown_with_its_source_line() {
    let ran = Files::of([("api.yaml", UNRESOLVED)]).routes("api.yaml", &[]).await;
    check(
        &ran,
        1,
        &expect![[r#"
        error[APIGW-CFN-001]: `Type` is neither a parameter nor a resource
            --> api.yaml:6:120
             |
           6 | pi.RootResourceId, HttpMethod: GET, AuthorizationType: !Ref Type}
             |                                                             ^^^^ it is named here

        The definition cannot be served as it is
        → Nothing was guessed. `--partial` reads the rest, and refuses each route that
          has a problem.
    "#]],
    );
}

#[tokio::test]
async fn a_partial_reading_refuses_what_cannot_be_resolved() {
    let files = Files::of([("api.yaml", UNRESOLVED)]);
    let ran = files.routes("api.yaml", &["--partial", "--check"]).await;
    check(
        &ran,
        1,
        &expect![[r#"
        REST API Api api.yaml:3:3

          METHOD  PATH  AUTHORIZER  TOKEN    SCOPES
          GET     /     -           refused  could not be resolved

        error[APIGW-CFN-001]: `Type` is neither a parameter nor a resource
            --> api.yaml:6:120
             |
           6 | pi.RootResourceId, HttpMethod: GET, AuthorizationType: !Ref Type}
             |                                                             ^^^^ it is named here

        Open routes: none

        Check failed: 1 route
          ✗ GET / could not be resolved, so it is refused; its error is above
    "#]],
    );
    assert_eq!(files.routes("api.yaml", &["--partial"]).await.exit, 0);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a snapshot, whole")]
async fn programs_get_json() {
    let files = Files::of([("api.yaml", HTTP_API)]);
    let ran = files.routes("api.yaml", &["--json", "--check", "--bind", "Pool=eu-west-1_Ab12Cd34E"]).await;
    check(
        &ran,
        1,
        &expect![[r#"
        {
          "apis": [
            {
              "id": "Api",
              "name": null,
              "kind": "http",
              "stage": null,
              "routes": [
                {
                  "method": "GET",
                  "path": "/health",
                  "authorizer": null,
                  "token": "none",
                  "scopes": [],
                  "preflight": false,
                  "api_key": false,
                  "notes": [
                    "`AuthorizationType` is NONE or not set"
                  ],
                  "source": "api.yaml:29:3"
                },
                {
                  "method": "GET",
                  "path": "/internal",
                  "authorizer": null,
                  "token": "refused",
                  "scopes": [],
                  "preflight": false,
                  "api_key": false,
                  "notes": [
                    "AWS IAM is not supported"
                  ],
                  "source": "api.yaml:26:3"
                },
                {
                  "method": "GET",
                  "path": "/orders",
                  "authorizer": "Jwt",
                  "token": "either",
                  "scopes": [],
                  "preflight": false,
                  "api_key": false,
                  "notes": [],
                  "source": "api.yaml:15:3"
                },
                {
                  "method": "POST",
                  "path": "/orders",
                  "authorizer": "Jwt",
                  "token": "access",
                  "scopes": [
                    "orders/write",
                    "orders/admin"
                  ],
                  "preflight": false,
                  "api_key": false,
                  "notes": [],
                  "source": "api.yaml:18:3"
                }
              ],
              "authorizers": [
                {
                  "type": "jwt",
                  "name": "Jwt",
                  "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E",
                  "user_pool": "eu-west-1_Ab12Cd34E",
                  "audiences": [
                    "${Client}"
                  ],
                  "identity_source": "$request.header.Authorization"
                }
              ],
              "answers_preflights": true
            }
          ],
          "open_routes": [
            "GET /health"
          ],
          "unbound": [
            "Client"
          ],
          "not_carried_over": [],
          "problems": [
            {
              "code": "APIGW-DENY-001",
              "severity": "warning",
              "message": "the route is protected by AWS IAM, which is not reproduced: it is refused",
              "places": [
                {
                  "file": "api.yaml",
                  "line": 26,
                  "column": 3,
                  "text": "this route"
                }
              ],
              "help": null
            }
          ],
          "check": {
            "passed": false,
            "failures": [
              {
                "route": "GET /health",
                "why": "open"
              }
            ]
          }
        }
    "#]],
    );
}

#[tokio::test]
async fn programs_get_the_problems_as_json() {
    let files = Files::of([("wrong.yaml", UNRESOLVED)]);
    let ran = files.routes("wrong.yaml", &["--json"]).await;
    check(
        &ran,
        1,
        &expect![[r#"
        {
          "problems": [
            {
              "code": "APIGW-CFN-001",
              "severity": "error",
              "message": "`Type` is neither a parameter nor a resource",
              "places": [
                {
                  "file": "wrong.yaml",
                  "line": 6,
                  "column": 120,
                  "text": "it is named here"
                }
              ],
              "help": null
            }
          ]
        }
    "#]],
    );
}

#[tokio::test]
async fn what_is_known_beyond_the_definition_is_used() {
    let files = Files::of([
        (
            "serverless.yml",
            "service: a
provider: {name: aws, stage: \"${opt:stage, 'dev'}\"}
functions:
  f:
    events:
      - http:
          path: \"${opt:path}/${env:PART}/${param:last}\"
          method: get
          authorizer: {name: pool, arn: \"${cf:pools.Arn}\", type: COGNITO_USER_POOLS, scopes: [\"${ssm:/scope}\"]}
",
        ),
        ("values.json", r#"{"cf:pools.Arn": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_Ab12Cd34E", "ssm:/scope": "orders/read"}"#),
    ]);
    let values = files.path("values.json");
    let options = [
        "--stage",
        "prod",
        "--opt",
        "path=v1",
        "--env",
        "PART=b",
        "--param",
        "last=c",
        "--values",
        &values,
        "--region",
        "eu-west-1",
        "--account",
        "123456789012",
    ];
    let ran = files.routes("serverless.yml", &options).await;
    check(
        &ran,
        0,
        &expect![[r#"
            REST API ApiGatewayRestApi, stage prod serverless.yml:1:1

              METHOD  PATH     AUTHORIZER                TOKEN   SCOPES
              GET     /v1/b/c  PoolApiGatewayAuthorizer  access  orders/read

              PoolApiGatewayAuthorizer: Cognito user pool eu-west-1_Ab12Cd34E, header
                Authorization, result TTL 300 s

            Open routes: none
        "#]],
    );
}

#[tokio::test]
async fn stack_resources_bind_what_was_deployed() {
    let files = Files::of([
        ("api.yaml", HTTP_API),
        (
            "resources.json",
            r#"{"StackResources": [
                {"LogicalResourceId": "Pool", "PhysicalResourceId": "eu-west-1_Ab12Cd34E"},
                {"LogicalResourceId": "Client", "PhysicalResourceId": "4example23456789"}
            ]}"#,
        ),
    ]);
    let ran = files.routes("api.yaml", &["--stack-resources", &files.path("resources.json")]).await;
    let told = ran.one_line();
    assert!(told.contains("amazonaws.com/eu-west-1_Ab12Cd34E, audience 4example23456789"), "{told}");
    assert!(!told.contains("To be bound"), "{told}");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let ran = run(&["routes", "/nonexistent/serverless.yml"], "").await;
    assert_eq!((ran.exit, &*ran.out), (2, ""));
    assert!(ran.messages.contains("/nonexistent/serverless.yml"), "{ran:?}");
    let ran = run(&["routes", SAMPLE, "--root", env!("CARGO_MANIFEST_DIR")], "").await;
    assert!(
        ran.exit == 2 && ran.messages.contains("give a folder that contains it with `--root`"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn a_definition_cannot_steer_the_terminal() {
    let api = HTTP_API.replace("orders/admin", "\"\\e]0;owned\\a\\u202e\"");
    let ran = Files::of([("api.yaml", &api)]).routes("api.yaml", &[]).await;
    assert!(ran.out.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{ran:?}");
    assert!(ran.out.contains("owned"), "{ran:?}");
}
