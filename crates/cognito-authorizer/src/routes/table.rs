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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Precedence, scope};

    /// A table in which each row asks for a scope of its own.
    fn table(precedence: Precedence, rows: &[&str]) -> RouteTable {
        let builder = RouteTable::builder().precedence(precedence);
        let rows = rows.iter().enumerate();
        rows.fold(builder, |builder, (place, row)| builder.require(row, scope(format!("r/{place}"))))
            .build()
            .unwrap()
    }

    /// The key of the row that decides, or `-`, or why none may.
    fn decides(table: &RouteTable, request: &str) -> String {
        let (method, path) = request.split_once(' ').unwrap();
        let ruling = table.rule(&method.parse().unwrap(), path);
        match (ruling.key(), ruling.problem()) {
            (Some(key), None) => key.to_string(),
            (None, Some(problem)) => format!("{problem:?}"),
            _ => "-".into(),
        }
    }

    #[track_caller]
    fn expect(table: &RouteTable, cases: &[(&str, &str)]) {
        for (request, key) in cases {
            assert_eq!(decides(table, request), *key, "{request}");
        }
    }

    #[test]
    fn text_comes_before_a_variable_and_that_before_a_greedy_one() {
        let rows = [
            "GET /a/{x}",
            "GET /a/{rest+}",
            "GET /a/b",
            "GET /{x}/b/{y}/d",
            "GET /a/b/{y}/e",
            "GET /",
            "GET /a",
            "GET /{x}/{proxy+}",
        ];
        expect(
            &table(Precedence::PathFirst, &rows),
            &[
                ("GET /", "GET /"),
                ("GET /a", "GET /a"),
                ("GET /z", "-"),
                ("GET /a/b", "GET /a/b"),
                ("GET /a/c", "GET /a/{x}"),
                ("GET /a/B", "GET /a/{x}"),
                ("GET /a/b/c/e", "GET /a/b/{y}/e"),
                ("GET /a/b/c", "GET /a/{rest+}"),
                ("GET /z/b/c/d", "GET /{x}/b/{y}/d"),
                ("GET /z/b/c", "GET /{x}/{proxy+}"),
                ("GET /A/b", "GET /{x}/{proxy+}"),
                // The router goes back no further than to `/a`, API Gateway takes the row without greedy variable.
                ("GET /a/b/c/d", "Contested"),
            ],
        );
    }

    #[test]
    fn a_method_comes_before_any() {
        let table = table(Precedence::PathFirst, &["ANY /a", "POST /a", "GET /b"]);
        expect(
            &table,
            &[
                ("POST /a", "POST /a"),
                ("GET /a", "ANY /a"),
                ("PROPFIND /a", "ANY /a"),
                ("post /a", "ANY /a"),
                ("POST /b", "-"),
                ("get /b", "-"),
            ],
        );
    }

    #[test]
    fn precedence_says_who_decides_where_a_path_lacks_the_method() {
        let rows = ["POST /gpt", "ANY /{proxy+}", "GET /a/{x}", "PUT /a/b", "$default"];
        let cases = [
            ("POST /gpt", "POST /gpt", "POST /gpt"),
            ("GET /gpt", "-", "ANY /{proxy+}"),
            ("GET /a/b", "-", "GET /a/{x}"),
            ("POST /a/b", "-", "ANY /{proxy+}"),
            ("PROPFIND /a/b", "-", "ANY /{proxy+}"),
            ("GET /", "$default", "$default"),
            ("GET /x", "ANY /{proxy+}", "ANY /{proxy+}"),
        ];
        let (path_first, route_first) =
            (table(Precedence::PathFirst, &rows), table(Precedence::RouteFirst, &rows));
        for (request, by_path, by_route) in cases {
            expect(&path_first, &[(request, by_path)]);
            expect(&route_first, &[(request, by_route)]);
        }
    }

    #[test]
    fn head_is_judged_as_get_wherever_get_is() {
        for precedence in [Precedence::PathFirst, Precedence::RouteFirst] {
            let table = RouteTable::builder()
                .precedence(precedence)
                .require("GET /a/b", scope("r/a"))
                .open("ANY /a/b")
                .open("ANY /a/{x}")
                .open("GET /{x}/{y}")
                .open("HEAD /{x}/{y}")
                .open("ANY /{proxy+}")
                .build()
                .unwrap();
            expect(
                &table,
                &[
                    ("HEAD /a/b", "GET /a/b"),
                    ("HEAD /a/c", "ANY /a/{x}"),
                    ("HEAD /b/c", "HEAD /{x}/{y}"),
                    ("head /a/b", "ANY /a/b"),
                    ("HEAD /x", "ANY /{proxy+}"),
                ],
            );
        }
    }

    #[test]
    fn a_greedy_variable_needs_a_segment() {
        let table = table(Precedence::PathFirst, &["GET /files/{proxy+}"]);
        expect(
            &table,
            &[
                ("GET /files", "-"),
                ("GET /files/", "-"),
                ("GET /files/a", "GET /files/{proxy+}"),
                ("GET /files/a/", "GET /files/{proxy+}"),
                ("GET /files/a/b", "GET /files/{proxy+}"),
                ("GET /filesa/b", "-"),
            ],
        );
    }

    #[test]
    fn unmatched_requests_are_refused_unless_said_otherwise() {
        let builder = RouteTable::builder().require("GET /a", scope("r/a"));
        let table = builder.clone().build().unwrap();
        assert_eq!(table.rule(&Method::GET, "/b").rule(), &RouteRule::Refuse);
        let table = builder.clone().unmatched(RouteRule::Open).build().unwrap();
        assert_eq!(table.rule(&Method::GET, "/b").rule(), &RouteRule::Open);
        assert_eq!(table.rule(&Method::GET, "/b//").rule(), &RouteRule::Refuse);
        assert_eq!(table.rule(&Method::OPTIONS, "*").rule(), &RouteRule::Refuse);
        let required = RouteRule::Require(scope("r/b"));
        let table = builder.unmatched(required.clone()).build().unwrap();
        assert_eq!(table.rule(&Method::GET, "/b").rule(), &required);
    }

    #[test]
    fn another_reading_of_a_path_must_not_be_judged_by_a_stricter_rule() {
        let table = RouteTable::builder()
            .require("GET /admin", scope("r/a"))
            .require("GET /v1/items:purge", scope("r/a"))
            .require("GET /v1/{id}", scope("r/b"))
            .open("GET /health")
            .require("ANY /secret/{proxy+}", scope("r/c"))
            .require("GET /secret", scope("r/c"))
            .open("ANY /{proxy+}")
            .build()
            .unwrap();
        expect(
            &table,
            &[
                ("GET /admin/", "ReadsOtherwise"),
                ("GET /admin%3Fx", "ReadsOtherwise"),
                ("GET /admin%23", "ReadsOtherwise"),
                ("GET /admin%20", "ANY /{proxy+}"),
                ("GET /Admin", "ANY /{proxy+}"),
                ("GET /health/", "ANY /{proxy+}"),
                ("GET /v1/items%3apurge", "ReadsOtherwise"),
                ("GET /v1/items%3Apurge/", "ReadsOtherwise"),
                ("GET /v1/a%3Ab", "GET /v1/{id}"),
                ("GET /v1/caf%C3%A9", "GET /v1/{id}"),
                ("GET /v1/caf%E9", "NotUtf8"),
                ("GET /v1/c%23", "GET /v1/{id}"),
                ("GET /v1/a/", "ReadsOtherwise"),
                ("GET /secret/a/", "ANY /secret/{proxy+}"),
                ("GET /secret/", "ReadsOtherwise"),
            ],
        );
    }

    #[test]
    fn a_row_for_the_shared_paths_settles_a_contest() {
        let contested =
            RouteTable::builder().require("GET /{tenant}/{item}", scope("r/a")).open("GET /assets/{proxy+}");
        let table = contested.clone().build().unwrap();
        expect(
            &table,
            &[
                ("GET /assets/logo", "Contested"),
                ("GET /assets/logo/big", "GET /assets/{proxy+}"),
                ("GET /other/logo", "GET /{tenant}/{item}"),
            ],
        );
        let table = contested.open("GET /assets/{item}").build().unwrap();
        expect(&table, &[("GET /assets/logo", "GET /assets/{item}")]);
        // No contest: what the router prefers is the stricter.
        let table =
            RouteTable::builder().open("GET /{a}/{b}").require("GET /a/{b+}", scope("r/a")).build().unwrap();
        expect(&table, &[("GET /a/b", "GET /a/{b+}")]);
    }

    #[test]
    fn greedy_variables_may_stand_at_several_depths() {
        let rows = ["ANY /{a+}", "ANY /{a}/{b+}", "ANY /{a}/{b}/{c+}", "ANY /x/{b+}", "ANY /{a}"];
        expect(
            &table(Precedence::PathFirst, &rows),
            &[
                ("GET /a", "ANY /{a}"),
                ("GET /a/b", "ANY /{a}/{b+}"),
                ("GET /a/b/c/d", "ANY /{a}/{b}/{c+}"),
                ("GET /x/b", "ANY /x/{b+}"),
                ("GET /x/b/c", "Contested"),
            ],
        );
    }

    #[test]
    fn variables_are_named_as_in_the_row() {
        let rows = ["GET /{a}/x/{b}", "PUT /{c}/x/{d}", "GET /{e}/x/{f}/{g+}", "GET /{h}/{i}/y/{j}/{k}"];
        let table = table(Precedence::PathFirst, &rows);
        for (method, path, parameters) in [
            (Method::GET, "/1/x/2", r#"{"a": "1", "b": "2"}"#),
            (Method::PUT, "/1/x/%20", r#"{"c": "1", "d": "%20"}"#),
            (Method::GET, "/1/x/2/3/4/", r#"{"e": "1", "f": "2", "g": "3/4/"}"#),
            (Method::GET, "/1/2/y/3/4", r#"{"h": "1", "i": "2", "j": "3", "k": "4"}"#),
        ] {
            let ruling = table.rule(&method, path);
            assert_eq!(format!("{:?}", ruling.parameters().unwrap()), parameters, "{path}");
        }
        let ruling = table.rule(&Method::GET, "/1/x/2");
        assert_eq!(ruling.parameters().unwrap().value("b"), Some("2"));
        assert_eq!(ruling.parameters().unwrap().value("c"), None);
        assert_eq!(ruling.place(), Some(0));
        assert_eq!(table.rule(&Method::PUT, "/1/x/2").place(), Some(1));
    }

    #[test]
    fn a_table_prints_its_rows() {
        let table = RouteTable::builder().open("GET /a").refuse("ANY /b").build().unwrap();
        assert_eq!(format!("{table:?}"), r#"["GET /a: open", "ANY /b: refused", "no row: refused"]"#);
    }
}
