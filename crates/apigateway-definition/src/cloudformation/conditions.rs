//! Conditions.

use crate::{
    cloudformation::scope::{Evaluated, Scope, expected},
    code::Code,
    problem::{Problem, error},
    source::Span,
    tree::{Map, Node},
};

impl Scope<'_> {
    /// Whether the condition with this name is true.
    pub(crate) fn condition(self, name: &str, span: Span, depth: usize) -> Result<bool, Problem> {
        match self.template.conditions.entry(name) {
            Some(entry) => self.test(&entry.value, depth + 1),
            None => Err(error!(CFN_010, "there is no condition `{name}`").at(span, "it is named here")),
        }
    }

    pub(super) fn test(self, node: &Node, depth: usize) -> Result<bool, Problem> {
        self.enter(node.span, depth)?;
        let node = &self.resolved(node)?;
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
            ("Fn::And", Some(parts)) => Ok(!self.any(parts, false, depth)?),
            ("Fn::Or", Some(parts)) => self.any(parts, true, depth),
            _ => Err(invalid()),
        }
    }

    /// Whether any of the parts has this value. Resolves every part, and reports one that cannot be resolved even if the others
    /// decide, unless it lacks only a parameter that does not affect the result.
    fn any(self, parts: &[Node], wanted: bool, depth: usize) -> Result<bool, Problem> {
        let (mut found, mut undecided) = (false, None);
        for part in parts {
            match self.test(part, depth) {
                Ok(holds) => found |= holds == wanted,
                Err(problem) if problem.code == Code::CFN_011 => undecided = undecided.or(Some(problem)),
                Err(problem) => return Err(problem),
            }
        }
        match undecided {
            Some(problem) if !found => Err(problem),
            _ => Ok(found),
        }
    }

    /// The value of `Fn::If`, if both of its branches have the same one.
    pub(super) fn either(
        self,
        yes: &Node,
        no: &Node,
        problem: Problem,
        depth: usize,
    ) -> Result<Evaluated, Problem> {
        match (self.evaluate(yes, depth), self.evaluate(no, depth)) {
            (Ok(Evaluated::Absent), Ok(Evaluated::Absent)) => Ok(Evaluated::Absent),
            (Ok(Evaluated::Text(yes)), Ok(Evaluated::Text(no))) if yes.pieces == no.pieces => {
                Ok(Evaluated::Text(yes))
            }
            _ => Err(problem),
        }
    }
}
