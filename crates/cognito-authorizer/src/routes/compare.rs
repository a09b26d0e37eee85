//! The start-up check: does the table speak of the paths that the router serves?

use std::{collections::HashSet, error::Error, fmt};

use super::{key::RouteKey, shape::pattern, table::RouteTable};

impl RouteTable {
    /// Compares the table with the paths that an axum router serves, in axum's syntax. The names of variables make no
    /// difference; `$default` is not looked for, as it is the router's fallback.
    ///
    /// ```
    /// use cognito_authorizer::{RouteTable, scope};
    ///
    /// let table = RouteTable::builder()
    ///     .require("GET /orders/{id}", scope("orders/read"))
    ///     .open("GET /assets/{proxy+}")
    ///     .build()?;
    /// table.compare(["/orders/{order}", "/assets/{*path}"]).into_result()?;
    /// let comparison = table.compare(["/orders/{order}", "/assets/{*path}", "/admin"]);
    /// assert_eq!(comparison.routes_without_row().collect::<Vec<_>>(), ["/admin"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "it says whether they agree"]
    pub fn compare(&self, paths: impl IntoIterator<Item = impl Into<String>>) -> Comparison {
        let routes: Vec<(String, String)> =
            paths.into_iter().map(Into::into).map(|path: String| (route_pattern(&path), path)).collect();
        let rows: Vec<(String, &RouteKey)> = self.rows().map(|(key, _)| (pattern(key), key)).collect();
        let known_rows: HashSet<&str> = rows.iter().map(|(row, _)| &**row).collect();
        let known_routes: HashSet<&str> = routes.iter().map(|(route, _)| &**route).collect();
        let without_route =
            rows.iter().filter(|(row, key)| !key.is_default() && !known_routes.contains(&**row));
        let without_row = routes.iter().filter(|(route, _)| !known_rows.contains(&**route));
        Comparison {
            rows: without_route
                .map(|(row, key)| {
                    let broader = routes.iter().find(|(route, _)| covers(route, row));
                    ((*key).clone(), broader.map(|(_, path)| path.clone()))
                })
                .collect(),
            routes: without_row
                .map(|(route, path)| {
                    let broader = rows.iter().find(|(row, key)| key.is_default() || covers(row, route));
                    (path.clone(), broader.map(|(_, key)| (*key).clone()))
                })
                .collect(),
        }
    }
}

