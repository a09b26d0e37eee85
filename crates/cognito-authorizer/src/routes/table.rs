//! The table, and the look-up of a request's row.

use std::{borrow::Cow, fmt};

use apigateway_routes::{PathMatcher, PathProblem, RequestPath, RouteKey};
use http::Method;

use super::{
    contest::Contests,
    found::{Found, FoundRule, Parameters},
    rule::{RouteRule, Selector},
    shape::Shape,
};

/// Rows of method and path, as in API Gateway, each with a rule for its requests.
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
/// # Ok::<(), cognito_authorizer::routes::RouteTableError>(())
/// ```
///
/// # Which row decides
///
/// The row of the handler that an axum router runs for the request. First, the most specific matching path is chosen: at the
/// first segment where two paths differ, text comes before a variable, and a variable before a greedy one, as in axum. Among the
/// rows of that path, the row for the method comes before the row for `ANY`. Paths and methods are case-sensitive: `delete` is
/// another method than `DELETE`. No row is for it, not even one for `ANY`, because a back end that ignores the case would run its
/// handler for `DELETE`.
///
/// If that path has no row for the method, the request is refused. Neither a broader row nor
/// [`unmatched`](crate::routes::RouteTableBuilder::unmatched) lets it in. For example, in a table with `POST /orders` and `ANY /{proxy+}`, a
/// `DELETE /orders` is refused: axum would run the handler of `/orders`, which has no row for DELETE. (An HTTP API would run the
/// integration of the broader route instead.) If no path matches, `unmatched` decides; it refuses by default.
///
/// A HEAD request follows the row for GET unless there is a row for HEAD, because axum's `get(…)` serves HEAD too. For the same
/// reason, a row for HEAD must not let in what the row for GET of the same path refuses. If a path has a row for HEAD but none
/// for GET or `ANY`, serve it with `head(…)`: a `get(…)` handler would run for the HEAD requests that the row lets in.
///
/// A CORS preflight follows the [`Preflight`](RouteRule::Preflight) row of its path, if there is one. Otherwise it is treated as
/// any other `OPTIONS` request.
///
/// # Security
///
/// The path is compared as it was sent, undecoded, as axum does. Paths that a handler or proxy could interpret differently are
/// refused, whatever the rows say. [`PathProblem`] lists them: empty segments, dot segments, encoded slashes, `;`, encoded
/// letters, and so on. `/orders/` is a different path from `/orders`: the row for `/orders` does not match it, and it is refused
/// if the rule that does match it could let in requests that the row for `/orders` refuses.
///
/// A handler whose path is not in the table runs for every request that a broader row or `unmatched` lets in. This includes the
/// handlers of axum's `Router::fallback` (its row is `$default`) and of the fallback of a nested router (its row is the greedy
/// row of the nest). [`compare`](Self::compare) finds handlers without a row at start-up.
///
/// The table cannot know how a handler interprets its parameters, or whether a back end ignores case.
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
    /// The rows, in the order in which they were added.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&RouteKey, &RouteRule)> {
        self.rows.iter().map(|(key, rule)| (key, rule))
    }

    /// The route key of the row with this index.
    pub(crate) fn key(&self, index: usize) -> Option<&RouteKey> {
        self.rows.get(index).map(|(key, _)| key)
    }

    /// The rule of the row with this index.
    pub(crate) fn rule_of(&self, index: usize) -> Option<&RouteRule> {
        self.rows.get(index).map(|(_, rule)| rule)
    }

    /// What happens to requests whose path no row matches.
    #[must_use]
    pub fn unmatched(&self) -> &RouteRule {
        &self.unmatched
    }

    /// The rule for a request that is not a CORS preflight, and its row. `path` is the path of the request's URI, undecoded and
    /// without the query.
    pub fn rule<'t, 'p>(&'t self, method: &Method, path: &'p str) -> FoundRule<'t, 'p> {
        FoundRule { found: self.find(Selector::Method(method), path) }
    }

    /// The rule for a CORS preflight, and its row. A preflight is an `OPTIONS` request with the headers `Origin` and `Access-Control-Request-Method`.
    pub fn preflight<'t, 'p>(&'t self, path: &'p str) -> FoundRule<'t, 'p> {
        FoundRule { found: self.find(Selector::Preflight, path) }
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

    /// Finds the row of a path, taken literally.
    fn decide<'t, 'p>(&'t self, selector: Selector<'_>, path: &'p str) -> Found<'t, 'p> {
        let Some(found) = self.paths.find(path) else { return Found::Unmatched(&self.unmatched) };
        let Some(shape) = self.shapes.get(found.best) else { return Found::Unmatched(&self.unmatched) };
        // A broader row must not decide: the router hands the request to the handler of this path.
        let Some((index, key, rule)) = self.row(shape, selector) else { return Found::NoMethod };
        if found.rival.is_some()
            && let Some(rival) = self.contests.rival(&self.shapes, selector, path)
            && let Some((.., other)) = self.row(rival, selector)
            && !rule.is_as_strict_as(other)
        {
            return Found::Ambiguous(PathProblem::Contested);
        }
        Found::Row { index, key, rule, parameters: Parameters { key, path } }
    }

    fn row(&self, shape: &Shape, selector: Selector<'_>) -> Option<(usize, &RouteKey, &RouteRule)> {
        let index = shape.row(selector)?;
        let (key, rule) = self.rows.get(index)?;
        Some((index, key, rule))
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
