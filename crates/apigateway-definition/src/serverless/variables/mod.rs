//! Variables, resolved when their value is first needed.

mod mentions;
mod sources;
mod syntax;

pub(crate) use mentions::names_of_values;
use syntax::{Lookup, Variable, VariablePart, VariableParts, VariableSource};

use crate::{
    cloudformation::Variables,
    code::Code,
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::{Content, Node},
};

/// A deeper chain of variables in the values of variables is a cycle.
const DEEPEST: usize = 48;
/// How many places a problem shows on the way to it.
const MOST_HOPS: usize = 6;
/// The longest text that variables may put together.
const LONGEST_TEXT: usize = 64 * 1024;

/// The file as written, in which variables are looked up.
#[derive(Clone, Debug)]
pub(super) struct ServiceConfiguration {
    pub(super) root: Node,
    pub(super) pseudo_parameters: PseudoParameters,
}

/// Whether `#{AWS::Region}` is replaced: the plugin serverless-pseudo-parameters turns it into `Fn::Sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PseudoParameters {
    Plugin,
    None,
}

impl Variables for ServiceConfiguration {
    fn resolve(&self, node: &Node, session: &Session<'_>) -> Result<Node, Problem> {
        let node = VariableResolver { configuration: self, session }.value(node)?;
        self.pseudo_parameters.replace(node)
    }
}

/// The configuration during one run.
#[derive(Clone, Copy)]
pub(super) struct VariableResolver<'r> {
    pub(super) configuration: &'r ServiceConfiguration,
    pub(super) session: &'r Session<'r>,
}

impl VariableResolver<'_> {
    /// The node with the variables of its own text replaced; the result may be a scalar, a list or a map.
    pub(super) fn value(self, node: &Node) -> Result<Node, Problem> {
        self.value_at(node, 0)
    }

    fn value_at(self, node: &Node, depth: usize) -> Result<Node, Problem> {
        let Content::Scalar(scalar) = &node.content else { return Ok(node.clone()) };
        if !scalar.text.contains("${") {
            return Ok(node.clone());
        }
        let pieces = parse(&scalar.text, node.span)?;
        match pieces.as_slice() {
            [VariablePart::Text(text)] if **text == *scalar.text => Ok(node.clone()),
            [VariablePart::Variable(variable)] => self.variable(variable, node.span, depth),
            _ => {
                let text = self.text(&pieces, node.span, depth)?;
                // A backslash made it text, and resolving it again would make it a variable.
                if syntax::has_variable(&text) {
                    return Err(unresolved("a variable behind a backslash is not taken here", node.span));
                }
                Ok(Node::string(text, node.span))
            }
        }
    }

    /// The value of a variable: that of the first source that has one.
    fn variable(self, variable: &Variable, span: Span, depth: usize) -> Result<Node, Problem> {
        self.session.step(span)?;
        if depth >= DEEPEST {
            return Err(unresolved("variables that go in circles", span));
        }
        for (index, source) in variable.sources.iter().enumerate() {
            let is_last = index + 1 == variable.sources.len();
            let found = match source {
                VariableSource::Lookup(lookup) => self.looked_up(lookup, span, depth + 1)?,
                VariableSource::Text(text) => {
                    Some(self.value_at(&Node::string(text.as_str(), span), depth + 1)?)
                }
                VariableSource::Plain(text) if text == "null" && !is_last => None,
                VariableSource::Plain(text) => Some(Node::plain(text.as_str(), span)),
                VariableSource::Nested(nested) => Some(self.variable(nested, span, depth + 1)?),
            };
            if let Some(node) = found {
                return Ok(node);
            }
        }
        Err(sources::nowhere(self, variable, span))
    }

    /// The value from the source, with its variables replaced. A problem gets a label for this variable.
    fn looked_up(self, lookup: &Lookup, span: Span, depth: usize) -> Result<Option<Node>, Problem> {
        let found = sources::look_up(self, lookup, span, depth);
        let value = found.and_then(|node| node.map(|node| self.value_at(&node, depth)).transpose());
        match value {
            Ok(node) => Ok(node.filter(|node| !node.is_null())),
            Err(problem) if problem.labels.len() >= MOST_HOPS || is_labelled(&problem, span) => Err(problem),
            Err(problem) => Err(problem.at(span, "it is used here")),
        }
    }

    /// The text that the pieces make together.
    fn text(self, pieces: &VariableParts, span: Span, depth: usize) -> Result<String, Problem> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                VariablePart::Text(part) => text.push_str(part),
                VariablePart::Variable(variable) => {
                    let node = self.variable(variable, span, depth)?;
                    let part = node.scalar().filter(|scalar| !scalar.is_null()).ok_or_else(|| {
                        let message = format!("{} inside a longer text", node.describe());
                        unresolved(message, span).at(node.span, "this is the value")
                    })?;
                    text.push_str(part.as_text());
                }
            }
            if text.len() > LONGEST_TEXT {
                return Err(unresolved(format!("a text of more than {LONGEST_TEXT} bytes"), span));
            }
        }
        Ok(text)
    }

    /// The value at the end of a path of keys; `None` if it does not exist.
    fn walk(self, root: &Node, path: &str, span: Span, depth: usize) -> Result<Option<Node>, Problem> {
        let mut node = self.value_at(root, depth)?;
        for key in path.split('.').filter(|_| !path.is_empty()) {
            self.session.step(span)?;
            let next = match &node.content {
                Content::Map(map) => map.find(key),
                Content::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
                Content::Scalar(scalar) if scalar.is_null() => None,
                Content::Scalar(_) => {
                    let message = format!("`{path}`: there is nothing inside a text");
                    return Err(
                        unresolved(message, span).at(node.span, format!("`{key}` is looked for in this"))
                    );
                }
            };
            match next.cloned() {
                Some(next) => node = self.value_at(&next, depth)?,
                None => return Ok(None),
            }
        }
        Ok(Some(node).filter(|node| !node.is_null()))
    }
}

impl PseudoParameters {
    /// `#{Pool}` becomes `${Pool}` in `Fn::Sub`. The plugin does so in the template: the framework sees the text.
    fn replace(self, node: Node) -> Result<Node, Problem> {
        let Some(text) = node.text().filter(|text| text.contains("#{")) else { return Ok(node) };
        match self {
            Self::Plugin => {
                let text = Node::string(text.replace("#{", "${"), node.span);
                Ok(Node::map_of([("Fn::Sub", text)], node.span))
            }
            Self::None => Err(error!(SLS_031, "`#{{…}}` is replaced by the plugin serverless-pseudo-parameters, which is not among `plugins`")
            .at(node.span, "this stays as it is written")
            .help("list the plugin, or write `Fn::Sub` with `${…}`")),
        }
    }
}

fn is_labelled(problem: &Problem, span: Span) -> bool {
    problem.labels.iter().any(|(index, _)| *index == span)
}

fn parse(text: &str, span: Span) -> Result<VariableParts, Problem> {
    syntax::parse(text).map_err(|wrong| {
        unresolved(format!("a variable that cannot be read: {wrong}"), span)
            .help("a variable reads `${source:address, fallback}`")
    })
}

/// An error for a variable without a value.
fn unresolved(message: impl Into<String>, span: Span) -> Problem {
    Problem::error(Code::SLS_002, message).at(span, "here")
}
