//! Intrinsic functions, resolved when a value is asked for and not before.

use std::sync::Arc;

use crate::{
    cloudformation::{
        Stacks,
        purpose::Purpose,
        template::{Resource, Template},
        text::{Reference, Text},
        unavailable,
    },
    code::Code,
    help::{Help, ImportInput},
    problem::Problem,
    session::Session,
    source::Span,
    tree::{Content, Entry, Map, Node},
};

/// A value with its outermost intrinsic resolved.
#[derive(Clone, Debug)]
pub(crate) enum Evaluated {
    /// `AWS::NoValue`: as if the property were not written.
    Absent,
    Text(Text),
    List(Vec<Node>),
    Map(Arc<Map>),
}

/// Where names mean something: one template among those that are read together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) template: &'a Template,
    pub(crate) stacks: &'a Stacks,
    pub(crate) stack: usize,
    pub(crate) purpose: Purpose,
}

/// Deeper nesting of intrinsics, parameters and conditions goes in circles.
const DEEPEST: usize = 64;

impl<'a> Scope<'a> {
    /// The same for another of the templates.
    pub(super) fn in_stack(self, stack: usize) -> Option<Self> {
        Some(Self { template: self.stacks.templates.get(stack)?, stack, ..self })
    }

    /// The same, for values that affect no route.
    pub(crate) fn informing(self) -> Self {
        Self { purpose: Purpose::Informing, ..self }
    }

    /// The resources of one type, with this scope.
    pub(crate) fn of_kind(self, kind: &str) -> impl Iterator<Item = (Self, &'a Resource)> {
        self.template
            .resources()
            .iter()
            .filter(move |resource| resource.kind == kind)
            .map(move |found| (self, found))
    }

