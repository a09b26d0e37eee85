//! `routes` for what is deployed: folders, states, `--fetch-script`, `--compare-with`.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use std::{fs, path::Path};

use expect_test::expect;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Ran, run};

const ARN: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E";

/// The output of the AWS CLI for an API with `GET /orders` that has this rule, in a folder.
fn deployed(rule: &serde_json::Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut method = json!({"httpMethod": "GET", "apiKeyRequired": false});
    method.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    let files = [
        (
            "rest-api.json",
            json!({"id": "a1b2c3d4e5", "name": "orders", "rootResourceId": "r0", "apiKeySource": "HEADER"}),
        ),
        (
            "resources.json",
            json!({"items": [
                {"id": "r0", "path": "/"},
                {"id": "r1", "parentId": "r0", "pathPart": "orders", "path": "/orders", "resourceMethods": {"GET": method}}
            ]}),
        ),
        (
            "authorizers.json",
            json!({"items": [{"id": "au7h0r", "name": "People", "type": "COGNITO_USER_POOLS", "providerARNs": [ARN],
                "identitySource": "method.request.header.Authorization"}]}),
        ),
    ];
    for (name, content) in files {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    folder
}

fn protected() -> serde_json::Value {
    json!({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "au7h0r", "authorizationScopes": ["orders/read"]})
}

const TEMPLATE: &str = "
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Api: {Type: AWS::ApiGateway::RestApi}
  People:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Type: COGNITO_USER_POOLS
      ProviderARNs: [!GetAtt Pool.Arn]
      IdentitySource: method.request.header.Authorization
  Orders: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref People
      AuthorizationScopes: [orders/read]
";

async fn compare(template: &str, deployed: &Path, options: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    fs::write(&path, template).unwrap();
    let arguments = ["routes", path.to_str().unwrap(), "--compare-with", deployed.to_str().unwrap()];
    run(&[&arguments, options].concat(), "").await
}

const BOUND: [&str; 2] = ["--bind", "Pool=eu-west-1_Ab12Cd34E"];

#[tokio::test]
async fn a_folder_of_the_aws_cli_is_read_as_one_api() {
    let folder = deployed(&protected());
    let ran = run(&["routes", folder.path().to_str().unwrap()], "").await;
    assert_eq!(ran.exit, 0, "{}", ran.out);
    for text in [
        "REST API a1b2c3d4e5",
        "orders/read",
        "People: Cognito user pool eu-west-1_Ab12Cd34E",
        "as it is edited",
    ] {
        assert!(ran.one_line().contains(text), "{text}: {}", ran.out);
    }
}

#[tokio::test]
async fn a_name_to_bind_cannot_steer_the_terminal() {
    let template = TEMPLATE.replace("!GetAtt Pool.Arn", "!ImportValue \"a\\e]0;owned\\a\\u202e\"");
    let ran = compare(&template, deployed(&protected()).path(), &[]).await;
    assert!(ran.messages.contains("owned"), "{ran:?}");
    assert!(ran.messages.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{ran:?}");
}

/// A definition may come from anywhere, and its reader copies the option.
#[tokio::test]
async fn a_name_to_bind_is_quoted_for_a_shell() {
    let template = TEMPLATE.replace("!GetAtt Pool.Arn", "!ImportValue $(reboot)");
    let option = "--bind '$(reboot)'=…";
    let compared = compare(&template, deployed(&protected()).path(), &[]).await;
    assert!(compared.messages.contains(option), "{compared:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    fs::write(&path, template).unwrap();
    let shown = run(&["routes", path.to_str().unwrap()], "").await;
    assert!(shown.out.contains(option), "{shown:?}");
}

#[tokio::test]
async fn what_is_deployed_as_it_is_defined_passes() {
    let ran = compare(TEMPLATE, deployed(&protected()).path(), &BOUND).await;
    expect![[r#"
        No request is treated differently
    "#]]
    .assert_eq(&ran.out);
    assert_eq!((ran.exit, &*ran.messages), (0, ""));
}

#[tokio::test]
async fn differences_of_what_is_deployed_are_reported_as_by_diff() {
    let open = deployed(&json!({"authorizationType": "NONE"}));
    let ran = compare(TEMPLATE, open.path(), &BOUND).await;
    expect![[r#"
        a1b2c3d4e5
          opens     GET /orders
                    definition access token of eu-west-1_Ab12Cd34E in authorization,
                               scope orders/read
                    deployed   open
    "#]]
    .assert_eq(&ran.out);
    assert_eq!(ran.exit, 1);
    let ran = compare(TEMPLATE, open.path(), &[&BOUND[..], &["--json"]].concat()).await;
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["changes"][0]["kind"], "opens");
    assert_eq!(json["changes"][0]["new"], "open");
}

#[tokio::test]
async fn a_definition_without_ids_cannot_be_compared_silently() {
    let ran = compare(TEMPLATE, deployed(&protected()).path(), &[]).await;
    assert_eq!(ran.exit, 1);
    assert!(ran.messages.contains("give it with `--bind Pool=…`"), "{}", ran.messages);
}

#[tokio::test]
async fn a_side_that_cannot_be_read_fails() {
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("resources.json"), r#"{"items": [], "position": "x"}"#).unwrap();
    let ran = compare(TEMPLATE, empty.path(), &BOUND).await;
    assert_eq!(ran.exit, 1, "{}", ran.out);
    let nothing = tempfile::tempdir().unwrap();
    let ran = compare(TEMPLATE, nothing.path(), &BOUND).await;
    assert_eq!(ran.exit, 2);
    assert!(ran.messages.contains("has no JSON and no definition of a known name"), "{}", ran.messages);
}

#[tokio::test]
async fn the_script_has_the_commands_of_the_api() {
    let ran = run(&["routes", "--fetch-script", "a1b2c3d4e5"], "").await;
    assert_eq!(ran.exit, 0);
    assert!(ran.out.starts_with("#!/bin/sh\n") && !ran.out.contains("{API_ID}"), "{}", ran.out);
    for command in [
        "get-rest-api --rest-api-id",
        "get-resources --rest-api-id \"$api\" --embed methods",
        "get-authorizers",
        "get-gateway-responses",
        "get-export",
        "apigatewayv2 get-api ",
        "apigatewayv2 get-routes",
        "apigatewayv2 get-authorizers",
        "apigatewayv2 export-api",
        "cognito-idp describe-user-pool ",
        "cognito-idp describe-user-pool-client",
        "cognito-idp list-resource-servers",
    ] {
        assert!(ran.out.contains(command), "{command}");
    }
}

#[tokio::test]
async fn no_line_of_a_state_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let state = json!({"version": 4, "terraform_version": "1.9.5", "lineage": "x", "resources": [
        {"mode": "managed", "type": "aws_api_gateway_method", "name": "get", "instances": [
            {"attributes": {"rest_api_id": "a", "resource_id": "r", "http_method": "GET", "authorization": "NONE", "secret": "hunter2"}}
        ]}
    ]});
    let path = folder.path().join("terraform.tfstate");
    fs::write(&path, state.to_string()).unwrap();
    for options in [&[][..], &["--json"]] {
        let ran = run(&[&["routes", path.to_str().unwrap()], options].concat(), "").await;
        assert_eq!(ran.exit, 1);
        assert!(
            ran.out.contains("aws_api_gateway_method.get") && !ran.out.contains("hunter2"),
            "{}",
            ran.out
        );
    }
}

#[tokio::test]
async fn a_stack_of_an_assembly_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let stack = |name: &str| json!({"type": "aws:cloudformation:stack", "properties": {"templateFile": format!("{name}.template.json")}, "displayName": name});
    let manifest =
        json!({"version": "48.0.0", "artifacts": {"Blue": stack("Blue"), "Green": stack("Green")}});
    fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    for (name, method) in [("Blue", "GET"), ("Green", "POST")] {
        let template = TEMPLATE.replace("HttpMethod: GET", &format!("HttpMethod: {method}"));
        // JSON is YAML, and the other way round it is read as well.
        fs::write(folder.path().join(format!("{name}.template.json")), template).unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let both = run(&["routes", path], "").await;
    assert!(both.out.contains("GET") && both.out.contains("POST"), "{}", both.out);
    let green = run(&["routes", path, "--stack", "Green"], "").await;
    assert!(!green.out.contains("GET") && green.out.contains("POST"), "{}", green.out);
}
