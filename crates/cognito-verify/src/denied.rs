//! Why a valid token is not enough.

use std::fmt;

use crate::{
    pool_id::UserPoolId,
    require::{Requirement, RequirementError},
    token_use::TokenUse,
};

/// Why a valid token is not enough.
///
/// The variants contain what the token grants. `Debug` and `Display` omit it, because claims do not belong in a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The token has the other use.
    #[error("expected an {required}, got an {found}")]
    Use {
        /// What is required.
        required: TokenUse,
        /// The use of the token.
        found: TokenUse,
    },
    /// Scopes are missing.
    #[error("{required} is required{}", sign_in_hint(.granted))]
    Scope {
        /// What is required.
        required: Requirement,
        /// The token's scopes.
        granted: Granted,
    },
    /// A group is missing.
    #[error("{required} is required")]
    Group {
        /// What is required.
        required: Requirement,
        /// The user's groups.
        granted: Granted,
    },
    /// The token is from another user pool.
    #[error("{required} is required; the token is from {found}")]
    Pool {
        /// What is required.
        required: Requirement,
        /// The token's user pool.
        found: UserPoolId,
    },
    /// A claim is missing, or has another value.
    #[error("{required} is required")]
    Claim {
        /// What is required.
        required: Requirement,
    },
    /// The token was not delegated to the required actor, or was delegated although it must not be.
    #[error("{required} is required; the token is {}", if *.is_delegated { "delegated" } else { "not delegated" })]
    Actor {
        /// What is required.
        required: Requirement,
        /// Whether the token has an actor.
        is_delegated: bool,
    },
    /// The user authenticated at too low a level, or too long ago, and must sign in again (RFC 9470).
    #[error("{required} is required")]
    Authentication {
        /// What the sign-in must meet.
        required: Requirement,
    },
    /// The token meets none of the alternatives.
    #[error("{required} is required")]
    Alternatives {
        /// What is required.
        required: Requirement,
        /// The reason for each alternative.
        reasons: Vec<Self>,
    },
    /// No token can meet the requirement. A mistake in the program, not the client's fault.
    #[error("no token can meet the requirement")]
    Mistaken(#[source] RequirementError),
}

/// Users who sign in through the API instead of managed login never get custom scopes, which is a common surprise.
fn sign_in_hint(granted: &Granted) -> &'static str {
    if granted.iter().eq(["aws.cognito.signin.user.admin"]) {
        "; the token is from an API sign-in (InitiateAuth), which grants no custom scopes: sign in through managed \
         login, or add them with a pre-token-generation trigger"
    } else {
        ""
    }
}

/// The scopes or groups of a token. `Debug` prints only their number.
#[derive(Clone, PartialEq, Eq)]
pub struct Granted(Box<[Box<str>]>);

impl Granted {
    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }
}

impl<'n> FromIterator<&'n str> for Granted {
    fn from_iter<I: IntoIterator<Item = &'n str>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} withheld]", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::require::scope;

    #[test]
    fn what_a_token_grants_is_withheld_from_logs() {
        let denied =
            Denied::Scope { required: scope("r/a"), granted: ["secret/scope"].into_iter().collect() };
        assert!(!format!("{denied:?} {denied}").contains("secret"));
        assert_eq!(denied.to_string(), "scope r/a is required");
        let api = Denied::Scope {
            required: scope("r/a"),
            granted: ["aws.cognito.signin.user.admin"].into_iter().collect(),
        };
        assert!(api.to_string().contains("pre-token-generation"));
    }
}