/// A path in axum's syntax, comparable with [`pattern`].
fn route_pattern(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            // Doubled braces are text in axum, and in no row.
            Some(name) if name.contains(['{', '}']) => segment,
            Some(name) if name.starts_with('*') => "{*v}",
            Some(_) => "{v}",
            None => segment,
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether the one matches each path that the other does.
fn covers(broad: &str, narrow: &str) -> bool {
    let (mut broad, mut narrow) = (broad.split('/'), narrow.split('/'));
    loop {
        match (broad.next(), narrow.next()) {
            (Some("{*v}"), Some(other)) => return !other.is_empty(),
            (Some("{v}"), Some(other)) if other != "{*v}" && !other.is_empty() => {}
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// Where a [`RouteTable`] and a router differ.
///
/// Prints a line for each difference, with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// With the broader route that serves their requests, if any.
    rows: Vec<(RouteKey, Option<String>)>,
    /// With the broader row that judges their requests, if any.
    routes: Vec<(String, Option<RouteKey>)>,
}

impl Comparison {
    /// The rows whose path the router does not serve, such as misspelt ones.
    #[must_use]
    pub fn rows_without_route(&self) -> impl ExactSizeIterator<Item = &RouteKey> {
        self.rows.iter().map(|(key, _)| key)
    }

    /// The router's paths that no row has.
    #[must_use]
    pub fn routes_without_row(&self) -> impl ExactSizeIterator<Item = &str> {
        self.routes.iter().map(|(path, _)| &**path)
    }

    /// Whether the table and the router agree.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.routes.is_empty()
    }

    /// Leaves out the routes that a broader row judges, such as `/orders` by `ANY /{proxy+}`, and the rows that a broader
    /// route serves.
    ///
    /// *Security*: a new route is then judged by the broader row without anybody's thinking of it.
    #[must_use]
    pub fn allow_broader(mut self) -> Self {
        self.rows.retain(|(_, broader)| broader.is_none());
        self.routes.retain(|(_, broader)| broader.is_none());
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
        for (row, broader) in &self.rows {
            match broader {
                None => write!(f, "\n- no route serves `{row}`; add the route, or remove the row")?,
                Some(route) => write!(
                    f,
                    "\n- only the broader route `{route}` serves `{row}`; add the route, remove the row, or say \
                     `.allow_broader()`"
                )?,
            }
        }
        for (route, broader) in &self.routes {
            match broader {
                None => write!(f, "\n- no row covers the route `{route}`; add a row for it")?,
                Some(row) => write!(
                    f,
                    "\n- only the broader row `{row}` covers the route `{route}`; add a row for it, or say \
                     `.allow_broader()`"
                )?,
            }
        }
        Ok(())
    }
}

impl Error for Comparison {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RouteTableBuilder;

    fn table(rows: &[&str]) -> RouteTable {
        rows.iter().fold(RouteTable::builder(), RouteTableBuilder::refuse).build().unwrap()
    }

    #[test]
    fn names_of_variables_make_no_difference() {
        let table = table(&["GET /a/{x}", "PUT /a/{y}", "ANY /f/{proxy+}", "GET /", "$default"]);
        let comparison = table.compare(["/a/{id}", "/f/{*path}", "/"]);
        assert!(comparison.is_empty(), "{comparison}");
        assert_eq!(comparison.to_string(), "the route table and the router agree");
        assert_eq!(comparison.into_result(), Ok(()));
    }

    #[test]
    fn each_difference_is_told_with_what_to_do() {
        let table = table(&["GET /order/{id}", "GET /f/public/{p+}", "ANY /o/{p+}"]);
        let comparison = table.compare(["/orders/{id}", "/f/{*rest}", "/o/{*rest}", "/o/a/{id}", "/a/"]);
        let expected = "the route table and the router differ:\n\
            - no route serves `GET /order/{id}`; add the route, or remove the row\n\
            - only the broader route `/f/{*rest}` serves `GET /f/public/{p+}`; add the route, remove the row, or say \
            `.allow_broader()`\n\
            - no row covers the route `/orders/{id}`; add a row for it\n\
            - no row covers the route `/f/{*rest}`; add a row for it\n\
            - only the broader row `ANY /o/{p+}` covers the route `/o/a/{id}`; add a row for it, or say \
            `.allow_broader()`\n\
            - no row covers the route `/a/`; add a row for it";
        assert_eq!(comparison.clone().into_result().expect_err("they differ").to_string(), expected);
        let comparison = comparison.allow_broader();
        assert_eq!(
            comparison.rows_without_route().map(ToString::to_string).collect::<Vec<_>>(),
            ["GET /order/{id}"]
        );
        assert_eq!(
            comparison.routes_without_row().collect::<Vec<_>>(),
            ["/orders/{id}", "/f/{*rest}", "/a/"]
        );
    }

    #[test]
    fn a_row_too_many_or_a_route_too_many_is_a_difference() {
        for (rows, routes) in [(&["GET /a", "GET /b"][..], &["/a"][..]), (&["GET /a"], &["/a", "/b"])] {
            let comparison = table(rows).compare(routes.iter().copied());
            assert!(!comparison.is_empty() && comparison.into_result().is_err(), "{rows:?} {routes:?}");
        }
    }

    #[test]
    fn a_pattern_covers_what_it_matches_whole() {
        for (broad, narrow) in [
            ("/a", "/a"),
            ("/{v}", "/a"),
            ("/{v}/b", "/{v}/b"),
            ("/{*v}", "/a/b"),
            ("/{*v}", "/{v}"),
            ("/a/{*v}", "/a/b/{*v}"),
        ] {
            assert!(covers(broad, narrow), "{broad} {narrow}");
            assert!(broad == narrow || !covers(narrow, broad), "{narrow} {broad}");
        }
        for (one, other) in [("/a", "/b"), ("/{*v}", "/"), ("/{v}", "/"), ("/a/{v}", "/a"), ("/a/{v}", "/a/")]
        {
            assert!(!covers(one, other) && !covers(other, one), "{one} {other}");
        }
    }

    #[test]
    fn what_only_the_router_can_write_is_no_row() {
        for path in ["/a/{{b}}", "/a/{b}.json", "/a/v{b}", "/a/", "//", "a"] {
            let comparison = table(&["GET /a/{b}"]).compare([path]);
            assert_eq!(comparison.routes_without_row().collect::<Vec<_>>(), [path]);
        }
    }
}
