//! The claims that a token must have.

use std::fmt;

/// A claim without which a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequiredClaim {
    /// `iss`.
    Issuer,
    /// `exp`.
    Expiry,
    /// `iat`.
    IssuedAt,
    /// `token_use`.
    TokenUse,
    /// `client_id`, of an access token.
    ClientId,
    /// `aud`, of an ID token; by the rules of a JWT authorizer, of any token without `client_id`.
    Audience,
    /// `sub`, of an ID token.
    Subject,
}

impl RequiredClaim {
    /// The name of the claim.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Expiry => "exp",
            Self::IssuedAt => "iat",
            Self::TokenUse => "token_use",
            Self::ClientId => "client_id",
            Self::Audience => "aud",
            Self::Subject => "sub",
        }
    }
}

/// The name of the claim.
impl fmt::Display for RequiredClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
