//! Values without quotes: CloudFormation makes texts of truth values, and tools disagree about some numbers and words.

use apigateway_definition::{Code, Import, Imported, Problems};

use crate::support::{HTTP_API, routes, service, template, told};

const LIVE: &str = "GET /orders jwt(People)";
const OPEN: &str = "GET /orders open";

/// A template whose route is protected if the two are equal.
fn comparing(one: &str, two: &str) -> String {
    with_sections(&format!("Conditions: {{Live: !Equals [{one}, {two}]}}"))
}

/// The same with sections that have the condition `Live`.
fn with_sections(sections: &str) -> String {
    format!(
        "
{sections}
Resources:{HTTP_API}
  Get:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /orders
      AuthorizationType: !If [Live, JWT, NONE]
      AuthorizerId: !If [Live, !Ref People, !Ref AWS::NoValue]
"
    )
}

fn route(read: Result<Imported, Problems>) -> String {
    read.map_or_else(|problems| problems.to_string(), |read| routes(&read).join("\n"))
}

fn is_unclear(read: &Result<Imported, Problems>) -> bool {
    let Err(problems) = read else { return false };
    problems.diagnostics().iter().any(|one| {
        // The code of the authorization type that needs the comparison.
        one.code() == Code::CFN_001
            && one.message() == "a comparison with a value that tools read differently"
            && one.help() == Some("write it in quotes")
    })
}

#[test]
fn a_truth_value_without_quotes_is_the_text_that_cloudformation_makes_of_it() {
    let sections = |value: &str| {
        with_sections(&format!(
            "Parameters: {{Protected: {{Type: String}}}}\nConditions: {{Live: !Equals [!Ref Protected, {value}]}}"
        ))
    };
    for (value, given, expected) in [
        ("True", "true", LIVE),
        ("TRUE", "true", LIVE),
        ("true", "true", LIVE),
        ("\"true\"", "true", LIVE),
        ("False", "false", LIVE),
        ("FALSE", "false", LIVE),
        ("True", "false", OPEN),
        // With quotes, and on the command line, they are texts.
        ("\"True\"", "true", OPEN),
        ("True", "True", OPEN),
        ("\"True\"", "True", LIVE),
        ("prod", "prod", LIVE),
        ("prod", "dev", OPEN),
        ("12", "12", LIVE),
        ("1.5", "1.5", LIVE),
        ("123456789012", "123456789012", LIVE),
    ] {
        let read = template(sections(value)).parameter("Protected", given).read();
        assert_eq!(route(read), expected, "{value} and {given}");
    }
}

#[test]
fn a_truth_value_of_json_is_a_text() {
    for (value, expected) in [("true", LIVE), ("\"true\"", LIVE), ("false", OPEN)] {
        let text = format!(
            r#"{{"Parameters": {{"P": {{"Type": "String"}}}}, "Conditions": {{"Live": {{"Fn::Equals": [{{"Ref": "P"}}, {value}]}}}}, "Resources": {{
  "Api": {{"Type": "AWS::ApiGatewayV2::Api", "Properties": {{"ProtocolType": "HTTP"}}}},
  "People": {{"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {{"ApiId": {{"Ref": "Api"}}, "AuthorizerType": "JWT",
    "IdentitySource": ["$request.header.Authorization"], "JwtConfiguration": {{"Issuer": "https://issuer.example/", "Audience": ["a"]}}}}}},
  "Get": {{"Type": "AWS::ApiGatewayV2::Route", "Properties": {{"ApiId": {{"Ref": "Api"}}, "RouteKey": "GET /orders",
    "AuthorizationType": {{"Fn::If": ["Live", "JWT", "NONE"]}}, "AuthorizerId": {{"Ref": "People"}}}}}}}}}}"#
        );
        let read = Import::new().file("template.json", text).parameter("P", "true").read();
        assert_eq!(route(read), expected, "{value}");
    }
}

