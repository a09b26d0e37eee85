//! The report of `routes diff`.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use std::fmt::Write as _;

use expect_test::expect;

use crate::support::{Ran, run};

/// An HTTP API with these routes: key, authorization (`open`, `iam` or scopes).
fn api(routes: &[(&str, &str)]) -> String {
    let mut text = "
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Jwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {Issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E, Audience: [web]}
"
    .to_owned();
    for (place, (key, authorization)) in routes.iter().enumerate() {
        let authorization = match *authorization {
            "open" => "AuthorizationType: NONE".to_owned(),
            "iam" => "AuthorizationType: AWS_IAM".to_owned(),
            scopes => {
                format!("AuthorizationType: JWT, AuthorizerId: !Ref Jwt, AuthorizationScopes: [{scopes}]")
            }
        };
        let _ = writeln!(
            text,
            "  Route{place}: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: '{key}', {authorization}}}}}"
        );
    }
    text
}

async fn diff_of(old: &str, new: &str, options: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let paths = [("old.yaml", old), ("new.yaml", new)].map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    });
    run(&[&["routes", "diff", &paths[0], &paths[1]], options].concat(), "").await
}

async fn diff(old: &[(&str, &str)], new: &[(&str, &str)], options: &[&str]) -> Ran {
    diff_of(&api(old), &api(new), options).await
}