    /// The resource that the reference names.
    pub(crate) fn resource(self, reference: &Reference) -> Option<&'a Resource> {
        self.at(reference).map(|(_, resource)| resource)
    }

    /// The resource that the reference names, and where its properties mean something.
    pub(crate) fn at(self, reference: &Reference) -> Option<(Self, &'a Resource)> {
        match reference {
            Reference::Resource { stack, id, .. } | Reference::Attribute { stack, id, .. } => {
                let scope = self.in_stack(*stack)?;
                Some((scope, scope.template.resource(id)?))
            }
            _ => None,
        }
    }

    /// The text that the node comes to; `None` where the property is to be left out.
    pub(crate) fn text(self, node: &Node) -> Result<Option<Text>, Problem> {
        self.text_at(node, 0)
    }

    /// The text, where all of it is known and there.
    pub(crate) fn known_text(self, node: &Node) -> Result<Option<String>, Problem> {
        let Some(text) = self.text(node)? else { return Ok(None) };
        match text.known() {
            Some(known) => Ok(Some(known.into())),
            None => Err(unbound(&text, node.span)),
        }
    }

    /// The items that the node comes to, those that are `AWS::NoValue` left out; `None` where it is one itself.
    pub(crate) fn list(self, node: &Node) -> Result<Option<Vec<Node>>, Problem> {
        match self.evaluate(node, 0)? {
            Evaluated::Absent => Ok(None),
            Evaluated::List(items) => Ok(Some(items)),
            Evaluated::Text(_) => Err(expected("a list", "a string", node.span)),
            Evaluated::Map(_) => Err(expected("a list", "a map", node.span)),
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(self, node: &Node) -> Result<Option<Vec<Text>>, Problem> {
        let Some(items) = self.list(node)? else { return Ok(None) };
        let texts = items.iter().map(|item| self.text(item)).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(texts.into_iter().flatten().collect()))
    }

    /// The map that the node comes to; its values are unresolved.
    pub(crate) fn map(self, node: &Node) -> Result<Option<Arc<Map>>, Problem> {
        match self.evaluate(node, 0)? {
            Evaluated::Absent => Ok(None),
            Evaluated::Map(map) => Ok(Some(map)),
            Evaluated::Text(_) => Err(expected("a map", "a string", node.span)),
            Evaluated::List(_) => Err(expected("a map", "a list", node.span)),
        }
    }

    /// The truth value that the node comes to.
    pub(crate) fn truth(self, node: &Node) -> Result<Option<bool>, Problem> {
        let Some(text) = self.known_text(node)? else { return Ok(None) };
        match &*text {
            "true" | "True" | "TRUE" => Ok(Some(true)),
            "false" | "False" | "FALSE" => Ok(Some(false)),
            other => Err(expected("true or false", &format!("`{other}`"), node.span)),
        }
    }

    /// Whether the resource exists: its condition holds, or it has none.
    pub(crate) fn exists(self, resource: &Resource) -> Result<bool, Problem> {
        match &resource.condition {
            None => Ok(true),
            Some(node) => match node.text() {
                Some(name) => self.condition(name, node.span, 0),
                None => Err(expected("the name of a condition", node.describe(), node.span)),
            },
        }
    }

    /// The node with its outermost intrinsic resolved.
    pub(super) fn evaluate(self, node: &Node, depth: usize) -> Result<Evaluated, Problem> {
        self.enter(node.span, depth)?;
        let node = &self.resolved(node)?;
        match &node.content {
            Content::Scalar(scalar) if scalar.is_null() => Err(expected("a value", "null", node.span)),
            Content::Scalar(scalar) => self.literal(&scalar.text, node.span).map(Evaluated::Text),
            Content::List(items) => {
                let mut present = Vec::with_capacity(items.len());
                for item in items.iter() {
                    if !self.is_absent(item, depth + 1)? {
                        present.push(item.clone());
                    }
                }
                Ok(Evaluated::List(present))
            }
            Content::Map(map) => match map.only() {
                Some(entry) => self.function(entry, node, map, depth),
                None => Ok(Evaluated::Map(Arc::clone(map))),
            },
        }
    }

    /// The node with the variables of the front end replaced; the same where there are none.
    pub(crate) fn resolved(self, node: &Node) -> Result<Node, Problem> {
        match (&self.template.variables, &node.content) {
            (Some(variables), Content::Scalar(_)) => variables.resolve(node, self.session),
            _ => Ok(node.clone()),
        }
    }

    pub(super) fn enter(self, span: Span, depth: usize) -> Result<(), Problem> {
        self.session.step(span)?;
        if depth < DEEPEST {
            return Ok(());
        }
        let message = format!("values that refer to each other more than {DEEPEST} deep, or in a circle");
        Err(Problem::error(Code::CFN_010, message).at(span, "one of them"))
    }

    /// Whether an item is to be left out of its list; looks at nothing but what can make it so.
    fn is_absent(self, node: &Node, depth: usize) -> Result<bool, Problem> {
        let Some(entry) = node.map().and_then(Map::only) else { return Ok(false) };
        match (&*entry.key.text, entry.value.text()) {
            ("Ref", Some(name)) => Ok(name == "AWS::NoValue"),
            ("Fn::If", _) => Ok(matches!(self.evaluate(node, depth)?, Evaluated::Absent)),
            _ => Ok(false),
        }
    }

    fn literal(self, text: &str, span: Span) -> Result<Text, Problem> {
        let Some(dynamic) = text.strip_prefix("{{resolve:").and_then(|rest| rest.strip_suffix("}}")) else {
            if text.contains("{{resolve:") {
                let message = "a dynamic reference inside a longer text";
                return Err(Problem::error(Code::CFN_010, message).at(span, "this is resolved by AWS"));
            }
            return Ok(Text::of(text, span));
        };
        match self.session.value(dynamic) {
            Some(value) => Ok(Text::of(value, span)),
            None => Err(Problem::error(Code::CFN_010, format!("`{dynamic}` is known only to AWS"))
                .at(span, "this dynamic reference")
                .help(Help::from("give its value with ").input(ImportInput::Value(dynamic.into())))),
        }
    }

    fn function(
        self,
        entry: &Entry,
        node: &Node,
        map: &Arc<Map>,
        depth: usize,
    ) -> Result<Evaluated, Problem> {
        let (argument, span, depth) = (&entry.value, node.span, depth + 1);
        match &*entry.key.text {
            "Ref" => self.reference(&self.name_of(argument, "Ref", depth)?, span, depth),
            "Fn::GetAtt" => self.attribute(argument, span, depth).map(Evaluated::Text),
            "Fn::Sub" => self.substitute(argument, span, depth).map(Evaluated::Text),
            "Fn::Join" => self.join(argument, span, depth).map(Evaluated::Text),
            "Fn::Split" => self.split(argument, span, depth).map(Evaluated::List),
            "Fn::Select" => self.select(argument, span, depth),
            "Fn::FindInMap" => self.find_in_map(argument, span, depth),
            "Fn::ImportValue" => self.import_value(argument, span, depth),
            "Fn::If" => match argument.items() {
                Some([condition, yes, no]) => {
                    let name = self.name_of(condition, "Fn::If", depth)?;
                    match self.condition(&name, condition.span, depth) {
                        Ok(holds) => self.evaluate(if holds { yes } else { no }, depth),
                        Err(problem) if problem.code == Code::CFN_011 => self.either(yes, no, problem, depth),
                        Err(problem) => Err(problem),
                    }
                }
                _ => Err(expected("a condition and two values", argument.describe(), argument.span)),
            },
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Condition" => {
                let holds = self.test(node, depth)?;
                Ok(Evaluated::Text(Text::of(if holds { "true" } else { "false" }, span)))
            }
            "Fn::Transform" => self.transform(argument, span, depth),
            unavailable::FUNCTION => Err(unavailable::problem(argument, span)),
            unknown if unknown.starts_with("Fn::") || unknown.starts_with('!') => {
                Err(Problem::error(Code::CFN_010, format!("`{unknown}` is not resolved here"))
                    .at(entry.key.span, "this function")
                    .help("write the value out, or read the template as AWS processed it"))
            }
            _ => Ok(Evaluated::Map(Arc::clone(map))),
        }
    }

    fn text_at(self, node: &Node, depth: usize) -> Result<Option<Text>, Problem> {
        match self.evaluate(node, depth)? {
            Evaluated::Absent => Ok(None),
            Evaluated::Text(text) => Ok(Some(text)),
            Evaluated::List(_) => Err(expected("a string", "a list", node.span)),
            Evaluated::Map(_) => Err(expected("a string", "a map", node.span)),
        }
    }

    /// The text that an intrinsic needs to be there.
    pub(super) fn needed(self, node: &Node, depth: usize) -> Result<Text, Problem> {
        self.text_at(node, depth)?.ok_or_else(|| expected("a string", "`AWS::NoValue`", node.span))
    }

    pub(super) fn needed_known(self, node: &Node, depth: usize) -> Result<String, Problem> {
        let text = self.needed(node, depth)?;
        text.known().map(String::from).ok_or_else(|| unbound(&text, node.span))
    }

    /// A name that is written out, as CloudFormation wants it, or comes from a variable of a front end.
    pub(super) fn name_of(self, node: &Node, function: &str, depth: usize) -> Result<String, Problem> {
        if node.scalar().is_some() {
            return self.needed_known(node, depth);
        }
        Err(expected(&format!("a name in `{function}`"), node.describe(), node.span))
    }
}

