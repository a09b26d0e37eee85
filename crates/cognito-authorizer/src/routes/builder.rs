//! Builds a table from rows.

use std::collections::{HashMap, hash_map::Entry};

use apigateway_routes::{MAX_ROUTES, PathShape, RouteKey, RouteKeyError, RouteMethod};
use cognito_verify::IntoRequirement;
use http::Method;

use super::{
    contest::{Contests, matcher},
    error::RouteTableError,
    rule::{RouteRule, Selector},
    shape::Shape,
    table::RouteTable,
};

/// The rows of a [`RouteTable`]. Nothing is checked before [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use]
pub struct RouteTableBuilder {
    rows: Vec<(Result<RouteKey, RouteKeyError>, RouteRule)>,
    unmatched: RouteRule,
}

impl RouteTable {
    /// A table without a row, which refuses everything.
    pub fn builder() -> RouteTableBuilder {
        RouteTableBuilder::new()
    }

    /// A builder with the rows of this table and its rule for [unmatched](RouteTableBuilder::unmatched) requests, to add more: for
    /// example to a table that comes from an API definition.
    pub fn into_builder(self) -> RouteTableBuilder {
        let rows = self.rows.into_iter().map(|(key, rule)| (Ok(key), rule)).collect();
        RouteTableBuilder { rows, unmatched: self.unmatched }
    }
}

impl RouteTableBuilder {
    fn new() -> Self {
        Self { rows: Vec::new(), unmatched: RouteRule::Refuse }
    }

    /// Lets in requests with a token that meets the requirement; see [`RouteKey`] for how a row is written.
    pub fn require(self, row: impl AsRef<str>, requirement: impl IntoRequirement) -> Self {
        self.parsed(row.as_ref(), RouteRule::Require(requirement.into_requirement()))
    }

    /// Lets in requests without a token, as anonymous, and requests with a valid token: for a route that serves everyone, and
    /// identifies the callers who send a token. Its handler takes `Option<AccessClaims>`.
    ///
    /// ```
    /// use cognito_authorizer::{AccessClaims, RouteRule, RouteTable};
    /// use http::Method;
    ///
    /// let table = RouteTable::builder().optional("GET /feed").build()?;
    /// assert_eq!(table.rule(&Method::GET, "/feed").to_string(), "GET /feed: a token is optional");
    ///
    /// async fn feed(caller: Option<AccessClaims>) -> String {
    ///     caller.map_or("the public feed".to_owned(), |caller| format!("the feed of {}", caller.subject()))
    /// }
    /// # Ok::<(), cognito_authorizer::routes::RouteTableError>(())
    /// ```
    ///
    /// *Security*: only a request that presents no credentials at all is anonymous. If the request has the header (or another identity
    /// source), it must contain a valid token: an empty header, another scheme, two headers, and an expired token are refused. So a
    /// client whose token has expired gets 401, instead of being served as anonymous.
    pub fn optional(self, row: impl AsRef<str>) -> Self {
        self.parsed(row.as_ref(), RouteRule::Optional)
    }

    /// Lets in every request. The handler gets no claims, not even those of an outer layer.
    pub fn open(self, row: impl AsRef<str>) -> Self {
        self.parsed(row.as_ref(), RouteRule::Open)
    }

    /// Lets in CORS preflights and no other `OPTIONS` request; see [`RouteRule::Preflight`]. The row's method must be `OPTIONS`.
    ///
    /// ```
    /// use cognito_authorizer::{RouteRule, RouteTable, scope};
    /// use http::Method;
    ///
    /// let table = RouteTable::builder()
    ///     .require("GET /orders", scope("orders/read"))
    ///     .preflight("OPTIONS /orders")
    ///     .build()?;
    /// assert_eq!(table.preflight("/orders").rule(), &RouteRule::Preflight);
    /// assert_eq!(table.rule(&Method::OPTIONS, "/orders").rule(), &RouteRule::Refuse);
    /// # Ok::<(), cognito_authorizer::routes::RouteTableError>(())
    /// ```
    ///
    /// *Security*: a handler that serves `OPTIONS`, such as one of axum's `any(…)`, then runs for preflights without a token.
    /// Put a `CorsLayer` in front of it to answer them.
    pub fn preflight(self, row: impl AsRef<str>) -> Self {
        self.parsed(row.as_ref(), RouteRule::Preflight)
    }

