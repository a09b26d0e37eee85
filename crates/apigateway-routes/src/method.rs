//! The method of a route.

use std::{fmt, str::FromStr};

/// The method of a route: one method by its name, or `ANY`.
///
/// Names are case-sensitive (RFC 9110 §9.1), so `get` is not a method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RouteMethod {
    /// Every method for which the same path has no route of its own.
    Any,
    /// `CONNECT`
    Connect,
    /// `DELETE`
    Delete,
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `PATCH`
    Patch,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `TRACE`
    Trace,
}

impl RouteMethod {
    /// Every method, in the order of their names, with `ANY` first.
    pub const ALL: [Self; 10] = [
        Self::Any,
        Self::Connect,
        Self::Delete,
        Self::Get,
        Self::Head,
        Self::Options,
        Self::Patch,
        Self::Post,
        Self::Put,
        Self::Trace,
    ];

    /// The methods that a route of API Gateway can have, with `ANY` first.
    pub const OF_API_GATEWAY: [Self; 8] =
        [Self::Any, Self::Delete, Self::Get, Self::Head, Self::Options, Self::Patch, Self::Post, Self::Put];

    /// The name in capitals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "ANY",
            Self::Connect => "CONNECT",
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Trace => "TRACE",
        }
    }

    /// The method with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ANY" => Self::Any,
            "CONNECT" => Self::Connect,
            "DELETE" => Self::Delete,
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "PATCH" => Self::Patch,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "TRACE" => Self::Trace,
            _ => return None,
        })
    }

    /// Whether this is the name of a method in another letter case.
    pub(crate) fn is_in_other_case(name: &str) -> bool {
        let is_other = |known: &str| known != name && known.eq_ignore_ascii_case(name);
        Self::ALL.into_iter().any(|known| is_other(known.as_str()))
    }
}

impl fmt::Display for RouteMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the method of a route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{method}` is not a method; write GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT or TRACE in capitals, or ANY"
)]
pub struct RouteMethodError {
    method: String,
}

impl FromStr for RouteMethod {
    type Err = RouteMethodError;

    fn from_str(text: &str) -> Result<Self, RouteMethodError> {
        Self::named(text).ok_or_else(|| RouteMethodError { method: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_parses_as_it_prints() {
        for method in RouteMethod::ALL {
            assert_eq!(method.to_string().parse(), Ok(method));
        }
        for text in ["", "get", "Any", "PROPFIND", "GET "] {
            assert!(text.parse::<RouteMethod>().is_err(), "{text}");
        }
    }

    #[test]
    fn methods_sort_by_name_and_any_comes_first() {
        let names = RouteMethod::ALL.map(RouteMethod::as_str);
        assert_eq!(names[0], "ANY");
        assert!(names[1..].is_sorted());
        assert!(RouteMethod::ALL.is_sorted() && RouteMethod::OF_API_GATEWAY.is_sorted());
    }
}
