//! The kind of a refusal, and whether the client or the service caused it.

use cognito_verify::{Denied, Rejected};

use crate::{
    authorizer::{IdentityError, Refusal},
    routes::RouteError,
};

/// The kinds of refusals that at least one profile answers differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusalKind {
    /// There is no token, or credentials of another scheme.
    NoToken,
    /// There are several tokens or headers.
    SeveralTokens,
    /// The token is in a cookie that another site may have made the browser send.
    CrossSite,
    /// The token is not accepted.
    BadToken,
    /// The token has another use; another token of the same user may be accepted.
    WrongUse,
    /// The token is good and lacks a scope.
    Scope,
    /// The token is good and lacks something else.
    Permission,
    /// The user must sign in again, at a higher level or because the sign-in is too old (RFC 9470).
    Authentication,
    /// The keys cannot be fetched.
    NoKeys,
    /// The revocation check failed.
    NoAnswer,
    /// A mistake in the program, such as an extractor outside the layer.
    Program,
    /// The route table has no such route: no path that matches, or no row for the method.
    NoRoute,
    /// The path is ambiguous.
    AmbiguousPath,
    /// The route table refuses the route.
    RouteRefused,
}

impl RefusalKind {
    pub(super) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Identity(error) => match error {
                IdentityError::Missing | IdentityError::OtherScheme => Self::NoToken,
                IdentityError::SeveralHeaders
                | IdentityError::SeveralParameters
                | IdentityError::SeveralCookies
                | IdentityError::SeveralSubprotocols
                | IdentityError::SeveralSources
                | IdentityError::SeveralTokens
                | IdentityError::NotText => Self::SeveralTokens,
                IdentityError::CrossSite => Self::CrossSite,
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
            // For the route, a token of another pool is not accepted at all.
            Denied::Pool { .. } => Self::BadToken,
            Denied::Authentication { .. } => Self::Authentication,
            Denied::Mistaken(_) => Self::Program,
            Denied::Alternatives { reasons, .. } => {
                let all =
                    |kinds: &[Self]| reasons.iter().all(|reason| kinds.contains(&Self::of_denied(reason)));
                // A sign-in is what the client can do by itself, also if an alternative lacks something else.
                let is_any = |kind| reasons.iter().any(|reason| Self::of_denied(reason) == kind);
                match () {
                    () if is_any(Self::Authentication) => Self::Authentication,
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

    /// The client needs another token only if each alternative requires another use. Otherwise this one is good but not enough.
    #[test]
    fn alternatives_are_refused_for_what_their_reasons_have_in_common() {
        let requirement = Requirement::nothing;
        let none = || Granted::from_iter([]);
        let token_use = || Denied::Use { required: TokenUse::Id, found: TokenUse::Access };
        let scope = || Denied::Scope { required: requirement(), granted: none() };
        let group = || Denied::Group { required: requirement(), granted: none() };
        let found: UserPoolId = "eu-west-1_Ab12Cd34E".parse().unwrap();
        let pool = Denied::Pool { required: requirement(), found };
        let mistaken = Denied::Mistaken(RequirementError::Empty);
        let sign_in = || Denied::Authentication { required: requirement() };
        let actor = Denied::Actor { required: requirement(), is_delegated: true };
        let any =
            |reasons: &[Denied]| Denied::Alternatives { required: requirement(), reasons: reasons.to_vec() };
        for (denied, kind) in [
            (token_use(), RefusalKind::WrongUse),
            (scope(), RefusalKind::Scope),
            (group(), RefusalKind::Permission),
            (pool, RefusalKind::BadToken),
            (mistaken, RefusalKind::Program),
            (actor, RefusalKind::Permission),
            (sign_in(), RefusalKind::Authentication),
            (any(&[sign_in(), sign_in()]), RefusalKind::Authentication),
            (any(&[scope(), sign_in()]), RefusalKind::Authentication),
            (any(&[group(), any(&[token_use(), sign_in()])]), RefusalKind::Authentication),
            (any(&[token_use(), token_use()]), RefusalKind::WrongUse),
            (any(&[scope(), scope()]), RefusalKind::Scope),
            (any(&[token_use(), scope()]), RefusalKind::Scope),
            (any(&[group(), group()]), RefusalKind::Permission),
            (any(&[scope(), group()]), RefusalKind::Permission),
            (any(&[token_use(), group()]), RefusalKind::Permission),
            (any(&[any(&[token_use(), token_use()]), token_use()]), RefusalKind::WrongUse),
            (any(&[any(&[token_use(), scope()]), token_use()]), RefusalKind::Scope),
            (any(&[any(&[token_use(), group()]), token_use()]), RefusalKind::Permission),
        ] {
            assert_eq!(RefusalKind::of(&Refusal::Denied(denied.clone())), kind, "{denied:?}");
        }
    }
}
