//! Parameters, and whether their values may decide what a request needs.

use crate::{
    cloudformation::{
        purpose::Purpose,
        scope::{Evaluated, Scope},
        text::Text,
    },
    help::{Help, ImportInput},
    model::{DecidingParameter, ParameterSource},
    problem::{Problem, error},
    source::Span,
    tree::{Entry, Node, Scalar},
};

/// The source of a parameter's value.
enum ValueOrigin {
    /// The parent stack; the caller cannot override it.
    Parent(Evaluated),
    Given(String),
    Default(Node),
}

impl Scope<'_> {
    /// The value of a parameter: what the parent stack or the caller gives, or else the default, if that may be used.
    pub(super) fn parameter(self, parameter: &Entry, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let declaration = &self.resolved(&parameter.value)?;
        let kind = declaration.text_at("Type").unwrap_or("String");
        let (text, origin) = match self.origin(parameter, declaration, depth)? {
            Some(ValueOrigin::Parent(Evaluated::Text(text))) => (text, None),
            Some(ValueOrigin::Parent(Evaluated::Absent)) | None => return Err(no_value(parameter, span)),
            Some(ValueOrigin::Parent(other)) => return Ok(other),
            Some(ValueOrigin::Given(text)) => (Text::of(text, span), Some(ParameterSource::Given)),
            Some(ValueOrigin::Default(node)) => match node.scalar() {
                Some(scalar) => (Text::of_scalar(scalar, node.span), Some(ParameterSource::Default)),
                None => return Err(no_value(parameter, span)),
            },
        };
        let Some(known) = text.known() else { return Ok(Evaluated::Text(text)) };
        let stored = kind.strip_prefix("AWS::SSM::Parameter::Value<").and_then(|kind| kind.strip_suffix('>'));
        let (value, kind, unclear) = if let Some(kind) = stored {
            (self.stored(parameter, known, origin, span)?, kind, None)
        } else {
            self.decide(parameter, declaration, known, origin, span)?;
            (known.to_owned(), kind, text.unclear)
        };
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            let item = |item: &str| match unclear {
                Some(span) => Node::plain(item.trim(), span),
                None => Node::string(item.trim(), span),
            };
            return Ok(Evaluated::List(value.split(',').map(item).collect()));
        }
        Ok(Evaluated::Text(Text { unclear, ..Text::of(value, span) }))
    }

    fn origin(
        self,
        parameter: &Entry,
        declaration: &Node,
        depth: usize,
    ) -> Result<Option<ValueOrigin>, Problem> {
        let name = &*parameter.key.text;
        let given = match &self.template.parent {
            Some(parent) => match (parent.parameters.find(name), self.in_stack(parent.stack)) {
                (Some(node), Some(scope)) => Some(ValueOrigin::Parent(scope.evaluate(node, depth)?)),
                _ => None,
            },
            None => self.session.inputs.parameters.get(name).cloned().map(ValueOrigin::Given),
        };
        if given.is_some() {
            return Ok(given);
        }
        let default = declaration.find("Default").map(|node| self.resolved(node)).transpose()?;
        Ok(default.map(ValueOrigin::Default))
    }

    /// Records that the value decides, if it does. Returns an error for an unconfirmed default, because the template may be
    /// deployed with another value.
    fn decide(
        self,
        parameter: &Entry,
        declaration: &Node,
        value: &str,
        origin: Option<ParameterSource>,
        span: Span,
    ) -> Result<(), Problem> {
        // A nested stack gets its values only from its parent and from its own defaults.
        let Some(source) = origin.filter(|_| self.template.parent.is_none()) else { return Ok(()) };
        if self.purpose == Purpose::Informing {
            return Ok(());
        }
        let is_default = source == ParameterSource::Default;
        // If only one value is allowed, no other can be given.
        let allowed = declaration.items_at("AllowedValues");
        let is_value = |node: &Node| !node.is_null() && node.scalar().map(Scalar::as_text) == Some(value);
        if is_default && allowed.is_some_and(|allowed| matches!(allowed, [one] if is_value(one))) {
            return Ok(());
        }
        let is_secret =
            declaration.find("NoEcho").and_then(Node::scalar).and_then(Scalar::truth) == Some(true);
        let name = parameter.key.text.to_string();
        if is_default && !self.session.inputs.parameter_defaults {
            let default = if is_secret { "a default".into() } else { format!("the default `{value}`") };
            return Err(error!(CFN_011, "what a request needs depends on `{name}`, which was not given")
                .at(parameter.key.span, format!("declared here, with {default}"))
                .at(span, "it is used here")
                .help(
                    Help::from("give its value with ")
                        .input(ImportInput::Parameter(name))
                        .text(", or confirm the defaults of all parameters with ")
                        .input(ImportInput::ParameterDefaults),
                ));
        }
        let value = Some(value.to_owned()).filter(|_| !is_secret);
        self.session.decisions.add(DecidingParameter { name, value, source });
        Ok(())
    }

    /// The value of a parameter of Systems Manager: from the given values, by its name, or else given as the value itself. A path is
    /// always a name, because as a value it would be unequal to every other.
    fn stored(
        self,
        parameter: &Entry,
        known: &str,
        origin: Option<ParameterSource>,
        span: Span,
    ) -> Result<String, Problem> {
        let name = parameter.key.text.to_string();
        let in_values = format!("ssm:{known}");
        let value = match self.session.facts.value(&in_values) {
            Some(value) => value,
            None if origin == Some(ParameterSource::Given) && !known.starts_with('/') => known,
            None => {
                return Err(error!(CFN_003, "`{name}` names a parameter of Systems Manager")
                    .at(span, "its value is needed here")
                    .at(parameter.key.span, "declared here")
                    .help(
                        Help::from("give its value with ")
                            .input(ImportInput::Parameter(name))
                            .text(", or with ")
                            .input(ImportInput::Value(in_values)),
                    ));
            }
        };
        if self.purpose == Purpose::Deciding {
            // Such parameters may be secrets.
            let source = ParameterSource::Given;
            self.session.decisions.add(DecidingParameter { name, value: None, source });
        }
        Ok(value.to_owned())
    }
}

fn no_value(parameter: &Entry, span: Span) -> Problem {
    let name = &*parameter.key.text;
    error!(CFN_010, "the parameter `{name}` has no value")
        .at(span, "it is needed here")
        .at(parameter.key.span, "declared here, without a default")
        .help(Help::from("give its value with ").input(ImportInput::Parameter(name.into())))
}
