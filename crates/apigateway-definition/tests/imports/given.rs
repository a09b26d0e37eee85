//! What is given and matches nothing is an error: it may be misspelt, and would change nothing without a word.

use apigateway_definition::{Code, Import, Severity};

use crate::support::{HTTP_API, help, service, template, told};

const TEMPLATE: &str = "Parameters: {Step: {Type: String}, PoolName: {Type: String}}\nResources:";

fn stack() -> Import {
    template(format!("{TEMPLATE}{HTTP_API}"))
}

const SERVICE: &str = "
service: shop
provider: {name: aws, stage: \"${opt:stage, 'dev'}\", environment: {TABLE: '${env:TABLE}', KEY: \"${param:key, 'x'}\"}}
params: {prod: {declared: 1}, default: {other: 2}}
custom: {more: '${file(more.yml)}'}
functions:
  f: {handler: h, timeout: '${opt:seconds, 3}', events: [{http: {method: get, path: orders}}]}
resources: {Parameters: {Size: {Type: String, Default: small}}}
";

fn shop() -> Import {
    service(SERVICE).includes(|name| match name {
        "more.yml" => Ok("a: ${env:ELSEWHERE}\nb: ${file(./deeper.yml):x}".into()),
        "deeper.yml" => Ok("x: ${env:DEEPER}".into()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    })
}

fn errors(import: &Import) -> Vec<String> {
    told(&import.read()).into_iter().filter(|line| line.starts_with("error")).collect()
}

#[test]
fn a_parameter_that_nothing_has_is_an_error_with_what_may_be_meant() {
    let read = stack().parameter("Stepp", "prod").read();
    assert_eq!(
        errors(&stack().parameter("Stepp", "prod")),
        ["error APIGW-FILE-002 the parameter `Stepp` was given, and nothing in the definition has this name"]
    );
    assert!(help(&read).contains("did you mean `.parameter(\"Step\", …)`?"), "{}", help(&read));
    let read = stack().parameter("Zebra", "prod").read();
    assert!(
        help(&read).contains("leave it out, or give one of these: `PoolName`, `Step`"),
        "{}",
        help(&read)
    );
    let read = template(format!("Resources:{HTTP_API}")).parameter("Step", "prod").read();
    assert!(help(&read).contains("leave it out: the definition uses none"), "{}", help(&read));
    assert!(stack().parameter("Step", "prod").read().is_ok());
    assert!(stack().parameter("Stepp", "prod").partial().read().is_err(), "a partial import too");
}

#[test]
fn an_option_or_a_variable_of_the_environment_that_nothing_has_is_an_error() {
    for (import, told, meant) in [
        (shop().environment("TABEL", "x"), "the environment variable `TABEL`", ".environment(\"TABLE\", …)"),
        (shop().option("second", "x"), "the option `second`", ".option(\"seconds\", …)"),
        (shop().parameter("kex", "x"), "the parameter `kex`", ".parameter(\"key\", …)"),
        (shop().parameter("Siz", "x"), "the parameter `Siz`", ".parameter(\"Size\", …)"),
        (shop().option("TABLE", "x"), "the option `TABLE`", ".environment(\"TABLE\", …)"),
        (stack().environment("Step", "x"), "the environment variable `Step`", ".parameter(\"Step\", …)"),
        (stack().option("Stepp", "x"), "the option `Stepp`", "the definition uses none"),
    ] {
        let errors = errors(&import);
        assert!(errors.len() == 1 && errors[0].contains(told), "{errors:?}");
        assert!(help(&import.read()).contains(meant), "{told}: {}", help(&import.read()));
    }
}

#[test]
fn what_any_part_of_a_service_asks_for_may_be_given() {
    for import in [
        shop().environment("TABLE", "x"),
        // In a file that no route needs, and in one that only that names.
        shop().environment("ELSEWHERE", "x"),
        shop().environment("DEEPER", "x"),
        shop().option("seconds", "3"),
        shop().option("stage", "prod"),
        shop().parameter("key", "x"),
        shop().parameter("declared", "x"),
        shop().parameter("other", "x"),
        shop().parameter("Size", "x"),
        shop().stage("prod"),
    ] {
        assert_eq!(errors(&import), [""; 0], "{import:?}");
    }
    // A name that is put together may be any.
    let text = SERVICE.replace("${env:TABLE}", "${env:${opt:stage}_TABLE}");
    assert_eq!(errors(&service(text).environment("PROD_TABLE", "x")), [""; 0]);
}

#[test]
fn a_stage_is_an_error_where_there_are_no_stages() {
    let import =
        template(format!("Parameters: {{StageName: {{Type: String}}}}\nResources:{HTTP_API}")).stage("prod");
    assert_eq!(
        errors(&import),
        ["error APIGW-FILE-002 the stage `prod` was given, and the definition has no stages"]
    );
    assert!(help(&import.read()).contains("did you mean `.parameter(\"StageName\", …)`?"));
    let import = stack().stage("prod");
    assert!(help(&import.read()).contains("give the parameter that is meant, of `PoolName`, `Step`"));
    let document = Import::new().file("a.yaml", "{swagger: '2.0', paths: {/a: {get: {}}}}").stage("prod");
    assert_eq!(errors(&document).len(), 1);
    // One service among several files is enough.
    assert_eq!(errors(&shop().file("t.yaml", format!("{TEMPLATE}{HTTP_API}")).stage("prod")), [""; 0]);
}

#[test]
fn what_is_unused_may_be_a_warning() {
    let import = stack().parameter("Stepp", "prod").stage("prod").unused_inputs(Severity::Warning);
    let read = import.read().unwrap();
    let unused = read.diagnostics.iter().filter(|one| one.code() == Code::FILE_002);
    assert!(unused.clone().all(|one| one.severity() == Severity::Warning) && unused.count() == 2);
}

#[test]
fn a_file_that_cannot_be_read_hides_no_names() {
    let import = stack().file("broken.yaml", "{").parameter("Stepp", "prod");
    assert!(errors(&import).iter().all(|line| !line.contains("FILE-002")), "{:?}", errors(&import));
}

#[test]
fn a_definition_without_an_api_says_so() {
    let pool = template("Resources: {Pool: {Type: AWS::Cognito::UserPool}}").read();
    assert_eq!(told(&pool), ["warning APIGW-WARN-015 the definition has no REST API and no HTTP API"]);
    assert!(told(&stack().read()).iter().all(|line| !line.contains("WARN-015")));
    let broken = template("Resources: {Api: {Type: AWS::ApiGatewayV2::Api, Properties: a}}").read();
    assert!(told(&broken).iter().all(|line| !line.contains("WARN-015")), "{:?}", told(&broken));
}

#[test]
fn problems_tell_whether_a_partial_import_reads_the_rest() {
    let of_a_route = "  A: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /a, AuthorizationType: X}}\n";
    let of_all = "  B: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: X}}\n";
    for (more, only_routes) in [(of_a_route.to_owned(), true), (format!("{of_a_route}{of_all}"), false)] {
        let import = template(format!("Resources:{HTTP_API}{more}"));
        assert_eq!(import.read().unwrap_err().only_routes(), only_routes, "{more}");
        assert_eq!(import.clone().partial().read().is_ok(), only_routes, "{more}");
        assert!(import.partial().read().err().is_none_or(|problems| !problems.only_routes()));
    }
}
