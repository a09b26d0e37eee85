//! Finds the names that a template refers to, without resolving anything, to check the given names against them.

use std::collections::BTreeSet;

use crate::{
    cloudformation::template::{Resource, Template},
    problem::Problem,
    session::Session,
    tree::{Content, Map, Node},
};

/// Pseudo parameters with a value in each stack ("Pseudo parameters reference", CloudFormation user guide).
pub(super) const OF_A_STACK: [&str; 3] = ["AWS::NotificationARNs", "AWS::StackId", "AWS::StackName"];

/// The names in a template whose values are known only after deployment.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Attributes (`Resource.Attribute`), and the pseudo parameters of the stack.
    pub(super) here: BTreeSet<String>,
    /// The arguments of `Fn::ImportValue`.
    pub(super) imports: Vec<Node>,
    /// Ids of authorizers that are written out.
    pub(super) authorizers: BTreeSet<String>,
}

impl Mentions {
    /// Collects the names of the template, within the session's limit on steps.
    pub(super) fn of(template: &Template, session: &Session<'_>) -> Self {
        let mut mentions = Self::default();
        let sections = [&template.conditions, &template.outputs];
        let resources = template.resources().iter().map(|Resource { properties, .. }| properties);
        // With too many values, the import fails.
        let _: Result<(), Problem> =
            sections.into_iter().chain(resources).try_for_each(|map| mentions.map(map, session));
        mentions
    }

    fn map(&mut self, map: &Map, session: &Session<'_>) -> Result<(), Problem> {
        // Mentioning a name affects no route, so this does not count as reading a repeated key.
        for entry in map.unread() {
            let (value, text) = (&entry.value, entry.value.text());
            match (&*entry.key.text, text) {
                ("Ref", Some(name)) => self.name(name),
                ("Fn::GetAtt", Some(path)) => self.name(path),
                ("Fn::GetAtt", None) => {
                    if let Some([id, name]) = value.items()
                        && let (Some(id), Some(name)) = (id.text(), name.text())
                    {
                        self.name(&format!("{id}.{name}"));
                    }
                }
                ("Fn::Sub", Some(text)) => self.substitution(text),
                ("Fn::Sub", None) => {
                    if let Some(text) = value.items().and_then(|items| items.first()?.text()) {
                        self.substitution(text);
                    }
                }
                ("Fn::ImportValue", _) => self.imports.push(value.clone()),
                ("AuthorizerId", Some(id)) => {
                    self.authorizers.insert(id.to_owned());
                }
                _ => {}
            }
            self.node(value, session)?;
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, session: &Session<'_>) -> Result<(), Problem> {
        session.step(node.span)?;
        match &node.content {
            Content::Scalar(_) => Ok(()),
            Content::List(items) => items.iter().try_for_each(|item| self.node(item, session)),
            Content::Map(map) => self.map(map, session),
        }
    }

    fn substitution(&mut self, text: &str) {
        for part in text.split("${").skip(1) {
            if let Some((name, _)) = part.split_once('}') {
                self.name(name.trim());
            }
        }
    }

    fn name(&mut self, name: &str) {
        if OF_A_STACK.contains(&name) || name.contains('.') {
            self.here.insert(name.to_owned());
        }
    }
}
