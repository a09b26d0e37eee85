//! Routes that cannot be part of a route table are errors of the import.

use apigateway_definition::{ApiKind, Code, Import};

use crate::support::{HTTP_API, routes, template, told};

fn route(key: &str) -> String {
    format!(
        "Resources:{HTTP_API}  Get: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: '{key}'}}}}\n"
    )
}

#[test]
fn a_path_that_no_table_takes_is_an_error_with_its_place() {
    let variables = (0..21).map(|number| format!("/{{v{number}}}")).collect::<Vec<_>>().concat();
    for (path, fix) in [
        ("/{a}/{a}", "give each a name of its own"),
        ("/a/..", "has a dot segment"),
        ("/:a", "`:` not in front"),
        ("/{a+}/b", "write it last"),
        ("/a//b", "write one `/` for `//`"),
        (&*"/a".repeat(65), "write at most 64"),
        (&*variables, "write at most 20"),
        (&*format!("/{}", "a".repeat(1_024)), "write at most 1024 bytes"),
    ] {
        let told = told(&template(route(&format!("GET {path}"))).read());
        let place = format!("error {} template.yaml:10:81 ", Code::CFN_023);
        let is_told = |line: &String| line.starts_with(&place) && line.contains(fix);
        assert!(told.iter().any(is_told), "{path}: {told:?}");
    }
    assert_eq!(routes(&template(route("get /a/")).read().unwrap()), ["GET /a open"]);
}

/// An OpenAPI document whose base path makes a path one that no table takes.
#[test]
fn a_prefix_counts_to_the_path() {
    let document = "{swagger: '2.0', basePath: '/{id}', paths: {'/orders/{id}': {get: {}}}}";
    let import = Import::new().file("api.yaml", document).kind(ApiKind::Rest);
    assert!(import.clone().read().is_ok());
    let told = told(&import.base_path(apigateway_definition::BasePath::Prepend).read());
    assert!(told.iter().any(|line| line.contains("has two variables `id`")), "{told:?}");
}

#[test]
fn the_number_of_routes_is_bounded() {
    let paths = |count: usize| {
        let paths: Vec<String> = (0..count).map(|number| format!("\"/{number}\":{{\"get\":{{}}}}")).collect();
        let document = format!("{{\"openapi\":\"3.0.1\",\"paths\":{{{}}}}}", paths.join(","));
        Import::new().file("api.json", document).kind(ApiKind::Http).read()
    };
    assert_eq!(paths(1_000).unwrap().definition.routes().count(), 1_000);
    let told = told(&paths(50_001));
    assert_eq!(told, ["error APIGW-FILE-001 api.json:1:1 the API `api` has 50001 routes, more than 50000"]);
}
