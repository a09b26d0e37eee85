//! Path patterns without the names of their variables: what the rows of one path share.

use http::Method;

use super::key::{RouteKey, Segment};

/// A path pattern, and the rows that have it, one a method.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// In the router's syntax, with one name for all variables.
    pub(super) pattern: String,
    /// Compares as less where it is the more specific, among shapes that match one path.
    pub(super) kinds: Box<[Kind]>,
    /// The places of the rows with a method.
    pub(super) named: Vec<(Method, usize)>,
    /// The place of the row with `ANY`.
    pub(super) any: Option<usize>,
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
        }
    }

    /// The place of the row for this method. axum serves HEAD by the handler of GET where there is none of its own, so HEAD is
    /// judged as GET is.
    pub(super) fn row(&self, method: &Method) -> Option<usize> {
        let named =
            |wanted: &Method| self.named.iter().find(|(method, _)| method == wanted).map(|(_, row)| *row);
        let as_get = || if *method == Method::HEAD { named(&Method::GET) } else { None };
        named(method).or_else(as_get).or(self.any)
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
