//! What `routes` asks to be given, and what it says of what was given.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::expect;
use tempfile::TempDir;

use crate::support::{Ran, run};

/// A file of a definition in a folder of its own.
pub(crate) struct File {
    folder: TempDir,
    path: String,
}

impl File {
    fn of(name: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Self { path: path.to_str().unwrap().to_owned(), folder }
    }

    /// Another file in the folder.
    fn beside(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn routes(&self, options: &[&str]) -> Ran {
        run(&[&["routes", &*self.path], options].concat(), "").await
    }
}

/// A REST API in which the parameter decides what a route needs.
const DECIDES_TYPE: &str = "
Parameters: {Step: {Type: String, Default: dev}}
Conditions: {Live: !Equals [!Ref Step, prod]}
Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: shop}}
  People:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.Authorization
      ProviderARNs: ['arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E']
  Orders: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders}}
  GetOrders:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: GET
      AuthorizationType: !If [Live, COGNITO_USER_POOLS, NONE]
      AuthorizerId: !If [Live, !Ref People, !Ref AWS::NoValue]
";

/// An HTTP API in which the parameter decides which routes there are.
const DECIDES_ROUTE: &str = "
Parameters: {Step: {Type: String, Default: dev}}
Conditions: {Live: !Equals [!Ref Step, prod]}
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, Name: shop}}
  Rest: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: 'ANY /{proxy+}'}}
  Admin:
    Type: AWS::ApiGatewayV2::Route
    Condition: Live
    Properties: {ApiId: !Ref Api, RouteKey: 'GET /admin', AuthorizationType: AWS_IAM}
";

#[tokio::test]
async fn a_default_that_decides_must_be_confirmed() {
    for text in [DECIDES_TYPE, DECIDES_ROUTE] {
        let ran = File::of("template.yaml", text).routes(&[]).await;
        assert_eq!(ran.exit, 1, "{ran:?}");
        let told = ran.one_line();
        assert!(told.contains("what a request needs depends on `Step`, which was not given"), "{told}");
        let help = "give its value with `--param Step=…`, or confirm the defaults of all parameters with `--defaults`";
        assert!(told.contains(help), "{told}");
    }
}

