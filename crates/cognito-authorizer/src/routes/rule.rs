//! What becomes of the requests of a row, and which of several rows it is that decides.

use std::fmt;

use cognito_verify::Requirement;

/// What becomes of the requests that a row matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteRule {
    /// A token is needed that meets this; [`Requirement::nothing`] asks for a valid one.
    Require(Requirement),
    /// Everybody is let in; a token is not looked at.
    Open,
    /// Nobody is let in, whatever the token.
    Refuse,
}

impl RouteRule {
    /// Whether a request that this rule lets in would be let in by the other one too, as far as can be told without asking
    /// what requirements have in common.
    pub(super) fn is_as_strict_as(&self, other: &Self) -> bool {
        self == other || *self == Self::Refuse || *other == Self::Open
    }
}

/// `open`, `refused`, or the [`Requirement`] as a sentence.
impl fmt::Display for RouteRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Require(requirement) => requirement.fmt(f),
            Self::Open => f.write_str("open"),
            Self::Refuse => f.write_str("refused"),
        }
    }
}

/// Whether the path or the whole route is chosen first, where a more specific path lacks the method of the request.
///
/// For `POST /orders` beside `ANY /{proxy+}`, a `GET /orders` is unmatched by [`PathFirst`](Self::PathFirst), and is judged by
/// `ANY /{proxy+}` by [`RouteFirst`](Self::RouteFirst).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precedence {
    /// The most specific path that matches decides, as in a REST API, and as axum routes; the stricter, and the default.
    #[default]
    PathFirst,
    /// The most specific path decides among the rows that have the method or `ANY`, as in an HTTP API («Create routes for
    /// HTTP APIs», API Gateway developer guide).
    RouteFirst,
}