#[test]
fn defaults_and_mappings_have_truth_values_too() {
    for (sections, expected) in [
        (
            "Parameters: {P: {Type: String, Default: True}}\nConditions: {Live: !Equals [!Ref P, 'true']}",
            LIVE,
        ),
        (
            "Parameters: {P: {Type: String, Default: True, AllowedValues: [True]}}\nConditions: {Live: !Equals [!Ref P, 'true']}",
            LIVE,
        ),
        (
            "Parameters: {P: {Type: CommaDelimitedList, Default: True}}\nConditions: {Live: !Equals [!Select [0, !Ref P], 'true']}",
            LIVE,
        ),
        (
            "Mappings: {M: {prod: {Protected: True}}}\nConditions: {Live: !Equals [!FindInMap [M, prod, Protected], 'true']}",
            LIVE,
        ),
        (
            "Mappings: {M: {prod: {Protected: True}}}\nConditions: {Live: !Equals [!FindInMap [M, prod, Protected], true]}",
            LIVE,
        ),
        (
            "Parameters: {P: {Type: String, Default: True}}\nMappings: {M: {True: {Stage: live}, False: {Stage: dev}}}\nConditions: {Live: !Equals [!FindInMap [M, !Ref P, Stage], live]}",
            LIVE,
        ),
        ("Conditions: {Live: !Equals [!Join ['', [True]], 'true']}", LIVE),
        ("Conditions: {Live: !Equals [!Select [0, [False, True]], 'true']}", OPEN),
    ] {
        let read = template(with_sections(sections)).accept_parameter_defaults().read();
        assert_eq!(route(read), expected, "{sections}");
    }
}

#[test]
fn keys_of_a_mapping_that_become_the_same_are_not_looked_up() {
    let text = with_sections(
        "Mappings: {M: {True: {Stage: live}, true: {Stage: dev}}}\nConditions: {Live: !Equals [!FindInMap [M, true, Stage], live]}",
    );
    let told = told(&template(text).read());
    assert!(told[0].contains("`M.true.Stage` is not in the mappings"), "{told:?}");
}

#[test]
fn a_default_that_is_the_only_allowed_value_needs_no_confirmation() {
    let text = with_sections(
        "Parameters: {P: {Type: String, Default: True, AllowedValues: ['true']}}\nConditions: {Live: !Equals [!Ref P, 'true']}",
    );
    assert_eq!(route(template(text).read()), LIVE);
}

#[test]
fn a_value_that_tools_read_differently_is_not_compared() {
    for (one, two) in [
        ("yes", "'yes'"),
        ("yes", "'true'"),
        ("yes", "true"),
        ("Yes", "on"),
        ("no", "'false'"),
        ("ON", "'true'"),
        ("off", "False"),
        ("y", "'y'"),
        ("N", "'false'"),
        ("012", "'012'"),
        ("012", "'10'"),
        ("012345678901", "'012345678901'"),
        ("0x10", "'16'"),
        ("0o17", "15"),
        ("0b11", "3"),
        ("1.0", "'1.0'"),
        ("1.0", "1"),
        ("1.", "1"),
        (".5", "0.5"),
        ("1e3", "'1000'"),
        ("1_000", "1000"),
        ("+1", "1"),
        ("-0", "0"),
        ("0.00001", "'1e-05'"),
        ("12345678901234567890", "'12345678901234567000'"),
        ("1:30", "'90'"),
        ("2010-09-09", "'2010-09-09'"),
        (".inf", "'Infinity'"),
        ("!Join ['', [yes]]", "'true'"),
        ("!Join ['-', [a, yes]]", "'a-true'"),
        ("!Sub ['${A}', {A: yes}]", "'yes'"),
        ("!Select [0, [yes]]", "'yes'"),
        ("!If [Sure, yes, no]", "'yes'"),
    ] {
        for (one, two) in [(one, two), (two, one)] {
            let conditions =
                format!("Conditions: {{Sure: !Equals [a, a], Live: !Not [!Equals [{one}, {two}]]}}");
            let read = template(with_sections(&conditions)).read();
            assert!(is_unclear(&read), "{one} and {two}: {:?}", told(&read));
        }
    }
}

