//! The OAuth flows of an app client.

/// An OAuth flow that an app client may use: one of `AllowedOAuthFlows`.
///
/// See [Authorization code, implicit and client credentials grants][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints-oauth-grants.html
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OAuthFlow {
    /// `code`: the browser brings back a code, which the token endpoint exchanges for tokens.
    Code,
    /// `implicit`: the browser brings back the tokens themselves, without a refresh token.
    Implicit,
    /// `client_credentials`: the client gets an access token for itself. Excludes the other two.
    ClientCredentials,
}

impl OAuthFlow {
    /// The name as `AllowedOAuthFlows` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Implicit => "implicit",
            Self::ClientCredentials => "client_credentials",
        }
    }
}
