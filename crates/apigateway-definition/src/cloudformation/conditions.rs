//! Conditions.

use crate::{
    cloudformation::scope::{Scope, expected},
    code::Code,
    problem::Problem,
    source::Span,
    tree::{Map, Node},
};

impl Scope<'_> {
    /// Whether the condition of this name holds.
    pub(crate) fn condition(self, name: &str, span: Span, depth: usize) -> Result<bool, Problem> {
        match self.template.conditions.entry(name) {
            Some(entry) => self.test(&entry.value, depth + 1),
            None => Err(Problem::error(Code::CFN_010, format!("there is no condition `{name}`"))
                .at(span, "it is named here")),
        }
    }

    pub(super) fn test(self, node: &Node, depth: usize) -> Result<bool, Problem> {
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
