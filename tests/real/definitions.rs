//! One API, written for each tool that deploys to API Gateway and compiled by its official compiler in `.ci/run`: every form gives
//! the same routes.

use std::{fmt::Write as _, fs, path::PathBuf};

use apigateway_definition::{ApiDefinition, Authorizer, Import, ResourceServer, Rule, Symbol};
use expect_test::expect;

use super::setting;

/// The name of each form, and its file in the folder of `.ci/run`.
const FORMS: [(&str, &str); 11] = [
    ("serverless.yml", "serverless.yml"),
    ("`serverless package`", ".serverless/cloudformation-template-update-stack.json"),
    ("SAM", "template.yaml"),
    ("SAM, translated", "translated.json"),
    ("CDK", "cdk.out/Orders.template.json"),
    ("OpenAPI", "openapi.yaml"),
    ("deployed by boto3, read with the AWS CLI", "deployed"),
    ("Terraform, state", "state/show.json"),
    ("Terraform, state file", "state/raw.tfstate"),
    ("Terraform, plan", "state/plan.json"),
    ("Pulumi", "state/stack.json"),
];

const POOL: &str = "eu-west-1_Ab12Cd34E";

fn read(file: &str) -> ApiDefinition {
    let folder = PathBuf::from(setting("DEFINITIONS_DIR"));
    let path = folder.join(file);
    let import = if path.is_dir() {
        Import::from_directory(path).expect("`.ci/run` has made it")
    } else {
        Import::from_root(Import::new(), folder, [file]).expect("`.ci/run` has made it")
    };
    read_bound(import, file)
}

/// Reads it, and binds the id of the pool where it is unbound.
fn read_bound(import: Import, file: &str) -> ApiDefinition {
    let read =
        |import: Import| import.read().unwrap_or_else(|problems| panic!("{file}:\n{problems}")).definition;
    // The pool's logical id is the tool's own choice.
    let unbound = read(import.clone());
    let names = unbound.unbound().into_iter().flat_map(Symbol::names);
    read(names.fold(import, |import, name| import.bind(name, POOL)))
}

/// The routes, without what differs between tools: the names of authorizers, how an open route is written, and the id of a
/// deployed pool.
fn table(definition: &ApiDefinition) -> String {
    let deployed = fs::read_to_string(PathBuf::from(setting("DEFINITIONS_DIR")).join("pool"));
    let deployed = deployed.expect("`.ci/run` has deployed it");
    let mut text = String::new();
    for route in definition.routes() {
        let rule = match (&route.rule, route.requirement()) {
            (Rule::Cognito { authorizer, .. }, Some(requirement)) => {
                let pools: Vec<String> = authorizer
                    .pools
                    .iter()
                    .map(|pool| pool.to_string().replace(deployed.trim(), POOL))
                    .collect();
                let ttl = authorizer.result_ttl.unwrap_or(300);
                format!("{requirement}; {} by {}, {ttl} s", pools.join(" "), authorizer.header)
            }
            (rule, _) => rule.to_string(),
        };
        let _ = writeln!(text, "{:?} {} {rule}", route.origin, route.key);
    }
    text
}

#[test]
fn every_form_of_an_api_gives_the_same_routes() {
    let expected = expect![[r#"
        Explicit ANY /files/{proxy+} access token, and scope orders/admin; eu-west-1_Ab12Cd34E by Authorization, 300 s
        Preflight OPTIONS /files/{proxy+} open (preflight)
        Explicit GET /health open
        Preflight OPTIONS /health open (preflight)
        Explicit GET /me ID token; eu-west-1_Ab12Cd34E by Authorization, 300 s
        Preflight OPTIONS /me open (preflight)
        Explicit GET /orders access token, and scope orders/read; eu-west-1_Ab12Cd34E by Authorization, 300 s
        Preflight OPTIONS /orders open (preflight)
        Explicit POST /orders access token, and scope orders/write or orders/admin; eu-west-1_Ab12Cd34E by Authorization, 300 s
        Explicit GET /orders/{id} access token, and scope orders/read; eu-west-1_Ab12Cd34E by Authorization, 300 s
        Preflight OPTIONS /orders/{id} open (preflight)
    "#]];
    let mut different = Vec::new();
    let tables: Vec<String> = FORMS.iter().map(|(_, file)| table(&read(file))).collect();
    for ((form, _), found) in FORMS.iter().zip(&tables) {
        if *found != tables[0] {
            different.push(format!("{form}:\n{found}"));
        }
    }
    expected.assert_eq(&tables[0]);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn every_form_has_one_authorizer() {
    for (form, file) in FORMS {
        let definition = read(file);
        let [api] = &*definition.apis else { panic!("{form}: {:?}", definition.apis) };
        assert!(matches!(&*api.authorizers, [Authorizer::Cognito(_)]), "{form}: {:?}", api.authorizers);
    }
}

/// Chalice has no `ANY`, so one route is missing.
#[test]
fn the_chalice_app_has_the_same_routes() {
    let of_files = |line: &&str| !line.contains(" /files/");
    let all = table(&read("openapi.yaml"));
    let expected: Vec<&str> = all.lines().filter(of_files).collect();
    let found = table(&read("chalice/out/sam.json"));
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

/// The assembly has two stages with one class of stack, each with its routes in a nested stack.
#[test]
fn each_stage_of_a_cloud_assembly_has_the_same_routes() {
    let folder = PathBuf::from(setting("DEFINITIONS_DIR")).join("stages.out");
    let import = || Import::from_directory(&folder).expect("`.ci/run` has made it");
    let expected = table(&read("openapi.yaml"));
    for stage in ["Test", "Live", "Live/Orders"] {
        assert_eq!(table(&read_bound(import().stack(stage), stage)), expected, "{stage}");
    }
    let both = import().read().unwrap_or_else(|problems| panic!("{problems}")).definition;
    assert_eq!(both.apis.len(), 2);
    // Two stacks have a pool of the same logical id.
    let problems = import().bind("Pool", POOL).read().expect_err("it may be either");
    assert!(!problems.diagnostics().is_empty());
}

/// The script that the documentation offers writes no secret.
#[test]
fn the_secret_of_an_app_client_is_not_in_the_folder() {
    let folder = PathBuf::from(setting("DEFINITIONS_DIR")).join("deployed");
    let definition =
        Import::from_directory(&folder).expect("a folder").read().expect("a definition").definition;
    assert!(definition.app_clients.iter().any(|client| client.has_secret), "{:?}", definition.app_clients);
    for file in fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        assert!(!fs::read_to_string(&path).expect("text").contains("ClientSecret\""), "{}", path.display());
    }
}

/// Except in OpenAPI, which has no user pools.
#[test]
fn the_scopes_of_the_pool_are_found_in_every_form() {
    for (form, file) in FORMS.into_iter().filter(|(_, file)| *file != "openapi.yaml") {
        let servers = read(file).resource_servers;
        let scopes: Vec<String> = servers.iter().flat_map(ResourceServer::full_scopes).collect();
        assert_eq!(scopes, ["orders/read", "orders/write", "orders/admin"], "{form}");
    }
}
