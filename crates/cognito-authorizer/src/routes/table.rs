//! The table, and how it is asked.

use std::{borrow::Cow, fmt};

use apigateway_routes::{PathMatcher, PathProblem, RequestPath, RouteKey};
use http::Method;

use super::{
    builder::RouteTableBuilder,
    contest::Contests,
    found::{Found, Parameters, Ruling},
    rule::{RouteRule, Selector},
    shape::Shape,
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
/// assert_eq!(table.rule(&Method::PUT, "/orders").to_string(), "no row for the method: refused");
/// assert_eq!(table.rule(&Method::GET, "/invoices").to_string(), "no row: refused");
/// assert_eq!(table.rule(&Method::GET, "/orders/../health").rule(), &RouteRule::Refuse);
/// # Ok::<(), cognito_authorizer::RouteTableError>(())
/// ```
///
/// # Which row decides
///
/// The row of the handler that an axum router runs for the request. The most specific path that matches is chosen first: at the
/// first segment where two differ, text comes before a variable, and that before a greedy one, as in axum. Of the rows of that
/// path, the one with the method comes before the one with `ANY`. Upper and lower case differ, in paths and in methods.
///
/// Where that path has no row for the method, the request is refused. A broader row never lets it in, and neither does
/// [`unmatched`](RouteTableBuilder::unmatched): for `POST /orders` beside `ANY /{proxy+}`, a `DELETE /orders` would reach the
/// handler of `/orders`, whose rows do not name DELETE. API Gateway's HTTP APIs hand such a request to the integration of the
/// broader route, which an axum router does not run. Where no path matches, `unmatched` decides: refused by default.
///
/// A HEAD request is judged as GET is, unless a row names HEAD: axum's `get(…)` serves HEAD too. For the same reason a row for
/// HEAD must not let in what the row for GET of the same path refuses. A path with a row for HEAD and none for GET (or `ANY`) is
/// served by `head(…)`; `get(…)` would run for the HEAD requests that the row lets in.
///
/// An `OPTIONS` request that is a CORS preflight is judged by the [`Preflight`](RouteRule::Preflight) row of its path, if there
/// is one, and otherwise as any other request.
///
/// # Security
///
/// The path is compared as it was sent, undecoded, as axum does; and a path that somebody behind may read as another one is
/// refused, whatever the rows say. [`PathProblem`] is the list of what is refused, such as empty segments, dot segments,
/// encoded slashes, `;`, or an encoded `a`. `/orders/` is not `/orders`: it is not matched by that row, and it is
/// refused where the rule that does match it might let in what that row does not.
///
/// A handler that no path of the table belongs to is reached by what a broader row, or `unmatched`, lets in. So are axum's
/// `Router::fallback` and the fallback of a nested router: `$default`, or the greedy row of the nest, is their row.
/// [`compare`](Self::compare) finds handlers without a row at the start.
///
/// Nothing is known about what a handler makes of its parameters, nor of a back end that ignores case.
#[derive(Clone)]
pub struct RouteTable {
    pub(super) rows: Vec<(RouteKey, RouteRule)>,
    pub(super) unmatched: RouteRule,
    pub(super) shapes: Vec<Shape>,
    /// All shapes.
    pub(super) paths: PathMatcher,
    pub(super) contests: Contests,
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

    /// What happens to requests whose path no row matches.
    #[must_use]
    pub fn unmatched(&self) -> &RouteRule {
        &self.unmatched
    }

    /// What happens to a request that is not a CORS preflight, and by which row. The path is that of the request's URI,
    /// undecoded and without query.
    pub fn rule<'t, 'p>(&'t self, method: &Method, path: &'p str) -> Ruling<'t, 'p> {
        Ruling { found: self.find(Selector::Method(method), path) }
    }

    /// What happens to a CORS preflight: an `OPTIONS` request with the headers `Origin` and `Access-Control-Request-Method`.
    pub fn preflight<'t, 'p>(&'t self, path: &'p str) -> Ruling<'t, 'p> {
        Ruling { found: self.find(Selector::Preflight, path) }
    }

    /// Takes one or two look-ups of an ordinary path, however many rows there are, and allocates nothing.
    pub(crate) fn find<'t, 'p>(&'t self, selector: Selector<'_>, path: &'p str) -> Found<'t, 'p> {
        let others = match RequestPath::parse(path).and_then(RequestPath::other_readings) {
            Ok(None) => return self.decide(selector, path),
            Ok(Some(others)) => others,
            Err(problem) => return Found::Ambiguous(problem),
        };
        let found = self.decide(selector, path);
        let is_as_strict =
            |other: &Cow<'_, str>| found.rule().is_as_strict_as(self.decide(selector, other).rule());
        if others.iter().all(is_as_strict) { found } else { Found::Ambiguous(PathProblem::ReadsOtherwise) }
    }

    /// Judges a path that is taken literally.
    fn decide<'t, 'p>(&'t self, selector: Selector<'_>, path: &'p str) -> Found<'t, 'p> {
        let Some(found) = self.paths.find(path) else { return Found::Unmatched(&self.unmatched) };
        let Some(shape) = self.shapes.get(found.best) else { return Found::Unmatched(&self.unmatched) };
        // A broader row must not decide: the router hands the request to the handler of this path.
        let Some((place, key, rule)) = self.row(shape, selector) else { return Found::NoMethod };
        if found.rival.is_some()
            && let Some(rival) = self.contests.rival(&self.shapes, selector, path)
            && let Some((.., other)) = self.row(rival, selector)
            && !rule.is_as_strict_as(other)
        {
            return Found::Ambiguous(PathProblem::Contested);
        }
        Found::Row { place, key, rule, parameters: Parameters { key, path } }
    }

    fn row(&self, shape: &Shape, selector: Selector<'_>) -> Option<(usize, &RouteKey, &RouteRule)> {
        let place = shape.row(selector)?;
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

#[cfg(test)]
mod tests;