/// A value of the wrong kind.
pub(crate) fn expected(wanted: &str, found: &str, span: Span) -> Problem {
    Problem::error(Code::CFN_010, format!("expected {wanted}, found {found}")).at(span, "here")
}

/// A text that must be known here and is not.
pub(crate) fn unbound(text: &Text, span: Span) -> Problem {
    Problem::error(Code::CFN_010, format!("`{}` is not known before it is deployed", text.display()))
        .at(span, "its value is needed here")
        .help(text.help())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
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

    /// What the expression comes to, as one line.
    fn evaluated(expression: &str) -> String {
        let inputs = Inputs {
            region: Some("eu-west-1".into()),
            parameter_defaults: true,
            bindings: [("Bound".to_string(), "eu-west-1_Ab12Cd34E".to_string())].into(),
            values: vec![FactsFile::unnamed(*br#"{"ssm:/a": "secret"}"#)],
            ..Inputs::default()
        };
        let session = Session::new(&inputs);
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
                let items: Result<Vec<String>, Problem> =
                    items.iter().map(|item| shown(scope, item)).collect();
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
            ("!Ref AWS::Regoin", "APIGW-CFN-010: `AWS::Regoin` is no pseudo parameter"),
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
        for place in 1..13 {
            let before = vec![format!("!Condition C{}", place - 1); 8].join(", ");
            conditions.push(format!("  C{place}: !And [{before}]"));
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
}
