//! Path patterns without the names of their variables: what the rows of one path share.

use http::Method;

use super::{
    key::{RouteKey, Segment},
    rule::{RouteRule, Selector},
};

/// A path pattern, and the index of each row that has it.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// In the router's syntax, with one name for all variables.
    pub(super) pattern: String,
    /// Compares as less where it is the more specific, among shapes that match one path.
    pub(super) kinds: Box<[Kind]>,
    /// The rows with a method.
    named: Vec<(Method, usize)>,
    /// The row with `ANY`.
    any: Option<usize>,
    /// The row for CORS preflights.
    preflight: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Literal,
    Variable,
    Greedy,
}

impl Shape {
    pub(super) fn of(key: &RouteKey) -> Self {
        let kind = |segment| match segment {
            Segment::Literal(_) => Kind::Literal,
            Segment::Variable(_) => Kind::Variable,
            Segment::Greedy(_) => Kind::Greedy,
        };
        Self {
            pattern: pattern(key),
            kinds: key.segments().map(kind).collect(),
            named: Vec::new(),
            any: None,
            preflight: None,
        }
    }

    /// Adds a row. Returns the one that it would replace.
    pub(super) fn add(&mut self, index: usize, key: &RouteKey, rule: &RouteRule) -> Option<usize> {
        match key.method() {
            _ if *rule == RouteRule::Preflight => self.preflight.replace(index),
            None => self.any.replace(index),
            Some(method) => {
                let other = self.named(method);
                self.named.push((method.clone(), index));
                other
            }
        }
    }

    /// The row that judges. axum's `get(…)` serves HEAD too where no handler of its own does, so HEAD is judged as GET is
    /// unless a row names it.
    pub(super) fn row(&self, selector: Selector<'_>) -> Option<usize> {
        let by_method = |method: &Method| {
            let as_get = || if *method == Method::HEAD { self.named(&Method::GET) } else { None };
            self.named(method).or_else(as_get).or(self.any)
        };
        match selector {
            Selector::Method(method) => by_method(method),
            Selector::Preflight => self.preflight.or_else(|| by_method(&Method::OPTIONS)),
        }
    }

    fn named(&self, wanted: &Method) -> Option<usize> {
        self.named.iter().find(|(method, _)| method == wanted).map(|(_, row)| *row)
    }

    /// The methods that have a row of their own.
    pub(super) fn methods(&self) -> impl Iterator<Item = &Method> {
        self.named.iter().map(|(method, _)| method)
    }

    /// Whether a row is for every method.
    pub(super) fn has_any(&self) -> bool {
        self.any.is_some()
    }

    /// Whether nothing else that matches can be more specific.
    pub(super) fn has_no_variable(&self) -> bool {
        !self.kinds.contains(&Kind::Variable)
    }

    /// How many segments a greedy variable comes after, or `None` without one.
    pub(super) fn greedy_depth(&self) -> Option<usize> {
        self.kinds.iter().position(|kind| *kind == Kind::Greedy)
    }
}

/// The path of a row in the router's syntax, equal for two that differ in the names of variables alone.
pub(super) fn pattern(key: &RouteKey) -> String {
    if key.is_default() {
        return key.path().into();
    }
    let mut pattern = String::new();
    for segment in key.segments() {
        pattern.push('/');
        pattern.push_str(match segment {
            Segment::Literal(text) => text,
            Segment::Variable(_) => "{v}",
            Segment::Greedy(_) => "{*v}",
        });
    }
    if pattern.is_empty() { "/".into() } else { pattern }
}

/// The kinds of the segments of a pattern in the router's syntax. The lesser is the more specific, as in [`Shape::kinds`].
pub(super) fn kinds(pattern: &str) -> Vec<Kind> {
    let kind = |segment: &str| match segment {
        "{v}" => Kind::Variable,
        "{*v}" => Kind::Greedy,
        _ => Kind::Literal,
    };
    pattern.split('/').map(kind).collect()
}
