//! The default of a parameter does not decide what a request needs, unless that is confirmed.

use apigateway_definition::{Import, ParameterSource};
use expect_test::expect;

use crate::support::{HTTP_API, help, is_undecided, routes, service, template, told};

const HEAD: &str = "
Parameters: {Step: {Type: String, Default: dev}}
Conditions: {Live: !Equals [!Ref Step, prod]}
Mappings: {M: {dev: {Type: NONE, Scope: a/dev}, prod: {Type: JWT, Scope: a/prod}}}
Resources:";

/// A template with these resources beside an HTTP API and its authorizer.
fn with(resources: &str) -> Import {
    template(format!("{HEAD}{HTTP_API}{resources}"))
}

fn route(name: &str, key: &str, more: &str) -> String {
    format!(
        "  {name}:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {{ApiId: !Ref Api, RouteKey: '{key}'{more}}}\n"
    )
}

/// `default-decides-type.yml`
const REST: &str = "
Parameters:
  Step: { Type: String, Default: dev }
Conditions:
  Live: !Equals [!Ref Step, prod]
Resources:
  Api: { Type: AWS::ApiGateway::RestApi, Properties: { Name: shop } }
  People:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: people
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.Authorization
      ProviderARNs: ['arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E']
  Orders: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders } }
  GetOrders:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: GET
      AuthorizationType: !If [Live, COGNITO_USER_POOLS, NONE]
      AuthorizerId: !If [Live, !Ref People, !Ref AWS::NoValue]
";

