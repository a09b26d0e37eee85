//! What happens to the requests of a row, and which rows a request can select.

use std::fmt;

use cognito_verify::Requirement;
use http::Method;

/// What happens to the requests that a row matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteRule {
    /// Lets in requests with a token that meets this requirement; [`Requirement::nothing`] asks for any valid token.
    Require(Requirement),
    /// Lets in every request; a token is not looked at.
    Open,
    /// Lets in CORS preflights without a token, and matches no other request: an `OPTIONS` request that is not a preflight is
    /// judged as if the row were not there. A preflight has the headers `Origin` and `Access-Control-Request-Method` (Fetch
    /// standard, «CORS-preflight request»). Only a row for the method `OPTIONS` can have this rule.
    Preflight,
    /// Refuses every request, whatever its token.
    Refuse,
}

impl RouteRule {
    /// Whether a request that this rule lets in would be let in by the other one too, as far as can be told without asking
    /// what requirements have in common.
    pub(super) fn is_as_strict_as(&self, other: &Self) -> bool {
        // `Preflight` is only ever found for preflights, and lets them in as `Open` does.
        self == other || *self == Self::Refuse || matches!(other, Self::Open | Self::Preflight)
    }
}

/// `open`, `open to CORS preflights`, `refused`, or the [`Requirement`] as a sentence.
impl fmt::Display for RouteRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Require(requirement) => requirement.fmt(f),
            Self::Open => f.write_str("open"),
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
