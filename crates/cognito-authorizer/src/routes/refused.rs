//! Why a route table does not let a request through.

use apigateway_routes::PathProblem;

/// Why a route table does not let a request through, whatever its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The path of no row matches.
    #[error("no row of the route table matches the request")]
    Unmatched,
    /// The most specific matching path has rows, but none for the request's method.
    #[error("the route table has rows for the request's path, but none for its method")]
    Method,
    /// The row refuses every request.
    #[error("the route table refuses the route")]
    Refused,
    /// The path is ambiguous: the table and a handler or proxy could interpret it differently.
    #[error("the request's path is ambiguous: {0}")]
    Ambiguous(PathProblem),
}

impl RouteError {
    /// A short name for logs and metrics, the same in every release.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unmatched => "no_route",
            Self::Method => "no_method",
            Self::Refused => "route_refused",
            Self::Ambiguous(_) => "ambiguous_path",
        }
    }
}