#[test]
fn a_default_does_not_decide_that_a_route_is_open() {
    let problems = template(REST).read().unwrap_err();
    expect![[r#"
        error[APIGW-CFN-011]: what a request needs depends on `Step`, which was not given
            --> template.yaml:3:3
             |
           3 |   Step: { Type: String, Default: dev }
             |   ^^^^ declared here, with the default `dev`
            ::: template.yaml:5:23
             |
           5 |   Live: !Equals [!Ref Step, prod]
             |                       ^^^^ it is used here
             = help: give its value with `.parameter("Step", …)`, or confirm the defaults of all parameters with `.accept_parameter_defaults()`

        warning[APIGW-WARN-001]: no route uses the authorizer `People`
            --> template.yaml:8:3
             |
           8 |   People:
             |   ^^^^^^ this authorizer

        1 error and 1 warning"#]]
    .assert_eq(&problems.to_string());
}

#[test]
fn a_value_that_is_given_decides() {
    let read = template(REST).parameter("Step", "prod").read().unwrap();
    assert_eq!(routes(&read), ["GET /orders cognito(People)"]);
    let read = template(REST).parameter("Step", "dev").read().unwrap();
    assert_eq!(routes(&read), ["GET /orders open"]);
    let [parameter] = &*read.definition.open_routes().next().unwrap().decided_by else { panic!("{read:?}") };
    assert_eq!((parameter.to_string(), parameter.source), ("Step=dev".into(), ParameterSource::Given));
}

#[test]
fn confirmed_defaults_decide_and_are_told() {
    let read = template(REST).accept_parameter_defaults().read().unwrap();
    assert_eq!(routes(&read), ["GET /orders open"]);
    let [parameter] = &*read.definition.open_routes().next().unwrap().decided_by else { panic!("{read:?}") };
    assert_eq!((parameter.to_string(), parameter.source), ("Step=dev".into(), ParameterSource::Default));
}

#[test]
fn a_route_that_a_parameter_leaves_out_is_reported_with_the_open_route_that_handles_its_requests() {
    let resources = route("Rest", "ANY /{proxy+}", "")
        + "  Admin:
    Type: AWS::ApiGatewayV2::Route
    Condition: Live
    Properties: {ApiId: !Ref Api, RouteKey: GET /admin, AuthorizationType: JWT, AuthorizerId: !Ref People}
";
    assert!(is_undecided(&with(&resources).read()));
    let read = with(&resources).parameter("Step", "prod").read().unwrap();
    assert_eq!(routes(&read), ["GET /admin jwt(People)", "ANY /{proxy+} open"]);
    assert!(read.definition.routes().all(|route| route.displaced.is_empty()));

    let read = with(&resources).accept_parameter_defaults().read().unwrap();
    assert_eq!(routes(&read), ["ANY /{proxy+} open"]);
    let [displaced] = &*read.definition.apis[0].routes[0].displaced else { panic!("{read:?}") };
    assert_eq!((&*displaced.key, displaced.decided_by[0].to_string()), ("GET /admin", "Step=dev".into()));

    // A protected route that is broader takes them first.
    let protected =
        resources + &route("Some", "ANY /{x}", ", AuthorizationType: JWT, AuthorizerId: !Ref People");
    let read = with(&protected).accept_parameter_defaults().read().unwrap();
    assert!(read.definition.routes().all(|route| route.displaced.is_empty()));
}

#[test]
fn every_way_in_which_a_default_decides_is_an_error() {
    let jwt = ", AuthorizationType: JWT, AuthorizerId: !Ref People";
    for resources in [
        route("A", "GET /a", ", AuthorizationType: !If [Live, JWT, NONE], AuthorizerId: !Ref People"),
        route("A", "GET /a", ", AuthorizationType: !FindInMap [M, !Ref Step, Type], AuthorizerId: !Ref People"),
        route("A", "GET /a", ", AuthorizationType: !Ref Step"),
        route("A", "GET /a", &format!("{jwt}, AuthorizationScopes: [!FindInMap [M, !Ref Step, Scope]]")),
        route("A", "GET /a", &format!("{jwt}, AuthorizationScopes: [!Sub '${{Step}}/read']")),
        route("A", "GET /a", &format!("{jwt}, AuthorizationScopes: !If [Live, [a/b], !Ref AWS::NoValue]")),
        route("A", "GET /a", &format!("{jwt}, AuthorizationScopes: [a/b, !If [Live, a/c, !Ref AWS::NoValue]]")),
        route("A", "GET /a", ", AuthorizationType: JWT, AuthorizerId: !If [Live, !Ref People, other]"),
        route("A", "GET /a", "").replace("Properties", "Condition: Live\n    Properties"),
        "  A: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: !Sub 'GET /${Step}'}}\n".into(),
        "  Other: {Type: AWS::ApiGatewayV2::Api, Condition: Live, Properties: {ProtocolType: HTTP}}\n".into(),
        "  Quick: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, Target: x}}
  Over:
    Type: AWS::ApiGatewayV2::ApiGatewayManagedOverrides
    Condition: Live
    Properties: {ApiId: !Ref Quick, Route: {AuthorizationType: AWS_IAM}}\n"
            .into(),
        "  Rest:
    Type: AWS::ApiGateway::RestApi
    Properties: {Body: {swagger: '2.0', paths: {/a: !If [Live, {get: {}}, !Ref AWS::NoValue]}}}\n"
            .into(),
        "  Rest:
    Type: AWS::ApiGateway::RestApi
    Properties: {Body: {swagger: '2.0', paths: {/a: {get: {x-amazon-apigateway-auth: {type: !If [Live, AWS_IAM, NONE]}}}}}}\n"
            .into(),
    ] {
        let read = with(&resources).read();
        assert!(is_undecided(&read), "{resources}: {:?}", told(&read));
        assert!(help(&read).contains(".parameter(\"Step\", …)"), "{resources}: {}", help(&read));
    }
}

#[test]
fn what_an_authorizer_trusts_is_not_decided_by_a_default() {
    for (property, value) in [
        ("Issuer", "!Sub 'https://${Step}.example/'"),
        ("Issuer", "!If [Live, 'https://a.example/', 'https://b.example/']"),
        ("Audience", "[!FindInMap [M, !Ref Step, Scope]]"),
        ("Audience", "[!Ref Step]"),
    ] {
        let (issuer, audience) =
            if property == "Issuer" { (value, "[one]") } else { ("'https://a.example/'", value) };
        let authorizer = format!(
            "
  Api: {{Type: AWS::ApiGatewayV2::Api, Properties: {{ProtocolType: HTTP}}}}
  People:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {{Issuer: {issuer}, Audience: {audience}}}
"
        );
        let used = route("A", "GET /a", ", AuthorizationType: JWT, AuthorizerId: !Ref People");
        assert!(is_undecided(&template(format!("{HEAD}{authorizer}{used}")).read()), "{value}");
        // What no route uses decides nothing.
        let unused = route("A", "GET /a", "");
        assert!(template(format!("{HEAD}{authorizer}{unused}")).read().is_ok(), "{value}");
    }
}

#[test]
fn a_default_that_decides_nothing_does_not_matter() {
    let resources = "
  Named: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, Name: !Sub 'shop-${Step}', Description: !Ref Step}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Named, StageName: !Ref Step}}
  Get:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Named, RouteKey: GET /a, OperationName: !Ref Step, Target: !Sub 'integrations/${Step}'}
  Table: {Type: AWS::DynamoDB::Table, Condition: Live, Properties: {TableName: !Ref Step}}
  Pool: {Type: AWS::Cognito::UserPool, Condition: Live, Properties: {UserPoolName: !Sub 'people-${Step}'}}
  Rest: {Type: AWS::ApiGateway::RestApi, Properties: {Name: !Ref Step}}
  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Condition: Live
    Properties: {RestApiId: !Ref Rest, ResponseType: !Ref Step}
  Auth:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Rest
      Name: !Ref Step
      Type: COGNITO_USER_POOLS
      AuthorizerResultTtlInSeconds: !If [Live, 300, 0]
      IdentitySource: method.request.header.Authorization
      ProviderARNs: ['arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E']
  Put:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Rest, ResourceId: !GetAtt Rest.RootResourceId, HttpMethod: PUT, AuthorizationType: COGNITO_USER_POOLS, AuthorizerId: !Ref Auth}
