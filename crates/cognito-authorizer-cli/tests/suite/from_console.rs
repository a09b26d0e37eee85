//! The chapter "From the console to a file": each command in it prints what the chapter says.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

const ARN: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E";

fn chapter() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cognito-authorizer/docs/from-the-console.md")
}

/// Writes what the AWS CLI prints for the API of the chapter, where `GET /orders/{id}` has this rule.
fn write_api(folder: &Path, rule: &serde_json::Value) {
    let method = |rule: &serde_json::Value, name: &str| {
        let mut method = json!({"httpMethod": name, "apiKeyRequired": false});
        method.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
        json!({ name: method })
    };
    let cognito = |scopes: &[&str]| json!({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "au7h0r", "authorizationScopes": scopes});
    let open = json!({"authorizationType": "NONE"});
    let files = [
        (
            "rest-api.json",
            json!({"id": "a1b2c3d4e5", "name": "orders", "rootResourceId": "r0", "apiKeySource": "HEADER"}),
        ),
        (
            "resources.json",
            json!({"items": [
                {"id": "r0", "path": "/"},
                {"id": "r1", "parentId": "r0", "pathPart": "health", "path": "/health", "resourceMethods": method(&open, "GET")},
                {"id": "r2", "parentId": "r0", "pathPart": "orders", "path": "/orders",
                    "resourceMethods": method(&cognito(&["orders/write"]), "POST")},
                {"id": "r3", "parentId": "r2", "pathPart": "{id}", "path": "/orders/{id}", "resourceMethods": method(rule, "GET")},
            ]}),
        ),
        (
            "authorizers.json",
            json!({"items": [{"id": "au7h0r", "name": "staff", "type": "COGNITO_USER_POOLS", "providerARNs": [ARN],
                "identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 300}]}),
        ),
        ("stages.json", json!({"item": [{"stageName": "prod", "deploymentId": "d1"}]})),
    ];
    fs::create_dir(folder).unwrap();
    for (name, content) in files {
        fs::write(folder.join(name), content.to_string()).unwrap();
    }
}

/// A state in which the authorizer of a method is missing.
fn broken_state() -> serde_json::Value {
    let resource = |kind: &str, name: &str, instance: serde_json::Value| json!({"module": "module.api", "mode": "managed", "type": kind, "name": name, "instances": [instance]});
    json!({"version": 4, "terraform_version": "1.13.3", "lineage": "0d6f", "resources": [
        resource("aws_api_gateway_rest_api", "orders", json!({"attributes": {"id": "a1b2c3d4e5", "root_resource_id": "r0"}})),
        resource("aws_api_gateway_method", "routes", json!({"index_key": "GET /", "attributes": {
            "rest_api_id": "a1b2c3d4e5", "resource_id": "r0", "http_method": "GET", "authorization": "COGNITO_USER_POOLS",
            "authorizer_id": "z9y8x7"}})),
    ]})
}

/// Set `UPDATE_EXPECT=1` to write the outputs, and read the difference before it is committed.
#[test]
fn every_command_of_the_chapter_prints_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let read = json!({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "au7h0r", "authorizationScopes": ["orders/read"]});
    write_api(&folder.path().join("a1b2c3d4e5"), &read);
    write_api(&folder.path().join("later"), &json!({"authorizationType": "NONE"}));
    fs::write(folder.path().join("broken.tfstate"), serde_json::to_string_pretty(&broken_state()).unwrap())
        .unwrap();
    let text = fs::read_to_string(chapter()).unwrap();
    let mut found = String::new();
    let mut commands = 0;
    let mut parts = text.split("```console\n");
    found.push_str(parts.next().unwrap());
    for part in parts {
        let (block, rest) = part.split_once("```").unwrap();
        let command = block.lines().next().unwrap().strip_prefix("$ cognito-authorizer ").unwrap();
        let ran = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"))
            .args(command.split(' '))
            .current_dir(folder.path())
            .env("COLUMNS", "100")
            .output()
            .unwrap();
        assert!(ran.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        let out = String::from_utf8(ran.stdout).unwrap();
        let out: Vec<&str> = out.trim_end().lines().map(str::trim_end).collect();
        let _ = write!(found, "```console\n$ cognito-authorizer {command}\n{}\n```{rest}", out.join("\n"));
        commands += 1;
    }
    assert_eq!(commands, 3);
    if found != text && std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(chapter(), &found).unwrap();
        return;
    }
    assert_eq!(found, text);
}

/// The script is run by `.ci/run definitions`, with the AWS CLI against an emulator.
#[test]
fn the_script_of_the_chapter_is_a_shell_script() {
    let script = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"))
        .args(["routes", "--fetch-script", "a1b2c3d4e5"])
        .output()
        .unwrap();
    assert!(script.status.success());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fetch.sh");
    fs::write(&path, script.stdout).unwrap();
    let checked = Command::new("sh").arg("-n").arg(&path).status().unwrap();
    assert!(checked.success());
}
