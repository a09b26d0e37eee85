//! The routes of a router, as [`RouteTable::compare`](super::RouteTable::compare) is told of them.

use apigateway_routes::{RouteKey, RouteMethod};
use http::Method;

use super::{rule::RouteRule, shape::kinds};

/// A handler's path and methods.
#[derive(Clone, Debug)]
pub(super) struct Served {
    /// As it was given.
    pub(super) text: String,
    pub(super) methods: Methods,
    /// The path, with one name for all variables.
    pub(super) pattern: String,
}

/// The methods that a handler is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Methods {
    /// All: `any(…)`, or a fallback.
    Any,
    /// Not said, so that it may be all.
    Unsaid,
    One(Method),
}

impl Served {
    /// `GET /orders`, `ANY /orders` or `/orders`. What does not read like one of them is a path that no row has.
    pub(super) fn read(text: String) -> Self {
        let (methods, path) = match text.split_once(' ') {
            Some(("ANY", path)) => (Methods::Any, path),
            Some((method, path)) if !method.starts_with('/') => {
                (method.parse().map_or(Methods::Unsaid, Methods::One), path)
            }
            _ => (Methods::Unsaid, &*text),
        };
        let pattern = route_pattern(path);
        Self { text, methods, pattern }
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

    /// Whether this row judges all requests that the handler is called for, of those that the row's path matches.
    pub(super) fn is_judged_by(&self, key: &RouteKey, rule: &RouteRule) -> bool {
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

/// A path in axum's syntax, comparable with [`pattern`](super::shape::pattern).
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

/// The most specific of the patterns that match each path that `narrow` does.
pub(super) fn broader<'p>(patterns: impl IntoIterator<Item = &'p str>, narrow: &str) -> Option<&'p str> {
    let covering = patterns.into_iter().filter(|pattern| *pattern != narrow && covers(pattern, narrow));
    covering.min_by_key(|pattern| (!pattern.starts_with('/'), kinds(pattern)))
}

/// Whether the one matches each path that the other does.
fn covers(broad: &str, narrow: &str) -> bool {
    // `$default` is whatever no path matches.
    if !broad.starts_with('/') {
        return true;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_matches_whole() {
        for (broad, narrow) in [
            ("/a", "/a"),
            ("/{v}", "/a"),
            ("/{v}/b", "/{v}/b"),
            ("/{*v}", "/a/b"),
            ("/{*v}", "/{v}"),
            ("/a/{*v}", "/a/b/{*v}"),
            ("$default", "/a"),
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
    fn the_most_specific_of_the_broader_patterns_comes_first() {
        let patterns = ["$default", "/{*v}", "/a/{*v}", "/{v}/b", "/{v}/{v}", "/a/b"];
        for (narrow, found) in [
            ("/a/b", Some("/a/{*v}")),
            ("/c/b", Some("/{v}/b")),
            ("/c/d", Some("/{v}/{v}")),
            ("/c", Some("/{*v}")),
            ("/", Some("$default")),
        ] {
            assert_eq!(broader(patterns, narrow), found, "{narrow}");
        }
        assert_eq!(broader(["/a", "/b"], "/a"), None);
    }
}