";
    let read = with(resources).read();
    assert_eq!(routes(&read.unwrap()), ["PUT / cognito(Auth)", "GET /a open"]);
}

#[test]
fn whether_preflights_are_let_through_is_not_decided_by_a_default() {
    let with = |cors: &str| {
        let api = format!(
            "  Cors: {{Type: AWS::ApiGatewayV2::Api, Properties: {{ProtocolType: HTTP, CorsConfiguration: {cors}}}}}\n"
        ) + &route("A", "GET /a", "").replace("!Ref Api", "!Ref Cors");
        with(&api)
    };
    let one = "{AllowOrigins: ['https://a.example']}";
    let undecided = with(&format!("!If [Live, {one}, !Ref AWS::NoValue]"));
    assert!(is_undecided(&undecided.read()));
    let partial = undecided.partial().read().unwrap();
    assert!(partial.definition.api("Cors").unwrap().cors.is_none());
    for cors in [
        format!("!If [Live, {one}, {{AllowOrigins: ['https://b.example']}}]"),
        format!("!If [Live, {one}, !If [Live, {one}, {one}]]"),
        "{AllowOrigins: !If [Live, ['https://a.example'], ['*']], MaxAge: !If [Live, 1, 2]}".into(),
    ] {
        let read = with(&cors).read().unwrap();
        assert!(read.definition.api("Cors").unwrap().cors.is_some(), "{cors}");
    }
}

