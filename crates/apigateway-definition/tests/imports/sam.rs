//! SAM templates whose translation has a part that the template does not tell, or that API Gateway is not known to read.

use crate::support::{routes, template, told};

#[test]
fn schemes_that_sam_does_not_move_are_an_error() {
    let read = |version: &str, more: &str| {
        template(format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Auth: {{DefaultAuthorizer: Staff, Authorizers: {{Staff: {{UserPoolArn: arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orders}}}}}}
      DefinitionBody: {{openapi: {version}, paths: {{/a: {{get: {{x-amazon-apigateway-integration: {{type: mock}}}}}}}}}}{more}
"
        ))
        .read()
    };
    for (version, more) in [("3.0.1", ""), ("3.0", ""), ("3.0.1", "\n      OpenApiVersion: 3.0.1")] {
        assert_eq!(routes(&read(version, more).unwrap()), ["GET /a cognito(Staff)"]);
    }
    for (version, more) in [("3.0.10", ""), ("3.0.1", "\n      OpenApiVersion: '2.0'")] {
        let told = told(&read(version, more)).join("\n");
        let expected =
            "SAM leaves the security schemes in `securityDefinitions`, which OpenAPI 3 does not have";
        assert!(told.contains("error APIGW-SAM-008") && told.contains(expected), "{told}");
    }
}

/// SAM writes the schemes of keys and IAM where it writes those of authorizers.
#[test]
fn the_scheme_of_api_keys_replaces_those_of_an_openapi_3_document() {
    let read = |auth: &str, event: &str| {
        template(format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Auth: {auth}
      DefinitionBody:
        openapi: 3.0.1
        components: {{securitySchemes: {{Own: {{type: apiKey, in: header, name: X, x-amazon-apigateway-authorizer: {{type: cognito_user_pools, providerARNs: [arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orders]}}}}}}}}
        paths: {{/a: {{get: {{security: [{{Own: []}}]}}, put: {{security: []}}}}}}
  F: {{Type: AWS::Serverless::Function, Properties: {{Events: {{E: {{Type: Api, Properties: {{RestApiId: !Ref Orders, Path: /a, Method: put, Auth: {event}}}}}}}}}}}
"
        ))
        .read()
    };
    let key = "{ApiKeyRequired: true}";
    for (auth, event) in [(key, "{}"), ("{}", "{ApiKeyRequired: true, OverrideApiAuth: true}")] {
        let told = told(&read(auth, event)).join("\n");
        assert!(told.contains("error APIGW-OAS-001") && told.contains("no security scheme `Own`"), "{told}");
    }
    for event in ["{}", key] {
        assert_eq!(routes(&read("{}", event).unwrap()), ["GET /a cognito(Own)", "PUT /a open"]);
    }
}
