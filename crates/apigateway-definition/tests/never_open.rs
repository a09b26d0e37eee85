//! What cannot be read, or belongs elsewhere, never opens a route: it is an error, or a refused route of a partial import.

#![expect(clippy::panic, reason = "a test that cannot go on stops, and says where")]

use apigateway_definition::{ApiKey, Code, Import, Problems, RefusedReason, Rule};

fn problems(import: &Import) -> Problems {
    match import.read() {
        Err(problems) => problems,
        Ok(imported) => panic!("it was read: {:?}", imported.definition),
    }
}

/// Panics unless there is an error with this code and message, in a partial import too.
#[track_caller]
fn expect_error(text: &str, code: Code, message: &str) {
    for import in [import(text), import(text).partial()] {
        let problems = problems(&import);
        let found = problems.diagnostics().iter().find(|one| one.code() == code);
        let found = found.unwrap_or_else(|| panic!("no {code}: {problems}"));
        assert!(found.message().contains(message), "{problems}");
    }
}

fn import(text: &str) -> Import {
    Import::new().file("template.yaml", text)
}

/// The rules of all routes of a partial import, by their keys.
fn partial(text: &str) -> Vec<(String, Rule, ApiKey)> {
    let definition = import(text).partial().read().unwrap_or_else(|problems| panic!("{problems}")).definition;
    definition.routes().map(|route| (route.key.to_string(), route.rule.clone(), route.api_key)).collect()
}

/// A method of the authorization type `NONE`, open but for what `ApiKeyRequired` says.
fn keyed(value: &str) -> String {
    format!(
        "
Parameters: {{Keyed: {{Type: String}}, Secret: {{Type: AWS::SSM::Parameter::Value<String>, Default: /keyed}}}}
Conditions: {{IsKeyed: !Equals [!Ref Keyed, 'yes']}}
Resources:
  Api: {{Type: AWS::ApiGateway::RestApi}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      ApiKeyRequired: {value}
"
    )
}

#[test]
fn an_api_key_that_may_be_required_keeps_a_route_closed() {
    for value in [
        "!Ref Keyed",
        "!Ref Secret",
        "!Ref Nothing",
        "!If [IsKeyed, true, false]",
        "!If [Nothing, false, false]",
        "!ImportValue keyed",
        "!Sub '${Keyed}'",
        "perhaps",
        "[]",
        "{}",
        "2",
    ] {
        let text = keyed(value);
        assert!(import(&text).read().is_err(), "{value}");
        let refused = Rule::Refused(RefusedReason::ApiKeyOnly);
        assert_eq!(partial(&text), [("GET /".to_owned(), refused, ApiKey::Required)], "{value}");
    }
    for value in ["false", "'false'", "!Ref AWS::NoValue"] {
        let [(_, rule, key)] = &*partial(&keyed(value)) else { panic!("{value}: one route") };
        assert!(matches!((rule, key), (Rule::Open(_), ApiKey::NotRequired)), "{value}: {rule:?}");
    }
}

/// A SAM API whose definition is written by hand, and a function with an event for one of its operations.
fn sam(api: &str, version: &str, event: &str, condition: &str) -> String {
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Parameters: {{Step: {{Type: String}}}}
Conditions: {{Live: !Equals [!Ref Step, prod]}}
Resources:
  Api:
    Type: AWS::Serverless::{api}
    Properties:
      StageName: live
      DefinitionBody: {{{version}, paths: {{/orders: {{get: {{}}}}}}}}
  Orders:
    Type: AWS::Serverless::Function
    {condition}
    Properties: {{Events: {{Get: {{Type: {event}, Path: /orders, Method: get}}}}}}}}
"
    )
}

/// With the event, `GET /orders` would be there if the condition holds, and the definition has it always.
#[test]
fn a_conditional_event_on_an_operation_without_the_condition_is_an_error() {
    let http = ("HttpApi", "openapi: 3.0.1", "HttpApi, Properties: {ApiId: !Ref Api");
    let rest = ("Api", "swagger: '2.0'", "Api, Properties: {RestApiId: !Ref Api");
    for (api, version, event) in [http, rest] {
        let with = |condition| {
            let text = sam(api, version, event, condition);
            if api == "Api" {
                text.replace("StageName: live", "StageName: live\n      MergeDefinitions: true")
            } else {
                text
            }
        };
        for step in ["prod", "dev"] {
            let text = with("Condition: Live");
            let problems = problems(&import(&text).parameter("Step", step));
            let found = problems.diagnostics().iter().find(|one| one.code() == Code::SAM_008);
            let message = found.unwrap_or_else(|| panic!("{api}: {problems}")).message();
            assert_eq!(message, "the definition has `get /orders` without the condition", "{api}");
        }
        let definition =
            import(&with("")).read().unwrap_or_else(|problems| panic!("{api}: {problems}")).definition;
        assert_eq!(
            definition.routes().map(|route| route.key.to_string()).collect::<Vec<_>>(),
            ["GET /orders"]
        );
    }
}

/// Two REST APIs, and a method of the second.
fn two_apis(resource_id: &str) -> String {
    format!(
        "
Resources:
  One: {{Type: AWS::ApiGateway::RestApi}}
  Two: {{Type: AWS::ApiGateway::RestApi}}
  Admin: {{Type: AWS::ApiGateway::Resource, Properties: {{RestApiId: !Ref One, ParentId: !GetAtt One.RootResourceId, PathPart: admin}}}}
  Users: {{Type: AWS::ApiGateway::Resource, Properties: {{RestApiId: !Ref Two, ParentId: !Ref Admin, PathPart: users}}}}
  Orders: {{Type: AWS::ApiGateway::Resource, Properties: {{RestApiId: !Ref Two, ParentId: !GetAtt Two.RootResourceId, PathPart: orders}}}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties: {{RestApiId: !Ref Two, ResourceId: {resource_id}, HttpMethod: GET, AuthorizationType: NONE}}
"
    )
}

#[test]
fn a_method_on_a_resource_of_another_api_is_an_error() {
    for (resource_id, message) in [
        ("!Ref Admin", "`Admin` belongs to another API than `Two`"),
        // Its parent is.
        ("!Ref Users", "`Admin` belongs to another API than `Two`"),
        ("!GetAtt One.RootResourceId", "the root of `One`, not of `Two`"),
    ] {
        expect_error(&two_apis(resource_id), Code::CFN_021, message);
    }
    let definition = import(&two_apis("!Ref Orders")).read().unwrap().definition;
    assert_eq!(definition.routes().map(ToString::to_string).collect::<Vec<_>>(), ["GET /orders open"]);
}
