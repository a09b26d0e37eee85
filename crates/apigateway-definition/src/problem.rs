//! A problem during the import. Its locations are spans, which become lines when the import ends.

use crate::{
    code::Code,
    diagnostic::Severity,
    help::Help,
    source::Span,
    tree::{Map, Node},
};

/// A problem: what is wrong, where, and how to fix it. The session records it.
#[derive(Clone, Debug)]
#[must_use]
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) labels: Vec<(Span, String)>,
    pub(crate) help: Option<Help>,
}

/// An error with this code. The message is written as for [`format!`].
macro_rules! error {
    ($code:ident, $($message:tt)+) => {
        $crate::problem::Problem::error($crate::code::Code::$code, ::std::fmt::format(format_args!($($message)+)))
    };
}
/// A warning with this code. The message is written as for [`format!`].
macro_rules! warning {
    ($code:ident, $($message:tt)+) => {
        $crate::problem::Problem::warning($crate::code::Code::$code, ::std::fmt::format(format_args!($($message)+)))
    };
}
pub(crate) use {error, warning};

impl Problem {
    pub(crate) fn error(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), labels: Vec::new(), help: None }
    }

    pub(crate) fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds a location, and how it relates to the problem. The first is the location of the problem itself.
    pub(crate) fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    pub(crate) fn help(mut self, help: impl Into<Help>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Replaces the code by that of the property that needs the value. The codes of a missing parameter and of a value that a state
    /// or plan does not have stay.
    pub(crate) fn with_code(mut self, code: Code) -> Self {
        let stays = [Code::CFN_011, Code::STATE_002, Code::STATE_003, Code::STATE_004];
        if !stays.contains(&self.code) {
            self.code = code;
        }
        self
    }

    /// For a setting that affects no request: turns a missing or unevaluable value into a warning that the setting is left out. Any
    /// other problem is unchanged.
    pub(crate) fn of_setting(self, what: &str) -> Self {
        let message = match self.code {
            Code::CFN_010 => format!("{what} is left out: {}", self.message),
            Code::SLS_002 | Code::CFN_011 => format!("{what} is left out: its value is not known"),
            _ => return self,
        };
        Self { message, code: Code::WARN_014, severity: Severity::Warning, ..self }
    }
}

impl Node {
    /// The map, or an error with this code that the thing is not one.
    pub(crate) fn needed_map(&self, code: Code, what: &str) -> Result<&Map, Problem> {
        self.map().ok_or_else(|| {
            Problem::error(code, format!("{what} is {}, not a map", self.describe())).at(self.span, "here")
        })
    }
}
