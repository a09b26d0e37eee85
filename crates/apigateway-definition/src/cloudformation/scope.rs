//! Intrinsic functions, resolved only when a value is needed.

use std::sync::Arc;

use crate::{
    cloudformation::{
        purpose::Purpose,
        stacks::Stacks,
        template::{Resource, Template},
        text::{Reference, Text},
        unavailable,
    },
    code::Code,
    help::{Help, ImportInput},
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::{Content, Entry, Map, Node, Scalar},
};

/// A value with its outermost intrinsic resolved.
#[derive(Clone, Debug)]
pub(crate) enum Evaluated {
    /// `AWS::NoValue`: the property is left out.
    Absent,
    Text(Text),
    List(Vec<Node>),
    Map(Arc<Map>),
}

/// The template in which names are resolved, among those that are read together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) template: &'a Template,
    pub(crate) stacks: &'a Stacks,
    pub(crate) stack: usize,
    pub(crate) purpose: Purpose,
}

/// Deeper nesting of intrinsics, parameters and conditions is a cycle.
const DEEPEST: usize = 64;

impl<'a> Scope<'a> {
    /// One for each template.
    pub(super) fn all(stacks: &'a Stacks, session: &'a Session<'a>) -> Vec<Self> {
        let purpose = Purpose::Deciding;
        let scope = |(stack, template)| Self { session, template, stacks, stack, purpose };
        stacks.templates.iter().enumerate().map(scope).collect()
    }

    /// The scope of another template.
    pub(super) fn in_stack(self, stack: usize) -> Option<Self> {
        Some(Self { template: self.stacks.templates.get(stack)?, stack, ..self })
    }

    /// This scope, for values that affect no route.
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

    /// The resource that the reference names, and its scope.
    pub(crate) fn at(self, reference: &Reference) -> Option<(Self, &'a Resource)> {
        match reference {
            Reference::Resource { stack, id, .. } | Reference::Attribute { stack, id, .. } => {
                let scope = self.in_stack(*stack)?;
                Some((scope, scope.template.resource(id)?))
            }
            _ => None,
        }
    }

    /// A reference to a resource of this stack, whose value is known only after deployment.
    pub(super) fn to_resource(self, id: &str) -> Reference {
        Reference::Resource { stack: self.stack, id: id.into(), name: self.stacks.name(self.stack, id) }
    }

