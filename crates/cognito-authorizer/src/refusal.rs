//! Why a request is refused: one reason, on its way out.

use std::time::Duration;

use cognito_verify::{ClaimsError, Denied, Rejected};

use crate::identity::IdentityError;

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
    #[error("the user pool's keys are not available; the next attempt is in {} s", .retry_after.as_secs())]
    KeysUnavailable {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// An extractor is used on a route that no layer protects. The fault is the program's.
    #[error(
        "`{extractor}` found no verified token: this route is outside the layer; add \
         `.route_layer(auth)` after the route, where `auth` is a `CognitoAuthLayer`"
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
            Self::Denied(Denied::Mistaken(_)) => "mistaken_requirement",
            Self::Denied(_) => "requirement",
            Self::Claims(_) => "claims_type",
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::NoLayer { .. } => "no_layer",
        }
    }
}
