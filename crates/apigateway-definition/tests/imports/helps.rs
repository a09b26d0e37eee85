//! A help names what would have to be given: by the library's methods, or as its caller calls it.

use std::collections::BTreeSet;

use apigateway_definition::{Import, ImportInput};

use crate::support::{HTTP_API, service, template};

/// An input as an option of a command line. Another input asks for its case here.
fn option(input: &ImportInput) -> String {
    let option = match input {
        ImportInput::Stage => "--stage …".into(),
        ImportInput::Region => "--region …".into(),
        ImportInput::Account => "--account …".into(),
        ImportInput::Parameter(name) => format!("--param {name}=…"),
        ImportInput::ParameterDefaults => "--defaults".into(),
        ImportInput::Option(name) => format!("--opt {name}=…"),
        ImportInput::Environment(name) => format!("--env {name}=…"),
        ImportInput::Binding(name) => format!("--bind {name}=…"),
        ImportInput::Value(name) => format!("--values with {name}"),
        ImportInput::AllowOpen(route) => format!("--allow-open '{route}'"),
        ImportInput::Prefix => "--prefix …".into(),
        ImportInput::Kind => "--kind …".into(),
        ImportInput::Root => "--root …".into(),
        other => panic!("{other:?} has no option"),
    };
    format!("`{option}`")
}

/// A service with this value in the path of its route.
fn with_variable(variable: &str) -> Import {
    service(format!(
        "service: shop\nprovider: {{name: aws}}\nfunctions: {{f: {{handler: h, events: [{{http: 'GET /{variable}'}}]}}}}\n"
    ))
}

/// A template with a route of this type, parameters and an authorizer's issuer.
fn with_type(parameters: &str, kind: &str) -> Import {
    template(format!(
        "Parameters: {{{parameters}}}\nResources:{HTTP_API}  Pool: {{Type: AWS::Cognito::UserPool}}\n  Get: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: GET /a, AuthorizationType: {kind}}}}}\n"
    ))
}

#[test]
fn every_help_names_what_is_to_be_given() {
    let nested = template(
        "Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../../elsewhere.yaml}}}",
    );
    let prefix = "
Resources:
  Get: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: abc, ResourceId: def, HttpMethod: GET, AuthorizationType: NONE}}
";
    let key = "
Resources:
  Api: {Type: AWS::ApiGateway::RestApi}
  Get: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, AuthorizationType: NONE, ApiKeyRequired: true}}
";
    let cases = [
        (with_variable("${sls:stage}"), "give the stage with `.stage(…)`", "`--stage …`"),
        (with_variable("${opt:region}"), "give it with `.region(…)`", "`--region …`"),
        (with_variable("${aws:accountId}"), "give it with `.account(…)`", "`--account …`"),
        (with_variable("${param:x}"), "give it with `.parameter(\"x\", …)`", "`--param x=…`"),
        (with_variable("${opt:x}"), "give it with `.option(\"x\", …)`", "`--opt x=…`"),
        (with_variable("${env:X}"), "give it with `.environment(\"X\", …)`", "`--env X=…`"),
        (
            with_variable("${ssm:/x}"),
            "give its value with `.values(r#\"{\"ssm:/x\": \"…\"}\"#)`",
            "`--values with ssm:/x`",
        ),
        (
            with_type("X: {Type: String}", "!Ref X"),
            "give its value with `.parameter(\"X\", …)`",
            "`--param X=…`",
        ),
        (
            with_type("X: {Type: String, Default: NONE}", "!Ref X"),
            "give its value with `.parameter(\"X\", …)`, or confirm the defaults of all parameters with `.accept_parameter_defaults()`",
            "`--param X=…`, or confirm the defaults of all parameters with `--defaults`",
        ),
        (
            with_type("X: {Type: String}", "'{{resolve:ssm:/x}}'"),
            "give its value with `.values(r#\"{\"ssm:/x\": \"…\"}\"#)`",
            "`--values with ssm:/x`",
        ),
        (
            with_type("X: {Type: String}", "!Sub '${Pool}-${AWS::Region}-${AWS::AccountId}'"),
            "give what was deployed with `.bind(\"Pool\", …)` and `.region(…)` and `.account(…)`",
            "`--bind Pool=…` and `--region …` and `--account …`",
        ),
        (nested, "name a folder that has both files with `.from_root(…)`", "`--root …`"),
        (template(prefix), "give the path of that resource with `.prefix(…)`", "`--prefix …`"),
        (
            template(key),
            "give it an authorizer, or confirm that it may be open with `.allow_open(\"GET /\")`",
            "`--allow-open 'GET /'`",
        ),
        (
            Import::new().file("a.yaml", "{openapi: 3.0.1, paths: {}}"),
            "give the kind of API with `.kind(…)`",
            "`--kind …`",
        ),
    ];
    for (import, method, flag) in cases {
        let helps = |import: &Import| -> BTreeSet<String> {
            let problems = import.read().unwrap_err();
            problems.diagnostics().iter().filter_map(|one| one.help().map(str::to_owned)).collect()
        };
        assert!(helps(&import).contains(method), "{method}: {:?}", helps(&import));
        let named = helps(&import.name_inputs(option));
        assert!(named.iter().any(|help| help.contains(flag)), "{flag}: {named:?}");
        assert!(named.iter().all(|help| !help.contains("`.")), "{named:?}");
    }
}
