//! Conditions.

use crate::{
    cloudformation::{
        plain,
        scope::{Evaluated, Scope, expected, unbound},
        text::Text,
    },
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
            ("Fn::Equals", Some([one, two])) => self.equal(one, two, argument.span, depth),
            ("Fn::Not", Some([one])) => Ok(!self.test(one, depth)?),
            ("Fn::And", Some(parts)) => Ok(!self.any(parts, false, depth)?),
            ("Fn::Or", Some(parts)) => self.any(parts, true, depth),
            _ => Err(invalid()),
        }
    }

    /// Whether the values of `Fn::Equals` are the same text.
    fn equal(self, one: &Node, two: &Node, span: Span, depth: usize) -> Result<bool, Problem> {
        let (first, second) = (self.needed(one, depth)?, self.needed(two, depth)?);
        let known =
            |text: &Text, node: &Node| text.known().map(String::from).ok_or_else(|| unbound(text, node.span));
        let (one, two) = (known(&first, one)?, known(&second, two)?);
        let (unclear, is_clear) = match (first.unclear, second.unclear) {
            (None, None) => return Ok(one == two),
            // Each tool reads the same scalar as the same value.
            (Some(unclear), Some(_)) => (unclear, one == two),
            (Some(unclear), None) => (unclear, !plain::may_equal(&one, &two)),
            (None, Some(unclear)) => (unclear, !plain::may_equal(&two, &one)),
        };
        if is_clear {
            return Ok(one == two);
        }
        Err(error!(CFN_010, "a comparison with a value that tools read differently")
            .at(unclear, "a number or a truth value to some, and a text to others")
            .at(span, "it is compared here")
            .help("write it in quotes"))
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
            (Ok(Evaluated::Text(yes)), Ok(Evaluated::Text(no)))
                if yes.pieces == no.pieces && yes.unclear.is_some() == no.unclear.is_some() =>
            {
                Ok(Evaluated::Text(yes))
            }
            _ => Err(problem),
        }
    }
}
