//! SAM templates beside what SAM itself makes of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::{fs, path::Path};

use apigateway_definition::{Code, Import, Imported, OpenReason, Rule};

/// The routes and authorizers of a file in `definitions`.
fn table(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions");
    let import = Import::new().from_root(folder, [name]).unwrap().accept_parameter_defaults();
    let import = if name.contains("sam-api-key") { import.allow_open("GET /own") } else { import };
    let Imported { definition, .. } = import.read().unwrap();
    let mut lines = Vec::new();
    for api in &definition.apis {
        lines.extend(api.routes.iter().map(|route| format!("{} {route}", api.id)));
        lines.extend(api.authorizers.iter().map(|authorizer| format!("{} {authorizer}", api.id)));
        lines.extend(
            api.cors.as_ref().map(|cors| format!("{} cors {}", api.id, cors.allow_origins.join(","))),
        );
    }
    lines.sort();
    lines
}

/// `definitions/translated` has the APIs and user pools out of what aws-sam-translator 1.115.0 makes of the templates,
/// given a runtime and the code of their functions.
#[test]
fn a_template_and_its_translation_give_the_same_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions/translated");
    let names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".json", ""))
        .collect();
    assert!(names.len() >= 14, "{names:?}");
    for name in names {
        assert_eq!(table(&format!("{name}.yaml")), table(&format!("translated/{name}.json")), "{name}");
    }
}

#[test]
fn a_route_is_open_because_sam_says_so_only_where_sam_writes_the_document() {
    let reasons = |text: &str| -> Vec<Rule> {
        let imported = Import::new().file("template.yaml", text).read().unwrap();
        let routes = imported.definition.apis.into_iter().flat_map(|api| api.routes);
        routes.map(|route| route.rule).collect()
    };
    let event = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: {Events: {Get: {Type: Api, Properties: {Path: /orders, Method: get}}}}
";
    assert_eq!(reasons(event), [Rule::Open(OpenReason::SamNone)]);
    let document = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {DefinitionBody: {swagger: '2.0', paths: {/orders: {get: {}}}}}}
";
    assert_eq!(reasons(document), [Rule::Open(OpenReason::NoSecurity)]);
}

/// Without the bound this takes minutes, and all memory.
#[test]
fn globals_are_not_worked_on_without_end() {
    let authorizers: Vec<String> =
        (0..20_000).map(|number| format!("A{number}: {{UserPoolArn: x}}")).collect();
    let apis: Vec<String> =
        (0..5_000).map(|number| format!("R{number}: {{Type: AWS::Serverless::Api}}")).collect();
    let template = format!(
        "{{Globals: {{Api: {{Auth: {{Authorizers: {{{}}}}}}}}}, Resources: {{{}}}}}",
        authorizers.join(", "),
        apis.join(", ")
    );
    let problems = Import::new().file("template.yaml", template).read().unwrap_err();
    assert_eq!(problems.diagnostics().first().unwrap().code(), Code::YAML_001);
}
