//! What the tools deploy without trouble is read.

use crate::support::{routes, service, template, told};

/// `transform-without-use.yml`, with this transform and these resources.
fn with_transform(transform: &str, resources: &str) -> String {
    format!(
        "
service: shop
provider: {{name: aws, region: eu-west-1, stage: dev}}
functions: {{orders: {{handler: orders.handler, events: [{{http: {{path: orders, method: get}}}}]}}}}
resources:
  Transform: {transform}
  Resources:
    Table: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: orders}}}}
{resources}"
    )
}

#[test]
fn a_transform_that_nothing_needs_does_not_matter() {
    for transform in [
        "AWS::Serverless-2016-10-31",
        "[AWS::Serverless-2016-10-31, AWS::LanguageExtensions]",
        "AWS::SecretsManager-2024-09-16",
    ] {
        let read = service(with_transform(transform, "")).read();
        assert_eq!(routes(&read.unwrap()), ["GET /orders open"], "{transform}");
    }
}

#[test]
fn a_transform_that_may_make_routes_is_an_error() {
    for (transform, resources, message) in [
        ("MyMacro", "", "`Transform` runs a macro in AWS"),
        ("[AWS::Serverless-2016-10-31, MyMacro]", "", "`Transform` runs a macro in AWS"),
        (
            "AWS::Serverless-2016-10-31",
            "    Refunds: {Type: AWS::Serverless::Function, Properties: {Events: {Get: {Type: Api, Properties: {Path: /refunds, Method: get}}}}}\n",
            "`Refunds` is a resource of SAM, which may make routes",
        ),
        (
            "AWS::LanguageExtensions",
            "    Fn::ForEach::Tables: [Name, [a, b], {}]\n",
            "what `Fn::ForEach::Tables` makes is known only to AWS",
        ),
    ] {
        let told = told(&service(with_transform(transform, resources)).read());
        assert!(
            told.iter().any(|line| line.starts_with("error") && line.contains(message)),
            "{transform}: {told:?}"
        );
    }
}

/// `sam-star-method.yml`, with this method of the event, and more in it and in the API.
fn with_method(method: &str, event: &str, api: &str) -> String {
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live{api}
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /orders:
            get:
              security: [{{people: [orders/read]}}]
              x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST}}
        components:
          securitySchemes:
            people:
              type: apiKey
              in: header
              name: Authorization
              x-amazon-apigateway-authtype: cognito_user_pools
              x-amazon-apigateway-authorizer: {{type: cognito_user_pools, providerARNs: ['arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E']}}
  Orders:
    Type: AWS::Serverless::Function
    Properties: {{Events: {{Any: {{Type: Api, Properties: {{RestApiId: !Ref Api, Path: /orders, Method: '{method}'{event}}}}}}}}}
"
    )
}

#[test]
fn an_event_may_have_any_method_where_the_document_has_the_route() {
    for method in ["*", "any", "ANY", "Any", "get", "x-amazon-apigateway-any-method"] {
        let read = template(with_method(method, "", "")).read().unwrap();
        assert_eq!(routes(&read), ["GET /orders cognito(people) scopes=orders/read"], "{method}");
    }
}

#[test]
fn an_event_with_a_star_makes_no_route() {
    let override_auth = ", Auth: {Authorizer: NONE, OverrideApiAuth: true}";
    let managed = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {Events: {Any: {Type: TYPE, Properties: {Path: /orders, Method: '*'}}}}
";
    for (text, message) in [
        (managed.replace("TYPE", "Api"), "`*` is not a method of API Gateway"),
        (managed.replace("TYPE", "HttpApi"), "`*` is not a method of API Gateway"),
        (with_method("*", "", "\n      MergeDefinitions: true"), "`*` is not a method of API Gateway"),
        (
            with_method("*", override_auth, "\n      Auth: {DefaultAuthorizer: AWS_IAM}"),
            "the definition has no `* /orders` to override",
        ),
    ] {
        let told = told(&template(&text).read());
        assert!(
            told.iter().any(|line| line.starts_with("error") && line.contains(message)),
            "{text}: {told:?}"
        );
    }
}
