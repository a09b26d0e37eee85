//! Intrinsic functions, resolved when a value is asked for and not before.

use std::sync::Arc;

use cognito_verify::{PoolError, UserPoolId};

use crate::{
    cloudformation::{
        Stacks,
        template::{Resource, Template},
        text::{Piece, Reference, Text},
    },
    code::Code,
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
}

/// Deeper nesting of intrinsics, parameters and conditions goes in circles.
const DEEPEST: usize = 64;
/// The longest text that intrinsics may put together; an ARN has at most 2,048 characters.
const LONGEST_TEXT: usize = 64 * 1024;

impl<'a> Scope<'a> {
    /// The same for another of the templates.
    fn in_stack(self, stack: usize) -> Option<Self> {
        Some(Self { template: self.stacks.templates.get(stack)?, stack, ..self })
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
            Reference::Resource { stack, id } | Reference::Attribute { stack, id, .. } => {
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
    pub(crate) fn value(self, node: &Node) -> Result<Evaluated, Problem> {
        self.evaluate(node, 0)
    }

    fn evaluate(self, node: &Node, depth: usize) -> Result<Evaluated, Problem> {
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

    fn enter(self, span: Span, depth: usize) -> Result<(), Problem> {
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
            None => Err(Problem::error(Code::CFN_010, format!("`{dynamic}` is known to AWS alone"))
                .at(span, "this dynamic reference")
                .help(format!("give its value as `{dynamic}` in the file of values"))),
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
                    let holds = self.condition(&name, condition.span, depth)?;
                    self.evaluate(if holds { yes } else { no }, depth)
                }
                _ => Err(expected("a condition and two values", argument.describe(), argument.span)),
            },
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Condition" => {
                let holds = self.test(node, depth)?;
                Ok(Evaluated::Text(Text::of(if holds { "true" } else { "false" }, span)))
            }
            "Fn::Transform" => self.transform(argument, span, depth),
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
    fn needed(self, node: &Node, depth: usize) -> Result<Text, Problem> {
        self.text_at(node, depth)?.ok_or_else(|| expected("a string", "`AWS::NoValue`", node.span))
    }

    fn needed_known(self, node: &Node, depth: usize) -> Result<String, Problem> {
        let text = self.needed(node, depth)?;
        text.known().map(String::from).ok_or_else(|| unbound(&text, node.span))
    }

    /// A name that is written out, as CloudFormation wants it, or comes from a variable of a front end.
    fn name_of(self, node: &Node, function: &str, depth: usize) -> Result<String, Problem> {
        match node.scalar() {
            Some(_) => self.needed_known(node, depth),
            None => {
                let wanted = format!("a name in `{function}`");
                Err(expected(&wanted, node.describe(), node.span))
            }
        }
    }

    fn reference(self, name: &str, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return Ok(match pseudo {
                "NoValue" => Evaluated::Absent,
                _ => Evaluated::Text(self.pseudo(name, span)?),
            });
        }
        if let Some(parameter) = self.template.parameters.entry(name) {
            return self.parameter(parameter, span, depth);
        }
        let Some(resource) = self.template.resource(name) else {
            return Err(Problem::error(
                Code::CFN_010,
                format!("`{name}` is neither a parameter nor a resource"),
            )
            .at(span, "it is named here"));
        };
        let text = match &*resource.kind {
            // Its `Ref` is its identifier, which stands in the template.
            "AWS::Cognito::UserPoolResourceServer" => match resource.property("Identifier") {
                Some(identifier) => return self.evaluate(identifier, depth),
                None => None,
            },
            "AWS::Cognito::UserPool" | "AWS::Cognito::UserPoolClient" => self.session.binding(name),
            _ => None,
        };
        Ok(Evaluated::Text(match text {
            Some(text) => Text::of(text, span),
            None => Text::reference(Reference::Resource { stack: self.stack, id: name.into() }, span),
        }))
    }

    /// `AWS::Region` and the like («Pseudo parameters reference», CloudFormation user guide).
    fn pseudo(self, name: &str, span: Span) -> Result<Text, Problem> {
        let inputs = self.session.inputs;
        let region = inputs.region.as_deref().or(self.template.region.as_deref());
        let partition = region.map(partition);
        let text = match name {
            "AWS::Region" => region,
            "AWS::AccountId" => inputs.account.as_deref(),
            "AWS::Partition" => partition.map(|(name, _)| name),
            "AWS::URLSuffix" => partition.map(|(_, suffix)| suffix),
            "AWS::StackName" | "AWS::StackId" | "AWS::NotificationARNs" => None,
            _ => {
                return Err(Problem::error(Code::CFN_010, format!("`{name}` is no pseudo parameter"))
                    .at(span, "it is named here"));
            }
        };
        let text = text.or_else(|| self.session.binding(name));
        Ok(text.map_or_else(
            || Text::reference(Reference::Pseudo(name.into()), span),
            |text| Text::of(text, span),
        ))
    }