    /// Refuses every request.
    pub fn refuse(self, row: impl AsRef<str>) -> Self {
        self.parsed(row.as_ref(), RouteRule::Refuse)
    }

    fn parsed(mut self, row: &str, rule: RouteRule) -> Self {
        self.rows.push((row.parse(), rule));
        self
    }

    /// Adds a row whose key was parsed before.
    pub fn row(mut self, key: RouteKey, rule: RouteRule) -> Self {
        self.rows.push((Ok(key), rule));
        self
    }

    /// What happens to requests whose path no row matches. They are refused by default, as in API Gateway.
    ///
    /// A request whose path has rows, but none for its method, is refused regardless of this setting.
    ///
    /// *Security*: with [`RouteRule::Open`], a path whose rows are forgotten or misspelt is open.
    pub fn unmatched(mut self, rule: RouteRule) -> Self {
        self.unmatched = rule;
        self
    }

    /// Checks the rows and builds the table.
    ///
    /// # Errors
    ///
    /// If a row is invalid. The error names the first such row and says how to fix it.
    pub fn build(self) -> Result<RouteTable, RouteTableError> {
        if self.rows.len() > MAX_ROUTES {
            return Err(RouteTableError::TooManyRows { rows: self.rows.len(), most: MAX_ROUTES });
        }
        match &self.unmatched {
            RouteRule::Require(requirement) => {
                requirement.error().map_or(Ok(()), |error| Err(RouteTableError::Unmatched(error.clone())))?;
            }
            RouteRule::Preflight => return Err(RouteTableError::UnmatchedPreflight),
            RouteRule::Open | RouteRule::Optional | RouteRule::Refuse => {}
        }
        let numbered = self.rows.into_iter().enumerate();
        let rows = numbered.map(|(index, (key, rule))| {
            let key = key.map_err(|error| RouteTableError::Key { row: index + 1, error })?;
            match &rule {
                RouteRule::Require(requirement) => match requirement.error() {
                    Some(error) => Err(RouteTableError::Requirement { row: key, error: error.clone() }),
                    None => Ok((key, rule)),
                },
                RouteRule::Preflight if key.method() != RouteMethod::Options => {
                    Err(RouteTableError::PreflightMethod { row: key })
                }
                RouteRule::Open | RouteRule::Optional | RouteRule::Preflight | RouteRule::Refuse => {
                    Ok((key, rule))
                }
            }
        });
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let shapes = shapes(&rows)?;
        let paths = matcher(&shapes, |_| true);
        let contests = Contests::of(&shapes);
        Ok(RouteTable { rows, unmatched: self.unmatched, shapes, paths, contests })
    }
}

/// Groups the rows by path pattern.
fn shapes(rows: &[(RouteKey, RouteRule)]) -> Result<Vec<Shape>, RouteTableError> {
    let mut shapes: Vec<Shape> = Vec::new();
    let mut known = HashMap::new();
    for (index, (key, rule)) in rows.iter().enumerate() {
        let shape = match known.entry(PathShape::from(key.path())) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                shapes.push(Shape::of(key.path()));
                *new.insert(shapes.len() - 1)
            }
        };
        let Some(shape) = shapes.get_mut(shape) else { continue };
        let other = shape.add(index, key, rule).and_then(|other| rows.get(other));
        if let Some((other, _)) = other {
            return Err(RouteTableError::Duplicate { row: key.clone(), other: other.clone() });
        }
    }
    shapes.iter().try_for_each(|shape| check_head(rows, shape))?;
    Ok(shapes)
}

