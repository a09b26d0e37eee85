//! The rule of a row, and how a request selects a row.

use std::fmt;

use cognito_verify::Requirement;
use http::Method;

/// What happens to the requests that a row matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteRule {
    /// Lets in requests with a token that meets this requirement; [`Requirement::nothing`] accepts any valid token.
    Require(Requirement),
    /// Lets in every request; a token is ignored.
    Open,
    /// Lets in requests without a token, as anonymous, and requests with a valid token. If the layer has a requirement of its
    /// own, the token must meet it. A request with any other credentials is refused, as on a route that requires a token; see
    /// [`RouteTableBuilder::optional`](super::RouteTableBuilder::optional).
    Optional,
    /// Lets in CORS preflights without a token, and matches no other request: for an `OPTIONS` request that is not a preflight,
    /// the row does not exist. A preflight has the headers `Origin` and `Access-Control-Request-Method` (Fetch
    /// standard, "CORS-preflight request"). Only a row for the method `OPTIONS` can have this rule.
    Preflight,
    /// Refuses every request, whatever its token.
    Refuse,
}

impl RouteRule {
    /// Whether the other rule also lets in every request that this rule lets in. Different requirements count as unrelated.
    pub(super) fn is_as_strict_as(&self, other: &Self) -> bool {
        match (self, other) {
            // `Preflight` is found only for preflights, and lets them in as `Open` does.
            (Self::Refuse, _) | (_, Self::Open | Self::Preflight) => true,
            // `Optional` accepts the same tokens, and requests without one.
            (Self::Require(requirement), Self::Optional) => *requirement == Requirement::nothing(),
            _ => self == other,
        }
    }
}

/// `open`, `a token is optional`, `open to CORS preflights`, `refused`, or the [`Requirement`] as a sentence.
impl fmt::Display for RouteRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Require(requirement) => requirement.fmt(f),
            Self::Open => f.write_str("open"),
            Self::Optional => f.write_str("a token is optional"),
            Self::Preflight => f.write_str("open to CORS preflights"),
            Self::Refuse => f.write_str("refused"),
        }
    }
}

/// The part of a request, beside its path, that selects a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selector<'m> {
    /// A request with this method that is not a CORS preflight.
    Method(&'m Method),
    /// A CORS preflight, which is an `OPTIONS` request.
    Preflight,
}
