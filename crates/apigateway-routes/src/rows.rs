//! The routes of one path pattern, and those of a whole API.

use std::mem;

use crate::{
    compact_index::CompactIndex, key::RouteKey, matcher::PathMatcher, method::RouteMethod, path::PathPattern,
};

/// The largest number of routes that one table holds. API Gateway's default quota is 300 routes per API.
pub const MAX_ROUTES: usize = 100_000;

/// The routes of one path, by method; each has an index that the caller chooses.
///
/// ```
/// use apigateway_routes::{MethodRoutes, RouteMethod};
///
/// let mut routes = MethodRoutes::default();
/// assert_eq!(routes.insert(RouteMethod::Any, 0), None);
/// assert_eq!(routes.insert(RouteMethod::Get, 1), None);
/// assert_eq!((routes.find("GET"), routes.find("HEAD"), routes.find("PUT")), (Some(1), Some(1), Some(0)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct MethodRoutes {
    /// By the position of the method in [`RouteMethod::ALL`], and without a list on the heap: a look-up reads one place in memory.
    routes: [Option<CompactIndex>; RouteMethod::ALL.len()],
}

impl MethodRoutes {
    /// Adds a route under an index, which is less than `u32::MAX`. Returns the index of an earlier one with this method, which the
    /// new one then replaces.
    pub fn insert(&mut self, method: RouteMethod, index: usize) -> Option<usize> {
        let route = self.routes.get_mut(method as usize)?;
        mem::replace(route, CompactIndex::new(index)).map(CompactIndex::get)
    }

    /// The route for requests with this method: that of the method; for HEAD, that of GET, because axum's `get(…)` serves HEAD
    /// too; or that for `ANY`.
    ///
    /// A method that no route can name, such as PROPFIND, has the route for `ANY`. But `delete` has none: for HTTP it is another
    /// method than DELETE, while many back ends ignore the case and run their handler for DELETE.
    #[must_use]
    pub fn find(&self, method: &str) -> Option<usize> {
        let method = match RouteMethod::named(method) {
            Some(method) => method,
            None if RouteMethod::is_in_other_case(method) => return None,
            None => RouteMethod::Any,
        };
        let as_get = || if method == RouteMethod::Head { self.of(RouteMethod::Get) } else { None };
        self.of(method).or_else(as_get).or_else(|| self.any())
    }

    /// The methods that have a route of their own, in the order of their names.
    pub fn methods(&self) -> impl Iterator<Item = RouteMethod> {
        RouteMethod::ALL
            .into_iter()
            .filter(|method| *method != RouteMethod::Any && self.of(*method).is_some())
    }

    /// The route for `ANY`.
    #[must_use]
    pub fn any(&self) -> Option<usize> {
        self.of(RouteMethod::Any)
    }

    fn of(&self, method: RouteMethod) -> Option<usize> {
        self.routes.get(method as usize).copied().flatten().map(CompactIndex::get)
    }
}

/// Which route API Gateway selects where the paths of several match a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selection {
    /// REST APIs: the most specific path that matches, and then its route for the method, if it has one.
    PathFirst,
    /// HTTP APIs: the most specific path of the routes that have the method or `ANY` ("Create routes for HTTP APIs in API
    /// Gateway", API Gateway developer guide).
    MethodFirst,
}

/// The routes of an API, arranged to find the one that API Gateway selects for a request.
///
/// ```
/// use apigateway_routes::{RouteFinder, RouteKey, RouteMethod, Selection};
///
/// let keys: Vec<RouteKey> = vec!["POST /orders".parse()?, "ANY /{proxy+}".parse()?];
/// let find = |selection| RouteFinder::new(&keys, selection).find(RouteMethod::Get, "/orders");
/// assert_eq!(find(Selection::PathFirst), None);
/// assert_eq!(find(Selection::MethodFirst), Some(1));
/// # Ok::<(), apigateway_routes::RouteKeyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RouteFinder {
    paths: Vec<MethodRoutes>,
    /// With `PathFirst`, all paths once; with `MethodFirst`, those that have a route for each method.
    matchers: Vec<(RouteMethod, PathMatcher)>,
}

