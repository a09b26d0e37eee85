//! Path patterns without the names of their variables: what the rows of one path share.

use apigateway_routes::{PathPattern, RouteKey, RouteMethod, Segment};

use super::rule::{RouteRule, Selector};

/// A path pattern, and the index of each row that has it.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// With the names of variables that its first row has.
    pub(super) path: PathPattern,
    /// The rows with a method.
    named: Vec<(RouteMethod, usize)>,
    /// The row with `ANY`.
    any: Option<usize>,
    /// The row for CORS preflights.
    preflight: Option<usize>,
}

impl Shape {
    pub(super) fn of(path: &PathPattern) -> Self {
        Self { path: path.clone(), named: Vec::new(), any: None, preflight: None }
    }

    /// Adds a row. Returns the one that it would replace.
    pub(super) fn add(&mut self, index: usize, key: &RouteKey, rule: &RouteRule) -> Option<usize> {
        match key.method() {
            _ if *rule == RouteRule::Preflight => self.preflight.replace(index),
            RouteMethod::Any => self.any.replace(index),
            method => {
                let other = self.named(method.as_str());
                self.named.push((method, index));
                other
            }
        }
    }

    /// The row that judges. axum's `get(…)` serves HEAD too where no handler of its own does, so HEAD is judged as GET is
    /// unless a row names it.
    pub(super) fn row(&self, selector: Selector<'_>) -> Option<usize> {
        let by_method = |method: &str| {
            let as_get = || if method == "HEAD" { self.named("GET") } else { None };
            self.named(method).or_else(as_get).or(self.any)
        };
        match selector {
            Selector::Method(method) => by_method(method.as_str()),
            Selector::Preflight => self.preflight.or_else(|| by_method("OPTIONS")),
        }
    }

    fn named(&self, wanted: &str) -> Option<usize> {
        self.named.iter().find(|(method, _)| method.as_str() == wanted).map(|(_, row)| *row)
    }

    /// The methods that have a row of their own.
    pub(super) fn methods(&self) -> impl Iterator<Item = RouteMethod> {
        self.named.iter().map(|(method, _)| *method)
    }

    /// Whether a row is for every method.
    pub(super) fn has_any(&self) -> bool {
        self.any.is_some()
    }

    /// Whether the pattern ends in a greedy variable.
    pub(super) fn is_greedy(&self) -> bool {
        matches!(self.path.segments().last(), Some(Segment::Greedy(_)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Literal,
    Variable,
    Greedy,
}

/// The path of a row in the router's syntax, equal for two that differ in the names of variables alone.
pub(super) fn pattern(key: &RouteKey) -> String {
    if key.path().is_default() {
        return key.path().to_string();
    }
    let mut pattern = String::new();
    for segment in key.path().segments() {
        pattern.push('/');
        pattern.push_str(match segment {
            Segment::Literal(text) => text,
            Segment::Greedy(_) => "{*v}",
            _ => "{v}",
        });
    }
    if pattern.is_empty() { "/".into() } else { pattern }
}

/// The kinds of the segments of a pattern in the router's syntax. The lesser is the more specific.
pub(super) fn kinds(pattern: &str) -> Vec<Kind> {
    let kind = |segment: &str| match segment {
        "{v}" => Kind::Variable,
        "{*v}" => Kind::Greedy,
        _ => Kind::Literal,
    };
    pattern.split('/').map(kind).collect()
}
