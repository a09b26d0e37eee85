//! Why a request is refused: one reason, on its way out.

use std::time::Duration;

use cognito_verify::{ClaimsError, Denied, Rejected};

use crate::{identity::IdentityError, routes::PathProblem};

/// Why a request was refused. It sits in the extensions of the *response*, so that an outer layer can count it or log
/// it while the client is told no more than it needs.
///
/// ```
/// use cognito_authorizer::Refusal;
///
/// fn is_worth_an_alarm(response: &http::Response<()>) -> bool {
///     matches!(response.extensions().get(), Some(Refusal::KeysUnavailable { .. }))
/// }
/// # assert!(!is_worth_an_alarm(&http::Response::new(())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no token to verify.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The token is not accepted.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The token is good, and not enough.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The token is good, and its claims are not those that the handler asked for with `Claims<T>`.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The token names a key that cannot be looked up now: the keys could not be fetched. The fault is not the client's.
    #[error("the user pool's keys are not available; it may be worth trying again in {} s", .retry_after.as_secs())]
    KeysUnavailable {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The token was revoked, as the layer's [`RevocationCheck`](crate::RevocationCheck) says.
    #[error("the token was revoked")]
    Revoked,
    /// Whether the token was revoked cannot be known now. The fault is not the client's.
    #[error("the token could not be looked up among the revoked ones")]
    RevocationUnknown,
    /// The token's `aud` is not what
    /// [`identity_validation_expression`](crate::CognitoAuthBuilder::identity_validation_expression) asks for.
    #[error("the token's audience does not match the identity validation expression")]
    Audience,
    /// The route table does not let the request through.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// An extractor is used on a route that no layer protects, or that the route table opens. The fault is the program's.
    #[error(
        "`{extractor}` found no verified token: this route is outside the layer; add \
         `.route_layer(auth)` after the route, where `auth` is a `CognitoAuthLayer`. If the route table opens the route, write \
         `.require(…)` for its row instead of `.open(…)`"
    )]
    NoLayer {
        /// The extractor's name.
        extractor: &'static str,
    },
}

impl Refusal {
    /// A short name for logs and metrics, the same in every release.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Identity(error) => error.code(),
            Self::Rejected(rejected) => rejected.code(),
            Self::Denied(Denied::Use { .. }) => "token_use",
            Self::Denied(Denied::Scope { .. }) => "scope",
            Self::Denied(Denied::Group { .. }) => "group",
            Self::Denied(Denied::Pool { .. }) => "pool",
            Self::Denied(Denied::Mistaken(_)) => "mistaken_requirement",
            Self::Denied(_) => "requirement",
            Self::Claims(_) => "claims_type",
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::Revoked => "revoked",
            Self::RevocationUnknown => "revocation_unknown",
            Self::Audience => "audience",
            Self::Route(error) => error.code(),
            Self::NoLayer { .. } => "no_layer",
        }
    }
}

/// Why a route table does not let a request through, whatever its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// No row of the table has a path that matches.
    #[error("no row of the route table matches the request")]
    Unmatched,
    /// The most specific path that matches has rows, and none for the request's method.
    #[error("the rows of the request's path in the route table do not have its method")]
    Method,
    /// The row says so.
    #[error("the route table refuses the route")]
    Refused,
    /// The path could be read in two ways, so that table and handler might mean different routes.
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
