//! Why a valid token is not enough, and what cannot be asked of one.

use std::fmt;

use crate::{claims::TokenUse, pool_id::UserPoolId, require::Requirement};

/// What cannot be required, with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementError {
    /// The text cannot be a scope; see [`is_scope`](crate::is_scope).
    #[error(
        "`{scope}` is not a scope; a custom one reads `resource-server/name`, without spaces, quotes or backslashes"
    )]
    Scope {
        /// The text.
        scope: String,
    },
    /// The text cannot be a group; see [`is_group`](crate::is_group).
    #[error(
        "`{}` is not a group name; one has 1 to 128 characters, none of them white space or invisible",
        .group.escape_debug()
    )]
    Group {
        /// The text.
        group: String,
    },
    /// A claim without a name.
    #[error("a claim has a name, and this one is empty; name the claim that the token must have")]
    Claim,
    /// An empty list of alternatives or requirements.
    #[error(
        "an empty list of scopes, groups, user pools or alternatives; name at least one, or use `Requirement::nothing()`"
    )]
    Empty,
    /// A choice that every valid token meets, so that its other alternatives have no effect.
    #[error(
        "`{choice}` is met by every valid token, so it checks nothing; remove the alternative that asks for no scope or \
         group; for a list, use `any_of([…])` instead of a fold that starts with `Requirement::nothing()`"
    )]
    AlwaysMet {
        /// The choice as a sentence.
        choice: String,
    },
}

/// Why a valid token is not enough.
///
/// The variants contain what the token grants. `Debug` and `Display` omit it, because claims do not belong in a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The token has the other use.
    #[error("it is an {found}; required is an {required}")]
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
    #[error("{required} is required; it is of {found}")]
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
    /// The token meets none of the alternatives.
    #[error("{required} is required")]
    Alternatives {
        /// What is required.
        required: Requirement,
        /// The reason for each alternative.
        reasons: Vec<Self>,
    },
    /// No token can meet the requirement. A mistake in the program, not the client's fault.
    #[error("the requirement can be met by no token")]
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
