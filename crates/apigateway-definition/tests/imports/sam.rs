//! SAM templates whose translation has a part that the template does not tell, or that API Gateway is not known to read.

use crate::support::{help, routes, template, told};

/// A template with `Cors` and these events, each of a function of its own: path, method, and more of the function.
fn with_cors(events: &[(&str, &str, &str)]) -> apigateway_definition::Import {
    let function = |(number, (path, method, more)): (usize, &(&str, &str, &str))| {
        format!(
            "  F{number}: {{Type: AWS::Serverless::Function{more}, Properties: {{Events: {{E: {{Type: Api, Properties: {{Path: {path}, Method: {method}}}}}}}}}}}\n"
        )
    };
    let functions: String = events.iter().enumerate().map(function).collect();
    template(format!(
        "
Transform: AWS::Serverless-2016-10-31
Parameters: {{Step: {{Type: String}}}}
Conditions: {{Live: !Equals [!Ref Step, live], Test: !Equals [!Ref Step, test]}}
Globals: {{Api: {{Cors: \"'*'\", Auth: {{DefaultAuthorizer: Staff, Authorizers: {{Staff: {{UserPoolArn: arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orders}}}}}}}}}}
Resources:
{functions}"
    ))
    .parameter("Step", "live")
}

/// SAM picks the path by the hash table of Python 2.7.
#[test]
fn the_path_that_answers_preflights_is_not_guessed() {
    let cases: [&[(&str, &str, &str)]; 4] = [
        &[("/a/", "any", ""), ("/a", "get", ", Condition: Test")],
        &[("/a/", "any", ", Condition: Test"), ("/a", "get", "")],
        &[("/a/", "any", ", Condition: Live"), ("/a", "get", ", Condition: Test")],
        &[("/a", "options", ""), ("/a/", "get", "")],
    ];
    for events in cases {
        let read = with_cors(events).read();
        let told = told(&read).join("\n");
        let expected = "`/a/` and `/a` are one path, and which of the two answers preflights is not known";
        assert!(told.contains("error APIGW-SAM-007") && told.contains(expected), "{events:?}: {told}");
        assert_eq!(help(&read), "write the path the same way in each event");
    }
}

#[test]
fn either_path_answers_preflights_if_that_makes_no_difference() {
    let cases: [&[(&str, &str, &str)]; 3] = [
        &[("/a/", "post", ""), ("/a", "get", "")],
        &[("/a/", "post", ", Condition: Live"), ("/a", "get", ", Condition: Live")],
        &[("/a/", "post", ""), ("/a", "get", ""), ("/a", "put", ", Condition: Test")],
    ];
    for events in cases {
        let read = with_cors(events).read().unwrap();
        assert_eq!(
            routes(&read),
            ["GET /a cognito(Staff)", "OPTIONS /a cognito(Staff)", "POST /a cognito(Staff)"],
            "{events:?}"
        );
    }
}

/// SAM leaves out the path with its events only if it writes the whole document.
#[test]
fn a_merged_path_answers_preflights_without_its_event() {
    let read = template(
        "
Transform: AWS::Serverless-2016-10-31
Parameters: {Step: {Type: String}}
Conditions: {Live: !Equals [!Ref Step, live]}
Resources:
  Orders:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      MergeDefinitions: true
      Cors: \"'*'\"
      Auth: {DefaultAuthorizer: Staff, Authorizers: {Staff: {UserPoolArn: arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orders}}}
      DefinitionBody: {swagger: '2.0', paths: {/empty: {}}}
  F:
    Type: AWS::Serverless::Function
    Condition: Live
    Properties:
      Events:
        New: {Type: Api, Properties: {RestApiId: !Ref Orders, Path: /new, Method: get}}
        Empty: {Type: Api, Properties: {RestApiId: !Ref Orders, Path: /empty, Method: get}}
",
    )
    .parameter("Step", "test")
    .read();
    assert_eq!(routes(&read.unwrap()), ["OPTIONS /empty cognito(Staff)", "OPTIONS /new cognito(Staff)"]);
}

/// SAM merges an event with every method as `any`, beside `x-amazon-apigateway-any-method` of the document.
#[test]
fn an_event_with_every_method_cannot_be_merged() {
    let merged = |method: &str| {
        template(format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {{Type: AWS::Serverless::Api, Properties: {{MergeDefinitions: true, DefinitionBody: {{swagger: '2.0', paths: {{/b: {{get: {{}}}}}}}}}}}}
  F: {{Type: AWS::Serverless::Function, Properties: {{Events: {{E: {{Type: Api, Properties: {{RestApiId: !Ref Orders, Path: /a, Method: {method}}}}}}}}}}}
"
        ))
        .read()
    };
    for method in ["any", "ANY"] {
        let read = merged(method);
        let told = told(&read).join("\n");
        assert!(told.contains("error APIGW-SAM-007"), "{method}: {told}");
        assert!(told.contains("SAM merges this event as `any`, which OpenAPI does not have"), "{told}");
    }
    assert_eq!(routes(&merged("GET").unwrap()), ["GET /a open", "GET /b open"]);
    let in_full = merged("x-amazon-apigateway-any-method").unwrap();
    assert_eq!(routes(&in_full), ["ANY /a open", "GET /b open"]);
}

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
