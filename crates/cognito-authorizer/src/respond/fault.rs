//! The kind of a refusal, and whether the client or the service caused it.

use cognito_verify::{Denied, Rejected};

use crate::{
    identity::IdentityError,
    refusal::{Refusal, RouteError},
};

/// The kinds of refusals that some profile answers differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no token, or credentials of another scheme.
    NoToken,
    /// There are several tokens or headers.
    SeveralTokens,
    /// The token is not accepted.
    BadToken,
    /// The token has another use; another token of the same user may be accepted.
    WrongUse,
    /// The token is good and lacks a scope.
    Scope,
    /// The token is good and lacks something else.
    Permission,
    /// The keys cannot be fetched.
    NoKeys,
    /// The revocation check failed.
    NoAnswer,
    /// A mistake in the program, such as an extractor outside the layer.
    Program,
    /// The route table has no such route: no path that matches, or no row for the method.
    NoRoute,
    /// The path means two things.
    AmbiguousPath,
    /// The route table refuses the route.
    RouteRefused,
}

impl Fault {
    pub(super) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Identity(error) => match error {
                IdentityError::Missing | IdentityError::OtherScheme => Self::NoToken,
                IdentityError::SeveralHeaders
                | IdentityError::SeveralParameters
                | IdentityError::SeveralTokens
                | IdentityError::NotText => Self::SeveralTokens,
            },
            Refusal::Rejected(Rejected::Use { .. }) => Self::WrongUse,
            Refusal::Rejected(_) | Refusal::Revoked | Refusal::Audience => Self::BadToken,
            Refusal::Denied(denied) => Self::of_denied(denied),
            Refusal::Claims(_) => Self::Permission,
            Refusal::KeysUnavailable { .. } => Self::NoKeys,
            Refusal::RevocationUnknown => Self::NoAnswer,
            Refusal::NoLayer { .. } => Self::Program,
            Refusal::Route(error) => match error {
                RouteError::Unmatched | RouteError::Method => Self::NoRoute,
                RouteError::Ambiguous(_) => Self::AmbiguousPath,
                RouteError::Refused => Self::RouteRefused,
            },
        }
    }

    fn of_denied(denied: &Denied) -> Self {
        match denied {
            Denied::Use { .. } => Self::WrongUse,
            Denied::Scope { .. } => Self::Scope,
            // For the route, a token of another pool is as good as one of a stranger's.
            Denied::Pool { .. } => Self::BadToken,
            Denied::Mistaken(_) => Self::Program,
            Denied::Alternatives { reasons, .. } => {
                let all =
                    |kinds: &[Self]| reasons.iter().all(|reason| kinds.contains(&Self::of_denied(reason)));
                match () {
                    () if all(&[Self::WrongUse]) => Self::WrongUse,
                    () if all(&[Self::WrongUse, Self::Scope]) => Self::Scope,
                    () => Self::Permission,
                }
            }
            _ => Self::Permission,
        }
    }
}

#[cfg(test)]
mod tests {
    use cognito_verify::{Granted, Requirement, RequirementError, TokenUse, UserPoolId};

    use super::*;

    /// The client needs another token only where each alternative wants one; else this one is good and not enough.
    #[test]
    fn alternatives_cost_what_their_reasons_have_in_common() {
        let asked = Requirement::nothing;
        let none = || Granted::from_iter([]);
        let token_use = || Denied::Use { required: TokenUse::Id, found: TokenUse::Access };
        let scope = || Denied::Scope { required: asked(), granted: none() };
        let group = || Denied::Group { required: asked(), granted: none() };
        let found: UserPoolId = "eu-west-1_Ab12Cd34E".parse().unwrap();
        let pool = Denied::Pool { required: asked(), found };
        let mistaken = Denied::Mistaken(RequirementError::Empty);
        let any = |reasons: &[Denied]| Denied::Alternatives { required: asked(), reasons: reasons.to_vec() };
        for (denied, fault) in [
            (token_use(), Fault::WrongUse),
            (scope(), Fault::Scope),
            (group(), Fault::Permission),
            (pool, Fault::BadToken),
            (mistaken, Fault::Program),
            (any(&[token_use(), token_use()]), Fault::WrongUse),
            (any(&[scope(), scope()]), Fault::Scope),
            (any(&[token_use(), scope()]), Fault::Scope),
            (any(&[group(), group()]), Fault::Permission),
            (any(&[scope(), group()]), Fault::Permission),
            (any(&[token_use(), group()]), Fault::Permission),
            (any(&[any(&[token_use(), token_use()]), token_use()]), Fault::WrongUse),
            (any(&[any(&[token_use(), scope()]), token_use()]), Fault::Scope),
            (any(&[any(&[token_use(), group()]), token_use()]), Fault::Permission),
        ] {
            assert_eq!(Fault::of(&Refusal::Denied(denied.clone())), fault, "{denied:?}");
        }
    }
}
