//! What a table says of a request.

use std::fmt;

use matchit::Params;

use super::{key::RouteKey, path::PathProblem, rule::RouteRule};

/// What the table found for a request.
#[derive(Clone, Debug)]
pub(crate) enum Found<'t, 'p> {
    /// This row decides.
    Row {
        /// Its place among the rows, in the order in which they were added.
        place: usize,
        key: &'t RouteKey,
        rule: &'t RouteRule,
        parameters: Parameters<'t, 'p>,
    },
    /// No row's path matches; this rule decides.
    Unmatched(&'t RouteRule),
    /// The most specific path that matches has no row for the method; refused.
    NoMethod,
    /// The path could be read as another one; refused.
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

/// The variables of a row and what the path has in their place: names and values, the values as they were sent, undecoded.
#[derive(Clone)]
pub struct Parameters<'t, 'p> {
    pub(super) key: &'t RouteKey,
    pub(super) values: Option<Params<'t, 'p>>,
}

impl Parameters<'_, '_> {
    /// Names and values, from left to right. A greedy variable is named without its `+`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.key.variables();
        names.zip(self.values.iter().flat_map(|values| values.iter().map(|(_, value)| value)))
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

/// What happens to a request, and by which row: the answer of [`RouteTable::rule`](crate::RouteTable::rule) and
/// [`RouteTable::preflight`](crate::RouteTable::preflight).
///
/// Prints as one line: `GET /orders: scope orders/read`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Ruling<'t, 'p> {
    pub(super) found: Found<'t, 'p>,
}

impl<'t, 'p> Ruling<'t, 'p> {
    /// The rule. It is [`RouteRule::Refuse`] where the path is ambiguous, and where the most specific path that matches has no
    /// row for the request's method.
    #[must_use]
    pub fn rule(&self) -> &'t RouteRule {
        self.found.rule()
    }

    /// The row that decides; `None` if none does, or the path is ambiguous.
    #[must_use]
    pub fn key(&self) -> Option<&'t RouteKey> {
        match self.found {
            Found::Row { key, .. } => Some(key),
            _ => None,
        }
    }

    /// The place of that row in [`RouteTable::rows`](crate::RouteTable::rows).
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        match self.found {
            Found::Row { place, .. } => Some(place),
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

    /// Whether the request is refused because the most specific path that matches has rows, and none for its method.
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

impl fmt::Display for Ruling<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Found::Row { key, rule, .. } => write!(f, "{key}: {rule}"),
            Found::Unmatched(rule) => write!(f, "no row: {rule}"),
            Found::NoMethod => f.write_str("no row for the method: refused"),
            Found::Ambiguous(problem) => write!(f, "refused: {problem}"),
        }
    }
}
