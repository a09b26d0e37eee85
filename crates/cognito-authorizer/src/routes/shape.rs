//! The rows of one path pattern.

use apigateway_routes::{MethodRoutes, PathPattern, RouteKey, RouteMethod, Segment};

use super::rule::{RouteRule, Selector};

/// A path pattern, and the index of each row that has it.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// The pattern, with the variable names of its first row.
    pub(super) path: PathPattern,
    rows: MethodRoutes,
    /// The row for CORS preflights.
    preflight: Option<usize>,
}

impl Shape {
    pub(super) fn of(path: &PathPattern) -> Self {
        Self { path: path.clone(), rows: MethodRoutes::default(), preflight: None }
    }

    /// Adds a row. Returns the index of an earlier row for the same requests, if there is one.
    pub(super) fn add(&mut self, index: usize, key: &RouteKey, rule: &RouteRule) -> Option<usize> {
        match rule {
            RouteRule::Preflight => self.preflight.replace(index),
            _ => self.rows.insert(key.method(), index),
        }
    }

    /// The row that decides. A HEAD request follows the row for GET unless there is a row for HEAD.
    pub(super) fn row(&self, selector: Selector<'_>) -> Option<usize> {
        match selector {
            Selector::Method(method) => self.rows.find(method.as_str()),
            Selector::Preflight => self.preflight.or_else(|| self.rows.find("OPTIONS")),
        }
    }

    /// The methods that have a row of their own.
    pub(super) fn methods(&self) -> impl Iterator<Item = RouteMethod> {
        self.rows.methods()
    }

    /// Whether a row is for every method.
    pub(super) fn has_any(&self) -> bool {
        self.rows.any().is_some()
    }

    /// Whether the pattern ends in a greedy variable.
    pub(super) fn is_greedy(&self) -> bool {
        matches!(self.path.segments().last(), Some(Segment::Greedy(_)))
    }
}