#[test]
fn a_condition_that_holds_whatever_the_parameter_is_does_not_matter() {
    let conditions = "
Parameters: {Step: {Type: String, Default: dev}}
Conditions:
  Live: !Equals [!Ref Step, prod]
  Sure: !Or [!Condition Live, !Equals [a, a]]
  Never: !And [!Condition Live, !Equals [a, b]]
  Unsure: !Or [!Condition Live, !Equals [a, b]]
Resources:";
    let with = |condition: &str| {
        let resources = route("A", "GET /a", "")
            .replace("Properties", &format!("Condition: {condition}\n    Properties"));
        template(format!("{conditions}{HTTP_API}{resources}")).read()
    };
    assert_eq!(routes(&with("Sure").unwrap()), ["GET /a open"]);
    assert_eq!(routes(&with("Never").unwrap()), [""; 0]);
    assert!(is_undecided(&with("Unsure")));
    let same = route("A", "GET /a", ", AuthorizationType: !If [Unsure, AWS_IAM, AWS_IAM]");
    let read = template(format!("{conditions}{HTTP_API}{same}")).read();
    assert_eq!(routes(&read.unwrap()), ["GET /a refused (AWS_IAM)"]);
}

#[test]
fn a_default_that_nothing_can_replace_decides() {
    let one = "Parameters: {Step: {Type: String, Default: dev, AllowedValues: [dev]}}";
    let resources = route("A", "GET /a", ", AuthorizationType: !If [Live, AWS_IAM, NONE]");
    let only = format!("{HEAD}{HTTP_API}{resources}")
        .replace("Parameters: {Step: {Type: String, Default: dev}}", one);
    assert_eq!(routes(&template(only).read().unwrap()), ["GET /a open"]);

    // A nested stack has the values that its parent gives.
    let nested = format!("{HEAD}{HTTP_API}{resources}");
    let parent = |given: &str| {
        let text = format!(
            "Parameters: {{Where: {{Type: String, Default: prod}}}}
Resources: {{Nested: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: nested.yaml{given}}}}}}}"
        );
        let nested = nested.clone();
        template(text).includes(move |_| Ok(nested.clone().into_bytes()))
    };
    assert_eq!(routes(&parent("").read().unwrap()), ["GET /a open"]);
    assert_eq!(routes(&parent(", Parameters: {Step: prod}").read().unwrap()), ["GET /a refused (AWS_IAM)"]);
    let read = parent(", Parameters: {Step: !Ref Where}").read();
    assert!(told(&read).iter().any(|line| line.contains("depends on `Where`")), "{:?}", told(&read));
}

#[test]
fn one_error_tells_of_a_parameter_however_often_it_decides() {
    let resources: String = (0..30)
        .map(|number| {
            route(&format!("R{number}"), &format!("GET /{number}"), ", AuthorizationType: !Ref Step")
        })
        .collect();
    let told = told(&with(&resources).read());
    assert_eq!(told.iter().filter(|line| line.contains("APIGW-CFN-011")).count(), 1, "{told:?}");
}

#[test]
fn a_partial_import_refuses_what_a_default_would_decide() {
    let resources =
        route("A", "GET /a", ", AuthorizationType: !If [Live, AWS_IAM, NONE]") + &route("B", "GET /b", "");
    let read = with(&resources).partial().read().unwrap();
    assert_eq!(routes(&read), ["GET /a refused (APIGW-CFN-011)", "GET /b open"]);
}

#[test]
fn the_other_formats_follow_the_same_rule() {
    let sam = "
Transform: AWS::Serverless-2016-10-31
Parameters: {Step: {Type: String, Default: dev}}
Conditions: {Live: !Equals [!Ref Step, prod]}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Condition: Live
    Properties: {Events: {Get: {Type: Api, Properties: {Path: /orders, Method: get}}}}
";
    assert!(is_undecided(&template(sam).read()));
    let read = template(sam).parameter("Step", "prod").read().unwrap();
    assert_eq!(routes(&read), ["GET /orders open"]);
    assert_eq!(read.definition.apis[0].routes[0].decided_by[0].to_string(), "Step=prod");

    let serverless = "
service: shop
provider: {name: aws}
functions: {f: {handler: h, events: [{http: {method: get, path: orders}}]}}
resources:
  Parameters: {Step: {Type: String, Default: dev}}
  Conditions: {Live: !Equals [!Ref Step, prod]}
  extensions: {ApiGatewayMethodOrdersGet: {Properties: {AuthorizationType: !If [Live, AWS_IAM, NONE]}}}
";
    assert!(is_undecided(&service(serverless).read()));
    let read = service(serverless).parameter("Step", "prod").read().unwrap();
    assert_eq!(routes(&read), ["GET /orders refused (AWS_IAM)"]);
}