    /// The deployed value of this user pool, app client, `Resource.Attribute` or pseudo parameter of this stack.
    pub(super) fn bound(self, thing: &str) -> Option<&'a str> {
        self.stacks.bindings.value(&self.stacks.templates, self.stack, thing)
    }

    /// The deployed value of an export, or of another name that belongs to no stack.
    pub(super) fn bound_elsewhere(self, name: &str) -> Option<&'a str> {
        self.stacks.bindings.elsewhere(name)
    }

    /// The value of an export of another template.
    pub(super) fn exported(self, name: &str) -> Result<Option<(Self, &'a Node)>, Problem> {
        let Some((stack, value)) = self.stacks.exports.find(name)? else { return Ok(None) };
        Ok(self.in_stack(stack).map(|scope| (scope, value)))
    }

    /// The text that the node evaluates to; `None` if there is no node, or the property is to be left out.
    pub(crate) fn text<'n>(self, node: impl Into<Option<&'n Node>>) -> Result<Option<Text>, Problem> {
        node.into().map_or(Ok(None), |node| self.text_at(node, 0))
    }

    /// The text, which must be known.
    pub(crate) fn known_text<'n>(self, node: impl Into<Option<&'n Node>>) -> Result<Option<String>, Problem> {
        let Some(node) = node.into() else { return Ok(None) };
        let Some(text) = self.text(node)? else { return Ok(None) };
        match text.known() {
            Some(known) => Ok(Some(known.into())),
            None => Err(unbound(&text, node.span)),
        }
    }

    /// The items of the list that the node evaluates to, without `AWS::NoValue`; `None` if the node itself is `AWS::NoValue`.
    pub(crate) fn list<'n>(self, node: impl Into<Option<&'n Node>>) -> Result<Option<Vec<Node>>, Problem> {
        let Some(node) = node.into() else { return Ok(None) };
        match self.evaluate(node, 0)? {
            Evaluated::Absent => Ok(None),
            Evaluated::List(items) => Ok(Some(items)),
            Evaluated::Text(_) => Err(expected("a list", "a string", node.span)),
            Evaluated::Map(_) => Err(expected("a list", "a map", node.span)),
        }
    }

    /// The texts of a list.
    pub(crate) fn texts<'n>(self, node: impl Into<Option<&'n Node>>) -> Result<Option<Vec<Text>>, Problem> {
        let Some(items) = self.list(node)? else { return Ok(None) };
        let texts = items.iter().map(|item| self.text(item)).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(texts.into_iter().flatten().collect()))
    }

    /// The texts of a list, which must be known.
    pub(crate) fn known_texts<'n>(self, node: impl Into<Option<&'n Node>>) -> Result<Vec<String>, Problem> {
        let items = self.list(node)?.unwrap_or_default();
        items.iter().filter_map(|item| self.known_text(item).transpose()).collect()
    }

    /// The map that the node evaluates to; its values are unresolved.
    pub(crate) fn map<'n>(self, node: impl Into<Option<&'n Node>>) -> Result<Option<Arc<Map>>, Problem> {
        let Some(node) = node.into() else { return Ok(None) };
        match self.evaluate(node, 0)? {
            Evaluated::Absent => Ok(None),
            Evaluated::Map(map) => Ok(Some(map)),
            Evaluated::Text(_) => Err(expected("a map", "a string", node.span)),
            Evaluated::List(_) => Err(expected("a map", "a list", node.span)),
        }
    }

    /// The truth value that the node evaluates to.
    pub(crate) fn truth<'n>(self, node: impl Into<Option<&'n Node>>) -> Result<Option<bool>, Problem> {
        let Some(node) = node.into() else { return Ok(None) };
        let Some(text) = self.known_text(node)? else { return Ok(None) };
        match &*text {
            "true" | "True" | "TRUE" => Ok(Some(true)),
            "false" | "False" | "FALSE" => Ok(Some(false)),
            other => Err(expected("true or false", &format!("`{other}`"), node.span)),
        }
    }

    /// Whether the resource exists: it has no condition, or its condition is true.
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
            Content::Scalar(scalar) => self.literal(scalar, node.span).map(Evaluated::Text),
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

    /// The node with the variables of the front end replaced.
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
        Err(error!(CFN_010, "values that refer to each other more than {DEEPEST} deep, or in a circle")
            .at(span, "one of them"))
    }

    /// Whether an item is left out of its list, without evaluating other items.
    fn is_absent(self, node: &Node, depth: usize) -> Result<bool, Problem> {
        let Some(entry) = node.map().and_then(Map::only) else { return Ok(false) };
        match (&*entry.key.text, entry.value.text()) {
            ("Ref", Some(name)) => Ok(name == "AWS::NoValue"),
            ("Fn::If", _) => Ok(matches!(self.evaluate(node, depth)?, Evaluated::Absent)),
            _ => Ok(false),
        }
    }

    fn literal(self, scalar: &Scalar, span: Span) -> Result<Text, Problem> {
        let text = &*scalar.text;
        let Some(dynamic) = text.strip_prefix("{{resolve:").and_then(|rest| rest.strip_suffix("}}")) else {
            if text.contains("{{resolve:") {
                return Err(error!(CFN_010, "a dynamic reference inside a longer text")
                    .at(span, "this is resolved by AWS"));
            }
            return Ok(Text::of_scalar(scalar, span));
        };
        match self.session.facts.value(dynamic) {
            Some(value) => Ok(Text::of(value, span)),
            None => Err(error!(CFN_010, "`{dynamic}` is known only to AWS")
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
                Err(error!(CFN_010, "`{unknown}` is not resolved here")
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

    /// The text of an argument, which must exist.
    pub(super) fn needed(self, node: &Node, depth: usize) -> Result<Text, Problem> {
        self.text_at(node, depth)?.ok_or_else(|| expected("a string", "`AWS::NoValue`", node.span))
    }

    pub(super) fn needed_known(self, node: &Node, depth: usize) -> Result<String, Problem> {
        let text = self.needed(node, depth)?;
        text.known().map(String::from).ok_or_else(|| unbound(&text, node.span))
    }

    /// A literal name, as CloudFormation requires, or one from a variable of a front end.
    pub(super) fn name_of(self, node: &Node, function: &str, depth: usize) -> Result<String, Problem> {
        if node.scalar().is_some() {
            return self.needed_known(node, depth);
        }
        Err(expected(&format!("a name in `{function}`"), node.describe(), node.span))
    }
}

/// An error for a value of the wrong type.
pub(crate) fn expected(wanted: &str, found: &str, span: Span) -> Problem {
    error!(CFN_010, "expected {wanted}, found {found}").at(span, "here")
}

/// An error for a text that is known only after deployment.
pub(crate) fn unbound(text: &Text, span: Span) -> Problem {
    error!(CFN_010, "`{}` is not known before it is deployed", text.display())
        .at(span, "its value is needed here")
        .help(text.help())
}

#[cfg(test)]
mod tests;
