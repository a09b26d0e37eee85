//! One API, written for each tool that makes API Gateway's: the official compilers of `.ci/run` have compiled it, and every
//! form of it gives the same routes.

use std::{fmt::Write as _, path::PathBuf};

use apigateway_definition::{ApiDefinition, Authorizer, Import, ResourceServer, Rule, Symbol};
use expect_test::expect;

use super::setting;

/// The form, and its file below the folder of `.ci/run`.
const FORMS: [(&str, &str); 6] = [
    ("serverless.yml", "serverless.yml"),
    ("`serverless package`", ".serverless/cloudformation-template-update-stack.json"),
    ("SAM", "template.yaml"),
    ("SAM, translated", "translated.json"),
    ("CDK", "cdk.out/Orders.template.json"),
    ("OpenAPI", "openapi.yaml"),
];

const POOL: &str = "eu-west-1_Ab12Cd34E";

fn read(file: &str) -> ApiDefinition {
    let folder = PathBuf::from(setting("DEFINITIONS_DIR"));
    let import = Import::from_root(Import::new(), folder, [file]).expect("`.ci/run` has made it");
    let read =
        |import: Import| import.read().unwrap_or_else(|problems| panic!("{file}:\n{problems}")).definition;
    // The pool's logical id is the tool's own choice.
    let unbound = read(import.clone());
    let names = unbound.unbound().into_iter().flat_map(Symbol::names);
    read(names.fold(import, |import, name| import.bind(name, POOL)))
}

/// The routes, without what is each tool's own: the names of authorizers, and how an open route is written.
fn table(definition: &ApiDefinition) -> String {
    let mut text = String::new();
    for route in definition.routes() {
        let rule = match (&route.rule, route.requirement()) {
            (Rule::Cognito { authorizer, .. }, Some(requirement)) => {
                let pools: Vec<String> = authorizer.pools.iter().map(ToString::to_string).collect();
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
fn every_form_has_its_one_authorizer() {
    for (form, file) in FORMS {
        let definition = read(file);
        let [api] = &*definition.apis else { panic!("{form}: {:?}", definition.apis) };
        assert!(matches!(&*api.authorizers, [Authorizer::Cognito(_)]), "{form}: {:?}", api.authorizers);
    }
}

/// OpenAPI has no user pools.
#[test]
fn the_scopes_of_the_pool_are_found_in_every_form() {
    for (form, file) in FORMS.into_iter().filter(|(_, file)| *file != "openapi.yaml") {
        let servers = read(file).resource_servers;
        let scopes: Vec<String> = servers.iter().flat_map(ResourceServer::full_scopes).collect();
        assert_eq!(scopes, ["orders/read", "orders/write", "orders/admin"], "{form}");
    }
}