#[test]
fn the_value_of_a_secret_is_not_told() {
    let secret = |more: &str| {
        format!("{HEAD}{HTTP_API}{}", route("A", "GET /a", ", AuthorizationType: !If [Live, AWS_IAM, NONE]"))
            .replace("Default: dev", more)
    };
    let problems = template(secret("NoEcho: true, Default: dev-swordfish")).read().unwrap_err();
    let labels = problems.diagnostics()[0].labels();
    assert!(labels.iter().all(|label| !label.text().contains("swordfish")), "{labels:?}");
    let read = template(secret("NoEcho: true")).parameter("Step", "swordfish").read().unwrap();
    assert_eq!(read.definition.apis[0].routes[0].decided_by[0].to_string(), "Step");
    assert!(!format!("{read:?}").contains("swordfish"));
}

#[test]
fn a_parameter_of_systems_manager_takes_its_value() {
    let text = |default: &str| {
        format!(
            "
Parameters: {{Type: {{Type: 'AWS::SSM::Parameter::Value<String>'{default}}}}}
Resources:{HTTP_API}{}",
            route("A", "GET /a", ", AuthorizationType: !Ref Type")
        )
    };
    let with = |default: &str| template(text(default));
    let unread = with(", Default: /type").read();
    assert_eq!(
        help(&unread).lines().find(|line| !line.is_empty()),
        Some(r##"give its value with `.parameter("Type", …)`, or with `.values(r#"{"ssm:/type": "…"}"#)`"##)
    );
    for import in [
        with(", Default: /type").parameter("Type", "AWS_IAM"),
        with("").parameter("Type", "AWS_IAM"),
        with(", Default: /type").values(r#"{"ssm:/type": "AWS_IAM"}"#),
        with(", Default: /type").parameter("Type", "/other").values(r#"{"ssm:/other": "AWS_IAM"}"#),
        with(", Default: /type").parameter("Type", "other").values(r#"{"ssm:other": "AWS_IAM"}"#),
    ] {
        assert_eq!(routes(&import.read().unwrap()), ["GET /a refused (AWS_IAM)"], "{import:?}");
    }
    // A path is the name of a parameter, and no value.
    let read = with(", Default: /type").parameter("Type", "/other").read();
    assert!(help(&read).contains(r#""ssm:/other""#), "{}", help(&read));

    let list = format!(
        "
Parameters: {{Scopes: {{Type: 'AWS::SSM::Parameter::Value<CommaDelimitedList>'}}, Name: {{Type: 'AWS::SSM::Parameter::Name'}}}}
Resources:{HTTP_API}{}",
        route(
            "A",
            "GET /a",
            ", AuthorizationType: JWT, AuthorizerId: !Ref People, AuthorizationScopes: !Split [',', !Join [',', !Ref Scopes]]"
        ) + &route("B", "GET /b", ", AuthorizationType: JWT, AuthorizerId: !Ref People, AuthorizationScopes: [!Ref Name]")
    );
    let read = template(list).parameter("Scopes", "a/b, a/c").parameter("Name", "scope").read().unwrap();
    assert_eq!(routes(&read), ["GET /a jwt(People) scopes=a/b,a/c", "GET /b jwt(People) scopes=scope"]);
}