#[tokio::test]
async fn open_routes_are_reported_with_the_parameter_that_opens_them() {
    let file = File::of("template.yaml", DECIDES_TYPE);
    let ran = file.routes(&["--param", "Step=prod"]).await;
    assert!(ran.exit == 0 && ran.out.ends_with("Open routes: none\n"), "{ran:?}");
    let open = |ran: &Ran| ran.out.split_once("Open routes").unwrap().1.to_owned();
    let ran = file.routes(&["--param", "Step=dev"]).await;
    expect![[r#"
        : requests need no token
          GET /orders  `AuthorizationType` is NONE; open by Step=dev
                       (template.yaml:14:3)
    "#]]
    .assert_eq(&open(&ran));
    let ran = file.routes(&["--defaults"]).await;
    assert!(open(&ran).contains("open by Step=dev (the default)"), "{ran:?}");
    let ran = file.routes(&["--defaults", "--json"]).await;
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["apis"][0]["routes"][0]["decided_by"][0], "Step=dev");

    let file = File::of("template.yaml", DECIDES_ROUTE);
    let ran = file.routes(&["--param", "Step=dev"]).await;
    expect![[r#"
        : requests need no token
          ANY /{proxy+}  `AuthorizationType` is NONE or not set; GET /admin is open by
                         Step=dev, which leaves out its route (template.yaml:6:3)
    "#]]
    .assert_eq(&open(&ran));
    let ran = file.routes(&["--defaults", "--json"]).await;
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["apis"][0]["routes"][0]["displaced"][0], "GET /admin");
}

#[tokio::test]
async fn a_name_that_nothing_has_is_refused_with_the_one_that_may_be_meant() {
    let file = File::of("template.yaml", DECIDES_TYPE);
    let service = File::of(
        "serverless.yml",
        "service: shop\nprovider: {name: aws, environment: {T: '${env:TABLE}', S: \"${opt:seconds, '3'}\"}}\nfunctions: {f: {handler: h, events: [{http: GET /a}]}}\n",
    );
    for (file, options, told) in [
        (&file, ["--param", "Stepp=prod"], "did you mean `--param Step=…`?"),
        (&file, ["--env", "Step=prod"], "did you mean `--param Step=…`?"),
        (&file, ["--stage", "prod"], "only services of the Serverless Framework have stages"),
        (&service, ["--env", "TABEL=x"], "did you mean `--env TABLE=…`?"),
        (&service, ["--opt", "second=3"], "did you mean `--opt seconds=…`?"),
        (&service, ["--param", "key=3"], "leave it out: the definition uses none"),
    ] {
        let options = [&options[..], &["--defaults"]].concat();
        let ran = file.routes(&options).await;
        assert!(ran.exit == 1 && ran.one_line().contains(told), "{options:?}: {ran:?}");
    }
    assert_eq!(service.routes(&["--stage", "prod"]).await.exit, 0);
}

#[tokio::test]
async fn a_diff_accepts_an_input_that_only_one_definition_needs() {
    let old = File::of(
        "old.yaml",
        &DECIDES_TYPE.replace("!If [Live, COGNITO_USER_POOLS, NONE]", "COGNITO_USER_POOLS"),
    );
    let plain = DECIDES_TYPE
        .replace("!If [Live, COGNITO_USER_POOLS, NONE]", "COGNITO_USER_POOLS")
        .replace("!If [Live, !Ref People, !Ref AWS::NoValue]", "!Ref People")
        .replace("Parameters: {Step: {Type: String, Default: dev}}", "Parameters: {}")
        .replace("Conditions: {Live: !Equals [!Ref Step, prod]}", "");
    let new = old.beside("new.yaml", &plain);
    let ran = run(&["routes", "diff", &old.path, &new, "--param", "Step=prod"], "").await;
    assert_eq!((ran.exit, &*ran.out), (0, "No request is treated differently\n"), "{ran:?}");
    let ran =
        run(&["routes", "diff", &old.path, &new, "--param", "Step=prod", "--param", "Stepp=x"], "").await;
    assert!(ran.exit == 1 && ran.one_line().contains("the parameter `Stepp` was given"), "{ran:?}");
}

#[tokio::test]
async fn a_partial_reading_is_advised_where_it_helps() {
    let of_a_route = DECIDES_TYPE.replace("!If [Live, COGNITO_USER_POOLS, NONE]", "Typo");
    let of_all = DECIDES_TYPE.replace("PathPart: orders", "PathPart: 'a b'");
    for (text, options, advised) in [
        (&of_a_route, &["--defaults"][..], true),
        (&of_all, &["--defaults"], false),
        (&of_all, &["--defaults", "--partial"], false),
    ] {
        let ran = File::of("template.yaml", text).routes(options).await;
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert_eq!(ran.one_line().contains("`--partial` reads the rest"), advised, "{options:?}: {ran:?}");
    }
}

#[tokio::test]
async fn a_file_without_an_api_is_refused() {
    for text in [
        "Resources: {Pool: {Type: AWS::Cognito::UserPool}}",
        "service: shop\nprovider: {name: aws}\nfunctions: {f: {handler: h, events: [{schedule: rate(1 hour)}]}}\n",
        "Resources: {Socket: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}}",
    ] {
        let file = File::of("template.yaml", text);
        let ran = file.routes(&[]).await;
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert!(ran.out.contains("the definition has no REST API and no HTTP API"), "{ran:?}");
        assert!(ran.out.ends_with("There is no API to serve\n"), "{ran:?}");
        assert_eq!(file.routes(&["--check"]).await.exit, 1);
        let ran = file.routes(&["--json"]).await;
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let codes = report["problems"].as_array().unwrap().iter().map(|problem| &problem["code"]);
        assert!(ran.exit == 1 && codes.clone().any(|code| code == "APIGW-WARN-015"), "{ran:?}");

        let ran = run(&["routes", "diff", &file.path, &file.path], "").await;
        assert!(ran.exit == 1 && ran.messages.contains("there is no REST API and no HTTP API in"), "{ran:?}");
        let ran = run(&["explain", "--definition", &file.path, "--route", "GET /"], "e30.e30.AAAA").await;
        assert!(ran.exit == 2 && ran.messages.contains("the definition has no REST API"), "{ran:?}");
    }
}

#[tokio::test]
async fn what_is_not_carried_over_is_counted_and_listed_on_request() {
    let text = "
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Get: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /a}}
  One: {Type: AWS::Lambda::Function}
  Two: {Type: AWS::DynamoDB::Table}
";
    let file = File::of("template.yaml", text);
    let ran = file.routes(&[]).await;
    assert!(ran.out.contains("\nNot carried over: 2 things; `--verbose` lists them\n\n"), "{ran:?}");
    assert!(!ran.out.contains("DynamoDB"), "{ran:?}");
    for option in ["--verbose", "-v"] {
        let ran = file.routes(&[option]).await;
        assert!(
            ran.out
                .contains("\nNot carried over\n  1 of AWS::DynamoDB::Table, template.yaml:6:3: it affects"),
            "{ran:?}"
        );
        assert!(ran.out.contains("AWS::Lambda::Function"), "{ran:?}");
    }
    let file = File::of("template.yaml", &text.replace("  Two: {Type: AWS::DynamoDB::Table}\n", ""));
    assert!(file.routes(&[]).await.out.contains("Not carried over: 1 thing; `--verbose` lists it\n"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_fifo_is_refused_and_not_waited_for() {
    let file = File::of("template.yaml", DECIDES_ROUTE);
    let fifo = file.folder.path().join("fifo.json");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let fifo = fifo.to_str().unwrap();
    for options in [
        &["--values", fifo][..],
        &["--exports", fifo],
        &["--stack-resources", fifo],
        &["--values", "/dev/zero"],
    ] {
        let ran = file.routes(options).await;
        assert!(ran.exit == 2 && ran.messages.contains("is not a regular file"), "{options:?}: {ran:?}");
    }
    let ran = run(&["routes", fifo], "").await;
    assert!(ran.exit == 2 && ran.messages.contains("is not a regular file"), "{ran:?}");
}

/// A path may have `'`, `$` and parentheses.
#[tokio::test]
async fn a_route_in_a_printed_command_is_one_word_of_a_shell() {
    let open = "
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Get: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: \"GET /it's/$(reboot)\"}}
";
    let file = File::of("api.yaml", open);
    let ran = file.routes(&["--check"]).await;
    assert!(ran.out.ends_with("    --allow-open 'GET /it'\\''s/$(reboot)'\n"), "{}", ran.out);
    let ran = file.routes(&["--check", "--allow-open", "GET /it's/$(reboot)"]).await;
    assert_eq!(ran.exit, 0, "{}", ran.out);
}
