//! The start-up check that each handler of a router has rows in the table.

use std::{collections::BTreeMap, error::Error, fmt};

use apigateway_routes::{PathShape, RouteKey, RouteMethod};
use http::Method;

use super::{
    rule::RouteRule,
    served::{Methods, Served, broader},
    table::RouteTable,
};

impl RouteTable {
    /// Compares the table with the routes of an axum router: the method and the path of each handler, in axum's path syntax. The
    /// names of variables make no difference.
    ///
    /// | in the router | route to pass |
    /// |---|---|
    /// | `get(…)`, which serves HEAD too | `GET /orders` |
    /// | `head(…)`, `post(…)` and the others | `HEAD /orders`, `POST /orders` |
    /// | `any(…)`, `MethodRouter::fallback`, `Router::method_not_allowed_fallback`, a service | `ANY /orders` |
    /// | `Router::fallback` | `$default` |
    /// | the fallback of a router that is nested at `/admin` | `ANY /admin` and `ANY /admin/{*rest}` |
    /// | a `CorsLayer` inside the layer, for a row that opens `OPTIONS /orders` | `OPTIONS /orders` |
    /// | `Router::nest_service` at `/files` | `ANY /files`, `ANY /files/` and `ANY /files/{*rest}` |
    ///
    /// A path without a method means all methods, because its handler may run for any.
    ///
    /// The comparison reports routes of the router that no row of their own path covers (their requests are refused, or a broader
    /// row decides), and rows that no handler serves. It does not require a handler for `$default`, or for the method of a row
    /// for CORS preflights, which a `CorsLayer` answers.
    ///
    /// ```
    /// use cognito_authorizer::{RouteTable, scope};
    ///
    /// let table = RouteTable::builder()
    ///     .require("GET /orders/{id}", scope("orders/read"))
    ///     .open("GET /assets/{proxy+}")
    ///     .build()?;
    /// table.compare(["GET /orders/{order}", "GET /assets/{*path}"]).into_result()?;
    /// let comparison = table.compare(["ANY /orders/{order}", "GET /assets/{*path}", "GET /admin"]);
    /// let missing: Vec<_> = comparison.routes_without_row().collect();
    /// assert_eq!(missing, ["ANY /orders/{order}", "GET /admin"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "it says whether they agree"]
    pub fn compare(&self, routes: impl IntoIterator<Item = impl Into<String>>) -> Comparison {
        let routes: Vec<Served> = routes.into_iter().map(|route| Served::read(route.into())).collect();
        let mut rows: BTreeMap<PathShape, Vec<(&RouteKey, &RouteRule)>> = BTreeMap::new();
        for (key, rule) in self.rows() {
            rows.entry(PathShape::from(key.path())).or_default().push((key, rule));
        }
        let mut served: BTreeMap<&PathShape, Vec<&Served>> = BTreeMap::new();
        for route in &routes {
            served.entry(&route.shape).or_default().push(route);
        }
        Comparison {
            rows: self.rows().filter_map(|row| without_route(row, &served)).collect(),
            routes: routes.iter().filter_map(|route| without_row(route, &rows)).collect(),
        }
    }
}

#[cfg(any(feature = "utoipa", feature = "aide"))]
impl RouteTable {
    /// The rule that decides about all requests to a handler's route, given as for [`compare`](Self::compare): the one of its own
    /// path, or else of the most specific broader path. `None` if no row covers the route.
    pub(crate) fn rule_of_route(&self, route: &str) -> Option<&RouteRule> {
        let route = Served::read(route.to_owned());
        let shapes: Vec<PathShape> = self.rows().map(|(key, _)| PathShape::from(key.path())).collect();
        let own = shapes.iter().find(|shape| **shape == route.shape);
        let path = own.or_else(|| broader(&shapes, &route.shape))?;
        let rows = self.rows().zip(&shapes).filter(|(_, shape)| *shape == path).map(|(row, _)| row);
        let judging = rows.filter(|(key, rule)| route.is_decided_by(key, rule));
        // The row for the method comes before the row for `ANY`.
        judging.min_by_key(|(key, _)| key.method() == RouteMethod::Any).map(|(_, rule)| rule)
    }
}

/// Returns the row if no route serves it.
fn without_route(
    (key, rule): (&RouteKey, &RouteRule),
    served: &BTreeMap<&PathShape, Vec<&Served>>,
) -> Option<RowWithoutRoute> {
    if key.path().is_default() {
        return None;
    }
    let row = PathShape::from(key.path());
    let serves = |routes: &[&Served]| {
        let mut serving = routes.iter().filter(|route| route.takes(key.method()));
        serving.next().map(|route| route.text.clone())
    };
    let own = served.get(&row);
    let is_served = own.is_some_and(|own| *rule == RouteRule::Preflight || serves(own).is_some());
    if is_served {
        return None;
    }
    // The router prefers the path of the row, whatever methods it has there.
    let broader = if own.is_some() { None } else { broader(served.keys().copied(), &row) };
    Some(RowWithoutRoute {
        key: key.clone(),
        has_path: own.is_some(),
        broader: broader.and_then(|shape| serves(served.get(shape)?)),
    })
}