    /// The value of a parameter: what the parent stack or the caller gives, or else the default.
    fn parameter(self, parameter: &Entry, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let (name, declaration) = (&parameter.key.text, &parameter.value);
        let given = match &self.template.parent {
            Some(parent) => parent.parameters.find(name).cloned(),
            None => self.session.inputs.parameters.get(&**name).map(|text| Node::string(&**text, span)),
        };
        let value = match (given, &self.template.parent) {
            (Some(node), Some(parent)) => match self.in_stack(parent.stack) {
                Some(scope) => scope.evaluate(&node, depth)?,
                None => Evaluated::Absent,
            },
            (Some(node), None) => Evaluated::Text(Text::of(node.text().unwrap_or_default(), span)),
            (None, _) => match declaration.find("Default").map(|node| self.resolved(node)).transpose()? {
                Some(default) => match default.scalar() {
                    Some(default) => Evaluated::Text(Text::of(&*default.text, span)),
                    None => Evaluated::Absent,
                },
                None => Evaluated::Absent,
            },
        };
        let text = match value {
            Evaluated::Text(text) => text,
            Evaluated::Absent => {
                return Err(Problem::error(Code::CFN_010, format!("the parameter `{name}` has no value"))
                    .at(span, "it is needed here")
                    .at(parameter.key.span, "declared here, without a default")
                    .help(format!("give it one: `{name}=…`")));
            }
            other => return Ok(other),
        };
        let kind = declaration.find("Type").and_then(Node::text).unwrap_or("String");
        let Some(known) = text.known() else { return Ok(Evaluated::Text(text)) };
        if kind.starts_with("AWS::SSM::Parameter::") {
            return match self.session.value(&format!("ssm:{known}")) {
                Some(value) => Ok(Evaluated::Text(Text::of(value, span))),
                None => Err(Problem::error(
                    Code::CFN_003,
                    format!("`{name}` names a parameter of Systems Manager"),
                )
                .at(span, "its value is needed here")
                .at(parameter.key.span, "declared here")
                .help(format!("give the value of `ssm:{known}` in the file of values"))),
            };
        }
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            let items = known.split(',').map(|item| Node::string(item.trim(), span));
            return Ok(Evaluated::List(items.collect()));
        }
        Ok(Evaluated::Text(text))
    }

    fn attribute(self, argument: &Node, span: Span, depth: usize) -> Result<Text, Problem> {
        let (id, name) = match argument.items() {
            Some([id, name]) => (self.name_of(id, "Fn::GetAtt", depth)?, self.needed_known(name, depth)?),
            Some(_) => return Err(expected("a resource and an attribute", "a list", argument.span)),
            None => {
                let path = self.name_of(argument, "Fn::GetAtt", depth)?;
                let (id, name) = path
                    .split_once('.')
                    .ok_or_else(|| expected("`Resource.Attribute`", &format!("`{path}`"), argument.span))?;
                (id.into(), name.into())
            }
        };
        self.attribute_of(&id, &name, span, depth)
    }

    fn attribute_of(self, id: &str, name: &str, span: Span, depth: usize) -> Result<Text, Problem> {
        let Some(resource) = self.template.resource(id) else {
            return Err(Problem::error(Code::CFN_010, format!("`{id}` is not a resource of the template"))
                .at(span, "it is named here"));
        };
        if let Some(value) = self.session.binding(&format!("{id}.{name}")) {
            return Ok(Text::of(value, span));
        }
        if let Some(output) = name.strip_prefix("Outputs.")
            && let Some(nested) = self.stacks.nested.get(&(self.stack, id.into()))
            && let Some(scope) = self.in_stack(*nested)
        {
            return match scope.template.outputs.find(output).and_then(|output| output.find("Value")) {
                Some(node) => scope.needed(node, depth),
                None => Err(Problem::error(
                    Code::CFN_010,
                    format!("the nested stack `{id}` has no output `{output}`"),
                )
                .at(span, "it is named here")),
            };
        }
        let reference = Reference::Attribute { stack: self.stack, id: id.into(), name: name.into() };
        let bound = match (&*resource.kind, self.session.binding(id)) {
            ("AWS::Cognito::UserPool", Some(pool)) => pool_attribute(pool, name, span)?,
            ("AWS::Cognito::UserPoolClient", Some(client)) if name == "ClientId" => Some(client.into()),
            _ => None,
        };
        Ok(bound.map_or_else(|| Text::reference(reference, span), |text| Text::of(text, span)))
    }

    fn substitute(self, argument: &Node, span: Span, depth: usize) -> Result<Text, Problem> {
        let (template, names) = match argument.items() {
            Some([template, names]) => (template, names.map()),
            Some(_) => return Err(expected("a text and a map", "a list", argument.span)),
            None => (argument, None),
        };
        let source = match template.scalar() {
            Some(_) => self.needed_known(template, depth)?,
            None => return Err(expected("a text in `Fn::Sub`", template.describe(), template.span)),
        };
        let mut text = Text { pieces: Vec::new(), span };
        let mut rest = source.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            text.append(Text::of(before, span));
            let Some((name, after)) = after.split_once('}') else {
                return Err(expected("`}` after `${` in `Fn::Sub`", "the end", template.span));
            };
            rest = after;
            let name = name.trim();
            let part = match (name.strip_prefix('!'), names.and_then(|names| names.find(name))) {
                (Some(literal), _) => Text::of(format!("${{{literal}}}"), span),
                (None, Some(node)) => self.needed(node, depth)?,
                (None, None) => match name.split_once('.') {
                    Some((id, attribute)) => self.attribute_of(id, attribute, template.span, depth)?,
                    None => match self.reference(name, template.span, depth)? {
                        Evaluated::Text(text) => text,
                        _ => return Err(expected("a string", &format!("`{name}`"), template.span)),
                    },
                },
            };
            text.append(part);
            self.bounded(&text)?;
        }
        text.append(Text::of(rest, span));
        Ok(text)
    }

    fn bounded(self, text: &Text) -> Result<(), Problem> {
        if text.length() <= LONGEST_TEXT {
            return Ok(());
        }
        let message = format!("a text of more than {LONGEST_TEXT} bytes");
        Err(Problem::error(Code::CFN_010, message).at(text.span, "put together here"))
    }

    fn join(self, argument: &Node, span: Span, depth: usize) -> Result<Text, Problem> {
        let Some([delimiter, list]) = argument.items() else {
            return Err(expected("a delimiter and a list", argument.describe(), argument.span));
        };
        let delimiter = match delimiter.scalar() {
            Some(scalar) => scalar.text.to_string(),
            None => self.needed_known(delimiter, depth)?,
        };
        let Evaluated::List(items) = self.evaluate(list, depth)? else {
            return Err(expected("a list to join", list.describe(), list.span));
        };
        let mut text = Text { pieces: Vec::new(), span };
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                text.append(Text::of(&*delimiter, span));
            }
            text.append(self.needed(item, depth)?);
            self.bounded(&text)?;
        }
        Ok(text)
    }

    fn split(self, argument: &Node, span: Span, depth: usize) -> Result<Vec<Node>, Problem> {
        let Some([delimiter, text]) = argument.items() else {
            return Err(expected("a delimiter and a text", argument.describe(), argument.span));
        };
        let delimiter = self.needed_known(delimiter, depth)?;
        let text = self.needed_known(text, depth)?;
        Ok(text.split(&*delimiter).map(|part| Node::string(part, span)).collect())
    }

    fn select(self, argument: &Node, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let Some([index, list]) = argument.items() else {
            return Err(expected("an index and a list", argument.describe(), argument.span));
        };
        let index = self.needed_known(index, depth)?;
        let Evaluated::List(items) = self.evaluate(list, depth)? else {
            return Err(expected("a list to select from", list.describe(), list.span));
        };
        match index.parse::<usize>().ok().and_then(|index| items.get(index)) {
            Some(item) => self.evaluate(item, depth),
            None => Err(expected(&format!("an index below {}", items.len()), &format!("`{index}`"), span)),
        }
    }

    fn find_in_map(self, argument: &Node, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let Some([map, first, second]) = argument.items() else {
            return Err(expected("a mapping and two keys", argument.describe(), argument.span));
        };
        let (map, first, second) = (
            self.needed_known(map, depth)?,
            self.needed_known(first, depth)?,
            self.needed_known(second, depth)?,
        );
        let found = self.template.mappings.find(&map).and_then(|map| map.find(&first)?.find(&second));
        match found {
            Some(node) => self.evaluate(node, depth),
            None => {
                Err(Problem::error(Code::CFN_010, format!("`{map}.{first}.{second}` is not in the mappings"))
                    .at(span, "it is looked up here"))
            }
        }
    }

    /// From the other templates of the import, then from the exports that were given.
    fn import_value(self, argument: &Node, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let name = self.needed(argument, depth)?;
        let Some(known) = name.known() else {
            return Ok(Evaluated::Text(Text::reference(Reference::Import(name.display()), span)));
        };
        if let Some(value) = self.session.binding(known).or_else(|| self.session.export(known)) {
            return Ok(Evaluated::Text(Text::of(value, span)));
        }
        match self.stacks.exports.get(known) {
            Some((stack, value)) => match self.in_stack(*stack) {
                Some(scope) => scope.evaluate(value, depth),
                None => Ok(Evaluated::Text(Text::reference(Reference::Import(known.into()), span))),
            },
            None => Ok(Evaluated::Text(Text::reference(Reference::Import(known.into()), span))),
        }
    }

    /// `AWS::Include` of a file beside this one; everything else is done by AWS.
    fn transform(self, argument: &Node, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let elsewhere = |text: String| {
            Err(Problem::error(Code::CFN_020, text).at(span, "this transform").help(
                "read the output of `aws cloudformation get-template --template-stage Processed` instead",
            ))
        };
        let name = argument.find("Name").and_then(Node::text).unwrap_or_default();
        if name != "AWS::Include" {
            return elsewhere(format!("the macro `{name}` is run by AWS"));
        }
        let location = argument.find("Parameters").and_then(|parameters| parameters.find("Location"));
        let Some(location) = location else { return elsewhere("`AWS::Include` without a location".into()) };
        let path = self.needed_known(location, depth)?;
        if path.contains("://") {
            return elsewhere(format!("`{path}` is not beside the template"));
        }
        match self.session.include(&path, location.span)? {
            Some(node) => self.evaluate(&node, depth),
            None => elsewhere(format!("there is no file `{path}`")),
        }
    }

    /// Whether the condition of this name holds.
    pub(crate) fn condition(self, name: &str, span: Span, depth: usize) -> Result<bool, Problem> {
        match self.template.conditions.entry(name) {
            Some(entry) => self.test(&entry.value, depth + 1),
            None => Err(Problem::error(Code::CFN_010, format!("there is no condition `{name}`"))
                .at(span, "it is named here")),
        }
    }

    fn test(self, node: &Node, depth: usize) -> Result<bool, Problem> {
        self.enter(node.span, depth)?;
        let invalid = || expected("a condition", node.describe(), node.span);
        let entry = node.map().and_then(Map::only).ok_or_else(invalid)?;
        let (argument, depth) = (&entry.value, depth + 1);
        match (&*entry.key.text, argument.items()) {
            ("Condition", None) => {
                self.condition(&self.name_of(argument, "Condition", depth)?, argument.span, depth)
            }
            ("Fn::Equals", Some([one, two])) => {
                Ok(self.needed_known(one, depth)? == self.needed_known(two, depth)?)
            }
            ("Fn::Not", Some([one])) => Ok(!self.test(one, depth)?),
            // Every part is resolved: one that cannot be is told, whatever the others say.
            ("Fn::And", Some(parts)) => {
                parts.iter().try_fold(true, |all, part| Ok(self.test(part, depth)? && all))
            }
            ("Fn::Or", Some(parts)) => {
                parts.iter().try_fold(false, |any, part| Ok(self.test(part, depth)? || any))
            }
            _ => Err(invalid()),
        }
    }
}

