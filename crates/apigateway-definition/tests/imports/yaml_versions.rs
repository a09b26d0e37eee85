//! Files that the readers of YAML 1.1 and 1.2 understand differently.

use std::fmt::Write as _;

use apigateway_definition::{Code, Import};

use crate::support::{HTTP_API, help, routes, template, told};

/// A template with a route of these properties.
fn with_properties(properties: &str) -> String {
    format!(
        "
Metadata:
  Open: &open {{AuthorizationType: NONE}}
  Safe: &safe {{AuthorizationType: JWT, AuthorizerId: !Ref People}}
Resources:{HTTP_API}
  Get:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /orders
{properties}
"
    )
}

#[test]
fn two_merge_keys_in_one_map_are_an_error() {
    for properties in [
        "      <<: *safe\n      <<: *open",
        "      <<: *open\n      AuthorizationScopes: [a/b]\n      <<: *safe",
        "      <<: *safe\n      <<: [*open]",
        "      <<: *safe\n      <<: {}",
    ] {
        let read = template(with_properties(properties)).read();
        assert_eq!(help(&read), "write one `<<` with a list", "{properties}");
        let problems = read.as_ref().unwrap_err();
        let [problem] = problems.diagnostics() else { panic!("{:?}", told(&read)) };
        assert_eq!(problem.code(), Code::YAML_001);
        assert_eq!(problem.message(), "`<<` occurs twice: tools disagree about which wins");
        assert_eq!(problem.labels().len(), 2, "{properties}");
        assert!(template(with_properties(properties)).partial().read().is_err());
    }
}

#[test]
fn one_merge_key_in_each_map_is_read() {
    for properties in [
        "      <<: *safe",
        "      <<: [*safe, {OperationName: list}]",
        "      <<: {<<: *safe}",
        "      <<: *safe\n      OperationName: list",
    ] {
        let read = template(with_properties(properties)).read();
        let read = read.unwrap_or_else(|problems| panic!("{properties}: {problems}"));
        assert_eq!(routes(&read), ["GET /orders jwt(People)"], "{properties}");
    }
}

/// `PyYAML` 6.0.3 and js-yaml take the first, and `PyYAML` 6.0.4 takes the last.
#[test]
fn a_key_of_two_merged_maps_is_an_error_where_it_is_read() {
    for properties in [
        "      <<: [*safe, *open]",
        "      <<: [*open, *safe]",
        "      <<: [*open, {<<: *safe}]",
        "      <<: {<<: [*open, *safe]}",
        "      <<: [*safe, *safe, *open]",
    ] {
        let problems = template(with_properties(properties)).read().unwrap_err();
        let problem = &problems.diagnostics()[0];
        assert_eq!(problem.code(), Code::YAML_001, "{properties}");
        assert_eq!(problem.message(), "two maps that `<<` merges have the key `AuthorizationType`");
        assert_eq!(
            problem.help(),
            Some("write the key next to `<<`: parsers disagree about which of the two they use")
        );
        assert_eq!(problem.labels().len(), 2, "{properties}");
        assert!(template(with_properties(properties)).partial().read().is_err());
    }
}

#[test]
fn a_key_of_two_merged_maps_does_not_matter_if_the_value_is_the_same_or_not_read() {
    for (properties, warnings) in [
        ("      <<: [*safe, *safe]", 0),
        ("      <<: [{<<: *safe, OperationName: a}, {<<: *safe}]", 0),
        ("      <<: [*open, *safe]\n      AuthorizationType: JWT", 0),
        ("      <<: [*safe, {OperationName: a}, {OperationName: b}]", 1),
    ] {
        let read = template(with_properties(properties)).read();
        let told = told(&read);
        assert_eq!(told.len(), warnings, "{properties}: {told:?}");
        assert!(told.iter().all(|line| line.starts_with("warning APIGW-WARN-012")), "{told:?}");
        assert_eq!(routes(&read.unwrap()), ["GET /orders jwt(People)"], "{properties}");
    }
}

#[test]
fn maps_that_are_merged_into_many_others_are_reported_once() {
    let mut text = with_properties("      <<: [*safe, {OperationName: a}]");
    text.push_str("  Table:\n    Type: AWS::DynamoDB::Table\n    Properties:\n");
    text.push_str("      One: [&one {A: 1}, &two {A: 2}]\n");
    for number in 0..600 {
        writeln!(text, "      Many{number}: {{<<: [*one, *two]}}").unwrap();
    }
    let read = template(text).read();
    assert_eq!(told(&read).len(), 1, "{:?}", told(&read));
    assert!(read.is_ok());
}

/// The characters that end a line in YAML 1.1 and not in YAML 1.2.
const LINE_ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

#[test]
fn a_line_end_of_the_older_yaml_is_an_error() {
    for end in LINE_ENDS {
        for properties in [
            format!("      <<: *safe # open:{end}      AuthorizationType: NONE"),
            format!("      <<: *safe\n      OperationName: list{end}orders"),
            format!("      <<: *safe\n      OperationName: \"list{end}orders\""),
            format!("      <<: *safe\n      OperationName: 'list{end}orders'"),
            format!("      <<: *safe\n#{end}"),
        ] {
            let read = template(with_properties(&properties)).read();
            assert_eq!(help(&read), "write it as an escape in double quotes", "{properties:?}");
            let problems = read.unwrap_err();
            let problem = &problems.diagnostics()[0];
            assert_eq!(problem.code(), Code::YAML_001);
            let code = format!("U+{:04X}", u32::from(end));
            assert!(problem.message().contains(&code), "{}", problem.message());
            let text = with_properties(&properties);
            let line = text.split_once(end).unwrap().0.lines().count();
            assert_eq!(problem.labels()[0].location().line(), line, "{properties:?}");
        }
    }
}

#[test]
fn an_escape_and_a_json_file_may_have_these_characters() {
    let escaped = with_properties("      <<: *safe\n      OperationName: \"list\\N\\L\\P\\u2028orders\"");
    assert_eq!(routes(&template(escaped).read().unwrap()), ["GET /orders jwt(People)"]);
    for end in LINE_ENDS {
        let json = format!(
            r#"{{"Description": "a{end}b", "Resources": {{"Api": {{"Type": "AWS::ApiGatewayV2::Api", "Properties": {{"ProtocolType": "HTTP"}}}},
              "Get": {{"Type": "AWS::ApiGatewayV2::Route", "Properties": {{"ApiId": {{"Ref": "Api"}}, "RouteKey": "GET /orders"}}}}}}}}"#
        );
        let read = Import::new().file("template.json", json).read();
        assert_eq!(routes(&read.unwrap()), ["GET /orders open"]);
    }
}

#[test]
fn a_flow_map_with_a_comment_is_not_json() {
    for end in LINE_ENDS {
        let text = format!("{{\"Resources\": {{}}}} # a{end}");
        assert!(Import::new().file("template.json", text).read().is_err());
    }
}
