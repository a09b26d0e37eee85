//! The result of looking a request up in a table.

use std::fmt;

use apigateway_routes::{PathProblem, RouteKey};

use super::rule::RouteRule;

/// What the table found for a request.
#[derive(Clone, Debug)]
pub(crate) enum Found<'t, 'p> {
    /// This row decides.
    Row {
        /// Its index among the rows, in the order in which they were added.
        index: usize,
        key: &'t RouteKey,
        rule: &'t RouteRule,
        parameters: Parameters<'t, 'p>,
    },
    /// The path of no row matches; this rule decides.
    Unmatched(&'t RouteRule),
    /// The most specific path that matches has no row for the method; refused.
    NoMethod,
    /// The path could be interpreted as another one; refused.
    Ambiguous(PathProblem),
}

impl<'t> Found<'t, '_> {
    pub(crate) fn rule(&self) -> &'t RouteRule {
        match self {
            Self::Row { rule, .. } | Self::Unmatched(rule) => rule,
            Self::NoMethod | Self::Ambiguous(_) => &RouteRule::Refuse,
        }
    }
}

/// The variables of a row and their values in the path. Values are undecoded, as they were sent.
#[derive(Clone)]
pub struct Parameters<'t, 'p> {
    pub(super) key: &'t RouteKey,
    pub(super) path: &'p str,
}

impl Parameters<'_, '_> {
    /// Names and values, from left to right. A greedy variable is named without its `+`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.key.path().parameters(self.path)
    }

    /// The value of the variable with this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }
}

impl fmt::Debug for Parameters<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The rule for a request, and the row that it comes from: the result of [`RouteTable::rule`](crate::RouteTable::rule) and
/// [`RouteTable::preflight`](crate::RouteTable::preflight).
///
/// Prints as one line: `GET /orders: scope orders/read`.
#[derive(Clone, Debug)]
#[must_use]
pub struct FoundRule<'t, 'p> {
    pub(super) found: Found<'t, 'p>,
}

impl<'t, 'p> FoundRule<'t, 'p> {
    /// The rule. It is [`RouteRule::Refuse`] if the path is ambiguous, or if the most specific matching path has no row for the
    /// request's method.
    #[must_use]
    pub fn rule(&self) -> &'t RouteRule {
        self.found.rule()
    }

    /// The key of the row that decides; `None` if no row decides or the path is ambiguous.
    #[must_use]
    pub fn key(&self) -> Option<&'t RouteKey> {
        match self.found {
            Found::Row { key, .. } => Some(key),
            _ => None,
        }
    }

    /// The index of that row in [`RouteTable::rows`](crate::RouteTable::rows).
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        match self.found {
            Found::Row { index, .. } => Some(index),
            _ => None,
        }
    }

    /// The variables of that row.
    #[must_use]
    pub fn parameters(&self) -> Option<&Parameters<'t, 'p>> {
        match &self.found {
            Found::Row { parameters, .. } => Some(parameters),
            _ => None,
        }
    }

    /// Whether the request is refused because the most specific matching path has rows, but none for its method.
    #[must_use]
    pub fn lacks_method(&self) -> bool {
        matches!(self.found, Found::NoMethod)
    }

    /// Why the path is ambiguous, if it is.
    #[must_use]
    pub fn problem(&self) -> Option<PathProblem> {
        match self.found {
            Found::Ambiguous(problem) => Some(problem),
            _ => None,
        }
    }
}

impl fmt::Display for FoundRule<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Found::Row { key, rule, .. } => write!(f, "{key}: {rule}"),
            Found::Unmatched(rule) => write!(f, "no row: {rule}"),
            Found::NoMethod => f.write_str("no row for the method: refused"),
            Found::Ambiguous(problem) => write!(f, "refused: {problem}"),
        }
    }
}
