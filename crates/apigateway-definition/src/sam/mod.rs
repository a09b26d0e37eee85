//! SAM templates, lowered to CloudFormation.

use crate::{cloudformation::Template, code::Code, problem::Problem, session::Session, tree::Node};

/// The template that the file compiles to. What is wrong with it is recorded in the session.
pub(crate) fn lower(root: &Node, session: &Session<'_>) -> Option<Template> {
    session.report(Problem::error(Code::FILE_001, "SAM templates is not read").at(root.span, "this file"));
    None
}
