//! The steps of verifying a token.

use std::fmt;

use crate::{part::Part, rejected::Rejected, required_claim::RequiredClaim};

/// One step of [`Verifier::verify`](crate::Verifier::verify). The order of the values is that of the steps.
///
/// With [`Rejected::check`], a tool can show which steps a token passed: those before the one that failed.
///
/// ```
/// use cognito_verify::{Check, Rejected};
///
/// let refused_by = Rejected::Signature.check();
/// let passed: Vec<Check> = Check::ALL.into_iter().filter(|check| *check < refused_by).collect();
/// assert_eq!(passed, [Check::Form, Check::Header, Check::Key]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Length, and three segments.
    Form,
    /// The JOSE header: well-formed, `alg` RS256, a `kid`, no extensions.
    Header,
    /// A configured pool publishes the key.
    Key,
    /// The signature was made with the key.
    Signature,
    /// The payload is a JSON object, its registered claims are well-formed, and it is not bound to a key (`cnf`).
    ClaimSet,
    /// `iss` is that of a pool that has the key.
    Issuer,
    /// `exp` is in the future, `nbf` and `iat` are not, and the token is not too old.
    Times,
    /// `token_use` is accepted.
    TokenUse,
    /// The app client is accepted, and the audience is this API.
    Client,
    /// The token has a subject.
    Subject,
}

impl Check {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Form,
        Self::Header,
        Self::Key,
        Self::Signature,
        Self::ClaimSet,
        Self::Issuer,
        Self::Times,
        Self::TokenUse,
        Self::Client,
        Self::Subject,
    ];

    /// A short name for logs and other programs, the same in every release.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Header => "header",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::ClaimSet => "claim_set",
            Self::Issuer => "issuer",
            Self::Times => "times",
            Self::TokenUse => "token_use",
            Self::Client => "client",
            Self::Subject => "subject",
        }
    }
}

/// Two words at most.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Form => "form",
            Self::Header => "header",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::ClaimSet => "claim set",
            Self::Issuer => "issuer",
            Self::Times => "times",
            Self::TokenUse => "token use",
            Self::Client => "app client",
            Self::Subject => "subject",
        })
    }
}

impl Rejected {
    /// The step that failed. The token passed the earlier steps; later steps were not run.
    #[must_use]
    pub fn check(&self) -> Check {
        match self {
            Self::TooLong { .. } | Self::Segments { .. } => Check::Form,
            Self::Encoding { part } | Self::PartTooLong { part } => match part {
                Part::Header => Check::Header,
                Part::Payload => Check::ClaimSet,
                Part::Signature => Check::Signature,
            },
            Self::Header
            | Self::Algorithm { .. }
            | Self::Critical
            | Self::NoKeyId
            | Self::KeyIdTooLong { .. } => Check::Header,
            Self::UnknownKey => Check::Key,
            Self::Signature => Check::Signature,
            Self::Claims | Self::KeyBound => Check::ClaimSet,
            Self::Missing { claim } => match claim {
                RequiredClaim::Issuer => Check::Issuer,
                RequiredClaim::Expiry | RequiredClaim::IssuedAt => Check::Times,
                RequiredClaim::TokenUse => Check::TokenUse,
                RequiredClaim::Subject => Check::Subject,
                RequiredClaim::ClientId | RequiredClaim::Audience => Check::Client,
            },
            Self::Issuer => Check::Issuer,
            Self::Expired { .. } | Self::TooOld { .. } | Self::NotYetValid { .. } => Check::Times,
            Self::UnknownUse | Self::Use { .. } => Check::TokenUse,
            Self::Client { .. } | Self::Resource | Self::NoAudience { .. } => Check::Client,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_listed_once_and_in_order() {
        assert!(Check::ALL.is_sorted_by(|a, b| a < b));
        assert_eq!(Check::ALL.len(), Check::Subject as usize + 1);
    }

    #[test]
    fn a_missing_claim_fails_the_step_that_reads_it() {
        for (claim, check) in [
            (RequiredClaim::Issuer, Check::Issuer),
            (RequiredClaim::Expiry, Check::Times),
            (RequiredClaim::IssuedAt, Check::Times),
            (RequiredClaim::TokenUse, Check::TokenUse),
            (RequiredClaim::ClientId, Check::Client),
            (RequiredClaim::Audience, Check::Client),
            (RequiredClaim::Subject, Check::Subject),
        ] {
            assert_eq!(Rejected::Missing { claim }.check(), check, "{claim}");
        }
    }

    #[test]
    fn a_segment_is_read_by_the_step_that_needs_it() {
        for (part, check) in [
            (Part::Header, Check::Header),
            (Part::Signature, Check::Signature),
            (Part::Payload, Check::ClaimSet),
        ] {
            assert_eq!(Rejected::Encoding { part }.check(), check, "{part}");
            assert_eq!(Rejected::PartTooLong { part }.check(), check, "{part}");
        }
    }
}
