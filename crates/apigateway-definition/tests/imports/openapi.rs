//! OpenAPI documents whose meaning to API Gateway is not known are not guessed at.

use apigateway_definition::{ApiKind, Import, Imported, Problems};

use crate::support::{help, routes, told};

/// A document with the operation `get` of `/a`, which requires the scheme `Staff`.
fn document(head: &str, operations: &str) -> Result<Imported, Problems> {
    let text = format!("{head}\npaths:\n  /a:\n    get: {{security: [{{Staff: []}}]}}\n{operations}");
    Import::new().file("api.yaml", text).kind(ApiKind::Rest).read()
}

/// The scheme `Staff` of this user pool.
fn staff(pool: &str) -> String {
    format!(
        "{{Staff: {{type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authtype: cognito_user_pools, x-amazon-apigateway-authorizer: {{type: cognito_user_pools, providerARNs: ['arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_{pool}']}}}}}}"
    )
}

/// The errors of a document, whose API is then without routes.
fn errors(read: &Result<Imported, Problems>) -> Vec<String> {
    told(read).into_iter().filter(|line| line.starts_with("error ")).collect()
}

fn openapi_3() -> String {
    format!("openapi: 3.0.1\ncomponents: {{securitySchemes: {}}}", staff("Right"))
}

fn swagger_2() -> String {
    format!("swagger: '2.0'\nsecurityDefinitions: {}", staff("Right"))
}

#[test]
fn the_schemes_of_each_version_are_read() {
    for head in [openapi_3(), swagger_2()] {
        assert_eq!(routes(&document(&head, "").unwrap()), ["GET /a cognito(Staff)"]);
    }
}

#[test]
fn openapi_3_has_no_security_definitions() {
    for schemes in [staff("Wrong"), "{}".into()] {
        let read = document(&format!("{}\nsecurityDefinitions: {schemes}", openapi_3()), "");
        let expected = "error APIGW-OAS-005 api.yaml:3:1 an OpenAPI 3 document has no `securityDefinitions`";
        assert_eq!(errors(&read), [expected]);
        assert_eq!(help(&read).trim(), "move the schemes to `components.securitySchemes`");
    }
}

#[test]
fn openapi_2_has_no_components() {
    let head = format!("{}\ncomponents: {{securitySchemes: {}}}", swagger_2(), staff("Wrong"));
    let read = document(&head, "");
    let expected =
        "error APIGW-OAS-005 api.yaml:3:14 an OpenAPI 2.0 document has no `components.securitySchemes`";
    assert_eq!(errors(&read), [expected]);
    assert_eq!(help(&read).trim(), "move the schemes to `securityDefinitions`");
}

#[test]
fn a_document_has_one_version() {
    let read = document(&format!("{}\nswagger: '2.0'", openapi_3()), "");
    let expected = "error APIGW-OAS-005 api.yaml:1:1 the document is both OpenAPI 3 and OpenAPI 2.0: it has `openapi` and `swagger`";
    assert_eq!(errors(&read), [expected]);
}

#[test]
fn methods_are_in_small_letters() {
    for name in ["GET", "Post", "ANY", "any", "Options", "X-Amazon-Apigateway-Any-Method"] {
        let read = document(&openapi_3(), &format!("    {name}: {{}}\n"));
        let expected =
            format!("error APIGW-OAS-005 api.yaml:6:5 a path of an OpenAPI document has no key `{name}`");
        assert_eq!(errors(&read), [expected]);
        assert_eq!(
            help(&read),
            "write the method in small letters; every method is `x-amazon-apigateway-any-method`"
        );
    }
    let small = "    put: {}\n    x-amazon-apigateway-any-method: {}\n    x-other: {}\n";
    let small = document(&openapi_3(), small);
    assert_eq!(routes(&small.unwrap()), ["ANY /a open", "GET /a cognito(Staff)", "PUT /a open"]);
}

#[test]
fn the_same_requirement_twice_is_one() {
    let read = |security: &str| document(&openapi_3(), &format!("    post: {{security: {security}}}\n"));
    for scopes in ["[]", "[a/r]", "[a/r, a/w]"] {
        let twice = read(&format!("[{{Staff: {scopes}}}, {{Staff: {scopes}}}]")).unwrap();
        let once = read(&format!("[{{Staff: {scopes}}}]")).unwrap();
        assert_eq!(routes(&twice), routes(&once));
    }
    for security in ["[{Staff: [a/r]}, {Staff: []}]", "[{Staff: [a/r]}, {Staff: [a/w]}]"] {
        let told = told(&read(security)).join("\n");
        assert!(told.contains("several authorizers on one operation"), "{told}");
    }
}