#[tokio::test]
async fn each_kind_of_change_is_reported() {
    let old = [
        ("GET /opened", "a/b"),
        ("GET /scope/{id}", "a/b"),
        ("GET /without", "a/b"),
        ("GET /other", "a/b"),
        ("GET /narrow", "a/b, a/c"),
        ("GET /closed", "open"),
        ("GET /gone", "a/b"),
        ("GET /iam", "iam"),
        ("GET /same/{x}", "a/b"),
    ];
    let new = [
        ("GET /opened", "open"),
        ("GET /scope/{id}", "a/b, a/c"),
        ("GET /without", ""),
        ("GET /other", "a/d"),
        ("GET /narrow", "a/b"),
        ("GET /closed", "a/b"),
        ("POST /added", "a/b"),
        ("GET /iam", "a/b"),
        ("GET /same/{y}", "a/b"),
    ];
    let ran = diff(&old, &new, &["--check"]).await;
    expect![[r#"
        Api
          opens     GET /opened
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  open
          loosens   GET /without
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  any token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, audience web
          loosens   GET /scope/{id}
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b or a/c, audience web
          loosens   GET /iam
                    was refused
                    is  access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
          changes   GET /other
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/d, audience web
          adds      POST /added
                    was no route
                    is  access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
          tightens  GET /narrow
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b or a/c, audience web
                    is  access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
          closes    GET /closed
                    was open
                    is  access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
          removes   GET /gone
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  no route

        Check failed: 5 changes
        → The changes that open, loosen or change accept requests that were refused
          before. If they are intended, run without `--check`.
    "#]]
    .assert_eq(&ran.out);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert_eq!(diff(&old, &new, &[]).await.exit, 0);
}

#[tokio::test]
async fn what_closes_passes_the_check() {
    let ran = diff(&[("GET /a", "open"), ("GET /b", "a/b")], &[("GET /a", "a/b")], &["--check"]).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
    let ran = diff(&[("GET /a", "a/b")], &[("GET /a", "a/b")], &["--check"]).await;
    assert_eq!(
        (ran.exit, &*ran.out),
        (
            0,
            "No request is treated differently\n\nCheck passed: no request is accepted that was refused before\n"
        )
    );
}

#[tokio::test]
async fn a_failed_check_says_so_in_text_and_json() {
    let (old, new) = ([("GET /a", "a/b"), ("GET /b", "open")], [("GET /a", "open"), ("GET /b", "a/b")]);
    let ran = diff(&old, &new, &["--check"]).await;
    assert!(ran.exit == 1 && ran.out.contains("\nCheck failed: 1 change\n"), "{ran:?}");
    let ran = diff(&old, &new, &[]).await;
    assert!(ran.exit == 0 && !ran.out.contains("Check"), "{ran:?}");
    for (new, exit, passed) in [(&new, 1, false), (&old, 0, true)] {
        let ran = diff(&old, new, &["--check", "--json"]).await;
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((ran.exit, report["check"]["passed"].as_bool()), (exit, Some(passed)), "{ran:?}");
    }
}

#[tokio::test]
async fn the_requests_of_a_removed_route_may_fall_to_an_open_one() {
    let old = [("ANY /{proxy+}", "open"), ("ANY /admin/{proxy+}", "a/b"), ("GET /admin/users", "a/c")];
    let ran = diff(&old, &old[..1], &["--check"]).await;
    expect![[r#"
        Api
          opens     ANY /admin/{proxy+}
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  open
          opens     GET /admin/users
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/c, audience web
                    is  open

        Check failed: 2 changes
        → The changes that open, loosen or change accept requests that were refused
          before. If they are intended, run without `--check`.
    "#]]
    .assert_eq(&ran.out);
    assert_eq!(ran.exit, 1, "{ran:?}");
}

/// In an HTTP API, API Gateway hands a request to a broader route where the narrow path has no route for its method. In a REST
/// API it does not.
#[tokio::test]
async fn the_requests_of_a_removed_method_fall_to_a_broader_route_in_an_http_api() {
    let old = [("ANY /{proxy+}", "open"), ("POST /admin", "a/b"), ("DELETE /admin", "a/b")];
    let ran = diff(&old, &old[..2], &["--check"]).await;
    expect![[r#"
        Api
          opens     DELETE /admin
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  open

        Check failed: 1 change
        → The changes that open, loosen or change accept requests that were refused
          before. If they are intended, run without `--check`.
    "#]]
    .assert_eq(&ran.out);
    assert_eq!(ran.exit, 1, "{ran:?}");

    let rest = "
service: shop
provider: {name: aws, region: eu-west-1, stage: dev}
functions:
  all:
    handler: a.b
    events:
      - http: {path: '{proxy+}', method: any}
      - http: {path: admin, method: post, authorizer: aws_iam}
";
    let arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E";
    let method = format!("      - http: {{path: admin, method: delete, authorizer: '{arn}'}}\n");
    let ran = diff_of(&format!("{rest}{method}"), rest, &["--check"]).await;
    assert!(ran.exit == 0 && ran.out.contains("removes   DELETE /admin"), "{ran:?}");
}

#[tokio::test]
async fn a_route_for_every_options_request_opens_more_than_one_for_preflights() {
    let text = |more: &str, integration: &str| {
        format!(
            "
Resources:
  Api: {{Type: AWS::ApiGateway::RestApi}}
  Get: &get
    Type: AWS::ApiGateway::Method
    Properties: &properties {{RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, AuthorizationType: AWS_IAM}}
  {more}Options: {{<<: *get, Properties: {{<<: *properties, HttpMethod: OPTIONS, AuthorizationType: NONE, Integration: {{Type: {integration}}}}}}}
"
        )
    };
    let (none, preflights, all) = (text("# ", "MOCK"), text("", "MOCK"), text("", "AWS_PROXY"));
    let mut told = String::new();
    for (old, new, exit) in
        [(&none, &preflights, 1), (&preflights, &all, 1), (&all, &preflights, 0), (&preflights, &none, 0)]
    {
        let ran = diff_of(old, new, &["--check"]).await;
        assert_eq!(ran.exit, exit, "{ran:?}");
        told.push_str(&ran.out);
    }
    expect![[r#"
        Api
          opens     OPTIONS /
                    was no route
                    is  open to CORS preflights

        Check failed: 1 change
        → The changes that open, loosen or change accept requests that were refused
          before. If they are intended, run without `--check`.
        Api
          opens     OPTIONS /
                    was open to CORS preflights
                    is  open

        Check failed: 1 change
        → The changes that open, loosen or change accept requests that were refused
          before. If they are intended, run without `--check`.
        Api
          closes    OPTIONS /
                    was open
                    is  open to CORS preflights

        Check passed: no request is accepted that was refused before
        Api
          closes    OPTIONS /
                    was open to CORS preflights
                    is  no route

        Check passed: no request is accepted that was refused before
    "#]]
    .assert_eq(&told);
}

/// The gateway answers preflights itself then, though no route changes.
#[tokio::test]
async fn a_cors_configuration_opens_preflights() {
    let without = api(&[("POST /orders", "a/b")]);
    let with = without.replace(
        "{ProtocolType: HTTP}",
        "{ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ['https://app.example']}}",
    );
    let opened = diff_of(&without, &with, &["--check"]).await;
    expect![[r#"
        Api
          opens     OPTIONS /{proxy+}
                    was no route
                    is  open to CORS preflights

        Check failed: 1 change
        → The changes that open, loosen or change accept requests that were refused
          before. If they are intended, run without `--check`.
    "#]]
    .assert_eq(&opened.out);
    assert_eq!(opened.exit, 1);
    let closed = diff_of(&with, &without, &["--check"]).await;
    expect![[r#"
        Api
          closes    OPTIONS /{proxy+}
                    was open to CORS preflights
                    is  no route

        Check passed: no request is accepted that was refused before
    "#]]
    .assert_eq(&closed.out);
    assert_eq!(closed.exit, 0);
    assert_eq!(
        diff_of(&with, &with, &["--check"]).await.out,
        diff_of(&without, &without, &["--check"]).await.out
    );
}

/// Neither pattern has another rule, but of `/a/b` the other one decides.
#[tokio::test]
async fn where_two_patterns_meet_another_may_decide() {
    let old = [("GET /a/{x}", "a/b"), ("GET /{y}/b", "open")];
    let ran = diff(&old, &old[1..], &["--check"]).await;
    expect![[r#"
        Api
          opens     GET /a/b
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  open
          removes   GET /a/{x}
                    was access token of
                        https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
                        in $request.header.Authorization, scope a/b, audience web
                    is  no route

        Check failed: 1 change
        → The changes that open, loosen or change accept requests that were refused
          before. If they are intended, run without `--check`.
    "#]]
    .assert_eq(&ran.out);
    assert_eq!(ran.exit, 1, "{ran:?}");
}

#[tokio::test]
async fn programs_get_json() {
    let ran = diff(&[("GET /a", "a/b")], &[("GET /a", "open")], &["--json"]).await;
    expect![[r#"
        {
          "changes": [
            {
              "api": "Api",
              "kind": "opens",
              "requests": "GET /a",
              "old": "access token of https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E in $request.header.Authorization, scope a/b, audience web",
              "new": "open"
            }
          ]
        }
    "#]].assert_eq(&ran.out);
}

#[tokio::test]
async fn a_definition_with_errors_is_not_compared() {
    let good = api(&[("GET /a", "open")]);
    let ran = diff_of(&good, &good.replace("NONE", "NOBODY"), &[]).await;
    assert!(ran.exit == 1 && ran.out.contains("new.yaml:"), "{ran:?}");
    let ran = diff_of(&good, &good.replace("NONE", "NOBODY"), &["--json"]).await;
    assert!(ran.exit == 1 && ran.out.starts_with("{\n  \"problems\": ["), "{ran:?}");
}
