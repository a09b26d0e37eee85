//! Values that a reader could not get. Each is an error where something needs it, and only there.

use std::sync::Arc;

use crate::{
    code::Code,
    problem::{Problem, error},
    source::Span,
    tree::Node,
};

/// The function that represents such a value. CloudFormation does not have it, so it is an error in a template as well.
pub(super) const FUNCTION: &str = "Fn::Unavailable";

/// A value that is not known, with the problem that needing it is.
pub(crate) fn unavailable(code: Code, message: &str, help: &str, span: Span) -> Node {
    let text = |text: &str| Node::string(Arc::from(text), span);
    let argument = Node::list([text(code.as_str()), text(message), text(help)], span);
    Node::map_of([(FUNCTION, argument)], span)
}

/// The problem of needing the value.
pub(super) fn problem(argument: &Node, span: Span) -> Problem {
    let texts: Option<Vec<&str>> =
        argument.items().map(|items| items.iter().filter_map(Node::text).collect());
    let Some([code, message, help]) = texts.as_deref() else {
        return error!(CFN_010, "`{FUNCTION}` is not a function").at(span, "here");
    };
    let known = Code::ALL.iter().find(|(known, _)| known.as_str() == *code);
    let code = known.map_or(Code::CFN_010, |(code, _)| *code);
    Problem::error(code, *message).at(span, "its value is needed here").help(*help)
}
