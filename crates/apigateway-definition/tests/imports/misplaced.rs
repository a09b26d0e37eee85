//! Keys that look like authorization where nothing reads them are errors at that key: the routes would be open.

use apigateway_definition::{Import, Imported, Problems};

use crate::support::{HTTP_API, help, service, template, told};

/// The only error, which is at this key, and whose help says this.
fn assert_told(read: &Result<Imported, Problems>, key: &str, message: &str, advice: &str) {
    let errors: Vec<String> = told(read).into_iter().filter(|line| line.starts_with("error")).collect();
    let [error] = &*errors else { panic!("{message}: {:?}", told(read)) };
    assert!(error.contains(message), "{error}");
    assert!(help(read).contains(advice), "{}", help(read));
    let problems = read.as_ref().unwrap_err();
    let label = problems.diagnostics().iter().find(|one| one.message().contains(message)).unwrap().labels();
    let text = label[0].range().len();
    assert_eq!(text, key.len(), "{error}");
}

#[test]
fn the_serverless_framework_reads_authorizers_of_events_alone() {
    const SERVICE: &str = "
service: shop
provider:
  name: aws
  PROVIDER: people
  httpApi:
    HTTP: people
    authorizers:
      people: {type: jwt, identitySource: $request.header.Authorization, issuerUrl: 'https://issuer.example/', audience: one}
  apiGateway: {REST: people, minimumCompressionSize: 1}
functions:
  orders: {handler: orders.handler, FUNCTION: people, events: [{httpApi: GET /orders}, {http: GET /rest}]}
ROOT: people
";
    let places = [
        ("ROOT", "the file", "write it in each event"),
        ("PROVIDER", "`provider`", "write it in each event"),
        (
            "HTTP",
            "`provider.httpApi`",
            "declare it under `provider.httpApi.authorizers`, and name it in each event",
        ),
        (
            "REST",
            "`provider.apiGateway`",
            "write it in each event that it is to protect: `- http: {method: get",
        ),
        ("FUNCTION", "a function", "write it in each event"),
    ];
    for (place, described, advice) in places {
        for key in
            ["authorizer", "authoriser", "Authorizer", "authorizerId", "authorization", "scopes", "auth"]
        {
            let text = SERVICE.replace(&format!("{place}:"), &format!("{key}:"));
            let text =
                places.iter().fold(text, |text, (other, ..)| text.replace(&format!("{other}:"), "harmless:"));
            let read = service(text).read();
            assert_told(&read, key, &format!("{described} has no `{key}`"), advice);
        }
    }
    let text = places
        .iter()
        .fold(SERVICE.to_owned(), |text, (place, ..)| text.replace(&format!("{place}:"), "harmless:"));
    assert!(service(text).read().is_ok());
}

#[test]
fn a_misplaced_key_behind_a_variable_is_found() {
    let text = "
service: shop
provider: {name: aws, httpApi: '${self:custom.api}'}
custom: {api: {authorizer: people}}
functions: '${self:custom.functions, file(functions.yml)}'
";
    let import = service(text).includes(|_| Ok("f: {handler: h, events: [{httpApi: GET /a}]}".into()));
    assert_told(&import.read(), "authorizer", "`provider.httpApi` has no `authorizer`", "declare it under");
}

