//! The steps of a decision, and what each found.

use std::{fmt, time::Duration};

use cognito_verify::{Check, Finding, Requirement, UnixTime, UserPoolId};

use super::{
    identity::{IdentitySource, TokenForm},
    refusal::Refusal,
};
use crate::routes::{RouteKey, RouteRule};

/// The name of a step of a decision. The order of the values is that in which a report shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StepName {
    /// Finds the row of the route table.
    Route,
    /// Finds the one token of the request.
    IdentitySource,
    /// A check of the token itself.
    Token(Check),
    /// Compares `aud` with the
    /// [`identity_validation_expression`](crate::RestApi::identity_validation_expression).
    Audience,
    /// Checks the requirements of the layer and of the row: scopes, groups, user pools, actors, sign-ins.
    Requirement,
    /// Runs the [`RevocationCheck`](crate::RevocationCheck).
    Revocation,
}

impl StepName {
    /// A short name for logs and other programs, the same in every release.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::IdentitySource => "identity_source",
            Self::Token(check) => check.code(),
            Self::Audience => "audience",
            Self::Requirement => "requirement",
            Self::Revocation => "revocation",
        }
    }

    /// All steps, in order.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let first = [Self::Route, Self::IdentitySource];
        let last = [Self::Audience, Self::Requirement, Self::Revocation];
        first.into_iter().chain(Check::ALL.map(Self::Token)).chain(last)
    }

    /// The step that refuses for this reason. `Claims` and `NoLayer` are reasons of extractors, behind the engine.
    pub(super) fn that_refuses(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Route(_) => Self::Route,
            Refusal::Identity(_) => Self::IdentitySource,
            Refusal::Rejected(rejected) => Self::Token(rejected.check()),
            Refusal::KeysUnavailable { .. } => Self::Token(Check::Key),
            Refusal::Audience => Self::Audience,
            Refusal::Denied(_) | Refusal::Claims(_) | Refusal::NoLayer { .. } => Self::Requirement,
            Refusal::Revoked | Refusal::RevocationUnknown => Self::Revocation,
        }
    }
}

/// Two words at most.
impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route => f.pad("route"),
            Self::IdentitySource => f.pad("source"),
            Self::Token(check) => check.fmt(f),
            Self::Audience => f.pad("audience"),
            Self::Requirement => f.pad("requirement"),
            Self::Revocation => f.pad("revocation"),
        }
    }
}

/// What one step found, and what it was compared with.
///
/// *Security*: facts of the steps after [`Check::Signature`] contain claims, for tools that show a token to its owner. `Debug`
/// omits them.
#[derive(Clone)]
#[non_exhaustive]
pub enum Fact {
    /// The row of the route table, and its rule.
    #[non_exhaustive]
    Route {
        /// The row's route key; `None` without a route table, and if no row matches.
        key: Option<RouteKey>,
        /// The rule that decides; `None` without a route table, and if the path is ambiguous or has no row for the method.
        rule: Option<RouteRule>,
    },
    /// The token of the request.
    #[non_exhaustive]
    IdentitySource {
        /// Where it is.
        source: IdentitySource,
        /// How it is written there.
        form: TokenForm,
    },
    /// The request has no token, and its route lets it in as anonymous.
    #[non_exhaustive]
    Anonymous {
        /// Where the token would be.
        sources: Vec<IdentitySource>,
    },
    /// A fact about the token itself.
    Token(Finding),
    /// The audience.
    #[non_exhaustive]
    Audience {
        /// The expression that the whole of one audience must match.
        expression: String,
        /// The claim `aud`.
        audience: Vec<String>,
    },
    /// What the token grants.
    #[non_exhaustive]
    Requirement {
        /// The requirements of the layer and of the row.
        requirement: Requirement,
        /// The token's scopes.
        scopes: Vec<String>,
        /// The user's groups.
        groups: Vec<String>,
        /// The user pool of the token.
        pool: UserPoolId,
        /// Who acts for the subject: [`Verified::actor`](crate::Verified::actor).
        actor: Option<String>,
        /// How strongly the user authenticated: [`Verified::acr`](crate::Verified::acr).
        acr: Option<String>,
        /// When the user signed in.
        authenticated_at: Option<UnixTime>,
    },
    /// The revocation check.
    #[non_exhaustive]
    Revocation {
        /// The type that implements the check.
        check: &'static str,
        /// How long it may take.
        timeout: Duration,
    },
}

impl Fact {
    /// The step that found this.
    #[must_use]
    pub fn step(&self) -> StepName {
        match self {
            Self::Route { .. } => StepName::Route,
            Self::IdentitySource { .. } | Self::Anonymous { .. } => StepName::IdentitySource,
            Self::Token(finding) => StepName::Token(finding.check()),
            Self::Audience { .. } => StepName::Audience,
            Self::Requirement { .. } => StepName::Requirement,
            Self::Revocation { .. } => StepName::Revocation,
        }
    }
}

/// Prints only the step.
impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fact({:?})", self.step())
    }
}
