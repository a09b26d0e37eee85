//! What a token is for, and which tokens are accepted.

use std::fmt;

/// What a token is for: the claim `token_use`, which every Cognito token has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenUse {
    /// To call APIs: carries scopes and `client_id`.
    Access,
    /// To know who signed in: carries the user's attributes, and the app client as `aud`.
    Id,
}

impl fmt::Display for TokenUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access token",
            Self::Id => "ID token",
        })
    }
}

/// Which token uses are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Accept {
    /// Access tokens, the default.
    #[default]
    Access,
    /// ID tokens.
    Id,
    /// Both.
    Either,
}

impl Accept {
    /// Whether tokens of this use are accepted.
    #[must_use]
    pub fn includes(self, token_use: TokenUse) -> bool {
        match self {
            Self::Access => token_use == TokenUse::Access,
            Self::Id => token_use == TokenUse::Id,
            Self::Either => true,
        }
    }
}

impl From<TokenUse> for Accept {
    fn from(token_use: TokenUse) -> Self {
        match token_use {
            TokenUse::Access => Self::Access,
            TokenUse::Id => Self::Id,
        }
    }
}

impl fmt::Display for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access token",
            Self::Id => "ID token",
            Self::Either => "access token or ID token",
        })
    }
}