#[test]
fn sam_reads_auth_of_apis_and_of_events_alone() {
    const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
ROOT: {DefaultAuthorizer: People}
Globals:
  Function: {Timeout: 3, GLOBALS: {Authorizer: People}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    API: {DefaultAuthorizer: People}
    Properties: {StageName: live}
  Orders:
    Type: AWS::Serverless::Function
    RESOURCE: {Authorizer: People}
    Properties:
      FUNCTION: {Authorizer: People}
      Events:
        Get: {Type: Api, EVENT: {Authorizer: People}, Properties: {RestApiId: !Ref Api, Path: /orders, Method: get}}
";
    let places = [
        ("ROOT", "a template", "write it in the resource or the event"),
        ("GLOBALS", "`Globals.Function`", "write it as `Auth` of `Globals.Api` or `Globals.HttpApi`"),
        ("API", "a resource of the type `AWS::Serverless::Api`", "move it into the resource's `Properties`"),
        (
            "RESOURCE",
            "a resource of the type `AWS::Serverless::Function`",
            "move it into the resource's `Properties`",
        ),
        ("FUNCTION", "`AWS::Serverless::Function`", "write it in the `Properties` of each event"),
        ("EVENT", "an event", "move it into the event's `Properties`"),
    ];
    for (place, described, advice) in places {
        for key in ["Auth", "Authorizer", "DefaultAuthorizer", "Authorizers", "AuthorizationScopes"] {
            let text = TEMPLATE.replace(&format!(" {place}:"), &format!(" {key}:"));
            let text = text.replace(&format!("\n{place}:"), &format!("\n{key}:"));
            let text =
                places.iter().fold(text, |text, (other, ..)| text.replace(&format!("{other}:"), "Metadata:"));
            let read = template(text).read();
            assert_told(&read, key, &format!("{described} has no `{key}`"), advice);
        }
    }
}

#[test]
fn cloudformation_reads_authorization_of_methods_and_routes_alone() {
    const TEMPLATE: &str = "
  Rest: {Type: AWS::ApiGateway::RestApi, Properties: {REST: x}}
  Path:
    Type: AWS::ApiGateway::Resource
    Properties: {RestApiId: !Ref Rest, ParentId: !GetAtt Rest.RootResourceId, PathPart: a, PATH: x}
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, HTTP: x}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    ROUTE: x
    Properties: {ApiId: !Ref Api, RouteKey: GET /a}
";
    let places = [
        ("REST", "`AWS::ApiGateway::RestApi`", "in each `AWS::ApiGateway::Method`"),
        ("PATH", "`AWS::ApiGateway::Resource`", "in each `AWS::ApiGateway::Method`"),
        ("HTTP", "`AWS::ApiGatewayV2::Api`", "in each `AWS::ApiGatewayV2::Route`"),
        (
            "ROUTE",
            "a resource of the type `AWS::ApiGatewayV2::Route`",
            "move it into the resource's `Properties`",
        ),
    ];
    for (place, described, advice) in places {
        for key in ["AuthorizationType", "AuthorizerId", "AuthorizationScopes", "Authorizer"] {
            let text = TEMPLATE.replace(&format!("{place}:"), &format!("{key}:"));
            let text =
                places.iter().fold(text, |text, (other, ..)| text.replace(&format!("{other}:"), "Tags:"));
            let read = template(format!("Resources:{HTTP_API}{text}")).read();
            assert_told(&read, key, &format!("{described} has no `{key}`"), advice);
        }
    }
}

#[test]
fn api_gateway_reads_extensions_where_they_mean_something() {
    const DOCUMENT: &str = "
swagger: '2.0'
ROOT: {type: x}
paths:
  /a:
    PATH: {type: AWS_IAM}
    get: {OPERATION: {type: cognito_user_pools}}
";
    let schemes = "write it in a security scheme";
    for (place, key, described, advice) in [
        ("ROOT", "x-amazon-apigateway-authorizer", "an OpenAPI document", schemes),
        ("ROOT", "x-amazon-apigateway-auth", "an OpenAPI document", "write it in each operation"),
        ("PATH", "x-amazon-apigateway-auth", "a path", "write it in each operation"),
        ("PATH", "x-amazon-apigateway-authtype", "a path", schemes),
        ("PATH", "security", "a path", "write it in each operation of the path"),
        ("OPERATION", "x-amazon-apigateway-authorizer", "an operation", schemes),
        ("OPERATION", "x-amazon-apigateway-authtype", "an operation", schemes),
    ] {
        let text = DOCUMENT.replace(&format!("{place}:"), &format!("{key}:"));
        let text = ["ROOT", "PATH", "OPERATION"]
            .iter()
            .fold(text, |text, other| text.replace(&format!("{other}:"), "x-other:"));
        let read = Import::new().file("openapi.yaml", text).read();
        assert_told(&read, key, &format!("{described} has no `{key}`"), advice);
    }
    let right =
        DOCUMENT.replace("OPERATION:", "x-amazon-apigateway-auth:").replace("cognito_user_pools", "AWS_IAM");
    let right = right.replace("ROOT:", "x-a:").replace("PATH:", "x-b:");
    let read = Import::new().file("openapi.yaml", right).read().unwrap();
    assert_eq!(crate::support::routes(&read), ["GET /a refused (AWS_IAM)"]);
}
