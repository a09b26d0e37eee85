//! What `Import::values` takes.

use apigateway_definition::{Code, Import};
use expect_test::expect;

use crate::support::outcome;

const SERVICE: &str = "
service: a
provider: aws
functions:
  f:
    environment:
      PASSWORD: ${ssm:/db/password}
      STAGED: ${ssm(eu-west-1):/app/${opt:stage}/key}
      RESOLVED: '{{resolve:ssm:/app/resolved}}'
    events:
      - http: {path: /a, method: get, authorizer: {name: pool, arn: '${cf:auth.PoolArn}', type: COGNITO_USER_POOLS}}
";
const POOL: &str = r#"{"cf:auth.PoolArn": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_One"}"#;

#[test]
fn a_value_that_the_definition_does_not_name_is_refused() {
    let import = Import::new().file("serverless.yml", SERVICE);
    for (name, help) in [
        ("cf:auth.PoolArm", "\n  help: did you mean `cf:auth.PoolArn`?"),
        ("ssm:/db/passwort", "\n  help: did you mean `ssm:/db/password`?"),
        ("ssm(eu-west-1):/app/prod/kye", ""),
        ("ssm:/app", ""),
    ] {
        let values = format!(
            r#"{{"cf:auth.PoolArn": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_One", "{name}": "secret"}}"#
        );
        assert_eq!(
            outcome(&import.clone().values(values)),
            format!(
                "APIGW-BIND-002: a value is given for `{name}`, and the definition has no `{name}`{help}"
            )
        );
    }
}

#[test]
fn a_value_that_no_route_depends_on_may_be_given() {
    let import = Import::new().file("serverless.yml", SERVICE).values(POOL).values(
        r#"{"ssm:/db/password": "x", "ssm(eu-west-1):/app/prod/key": "y", "ssm:/app/resolved": "z"}"#,
    );
    expect!["ApiGatewayRestApi: GET /a by eu-west-1_One"].assert_eq(&outcome(&import));
    // An SSM-typed parameter names it by its default.
    let template = "
Parameters: {Key: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /app/key}}
Resources: {Api: {Type: AWS::ApiGateway::RestApi}}
";
    let import = Import::new().file("t.yml", template).values(r#"{"ssm:/app/key": "x"}"#);
    assert!(import.read().is_ok());
}

/// The values may be secrets, so neither is shown, nor a line of the files.
#[test]
fn a_value_that_is_given_twice_must_be_the_same() {
    let import = Import::new().file("serverless.yml", SERVICE).values_file("a.json", POOL);
    expect!["ApiGatewayRestApi: GET /a by eu-west-1_One"]
        .assert_eq(&outcome(&import.clone().values_file("b.json", POOL)));
    let other = POOL.replace("eu-west-1_One", "eu-west-1_Secret");
    let problems = import.values_file("b.json", other).read().unwrap_err();
    expect![[r#"
        error[APIGW-BIND-004]: `cf:auth.PoolArn` has different values in `a.json` and `b.json`
             = help: give each name one value

        1 error and 0 warnings"#]]
    .assert_eq(&problems.to_string());
}

#[test]
fn no_line_of_a_file_of_values_is_shown() {
    let import = Import::new().file("serverless.yml", SERVICE).values(POOL);
    for values in [
        r#"{"ssm:/a": "secret", "ssm:/b": [1]}"#,
        "\"secret\"",
        "{\"ssm:/a\": \"secret\" \"",
        "a: secret\na: secret",
    ] {
        let problems = import.clone().values(values).read().unwrap_err();
        assert!(!problems.to_string().contains("secret"), "{problems}");
        assert!(problems.diagnostics().iter().all(|one| one.labels().is_empty()), "{problems}");
        assert!(
            problems.diagnostics().iter().any(|one| matches!(one.code(), Code::FILE_001 | Code::YAML_001))
        );
    }
}
