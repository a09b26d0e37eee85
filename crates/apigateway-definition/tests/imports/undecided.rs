//! Over random templates: what is read without the value of a parameter does not depend on it.

use std::fmt::Write as _;

use apigateway_definition::{Imported, Problems, Rule};
use proptest::{prelude::*, sample::select};

use crate::support::{is_undecided, routes, template};

/// A template of random choices, in many of which the parameter decides something.
fn random_template() -> impl Strategy<Value = String> {
    let condition = || select(vec!["", "Live", "Dead", "Sure", "Never", "Both"]);
    let kind = select(vec![
        "",
        "NONE",
        "JWT",
        "AWS_IAM",
        "!If [Live, JWT, NONE]",
        "!If [Dead, JWT, NONE]",
        "!If [Sure, JWT, NONE]",
        "!If [Live, AWS_IAM, AWS_IAM]",
        "!FindInMap [M, !Ref Step, Type]",
        "!FindInMap [M, prod, Type]",
    ]);
    let scopes = select(vec![
        "[]",
        "[a/b]",
        "[!Sub 'a/${Step}']",
        "!If [Live, [a/b], [a/c]]",
        "!If [Sure, [a/b], [a/c]]",
        "[a/b, !If [Dead, a/c, !Ref AWS::NoValue]]",
        "[!FindInMap [M, !Ref Step, Scope]]",
    ]);
    let path = select(vec!["/fixed", "/${Step}", "/{proxy+}"]);
    let name = || select(vec!["fixed", "!Ref Step", "!Sub 'x-${Step}'", "!If [Live, one, two]"]);
    let route = (condition(), kind, scopes, path, name());
    let audience = select(vec!["one", "!Ref Step", "!If [Live, one, one]"]);
    (prop::collection::vec(route, 1..5), condition(), audience, name(), condition()).prop_map(
        |(routes, of_authorizer, audience, api_name, of_table)| {
            let mut text = format!(
                "
Parameters: {{Step: {{Type: String, Default: dev}}}}
Conditions:
  Live: !Equals [!Ref Step, prod]
  Dead: !Not [!Condition Live]
  Sure: !Or [!Condition Live, !Equals [a, a]]
  Never: !And [!Condition Live, !Equals [a, b]]
  Both: !Or [!Condition Live, !Condition Dead]
Mappings: {{M: {{dev: {{Type: NONE, Scope: a/dev}}, prod: {{Type: JWT, Scope: a/prod}}}}}}
Resources:
  Api: {{Type: AWS::ApiGatewayV2::Api, Properties: {{ProtocolType: HTTP, Name: {api_name}}}}}
  Table: {{Type: AWS::DynamoDB::Table{}}}
  People:
    Type: AWS::ApiGatewayV2::Authorizer{}
    Properties:
      ApiId: !Ref Api
      Name: {api_name}
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {{Issuer: 'https://issuer.example/', Audience: [{audience}]}}
",
                if of_table.is_empty() { String::new() } else { format!(", Condition: {of_table}") },
                if of_authorizer.is_empty() { String::new() } else { format!("\n    Condition: {of_authorizer}") },
            );
            for (number, (condition, kind, scopes, path, name)) in routes.into_iter().enumerate() {
                let _ = write!(text, "  R{number}:\n    Type: AWS::ApiGatewayV2::Route\n");
                if !condition.is_empty() {
                    let _ = writeln!(text, "    Condition: {condition}");
                }
                let kind = if kind.is_empty() { String::new() } else { format!(", AuthorizationType: {kind}") };
                let _ = writeln!(
                    text,
                    "    Properties: {{ApiId: !Ref Api, RouteKey: !Sub 'GET /{number}{path}', OperationName: {name}{kind}, AuthorizerId: !Ref People, AuthorizationScopes: {scopes}}}"
                );
            }
            text
        },
    )
}

/// What a request needs, and nothing else: names of APIs and what decided are left out.
fn outcome(read: Result<Imported, Problems>) -> Option<Vec<String>> {
    let imported = read.ok()?;
    let audience = |rule: &Rule| match rule {
        Rule::Jwt { authorizer, .. } => format!("{:?}", authorizer.audiences),
        _ => String::new(),
    };
    let routes = imported.definition.routes().map(|route| format!("{route} {}", audience(&route.rule)));
    Some(routes.collect())
}

proptest! {
    /// Without a value, a template is read only where every value gives the same; and its default is used only so.
    #[test]
    fn what_is_read_without_a_value_does_not_depend_on_it(text in random_template()) {
        let with = |value: &str| outcome(template(&text).parameter("Step", value).read());
        let (dev, prod, other) = (with("dev"), with("prod"), with("other"));
        let without = template(&text).read();
        let undecided = is_undecided(&without);
        let outcome = outcome(without);
        if outcome.is_some() {
            prop_assert_eq!(&outcome, &dev, "{}", text);
            prop_assert_eq!(&outcome, &prod, "{}", text);
            prop_assert!(other.is_none() || outcome == other, "{}", text);
        } else if dev.is_some() {
            prop_assert!(undecided, "{}", text);
        }
        let confirmed = template(&text).accept_parameter_defaults().read().ok();
        prop_assert_eq!(confirmed.as_ref().map(routes), template(&text).parameter("Step", "dev").read().ok().as_ref().map(routes));
        // Whatever a partial import leaves open is open with every value for which the template is read.
        if let Ok(partial) = template(&text).partial().read() {
            for open in partial.definition.open_routes() {
                let opens = |value: &str| template(&text).parameter("Step", value).read().ok().is_none_or(|read| {
                    read.definition.open_routes().any(|other| other.key == open.key)
                });
                prop_assert!(opens("dev") && opens("prod"), "{} in {}", open.key, text);
            }
        }
    }
}
