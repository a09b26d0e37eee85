//! Many routes, arranged for look-up.

use std::fmt;

use crate::{key::RouteKey, matcher::Matcher, method::Method, path::PathPattern};

/// Routes by path pattern and method.
///
/// [`at`](Self::at) takes time in proportion to the length of the path, however many routes there are, and allocates nothing.
#[derive(Clone, Default)]
pub struct Routes {
    keys: Vec<RouteKey>,
    paths: Vec<PathRoutes>,
    matcher: Matcher,
}

/// The routes that share one path pattern. The names of variables make no difference.
#[derive(Clone, Debug)]
pub struct PathRoutes {
    /// As in the first of the routes.
    pattern: PathPattern,
    any: Option<usize>,
    named: Vec<(Method, usize)>,
}

/// The path patterns that match a path.
#[derive(Clone, Copy, Debug)]
pub struct Match<'r> {
    path: &'r PathRoutes,
    rival: Option<&'r PathRoutes>,
}

impl Routes {
    /// Arranges routes. The index of a route is its position in `keys`.
    ///
    /// # Errors
    ///
    /// If two routes match the same requests.
    pub fn new(keys: impl IntoIterator<Item = RouteKey>) -> Result<Self, DuplicateRoute> {
        let mut routes = Self::default();
        for (index, key) in keys.into_iter().enumerate() {
            routes.insert(index, &key)?;
            routes.keys.push(key);
        }
        Ok(routes)
    }

    fn insert(&mut self, index: usize, key: &RouteKey) -> Result<(), DuplicateRoute> {
        let new = u32::try_from(self.paths.len()).unwrap_or(u32::MAX);
        let known = match self.matcher.insert(key.path(), new) {
            Ok(()) => {
                self.paths.push(PathRoutes { pattern: key.path().clone(), any: None, named: Vec::new() });
                new
            }
            Err(known) => known,
        };
        let Some(path) = self.paths.get_mut(known as usize) else { return Ok(()) };
        let earlier = match key.method() {
            Method::Any => path.any.replace(index),
            method => {
                let earlier = path.named(method.as_str());
                path.named.push((method, index));
                earlier
            }
        };
        match earlier.and_then(|earlier| self.keys.get(earlier)) {
            Some(earlier) => Err(DuplicateRoute { route: key.clone(), earlier: earlier.clone() }),
            None => Ok(()),
        }
    }

    /// The keys in the order in which they were given.
    #[must_use]
    pub fn keys(&self) -> &[RouteKey] {
        &self.keys
    }

    /// The path patterns, each once, in the order of their first routes.
    #[must_use]
    pub fn paths(&self) -> &[PathRoutes] {
        &self.paths
    }

    /// The patterns that match a path, or `None`. The path is that of a request's URI without its query, undecoded.
    ///
    /// The path is taken as it is; [`RequestPath`](crate::RequestPath) finds what other programs may make of it.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<Match<'_>> {
        let found = self.matcher.find(path)?;
        let rival = found.rival.and_then(|rival| self.paths.get(rival as usize));
        Some(Match { path: self.paths.get(found.best as usize)?, rival })
    }
}

impl<'r> Match<'r> {
    /// The most specific pattern: at the first segment in which two patterns differ, literal text comes before a variable, and
    /// a variable before a greedy one. axum's router chooses the same one.
    #[must_use]
    pub fn path(&self) -> &'r PathRoutes {
        self.path
    }

    /// The pattern that API Gateway prefers, where that is another one. It prefers a pattern without a greedy variable, and
    /// else the longest («Create routes for HTTP APIs in API Gateway», API Gateway developer guide).
    #[must_use]
    pub fn rival(&self) -> Option<&'r PathRoutes> {
        self.rival
    }
}

impl PathRoutes {
    /// The pattern, with the names of variables that its first route has.
    #[must_use]
    pub fn pattern(&self) -> &PathPattern {
        &self.pattern
    }

    /// The index of the route for a request's method: the route with that method, or else with `ANY`.
    ///
    /// A HEAD request without a route of its own takes the route for GET, as routers serve it by the handler of GET.
    #[must_use]
    pub fn route(&self, method: &str) -> Option<usize> {
        let as_get = || if method == "HEAD" { self.named("GET") } else { None };
        self.named(method).or_else(as_get).or(self.any)
    }

    /// The index of the route with `ANY`.
    #[must_use]
    pub fn any(&self) -> Option<usize> {
        self.any
    }

    /// The routes with a method of their own, by index.
    pub fn named_methods(&self) -> impl Iterator<Item = (Method, usize)> {
        self.named.iter().copied()
    }

    fn named(&self, method: &str) -> Option<usize> {
        self.named.iter().find(|(named, _)| named.as_str() == method).map(|(_, index)| *index)
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys).finish()
    }
}

/// Two routes match the same requests; the names of variables make no difference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{route}` matches the same requests as `{earlier}`; remove one of the two")]
#[non_exhaustive]
pub struct DuplicateRoute {
    /// The later route.
    pub route: RouteKey,
    /// The earlier route.
    pub earlier: RouteKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(keys: &[&str]) -> Result<Routes, DuplicateRoute> {
        Routes::new(keys.iter().map(|key| key.parse().unwrap()))
    }

    #[test]
    fn a_method_comes_before_any_and_head_is_get() {
        let routes =
            routes(&["ANY /a", "POST /a", "GET /b", "GET /c", "HEAD /c", "ANY /d", "GET /d"]).unwrap();
        for (request, index) in [
            ("POST /a", Some(1)),
            ("GET /a", Some(0)),
            ("PROPFIND /a", Some(0)),
            ("post /a", Some(0)),
            ("ANY /a", Some(0)),
            ("POST /b", None),
            ("get /b", None),
            ("HEAD /b", Some(2)),
            ("HEAD /c", Some(4)),
            ("HEAD /d", Some(6)),
        ] {
            let (method, path) = request.split_once(' ').unwrap();
            assert_eq!(routes.at(path).unwrap().path().route(method), index, "{request}");
        }
    }

    #[test]
    fn routes_for_the_same_requests_are_an_error() {
        for (one, other) in [
            ("GET /a/{x}", "GET /a/{y}"),
            ("ANY /{a+}", "ANY /{b+}"),
            ("$default", "$default"),
            ("GET /", "GET /"),
        ] {
            let error = routes(&["PUT /a/{z}", one, other]).unwrap_err();
            let text = format!("`{other}` matches the same requests as `{one}`; remove one of the two");
            assert_eq!(error.to_string(), text);
        }
        assert_eq!(
            routes(&["GET /a/{x}", "HEAD /a/{x}", "POST /a/{y}", "ANY /a/{z}"]).unwrap().keys().len(),
            4
        );
    }
}