/// A row for HEAD must not let in what the path's row for GET refuses, because the handler of GET may serve both. Without a row
/// for GET, GET requests are refused, so a path with only a row for HEAD is allowed.
fn check_head(rows: &[(RouteKey, RouteRule)], shape: &Shape) -> Result<(), RouteTableError> {
    let row = |method| shape.row(Selector::Method(&method)).and_then(|index| rows.get(index));
    let (Some((head, rule)), Some((get, get_rule))) = (row(Method::HEAD), row(Method::GET)) else {
        return Ok(());
    };
    if rule.is_as_strict_as(get_rule) {
        return Ok(());
    }
    Err(RouteTableError::WeakerHead { row: head.clone(), get: get.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope;

    #[test]
    fn an_invalid_row_is_named_with_the_fix() {
        let open = |rows: &[&str]| rows.iter().fold(RouteTable::builder(), RouteTableBuilder::open).build();
        for (built, text) in [
            (open(&["GET /a", "GET b"]), "row 2: the path \"b\" does not begin with `/`; put one in front"),
            (
                open(&["GET /a/{x}", "GET /a/{y}"]),
                "`GET /a/{y}` matches the same requests as `GET /a/{x}`; remove one of the two rows",
            ),
            (
                open(&["ANY /{a+}", "ANY /{b+}"]),
                "`ANY /{b+}` matches the same requests as `ANY /{a+}`; remove one of the two rows",
            ),
            (
                open(&["$default", "$default"]),
                "`$default` matches the same requests as `$default`; remove one of the two rows",
            ),
            (
                open(&["OPTIONS /a", "OPTIONS /a"]),
                "`OPTIONS /a` matches the same requests as `OPTIONS /a`; remove one of the two rows",
            ),
            (
                RouteTable::builder().preflight("OPTIONS /{a}").preflight("OPTIONS /{b}").build(),
                "`OPTIONS /{b}` matches the same requests as `OPTIONS /{a}`; remove one of the two rows",
            ),
            (
                RouteTable::builder().preflight("ANY /a").build(),
                "`ANY /a` cannot be a row for CORS preflights, which are OPTIONS requests; write `OPTIONS` and the path",
            ),
            (
                RouteTable::builder().row("GET /a".parse().unwrap(), RouteRule::Preflight).build(),
                "`GET /a` cannot be a row for CORS preflights, which are OPTIONS requests; write `OPTIONS` and the path",
            ),
            (
                RouteTable::builder().unmatched(RouteRule::Preflight).build(),
                "`.unmatched(…)` cannot let in only CORS preflights; give each path a row with \
                 `.preflight(\"OPTIONS /path\")`, or call `.pass_cors_preflight()` on the layer's builder",
            ),
            (
                RouteTable::builder().open("HEAD /a").require("GET /a", scope("r/a")).build(),
                "`HEAD /a` may let in requests that `GET /a` refuses, and axum serves HEAD with the handler of GET; give \
                 both the same rule, or remove `HEAD /a`",
            ),
            (
                RouteTable::builder().open("HEAD /a").require("ANY /a", scope("r/a")).build(),
                "`HEAD /a` may let in requests that `ANY /a` refuses, and axum serves HEAD with the handler of GET; give \
                 both the same rule, or remove `HEAD /a`",
            ),
            (
                RouteTable::builder().require("GET /a", scope("a b")).build(),
                "the requirement of `GET /a` cannot be used: `a b` is not a scope; a custom one reads \
                 `resource-server/name`, without spaces, quotes or backslashes",
            ),
            (
                RouteTable::builder().unmatched(RouteRule::Require(scope("a b"))).build(),
                "the requirement of `.unmatched(…)` cannot be used: `a b` is not a scope; a custom one reads \
                 `resource-server/name`, without spaces, quotes or backslashes",
            ),
        ] {
            assert_eq!(built.expect_err(text).to_string(), text);
        }
    }

    #[test]
    fn rows_of_one_path_may_differ_in_method_and_names() {
        let table = RouteTable::builder()
            .open("GET /a/{x}")
            .open("HEAD /a/{x}")
            .open("POST /a/{y}")
            .open("ANY /a/{z}")
            .refuse("HEAD /b")
            .open("HEAD /c")
            .open("ANY /c")
            .open("HEAD /d")
            .refuse("OPTIONS /e")
            .preflight("OPTIONS /e")
            .row("GET /a/b".parse().unwrap(), RouteRule::Open)
            .build()
            .unwrap();
        assert_eq!(table.rows().len(), 11);
    }

    #[test]
    fn the_number_of_rows_is_bounded() {
        let rows = |count| {
            let key = |number| format!("GET /{number}").parse().unwrap();
            (0..count)
                .fold(RouteTable::builder(), |builder, number| builder.row(key(number), RouteRule::Open))
        };
        assert_eq!(rows(10_000).build().unwrap().rows().len(), 10_000);
        let error = rows(MAX_ROUTES + 1).build().expect_err("too many");
        assert_eq!(error, RouteTableError::TooManyRows { rows: MAX_ROUTES + 1, most: MAX_ROUTES });
    }
}
