//! The table, and how it is asked.

use std::{borrow::Cow, fmt};

use http::Method;

use super::{
    builder::RouteTableBuilder,
    found::{Found, Parameters, Ruling},
    key::RouteKey,
    path::{PathProblem, Readings, other_readings, read},
    rule::RouteRule,
    shape::Shape,
    tree::{Match, Tree},
};

/// Which request needs what: rows of method and path, as in API Gateway, each with its rule.
///
/// ```
/// use cognito_authorizer::{RouteRule, RouteTable, scope};
/// use http::Method;
///
/// let table = RouteTable::builder()
///     .require("GET /orders", scope("orders/read"))
///     .require("POST /orders/{id}", scope("orders/write"))
///     .open("GET /health")
///     .refuse("ANY /internal/{proxy+}")
///     .build()?;
/// assert_eq!(table.rule(&Method::GET, "/orders").to_string(), "GET /orders: scope orders/read");
/// assert_eq!(table.rule(&Method::PUT, "/orders").to_string(), "no row: refused");
/// assert_eq!(table.rule(&Method::GET, "/orders/../health").rule(), &RouteRule::Refuse);
/// # Ok::<(), cognito_authorizer::RouteTableError>(())
/// ```
///
/// # Which row decides
///
/// The most specific path that matches: at the first segment where two differ, text comes before a variable, and that before
/// a greedy one, as in axum. Then the row with the method comes before that with `ANY`. Upper and lower case differ, in paths
/// and in methods. See [`Precedence`](crate::Precedence) for paths that lack the method of the request. Where no row decides,
/// the request is refused, unless [`unmatched`](RouteTableBuilder::unmatched) says otherwise.
///
/// A HEAD request is judged as GET is, unless a row names HEAD: axum serves it by the handler of GET.
///
/// # Security
///
/// The path is compared as it was sent, undecoded, as axum does; and a path that somebody behind may read as another one is
/// refused, whatever the rows say. [`PathProblem`] is the list of what is refused, such as empty segments, dot segments,
/// encoded slashes, `;`, or an encoded `a`. `/orders/` is not `/orders`: it is not matched by that row, and it is
/// refused where the rule that does match it might let in what that row does not.
///
/// Nothing is known about what a handler makes of its parameters, nor of a back end that ignores case.
#[derive(Clone)]
pub struct RouteTable {
    pub(super) rows: Vec<(RouteKey, RouteRule)>,
    pub(super) unmatched: RouteRule,
    pub(super) shapes: Vec<Shape>,
    /// The shapes that a request of each method may match.
    pub(super) named: Vec<(Method, Tree)>,
    /// Those for every other method.
    pub(super) other: Tree,
}

impl RouteTable {
    /// A table without a row, which refuses everything.
    pub fn builder() -> RouteTableBuilder {
        RouteTableBuilder::new()
    }

    /// The rows, in the order in which they were added.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&RouteKey, &RouteRule)> {
        self.rows.iter().map(|(key, rule)| (key, rule))
    }

    /// What becomes of a request that no row matches.
    #[must_use]
    pub fn unmatched(&self) -> &RouteRule {
        &self.unmatched
    }

    /// What would become of a request, and by which row. The path is that of the request's URI, undecoded and without query.
    pub fn rule<'t, 'p>(&'t self, method: &Method, path: &'p str) -> Ruling<'t, 'p> {
        Ruling { found: self.find(method, path) }
    }

    /// Takes one or two look-ups of an ordinary path, however many rows there are, and no allocation beyond the router's own.
    pub(crate) fn find<'t, 'p>(&'t self, method: &Method, path: &'p str) -> Found<'t, 'p> {
        let found = match read(path) {
            Ok(Readings::One) => return self.decide(method, path),
            Ok(Readings::Several) => self.decide(method, path),
            Err(problem) => return Found::Ambiguous(problem),
        };
        let others = match other_readings(path) {
            Ok(others) => others,
            Err(problem) => return Found::Ambiguous(problem),
        };
        let is_as_strict =
            |other: &Cow<'_, str>| found.rule().is_as_strict_as(self.decide(method, other).rule());
        if others.iter().all(is_as_strict) { found } else { Found::Ambiguous(PathProblem::ReadsOtherwise) }
    }

    /// Of a path that is taken as it stands.
    fn decide<'t, 'p>(&'t self, method: &Method, path: &'p str) -> Found<'t, 'p> {
        let named = self.named.iter().find(|(named, _)| named == method);
        let tree = named.map_or(&self.other, |(_, tree)| tree);
        let Some(Match { shape, values, rival }) = tree.at(&self.shapes, path) else {
            return Found::Unmatched(&self.unmatched);
        };
        let found = match self.row(shape, method) {
            None => Found::Unmatched(&self.unmatched),
            Some((place, key, rule)) => {
                Found::Row { place, key, rule, parameters: Parameters { key, values } }
            }
        };
        let Some(rival) = rival else { return found };
        let other = self.row(rival, method).map_or(&self.unmatched, |(.., rule)| rule);
        if found.rule().is_as_strict_as(other) { found } else { Found::Ambiguous(PathProblem::Contested) }
    }

    fn row(&self, shape: &Shape, method: &Method) -> Option<(usize, &RouteKey, &RouteRule)> {
        let place = shape.row(method)?;
        let (key, rule) = self.rows.get(place)?;
        Some((place, key, rule))
    }
}

/// The rows, as they were written.
impl fmt::Debug for RouteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.iter().map(|(key, rule)| format!("{key}: {rule}"));
        f.debug_list().entries(rows).entry(&format!("no row: {}", self.unmatched)).finish()
    }
}