/// Returns the route if no row of its path covers some of its requests.
fn without_row(
    route: &Served,
    rows: &BTreeMap<PathShape, Vec<(&RouteKey, &RouteRule)>>,
) -> Option<RouteWithoutRow> {
    let deciding = |rows: &[(&RouteKey, &RouteRule)]| {
        let mut deciding = rows.iter().filter(|(key, rule)| route.is_decided_by(key, rule));
        deciding.next().map(|(key, _)| (*key).clone())
    };
    let own = rows.get(&route.shape).map(Vec::as_slice).unwrap_or_default();
    if deciding(own).is_some() {
        return None;
    }
    // If a path has rows, only they decide.
    let broader = if own.is_empty() { broader(rows.keys(), &route.shape) } else { None };
    Some(RouteWithoutRow {
        route: route.text.clone(),
        methods: route.methods.clone(),
        own: own.iter().map(|(key, _)| (*key).clone()).collect(),
        broader: broader.and_then(|shape| deciding(rows.get(shape)?)),
    })
}

/// The differences between a [`RouteTable`] and a router.
///
/// Prints one line for each difference, with the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    rows: Vec<RowWithoutRoute>,
    routes: Vec<RouteWithoutRow>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct RowWithoutRoute {
    key: RouteKey,
    /// Whether the router serves the path by other methods.
    has_path: bool,
    /// The broader route that serves its requests, if any.
    broader: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct RouteWithoutRow {
    route: String,
    methods: Methods,
    /// The rows of its path.
    own: Vec<RouteKey>,
    /// The broader row that covers all its requests, if any.
    broader: Option<RouteKey>,
}

impl Comparison {
    /// Reports all these routes, as if by a table without rows.
    #[cfg(feature = "utoipa")]
    pub(crate) fn without_table(routes: Vec<String>) -> Self {
        let routes = routes.into_iter().map(Served::read);
        Self {
            rows: Vec::new(),
            routes: routes.filter_map(|route| without_row(&route, &BTreeMap::new())).collect(),
        }
    }

    /// The rows that no route serves, such as misspelt ones.
    #[must_use]
    pub fn rows_without_route(&self) -> impl ExactSizeIterator<Item = &RouteKey> {
        self.rows.iter().map(|row| &row.key)
    }

    /// The routes of the router, as they were given, that no row of their path covers completely.
    #[must_use]
    pub fn routes_without_row(&self) -> impl ExactSizeIterator<Item = &str> {
        self.routes.iter().map(|route| &*route.route)
    }

    /// Whether the table and the router agree.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.routes.is_empty()
    }

    /// Allows broader rows and routes: no longer reports a route whose path has no row, if a broader row covers all its requests
    /// (such as `ANY /{proxy+}` for `/orders`), nor a row that a broader route serves.
    ///
    /// *Security*: a route that is added later is then silently covered by the broader row.
    #[must_use]
    pub fn allow_broader(mut self) -> Self {
        self.rows.retain(|row| row.broader.is_none());
        self.routes.retain(|route| route.broader.is_none());
        self
    }

    /// The comparison as an error, unless it [is empty](Self::is_empty).
    ///
    /// # Errors
    ///
    /// The comparison itself.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("the route table and the router agree");
        }
        f.write_str("the route table and the router differ:")?;
        self.rows.iter().try_for_each(|row| write!(f, "\n- {row}"))?;
        self.routes.iter().try_for_each(|route| write!(f, "\n- {route}"))
    }
}

impl fmt::Display for RowWithoutRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, has_path, broader } = self;
        match broader {
            Some(route) => write!(
                f,
                "only the broader route `{route}` serves `{key}`; add the route, remove the row, or call `.allow_broader()`"
            ),
            None if *has_path => write!(
                f,
                "the router has the path of `{key}` without its method; add the method to the route, or remove the row"
            ),
            None => write!(f, "no route serves `{key}`; add the route, or remove the row"),
        }
    }
}

impl fmt::Display for RouteWithoutRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { route, methods, own, broader } = self;
        if let Some(row) = broader {
            return write!(
                f,
                "only the broader row `{row}` covers the route `{route}`; add a row for it, or call `.allow_broader()`"
            );
        }
        let Some(path) = own.first().map(RouteKey::path) else {
            return write!(f, "no row covers the route `{route}`; add a row for it");
        };
        let rows = own.iter().map(|row| format!("`{row}`")).collect::<Vec<_>>().join(", ");
        match methods {
            Methods::One(method) => {
                write!(
                    f,
                    "no row covers the route `{route}`, only {rows}; add a row for it, or remove the route"
                )?;
                let is_head = |row: &RouteKey| row.method() == RouteMethod::Head;
                if *method == Method::GET && own.iter().any(is_head) {
                    f.write_str("; to serve only HEAD, use `head(…)` instead of `get(…)`")?;
                }
                Ok(())
            }
            Methods::Any => write!(
                f,
                "the route `{route}` gets requests with methods that no row covers, only {rows}; add the row `ANY {path}`, or \
                 route only the methods that have rows"
            ),
            Methods::Unsaid => write!(
                f,
                "the route `{route}`, given without a method, may get requests with methods that no row covers, only {rows}; \
                 give the methods that it serves, as in `GET {route}`, or add the row `ANY {path}`"
            ),
        }
    }
}

impl Error for Comparison {}

#[cfg(test)]
mod tests;
