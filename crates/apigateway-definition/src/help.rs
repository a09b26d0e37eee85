//! The help of a problem, which can name missing inputs of the import.

use std::fmt;

/// An input of an import. The help of a [`Diagnostic`](crate::Diagnostic) names a missing input by the method of
/// [`Import`](crate::Import) that takes it, unless [`Import::name_inputs`](crate::Import::name_inputs) names it in another way.
///
/// ```
/// use apigateway_definition::ImportInput;
///
/// assert_eq!(ImportInput::Parameter("Step".into()).to_string(), r#".parameter("Step", …)"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ImportInput {
    /// [`Import::stage`](crate::Import::stage)
    Stage,
    /// [`Import::region`](crate::Import::region)
    Region,
    /// [`Import::account`](crate::Import::account)
    Account,
    /// [`Import::parameter`](crate::Import::parameter) with this name.
    Parameter(String),
    /// [`Import::accept_parameter_defaults`](crate::Import::accept_parameter_defaults)
    ParameterDefaults,
    /// [`Import::option`](crate::Import::option) with this name.
    Option(String),
    /// [`Import::environment`](crate::Import::environment) with this name.
    Environment(String),
    /// [`Import::bind`](crate::Import::bind) with this name.
    Binding(String),
    /// [`Import::values`](crate::Import::values) with a value under this name, such as `ssm:/name`.
    Value(String),
    /// [`Import::allow_open`](crate::Import::allow_open) with this route.
    AllowOpen(String),
    /// [`Import::prefix`](crate::Import::prefix)
    Prefix,
    /// [`Import::kind`](crate::Import::kind)
    Kind,
    /// The root of [`Import::from_root`](crate::Import::from_root).
    Root,
}

/// Prints the call of the method that takes the input.
impl fmt::Display for ImportInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage => f.write_str(".stage(…)"),
            Self::Region => f.write_str(".region(…)"),
            Self::Account => f.write_str(".account(…)"),
            Self::Parameter(name) => write!(f, ".parameter({name:?}, …)"),
            Self::ParameterDefaults => f.write_str(".accept_parameter_defaults()"),
            Self::Option(name) => write!(f, ".option({name:?}, …)"),
            Self::Environment(name) => write!(f, ".environment({name:?}, …)"),
            Self::Binding(name) => write!(f, ".bind({name:?}, …)"),
            Self::Value(name) => write!(f, ".values(r#\"{{{name:?}: \"…\"}}\"#)"),
            Self::AllowOpen(route) => write!(f, ".allow_open({route:?})"),
            Self::Prefix => f.write_str(".prefix(…)"),
            Self::Kind => f.write_str(".kind(…)"),
            Self::Root => f.write_str(".from_root(…)"),
        }
    }
}

/// The text of a help. Its inputs get their names when the import ends, by `Import::name_inputs`.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub(crate) struct Help {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Input(ImportInput),
}

impl Help {
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Appends the name of an input.
    pub(crate) fn input(mut self, input: ImportInput) -> Self {
        self.parts.push(Part::Input(input));
        self
    }

    /// The text, with inputs named by this function, or by the methods of `Import`.
    pub(crate) fn render(self, name: Option<fn(&ImportInput) -> String>) -> String {
        let name = name.unwrap_or(|input| format!("`{input}`"));
        let part = |part| match part {
            Part::Text(text) => text,
            Part::Input(input) => name(&input),
        };
        self.parts.into_iter().map(part).collect()
    }
}

impl From<&str> for Help {
    fn from(text: &str) -> Self {
        Self::default().text(text)
    }
}

impl From<String> for Help {
    fn from(text: String) -> Self {
        Self::default().text(text)
    }
}
