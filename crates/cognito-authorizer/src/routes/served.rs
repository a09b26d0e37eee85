//! The routes of a router, as they are given to [`RouteTable::compare`](super::RouteTable::compare).

use apigateway_routes::{PathShape, RouteKey, RouteMethod, Segment};
use http::Method;

use super::rule::RouteRule;

/// A handler's path and methods.
#[derive(Clone, Debug)]
pub(super) struct Served {
    /// The text that was given.
    pub(super) text: String,
    pub(super) methods: Methods,
    /// The path.
    pub(super) shape: PathShape,
}

/// The methods that a handler is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Methods {
    /// All: `any(…)`, or a fallback.
    Any,
    /// Not stated, so it may be called for all.
    Unsaid,
    One(Method),
}

impl Served {
    /// `GET /orders`, `ANY /orders` or `/orders`. Any other text is treated as a path that no row has.
    pub(super) fn read(text: String) -> Self {
        let (methods, path) = match text.split_once(' ') {
            Some(("ANY", path)) => (Methods::Any, path),
            Some((method, path)) if !method.starts_with('/') => {
                (method.parse().map_or(Methods::Unsaid, Methods::One), path)
            }
            _ => (Methods::Unsaid, &*text),
        };
        let shape = shape(path);
        Self { text, methods, shape }
    }

    /// Whether the handler is called for requests that a row with this method matches. axum's `get(…)` serves HEAD too.
    pub(super) fn takes(&self, row: RouteMethod) -> bool {
        match &self.methods {
            Methods::One(_) if row == RouteMethod::Any => true,
            Methods::One(method) => {
                method == row.as_str() || (*method == Method::GET && row == RouteMethod::Head)
            }
            Methods::Any | Methods::Unsaid => true,
        }
    }

    /// Whether this row decides about all requests that the handler is called for and the row's path matches.
    pub(super) fn is_decided_by(&self, key: &RouteKey, rule: &RouteRule) -> bool {
        let row = key.method();
        match &self.methods {
            _ if row == RouteMethod::Any => true,
            Methods::One(method) => {
                method == row.as_str()
                    || (*method == Method::HEAD && row == RouteMethod::Get)
                    // The handler answers preflights, and the row lets in nothing else.
                    || (*method == Method::OPTIONS && *rule == RouteRule::Preflight)
            }
            Methods::Any | Methods::Unsaid => false,
        }
    }
}

/// The shape of a path in axum's syntax.
fn shape(path: &str) -> PathShape {
    if path == "$default" {
        return PathShape::default_route();
    }
    let segment = |segment| match path_variable(segment) {
        Some(name) if name.starts_with('*') => Segment::Greedy(name),
        Some(name) => Segment::Variable(name),
        None => Segment::Literal(segment),
    };
    // No row has a path without a slash in front, so an empty segment distinguishes it.
    let (first, rest) = match path.strip_prefix('/') {
        Some(rest) => (None, rest),
        None => (Some(Segment::Literal("")), path),
    };
    let segments = rest.split('/').filter(|_| !rest.is_empty()).map(segment);
    first.into_iter().chain(segments).collect()
}

/// The name of a variable in axum's syntax. Doubled braces are literal text.
fn path_variable(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(name).filter(|name| !name.contains(['{', '}']))
}

/// The most specific of the shapes that match each path that `narrow` does.
pub(super) fn broader<'s>(
    shapes: impl IntoIterator<Item = &'s PathShape>,
    narrow: &PathShape,
) -> Option<&'s PathShape> {
    shapes.into_iter().filter(|shape| *shape != narrow && shape.covers(narrow)).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_axum_have_the_shapes_of_rows() {
        let row =
            |pattern: &str| PathShape::from(&pattern.parse::<apigateway_routes::PathPattern>().unwrap());
        for (path, pattern) in
            [("/", "/"), ("/a/{b}", "/a/{x}"), ("/a/{*rest}", "/a/{proxy+}"), ("$default", "$default")]
        {
            assert_eq!(shape(path), row(pattern), "{path}");
        }
        for path in ["a", "/a/", "/{{a}}", "//a", ""] {
            assert!(["/a", "/", "/{a}"].into_iter().all(|pattern| shape(path) != row(pattern)), "{path}");
        }
    }

    #[test]
    fn the_most_specific_of_the_broader_patterns_comes_first() {
        let patterns = ["$default", "/{*v}", "/a/{*v}", "/{v}/b", "/{v}/{v}", "/a/b"].map(shape);
        for (narrow, found) in [
            ("/a/b", Some("/a/{*v}")),
            ("/c/b", Some("/{v}/b")),
            ("/c/d", Some("/{v}/{v}")),
            ("/c", Some("/{*v}")),
            ("/", Some("$default")),
            ("a", Some("$default")),
            ("/a/", Some("/{*v}")),
        ] {
            let found = found.map(shape);
            assert_eq!(broader(&patterns, &shape(narrow)), found.as_ref(), "{narrow}");
        }
        let patterns = ["/a", "/b"].map(shape);
        assert_eq!(broader(&patterns, &shape("/a")), None);
    }
}