#[test]
fn a_value_of_a_parameter_or_mapping_is_not_compared_either() {
    for sections in [
        "Mappings: {M: {prod: {Open: yes}}}\nConditions: {Live: !Equals [!FindInMap [M, prod, Open], 'yes']}",
        "Parameters: {P: {Type: String, Default: yes}}\nConditions: {Live: !Equals [!Ref P, 'yes']}",
        "Parameters: {P: {Type: CommaDelimitedList, Default: yes}}\nConditions: {Live: !Equals [!Select [0, !Ref P], 'yes']}",
        "Parameters: {P: {Type: Number, Default: 1.0}}\nConditions: {Live: !Equals [!Ref P, 1]}",
    ] {
        let read = template(with_sections(sections)).accept_parameter_defaults().read();
        assert!(is_unclear(&read), "{sections}: {:?}", told(&read));
    }
}

#[test]
fn a_comparison_with_one_outcome_in_every_tool_is_made() {
    for (one, two, expected) in [
        ("yes", "yes", LIVE),
        ("012", "012", LIVE),
        ("yes", "prod", OPEN),
        ("yes", "'no'", OPEN),
        ("yes", "'false'", OPEN),
        ("1.0", "prod", OPEN),
        ("1.2.3", "'1.2.3'", LIVE),
        ("2fa", "'2fa'", LIVE),
        ("eu-west-1", "'eu-west-1'", LIVE),
        ("'yes'", "'yes'", LIVE),
        ("!!str yes", "'yes'", LIVE),
    ] {
        assert_eq!(route(template(comparing(one, two)).read()), expected, "{one} and {two}");
    }
}

#[test]
fn branches_that_only_look_the_same_do_not_decide() {
    let text = |other: &str| {
        with_sections(&format!(
            "Parameters: {{P: {{Type: String, Default: a}}}}
Conditions: {{Unknown: !Equals [!Ref P, a], Live: !Equals [!If [Unknown, 'yes', {other}], 'yes']}}"
        ))
    };
    assert_eq!(route(template(text("'yes'")).read()), LIVE);
    assert!(template(text("yes")).read().is_err());
}

#[test]
fn a_given_text_is_compared_as_it_is() {
    let text = |value: &str| {
        with_sections(&format!(
            "Parameters: {{P: {{Type: String}}}}\nConditions: {{Live: !Equals [!Ref P, {value}]}}"
        ))
    };
    assert_eq!(route(template(text("'yes'")).parameter("P", "yes").read()), LIVE);
    assert_eq!(route(template(text("'1.0'")).parameter("P", "1.0").read()), LIVE);
    assert!(is_unclear(&template(text("yes")).parameter("P", "yes").read()));
}

#[test]
fn a_service_compares_as_cloudformation_does() {
    let text = |condition: &str| {
        format!(
            "
service: shop
provider: {{name: aws, region: eu-west-1, stage: dev}}
custom: {{protected: True, open: yes}}
functions: {{orders: {{handler: h, events: [{{http: {{method: get, path: orders, authorizer: aws_iam}}}}]}}}}
resources:
  Parameters: {{Protected: {{Type: String}}}}
  Conditions: {{Live: !Equals [{condition}]}}
  Resources: {{ApiGatewayMethodOrdersGet: {{Properties: {{AuthorizationType: !If [Live, AWS_IAM, NONE]}}}}}}
"
        )
    };
    let read = |condition: &str| service(text(condition)).parameter("Protected", "true").read();
    for condition in [
        "!Ref Protected, True",
        "!Ref Protected, '${self:custom.protected}'",
        "'x-${self:custom.protected}', !Sub 'x-${Protected}'",
    ] {
        assert_eq!(route(read(condition)), "GET /orders refused (AWS_IAM)", "{condition}");
    }
    assert!(is_unclear(&read("!Ref Protected, '${self:custom.open}'")));
}

#[test]
fn a_nested_stack_gets_the_text_that_its_parent_passes() {
    let nested =
        with_sections("Parameters: {P: {Type: String}}\nConditions: {Live: !Equals [!Ref P, 'true']}");
    let read = |value: &str| {
        let nested = nested.clone();
        template(format!(
            "Resources: {{Nested: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: nested.yml, Parameters: {{P: {value}}}}}}}}}"
        ))
        .includes(move |_| Ok(nested.clone().into_bytes()))
        .read()
    };
    assert_eq!(route(read("True")), LIVE);
    assert_eq!(route(read("'True'")), OPEN);
    assert!(is_unclear(&read("yes")));
}
