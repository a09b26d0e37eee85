//! A key that occurs twice: an error where a value of it is read, and a warning elsewhere.

use apigateway_definition::{Code, Severity};

use crate::support::{HTTP_API, routes, service, template, told};

/// A template with every part whose location is recorded.
const TEMPLATE: &str = "
Description: orders
Metadata: {Note: {A: 1, B: 2}}
Parameters: {Step: {Type: String, Description: where, Default: dev}}
Mappings: {M: {dev: {Audience: one}, prod: {Audience: two}}}
Conditions: {Live: !Equals [a, a]}
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, Tags: {Owner: me, Team: us}}}
  People:
    Type: AWS::ApiGatewayV2::Authorizer
    Metadata: {A: 1}
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {Issuer: 'https://issuer.example/', Audience: [!FindInMap [M, dev, Audience]]}
  Get:
    Type: AWS::ApiGatewayV2::Route
    Condition: Live
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /orders
      AuthorizationType: JWT
      AuthorizerId: !Ref People
      AuthorizationScopes: [orders/read]
      OperationName: list
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties: {TableName: orders, Tags: [{Key: a, Value: b}]}
  Function: {Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {A: 1, B: 2}}}}
";

/// The template with a key of this entry again, in front of it, with another value.
fn with_twice(entry: &str) -> String {
    let (key, _) = entry.split_once(':').unwrap();
    let at = TEMPLATE.find(entry).unwrap_or_else(|| panic!("`{entry}` is not in the template"));
    let (before, after) = TEMPLATE.split_at(at);
    let line = before.rsplit_once('\n').map_or("", |(_, line)| line);
    let again = if line.trim().is_empty() { format!("{key}: x\n{line}") } else { format!("{key}: x, ") };
    format!("{before}{again}{after}")
}

#[test]
fn where_nothing_reads_it_a_repeated_key_is_a_warning() {
    for entry in [
        "Description: orders",
        "Note: {A",
        "A: 1, B: 2}}",
        "Description: where",
        "Audience: two",
        "Owner: me",
        "OperationName: list",
        "DeletionPolicy: Retain",
        "TableName: orders",
        "Key: a",
        "A: 1, B: 2}}}",
        "Metadata: {A: 1}",
    ] {
        let read = template(with_twice(entry)).read();
        let told = told(&read);
        let [warning] = &*told else { panic!("{entry}: {told:?}") };
        assert!(warning.starts_with("warning APIGW-WARN-012"), "{entry}: {warning}");
        assert!(warning.contains("occurs twice in one map"), "{entry}: {warning}");
        assert_eq!(routes(&read.unwrap()), ["GET /orders jwt(People) scopes=orders/read"], "{entry}");
    }
}

#[test]
fn where_a_route_needs_the_value_a_repeated_key_is_an_error() {
    for entry in [
        "Resources:",
        "Conditions: {",
        "Mappings: {",
        "Live: !Equals",
        "M: {dev",
        "dev: {Audience",
        "Audience: one",
        "Api: {Type",
        "Type: AWS::ApiGatewayV2::Api,",
        "ProtocolType: HTTP",
        "People:",
        "Type: AWS::ApiGatewayV2::Authorizer",
        "AuthorizerType: JWT",
        "IdentitySource: [",
        "JwtConfiguration: {",
        "Issuer: 'https",
        "Audience: [",
        "Get:",
        "Condition: Live",
        "RouteKey: GET",
        "AuthorizationType: JWT",
        "AuthorizerId: !Ref",
        "AuthorizationScopes: [",
    ] {
        let problems = template(with_twice(entry)).read().unwrap_err();
        let error = problems.diagnostics().iter().find(|one| one.code() == Code::YAML_001);
        assert_eq!(error.unwrap().severity(), Severity::Error, "{entry}");
        assert!(template(with_twice(entry)).partial().read().is_err(), "{entry}: a partial import too");
    }
}

#[test]
fn a_value_that_is_read_through_an_alias_counts_as_read() {
    let aliased = |scopes: &str| {
        format!(
            "Metadata: {{Elsewhere: &properties {{{scopes}, ApiId: !Ref Api, AuthorizationType: JWT, AuthorizerId: !Ref People}}}}
Resources:{HTTP_API}
  Get: {{Type: AWS::ApiGatewayV2::Route, Properties: {{<<: *properties, RouteKey: GET /orders}}}}"
        )
    };
    assert!(template(aliased("AuthorizationScopes: [a/b]")).read().is_ok());
    let problems =
        template(aliased("AuthorizationScopes: [a/b], AuthorizationScopes: []")).read().unwrap_err();
    assert_eq!(problems.diagnostics()[0].code(), Code::YAML_001);
}

#[test]
fn a_variable_that_leads_to_a_repeated_key_is_an_error() {
    let text = |used: &str| {
        format!(
            "service: shop
provider: {{name: aws}}
custom: {{one: {{name: aws_iam, name: ''}}, other: aws_iam, unused: {{a: 1, a: 2}}}}
functions:
  f: {{handler: h, environment: {{A: 1, A: 2}}, events: [{{http: {{method: get, path: /orders, authorizer: '{used}'}}}}]}}
"
        )
    };
    let read = service(text("${self:custom.one.name}")).read();
    assert_eq!(told(&read).iter().filter(|line| line.starts_with("error")).count(), 1, "{:?}", told(&read));
    let read = service(text("${self:custom.other}")).read();
    let warnings = told(&read).iter().filter(|line| line.starts_with("warning APIGW-WARN-012")).count();
    assert_eq!(warnings, 3, "{:?}", told(&read));
    assert_eq!(routes(&read.unwrap()), ["GET /orders refused (AWS_IAM)"]);
}

#[test]
fn facts_that_stand_twice_are_an_error() {
    let import = || template(format!("Resources:{HTTP_API}"));
    assert!(import().values(r#"{"ssm:/a": "x", "ssm:/a": "y"}"#).read().is_err());
    assert!(import().exports(r#"{"a": "x", "a": "y"}"#).read().is_err());
}
