//! The authentication flows of an app client.

/// A way to sign in by the API, or to exchange tokens, that an app client may use: one of `ExplicitAuthFlows`.
///
/// See [Authentication flows][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows.html
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthFlow {
    /// `ALLOW_USER_SRP_AUTH`: the client proves the password and does not send it.
    UserSrp,
    /// `ALLOW_USER_PASSWORD_AUTH`: the client sends the password.
    UserPassword,
    /// `ALLOW_USER_AUTH`: the client chooses one of these two when the user signs in.
    UserAuth,
    /// `ALLOW_ADMIN_USER_PASSWORD_AUTH`: a server sends the password, by `AdminInitiateAuth`.
    AdminUserPassword,
    /// `ALLOW_REFRESH_TOKEN_AUTH`: refresh by `InitiateAuth`. Excludes refresh token rotation.
    RefreshToken,
    /// `ALLOW_TOKEN_EXCHANGE_IMPERSONATION`: token exchange without an actor token.
    TokenExchangeImpersonation,
    /// `ALLOW_TOKEN_EXCHANGE_DELEGATION`: token exchange with an actor token, which the claim `act` then names.
    TokenExchangeDelegation,
}

impl AuthFlow {
    /// All flows of a local pool.
    pub(crate) const ALL: [Self; 7] = [
        Self::UserSrp,
        Self::UserPassword,
        Self::UserAuth,
        Self::AdminUserPassword,
        Self::RefreshToken,
        Self::TokenExchangeImpersonation,
        Self::TokenExchangeDelegation,
    ];

    /// The name as `ExplicitAuthFlows` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UserSrp => "ALLOW_USER_SRP_AUTH",
            Self::UserPassword => "ALLOW_USER_PASSWORD_AUTH",
            Self::UserAuth => "ALLOW_USER_AUTH",
            Self::AdminUserPassword => "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            Self::RefreshToken => "ALLOW_REFRESH_TOKEN_AUTH",
            Self::TokenExchangeImpersonation => "ALLOW_TOKEN_EXCHANGE_IMPERSONATION",
            Self::TokenExchangeDelegation => "ALLOW_TOKEN_EXCHANGE_DELEGATION",
        }
    }
}
