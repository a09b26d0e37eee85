//! Route keys: method and path pattern.

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::{
    method::{RouteMethod, RouteMethodError},
    path::PathPattern,
    path_error::PathPatternError,
};

/// The method and the path pattern of a route, as API Gateway writes them: `GET /orders`, `ANY /files/{proxy+}`, `$default`.
///
/// `$default` is every method and every path that no other route matches.
///
/// ```
/// use apigateway_routes::{RouteMethod, RouteKey};
///
/// let key: RouteKey = "GET /orders/{id}".parse()?;
/// assert_eq!((key.method(), key.path().as_str()), (RouteMethod::Get, "/orders/{id}"));
/// assert!("get /orders".parse::<RouteKey>().is_err());
/// assert!("GET /orders/:id".parse::<RouteKey>().is_err());
/// # Ok::<(), apigateway_routes::RouteKeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RouteKey {
    method: RouteMethod,
    path: PathPattern,
}

impl RouteKey {
    /// The key of these two. With [`PathPattern::default_route`] the method is [`RouteMethod::Any`] whatever is given.
    #[must_use]
    pub fn new(method: RouteMethod, path: PathPattern) -> Self {
        let method = if path.is_default() { RouteMethod::Any } else { method };
        Self { method, path }
    }

    /// The method; [`RouteMethod::Any`] for `$default`.
    #[must_use]
    pub fn method(&self) -> RouteMethod {
        self.method
    }

    /// The path pattern.
    #[must_use]
    pub fn path(&self) -> &PathPattern {
        &self.path
    }
}

impl FromStr for RouteKey {
    type Err = RouteKeyError;

    fn from_str(text: &str) -> Result<Self, RouteKeyError> {
        if text == "$default" {
            return Ok(Self { method: RouteMethod::Any, path: PathPattern::default_route() });
        }
        let (method, path) = text.split_once(' ').ok_or_else(|| RouteKeyError::Form { text: text.into() })?;
        let method = method.parse()?;
        let path: PathPattern = path.parse()?;
        // `ANY $default` is not how API Gateway writes it.
        if path.is_default() {
            return Err(PathPatternError::NoSlash { path: path.to_string() }.into());
        }
        Ok(Self { method, path })
    }
}

impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_default() { self.path.fmt(f) } else { write!(f, "{} {}", self.method, self.path) }
    }
}

impl fmt::Debug for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteKey({self})")
    }
}

/// By path, then by method; `ANY` is the first.
impl Ord for RouteKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.path.cmp(&other.path).then_with(|| self.method.cmp(&other.method))
    }
}

impl PartialOrd for RouteKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Why a text is not a [`RouteKey`]. Each message ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteKeyError {
    /// The text does not have two parts.
    #[error(
        "{text:?} is not a route key; one reads like `GET /orders/{{id}}`, `ANY /files/{{proxy+}}` or `$default`"
    )]
    Form {
        /// The text.
        text: String,
    },
    /// The first part is not a method.
    #[error(transparent)]
    Method(#[from] RouteMethodError),
    /// The second part is not a path pattern.
    #[error(transparent)]
    Path(#[from] PathPatternError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_print_as_they_are_written() {
        for good in [
            "GET /",
            "ANY /",
            "$default",
            "POST /orders/{id}",
            "HEAD /a",
            "TRACE /a",
            "CONNECT /...",
            "PUT /{a+}",
        ] {
            let key: RouteKey = good.parse().unwrap_or_else(|error| panic!("{good}: {error}"));
            assert_eq!(key.to_string(), good);
        }
        let key = RouteKey::new(RouteMethod::Get, PathPattern::default_route());
        assert_eq!((key.to_string().as_str(), key.method()), ("$default", RouteMethod::Any));
    }

    #[test]
    fn anything_else_is_refused_with_the_fix() {
        for (bad, fix) in [
            ("", "one reads like"),
            ("GET", "one reads like"),
            ("/orders", "one reads like"),
            ("get /orders", "in capitals, or ANY"),
            ("any /orders", "in capitals, or ANY"),
            ("PROPFIND /orders", "in capitals, or ANY"),
            (" GET /orders", "in capitals, or ANY"),
            ("GET  /orders", "put one in front"),
            ("GET orders", "put one in front"),
            ("ANY $default", "put one in front"),
            ("GET /a/", "leave the last `/` out"),
        ] {
            let error = bad.parse::<RouteKey>().expect_err(bad).to_string();
            assert!(error.contains(fix), "{bad:?}: {error}");
        }
    }

    #[test]
    fn keys_sort_by_path_and_then_by_method() {
        let mut keys = ["POST /b", "GET /b", "ANY /b", "PUT /a"].map(|key| key.parse::<RouteKey>().unwrap());
        keys.sort();
        assert_eq!(keys.map(|key| key.to_string()), ["PUT /a", "ANY /b", "GET /b", "POST /b"]);
    }
}
