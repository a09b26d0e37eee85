use super::*;
use crate::{
    facts_files,
    inputs::{FactsFile, Inputs},
    session::Blocked,
};

const TEMPLATE: &str = r#"
Parameters:
  Stage: {Type: String, Default: dev}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
  Unset: {Type: String}
Mappings: {M: {dev: {k: v, l: [x, y]}}}
Conditions:
  Yes: !Equals [!Ref Stage, dev]
  No: !Not [!Condition Yes]
  Loop: !Condition Loop
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Bound: {Type: AWS::Cognito::UserPool}
  Server: {Type: AWS::Cognito::UserPoolResourceServer, Properties: {Identifier: !Sub "${Stage}-orders"}}
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Arn: {Value: !GetAtt Bound.Arn, Export: {Name: !Sub "${Stage}-arn"}}
"#;

/// The value of the expression, as one line.
fn evaluated(expression: &str) -> String {
    let inputs = Inputs {
        region: Some("eu-west-1".into()),
        parameter_defaults: true,
        bindings: [("Bound".to_string(), "eu-west-1_Ab12Cd34E".to_string())].into(),
        values: vec![FactsFile::unnamed(*br#"{"ssm:/a": "secret"}"#)],
        ..Inputs::default()
    };
    let mut session = Session::new(&inputs);
    session.add_facts(facts_files::read);
    let template = Template::read(&session.read("t", TEMPLATE.as_bytes()).unwrap(), &session);
    let stacks = Stacks::new(vec![template], &session, |_, _| None);
    let scope = Scope {
        session: &session,
        template: &stacks.templates[0],
        stacks: &stacks,
        stack: 0,
        purpose: Purpose::Deciding,
    };
    let node = session.read("e", expression.as_bytes()).unwrap();
    shown(scope, &node).unwrap_or_else(|problem| format!("{}: {}", problem.code, problem.message))
}

fn shown(scope: Scope<'_>, node: &Node) -> Result<String, Problem> {
    Ok(match scope.evaluate(node, 0)? {
        Evaluated::Absent => "nothing".into(),
        Evaluated::Text(text) => text.display(),
        Evaluated::Map(map) => format!("map of {}", map.entries().len()),
        Evaluated::List(items) => {
            let items: Result<Vec<String>, Problem> = items.iter().map(|item| shown(scope, item)).collect();
            format!("[{}]", items?.join(", "))
        }
    })
}

#[test]
fn intrinsics_come_to_what_cloudformation_makes_of_them() {
    for (expression, value) in [
        ("plain", "plain"),
        ("!Ref Stage", "dev"),
        ("!Ref Names", "[a, b]"),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::AccountId", "${AWS::AccountId}"),
        ("!Ref AWS::NoValue", "nothing"),
        ("!Ref Pool", "${Pool}"),
        ("!Ref Bound", "eu-west-1_Ab12Cd34E"),
        ("!Ref Server", "dev-orders"),
        ("!GetAtt Pool.Arn", "${Pool.Arn}"),
        ("{Fn::GetAtt: [Pool, ProviderName]}", "${Pool.ProviderName}"),
        ("!GetAtt Bound.ProviderURL", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"),
        ("!Sub 'a-${Stage}-${!b}-${Pool}-${Topic.Arn}'", "a-dev-${b}-${Pool}-${Topic.Arn}"),
        ("!Sub ['${x}${Stage}', {x: !Ref Stage}]", "devdev"),
        ("!Join [',', [a, !Ref Stage, !Ref AWS::NoValue, !Ref Pool]]", "a,dev,${Pool}"),
        ("!Join ['-', !Ref Names]", "a-b"),
        ("!Split [',', 'a,b']", "[a, b]"),
        ("!Select [1, !Split [',', 'a,b']]", "b"),
        ("!FindInMap [M, !Ref Stage, k]", "v"),
        ("!FindInMap [M, dev, l]", "[x, y]"),
        ("!If [Yes, a, b]", "a"),
        ("!If [No, a, !Ref AWS::NoValue]", "nothing"),
        ("[a, !If [No, b, !Ref AWS::NoValue], c]", "[a, c]"),
        ("!ImportValue dev-arn", "arn:aws:cognito-idp:eu-west-1::userpool/eu-west-1_Ab12Cd34E"),
        ("!ImportValue other", "${other}"),
        ("!Not [!Equals [a, b]]", "true"),
        ("!And [!Condition Yes, !Condition No]", "false"),
        ("!Or [!Condition Yes, !Condition No]", "true"),
        ("'{{resolve:ssm:/a}}'", "secret"),
        ("{a: 1, b: 2}", "map of 2"),
    ] {
        assert_eq!(evaluated(expression), value, "{expression}");
    }
}

#[test]
fn what_cannot_be_resolved_is_never_guessed() {
    for (expression, message) in [
        ("null", "APIGW-CFN-010: expected a value, found null"),
        ("!Ref Typo", "APIGW-CFN-010: `Typo` is neither a parameter nor a resource"),
        ("!Ref Unset", "APIGW-CFN-010: the parameter `Unset` has no value"),
        ("!Ref AWS::Regoin", "APIGW-CFN-010: `AWS::Regoin` is not a pseudo parameter"),
        ("!GetAtt Typo.Arn", "APIGW-CFN-010: `Typo` is not a resource of the template"),
        ("!Sub '${Stage'", "APIGW-CFN-010: expected `}` after `${` in `Fn::Sub`, found the end"),
        ("!Select [2, [a, b]]", "APIGW-CFN-010: expected an index below 2, found `2`"),
        ("!Select [-1, [a, b]]", "APIGW-CFN-010: expected an index below 2, found `-1`"),
        ("!FindInMap [M, prod, k]", "APIGW-CFN-010: `M.prod.k` is not in the mappings"),
        ("!If [Typo, a, b]", "APIGW-CFN-010: there is no condition `Typo`"),
        ("!Equals [!Ref Pool, a]", "APIGW-CFN-010: `${Pool}` is not known before it is deployed"),
        ("!Base64 a", "APIGW-CFN-010: `Fn::Base64` is not resolved here"),
        ("!Mystery a", "APIGW-CFN-010: `!Mystery` is not resolved here"),
        ("'{{resolve:ssm:/b}}'", "APIGW-CFN-010: `ssm:/b` is known only to AWS"),
        ("'x{{resolve:ssm:/a}}'", "APIGW-CFN-010: a dynamic reference inside a longer text"),
    ] {
        assert_eq!(evaluated(expression), message, "{expression}");
    }
    assert!(evaluated("!If [Loop, a, b]").contains("in a circle"));
}

#[test]
fn resolving_ends() {
    // Each condition asks for the one before it eight times: 8^12 questions.
    let mut conditions = vec!["  C0: !Equals [a, a]".to_string()];
    for index in 1..13 {
        let before = vec![format!("!Condition C{}", index - 1); 8].join(", ");
        conditions.push(format!("  C{index}: !And [{before}]"));
    }
    let inputs = Inputs::default();
    let session = Session::new(&inputs);
    let text = format!("Conditions:\n{}\nResources: {{}}\n", conditions.join("\n"));
    let template = Template::read(&session.read("t", text.as_bytes()).unwrap(), &session);
    let stacks = Stacks::new(vec![template], &session, |_, _| None);
    let scope = Scope {
        session: &session,
        template: &stacks.templates[0],
        stacks: &stacks,
        stack: 0,
        purpose: Purpose::Deciding,
    };
    let node = Node::map_of([("Condition", Node::string("C12", Span::top_of(0)))], Span::top_of(0));
    assert!(scope.evaluate(&node, 0).is_err());
    assert_eq!(session.finish().blocked, Blocked::Import, "it is an error of the import");
}
