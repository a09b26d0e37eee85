//! Why a request is refused: one reason, on its way out.

use std::time::Duration;

use cognito_verify::{ClaimsError, Denied, Rejected};

use super::identity::IdentityError;
use crate::routes::RouteError;

/// Why a request was refused. It is in the extensions of the *response*, so that an outer layer can count or log it, while the
/// client learns only what it needs.
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
    /// The token is good but does not meet the requirement.
    #[error(transparent)]
    Denied(Denied),
    /// The token is good, but its claims do not deserialize into the handler's `Claims<T>`.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The token names a key that cannot be looked up now, because the keys could not be fetched. Not the client's fault.
    #[error("the user pool's keys are not available; it may be worth trying again in {} s", .retry_after.as_secs())]
    KeysUnavailable {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The layer's [`RevocationCheck`](crate::RevocationCheck) found that the token was revoked.
    #[error("the token was revoked")]
    Revoked,
    /// The revocation check failed, so it is unknown whether the token was revoked. Not the client's fault.
    #[error("the token could not be looked up among the revoked ones")]
    RevocationUnknown,
    /// The token's `aud` does not match the
    /// [`identity_validation_expression`](crate::RestApi::identity_validation_expression).
    #[error("the token's audience does not match the identity validation expression")]
    Audience,
    /// The route table does not let the request through.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// An extractor is used on a route that no layer protects, or that the route table opens. A mistake in the program.
    #[error(
        "`{extractor}` found no verified token: this route is outside the layer; add `.route_layer({})` after the route, where \
         `auth` is a `CognitoAuthLayer`. If the route table opens the route, write `.{}(…)` for its row instead of `.open(…)`",
        if is_optional(extractor) { "auth.allow_anonymous()?" } else { "auth" },
        if is_optional(extractor) { "optional" } else { "require" }
    )]
    NoLayer {
        /// The extractor's name.
        extractor: &'static str,
    },
}

/// Whether the extractor is for routes where a token is optional.
fn is_optional(extractor: &str) -> bool {
    extractor.starts_with("Option<")
}

/// A token with another use is rejected, whether the verifier or a requirement for a token use finds it.
impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Use { required, found } => Rejected::Use { expected: required.into(), found }.into(),
            denied => Self::Denied(denied),
        }
    }
}

impl Refusal {
    /// A short name for logs and metrics, the same in every release.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Identity(error) => error.code(),
            Self::Rejected(rejected) => rejected.code(),
            Self::Denied(Denied::Scope { .. }) => "scope",
            Self::Denied(Denied::Group { .. }) => "group",
            Self::Denied(Denied::Pool { .. }) => "pool",
            Self::Denied(Denied::Actor { .. }) => "actor",
            Self::Denied(Denied::Authentication { .. }) => "user_authentication",
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
