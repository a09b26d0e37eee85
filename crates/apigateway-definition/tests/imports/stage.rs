//! The stage is asked for only where it decides what a request needs.

use crate::support::{help, routes, service, template, told};

/// A service in which names, CORS, gateway responses and resources depend on the stage, and no route does.
const SERVICE: &str = "
service: shop
provider:
  name: aws
  stage: \"${opt:stage, 'dev'}\"
  environment: {TABLE: 'orders-${sls:stage}'}
  httpApi: {cors: {allowedOrigins: ['https://${self:custom.domains.${sls:stage}}'], maxAge: '${self:custom.age.${sls:stage}}'}}
  apiGateway: {resourcePolicy: '${self:custom.policies.${sls:stage}}'}
custom: {domains: {dev: dev.example, prod: example.com}, age: {dev: 1, prod: 60}, policies: {dev: [], prod: []}, kind: {dev: aws_iam, prod: people}}
functions:
  f:
    handler: h
    name: 'f-${sls:stage}'
    events:
      - http: {method: get, path: rest, authorizer: aws_iam}
      - httpApi: {method: get, path: /http, authorizer: {type: aws_iam}}
resources:
  Parameters: {Size: '${self:custom.sizes.${sls:stage}}'}
  Mappings: {Sizes: '${self:custom.sizes.${sls:stage}}'}
  Conditions: {Large: '${self:custom.sizes.${sls:stage}}'}
  Outputs: {Name: '${self:custom.domains.${sls:stage}}'}
  Resources:
    Table: {Type: AWS::DynamoDB::Table, Properties: '${file(table-${sls:stage}.yml)}'}
    ApiGatewayRestApi: {Properties: {Name: 'shop-${sls:stage}', Description: 'of ${sls:stage}'}}
    Denied:
      Type: AWS::ApiGateway::GatewayResponse
      Properties:
        RestApiId: !Ref ApiGatewayRestApi
        ResponseType: DEFAULT_4XX
        ResponseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: \"'https://${self:custom.domains.${sls:stage}}'\"}
";

#[test]
fn what_decides_nothing_asks_for_no_stage() {
    let read = service(SERVICE).read();
    let left_out: Vec<String> =
        told(&read).into_iter().filter(|line| line.contains("APIGW-WARN-014")).collect();
    assert_eq!(
        left_out,
        [
            "warning APIGW-WARN-014 serverless.yml:7:37 `AllowOrigins` of the CORS configuration is left out: its value is not known",
            "warning APIGW-WARN-014 serverless.yml:7:93 `MaxAge` of the CORS configuration is left out: its value is not known",
            "warning APIGW-WARN-014 serverless.yml:30:82 the gateway response `Denied` is left out: its value is not known",
        ],
    );
    let read = read.unwrap();
    assert_eq!(routes(&read), ["GET /rest refused (AWS_IAM)", "GET /http refused (AWS_IAM)"]);
    let api = read.definition.api("HttpApi").unwrap();
    assert!(api.cors.is_some(), "the gateway answers preflights in every stage");

    let read = service(SERVICE).stage("prod").read().unwrap();
    assert_eq!(read.definition.api("HttpApi").unwrap().cors.as_ref().unwrap().max_age, Some(60));
    assert_eq!(read.definition.api("ApiGatewayRestApi").unwrap().gateway_responses.len(), 1);
}

#[test]
fn what_decides_asks_for_the_stage() {
    for (harmless, deciding) in [
        ("authorizer: aws_iam}", "authorizer: '${self:custom.kind.${sls:stage}}'}"),
        ("path: rest", "path: 'rest-${sls:stage}'"),
        ("path: /http", "path: '/${sls:stage}'"),
        (
            "ApiGatewayRestApi: {Properties: {",
            "ApiGatewayMethodRestGet: {Properties: {AuthorizationType: '${self:custom.kind.${sls:stage}}', OperationName: {",
        ),
        ("Table: {Type", "Other: '${self:custom.${sls:stage}}'\n    Table: {Type"),
    ] {
        let text = SERVICE.replace(harmless, deciding);
        let text = if deciding.contains("OperationName: {") {
            text.replace("'of ${sls:stage}'}}", "a}}}")
        } else {
            text
        };
        assert_ne!(text, SERVICE);
        let read = service(text).read();
        let errors: Vec<String> = told(&read).into_iter().filter(|line| line.starts_with("error")).collect();
        assert!(
            errors.len() == 1 && errors[0].contains("what a request needs depends on the stage"),
            "{deciding}: {errors:?}"
        );
        assert!(help(&read).contains("give the stage with `.stage(…)`"), "{}", help(&read));
    }
}

#[test]
fn conditions_and_mappings_behind_variables_are_read_where_they_decide() {
    let text = "
service: shop
provider: {name: aws}
custom: {live: !Equals [!Ref Step, prod], kinds: {dev: {Kind: NONE}, prod: {Kind: AWS_IAM}}}
functions: {f: {handler: h, events: [{http: {method: get, path: a}}, {http: {method: get, path: b}}]}}
resources:
  Parameters: {Step: '${file(step.yml)}'}
  Conditions: {Live: '${self:custom.live}'}
  Mappings: {M: '${self:custom.kinds}'}
  extensions:
    ApiGatewayMethodAGet: {Properties: {AuthorizationType: !If [Live, AWS_IAM, NONE]}}
    ApiGatewayMethodBGet: {Properties: {AuthorizationType: !FindInMap [M, !Ref Step, Kind]}}
";
    let import = service(text).includes(|_| Ok("{Type: String}".into())).parameter("Step", "prod");
    assert_eq!(routes(&import.read().unwrap()), ["GET /a refused (AWS_IAM)", "GET /b refused (AWS_IAM)"]);
}

#[test]
fn an_issuer_of_another_region_than_its_pool_is_a_warning() {
    let with = |issuer: &str| {
        let text = format!(
            "
Resources:
  Api: {{Type: AWS::ApiGatewayV2::Api, Properties: {{ProtocolType: HTTP}}}}
  Jwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {{Issuer: '{issuer}', Audience: [one]}}
  Get: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: GET /a, AuthorizationType: JWT, AuthorizerId: !Ref Jwt}}}}
"
        );
        told(&template(text).read())
    };
    for issuer in [
        "https://cognito-idp.us-east-1.amazonaws.com/eu-west-1_Ab12Cd34E",
        "https://issuer-cognito-idp.us-east-1.amazonaws.com/eu-west-1_Ab12Cd34E",
        "https://cognito-idp.us-east-1.amazonaws.com.cn/eu-west-1_Ab12Cd34E",
    ] {
        let told = with(issuer);
        let expected = "warning APIGW-WARN-013 template.yaml:10:34 the issuer is of the Region us-east-1, and the user pool eu-west-1_Ab12Cd34E of eu-west-1: no token has it";
        assert_eq!(told, [expected], "{issuer}");
    }
    for issuer in [
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E",
        "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E",
        "https://issuer.example/eu-west-1_Ab12Cd34E",
        "https://cognito-idp.eu-west-1.amazonaws.com/",
        "http://127.0.0.1:9229/local_1a2b3c4d",
    ] {
        assert!(with(issuer).iter().all(|line| !line.contains("WARN-013")), "{issuer}: {:?}", with(issuer));
    }
}