/// What an attribute of a user pool is, once its id is known («`AWS::Cognito::UserPool`», CloudFormation user guide).
fn pool_attribute(pool: &str, name: &str, span: Span) -> Result<Option<String>, Problem> {
    let id: UserPoolId = pool.parse().map_err(|error: PoolError| {
        Problem::error(Code::BIND_001, error.to_string()).at(span, "this pool is bound to it")
    })?;
    let (partition, suffix) = partition(id.region());
    let provider = format!("cognito-idp.{}.{suffix}/{id}", id.region());
    Ok(match name {
        "UserPoolId" => Some(pool.into()),
        "ProviderName" => Some(provider),
        "ProviderURL" => Some(format!("https://{provider}")),
        // The account is not known and decides nothing.
        "Arn" => Some(format!("arn:{partition}:cognito-idp:{}::userpool/{id}", id.region())),
        _ => None,
    })
}

/// The partition of a Region and the suffix of its host names.
fn partition(region: &str) -> (&'static str, &'static str) {
    match region.split('-').next() {
        Some("cn") => ("aws-cn", "amazonaws.com.cn"),
        Some("eusc") => ("aws-eusc", "amazonaws.eu"),
        _ if region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ => ("aws", "amazonaws.com"),
    }
}

/// A value of the wrong kind.
pub(crate) fn expected(wanted: &str, found: &str, span: Span) -> Problem {
    Problem::error(Code::CFN_010, format!("expected {wanted}, found {found}")).at(span, "here")
}

/// A text that must be known here and is not.
pub(crate) fn unbound(text: &Text, span: Span) -> Problem {
    let names: Vec<String> = text
        .pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Reference(reference) => Some(reference.name()),
            Piece::Known(_) => None,
        })
        .collect();
    Problem::error(Code::CFN_010, format!("`{}` is not known before it is deployed", text.display()))
        .at(span, "its value is needed here")
        .help(format!("bind `{}` to what was deployed", names.join("`, `")))
}