impl RouteFinder {
    /// Arranges the routes with these keys, which are found by their position. Of two that match the same requests, the later
    /// one is found.
    #[must_use]
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k RouteKey>, selection: Selection) -> Self {
        let mut all = PathMatcher::default();
        let mut paths: Vec<(&PathPattern, MethodRoutes)> = Vec::new();
        for (index, key) in keys.into_iter().enumerate() {
            let path = all.insert(key.path(), paths.len()).err().unwrap_or_else(|| {
                paths.push((key.path(), MethodRoutes::default()));
                paths.len() - 1
            });
            if let Some((_, routes)) = paths.get_mut(path) {
                routes.insert(key.method(), index);
            }
        }
        let with = |method: RouteMethod| {
            let mut matcher = PathMatcher::default();
            let with_method =
                paths.iter().enumerate().filter(|(_, (_, of))| of.find(method.as_str()).is_some());
            for (index, (path, _)) in with_method {
                // The paths differ, as `all` has each of them.
                let _ = matcher.insert(path, index);
            }
            (method, matcher)
        };
        let matchers = match selection {
            Selection::PathFirst => vec![(RouteMethod::Any, all)],
            Selection::MethodFirst => RouteMethod::ALL.into_iter().map(with).collect(),
        };
        Self { paths: paths.into_iter().map(|(_, routes)| routes).collect(), matchers }
    }

    /// The position of the route that API Gateway selects for a request with this method and path; with
    /// [`RouteMethod::Any`], for the methods that no route names. HEAD is selected as GET is, where no route names it.
    #[must_use]
    pub fn find(&self, method: RouteMethod, path: &str) -> Option<usize> {
        let matcher = match &*self.matchers {
            [(_, all)] => all,
            each => each.iter().find(|(of, _)| *of == method).map(|(_, matcher)| matcher)?,
        };
        self.paths.get(matcher.find(path)?.best)?.find(method.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_route_for_each_method() {
        let mut routes = MethodRoutes::default();
        assert_eq!(routes.insert(RouteMethod::Get, 0), None);
        assert_eq!(routes.insert(RouteMethod::Get, 1), Some(0));
        assert_eq!((routes.find("GET"), routes.find("HEAD"), routes.find("POST")), (Some(1), Some(1), None));
        assert_eq!(routes.insert(RouteMethod::Head, 2), None);
        assert_eq!(routes.insert(RouteMethod::Any, 3), None);
        assert_eq!(routes.insert(RouteMethod::Any, 4), Some(3));
        assert_eq!((routes.find("HEAD"), routes.find("POST"), routes.find("x")), (Some(2), Some(4), Some(4)));
        for name in RouteMethod::ALL.map(RouteMethod::as_str) {
            assert_eq!(routes.find(&name.to_lowercase()), None, "{name}");
        }
        assert_eq!(
            (routes.find("Post"), routes.find("pOST"), routes.find("propfind")),
            (None, None, Some(4))
        );
        assert!(routes.methods().eq([RouteMethod::Get, RouteMethod::Head]));
        assert_eq!(routes.any(), Some(4));
    }

    /// Routes are found by the position of their method.
    #[test]
    fn each_method_has_a_route_of_its_own() {
        for (index, method) in RouteMethod::ALL.into_iter().enumerate() {
            assert_eq!(method as usize, index, "{method}");
            let mut routes = MethodRoutes::default();
            routes.insert(method, index);
            for other in RouteMethod::ALL {
                let follows = method == RouteMethod::Get && other == RouteMethod::Head;
                let found = other == method || method == RouteMethod::Any || follows;
                assert_eq!(routes.find(other.as_str()), found.then_some(index), "{other} in {method}");
            }
        }
    }

    #[test]
    fn an_http_api_uses_a_broader_route_where_a_path_lacks_the_method() {
        let keys: Vec<RouteKey> = ["GET /a/{id}", "POST /a/b", "ANY /a/{rest+}", "$default", "PUT /c"]
            .map(|key| key.parse().unwrap())
            .into();
        let (rest, http) = (Selection::PathFirst, Selection::MethodFirst);
        let (rest, http) = (RouteFinder::new(&keys, rest), RouteFinder::new(&keys, http));
        for (method, path, by_rest, by_http) in [
            (RouteMethod::Get, "/a/b", None, Some(0)),
            (RouteMethod::Head, "/a/b", None, Some(0)),
            (RouteMethod::Post, "/a/b", Some(1), Some(1)),
            (RouteMethod::Put, "/a/b", None, Some(2)),
            (RouteMethod::Put, "/a/b/c", Some(2), Some(2)),
            (RouteMethod::Get, "/c", None, Some(3)),
            (RouteMethod::Put, "/c", Some(4), Some(4)),
            (RouteMethod::Get, "/", Some(3), Some(3)),
        ] {
            assert_eq!(
                (rest.find(method, path), http.find(method, path)),
                (by_rest, by_http),
                "{method} {path}"
            );
        }
        assert_eq!(RouteFinder::new([], Selection::MethodFirst).find(RouteMethod::Get, "/"), None);
    }
}
