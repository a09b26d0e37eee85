//! Why a pool issues tokens.

/// `triggerSource` of a pre token generation event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TriggerSource {
    /// A sign-in by managed login.
    HostedAuth,
    /// A sign-in by the API.
    Authentication,
    /// A sign-in by the API that ended with a new password in place of a temporary one.
    NewPasswordChallenge,
    /// A sign-in by the API that ended with the authentication of the user's device.
    AuthenticateDevice,
    /// A refresh.
    RefreshTokens,
    /// `client_credentials`: a token for the client itself.
    ClientCredentials,
}

impl TriggerSource {
    /// The name in the event, such as `TokenGeneration_HostedAuth`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HostedAuth => "TokenGeneration_HostedAuth",
            Self::Authentication => "TokenGeneration_Authentication",
            Self::NewPasswordChallenge => "TokenGeneration_NewPasswordChallenge",
            Self::AuthenticateDevice => "TokenGeneration_AuthenticateDevice",
            Self::RefreshTokens => "TokenGeneration_RefreshTokens",
            Self::ClientCredentials => "TokenGeneration_ClientCredentials",
        }
    }
}
