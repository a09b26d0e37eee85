//! Why there is no token.

use crate::exit::Exit;

/// Why there is no token. What the server says is part of the text; nothing of what was sent is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The server refuses.
    #[error("{url} refuses: {code}{}{message}{}{}", if .message.is_empty() { "" } else { ": " }, if .fix.is_empty() { "" } else { "; " }, .fix)]
    Refused {
        /// What was asked.
        url: String,
        /// The server's name for the reason.
        code: String,
        /// What it says beyond, or nothing.
        message: String,
        /// What to do, where it is known.
        fix: &'static str,
    },
    /// Cognito wants more than a password.
    #[error(
        "Cognito asks for the challenge {challenge}, which this command does not answer; sign in with an app, or use a user without it"
    )]
    Challenge {
        /// Its name.
        challenge: String,
    },
    /// The answer is not what the API promises.
    #[error("{url} answers with status {status} and no token; is it the right URL?")]
    NoToken {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
    },
    /// An ID token was asked for and none was issued.
    #[error("no ID token was issued, only an access token")]
    NoIdToken,
    /// The user pool's Region is not known.
    #[error("`{pool}` has no AWS Region; name the URL of Cognito's API with `--endpoint URL`")]
    NoRegion {
        /// The pool.
        pool: String,
    },
}

impl TokenError {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Refused { .. } | Self::Challenge { .. } | Self::NoIdToken => Exit::Refused,
            Self::NoToken { .. } => Exit::Unreachable,
            Self::NoRegion { .. } => Exit::Usage,
        }
    }
}

/// What to do about a reason of the token endpoint (RFC 6749 §5.2) or of Cognito's API.
pub(super) fn fix(code: &str, message: &str) -> &'static str {
    match code {
        "invalid_client" => "check the app client's id and its secret",
        // Of a scope that exists and that another client is allowed, Cognito says the second.
        "invalid_scope" | "invalid_grant" => {
            "allow the app client the scope (custom scopes of a resource server), or ask for another"
        }
        "unauthorized_client" => "allow the app client the grant `client_credentials`, which needs a secret",
        "ResourceNotFoundException" => "check the app client's id and the Region",
        "UserNotConfirmedException" => "confirm the user first",
        "PasswordResetRequiredException" => "the user has to set a new password first",
        "NotAuthorizedException" if message.contains("SECRET_HASH was not received") => {
            "the app client has a secret: name it with `--client-secret-env`"
        }
        "NotAuthorizedException" if message.contains("secret hash was received") => {
            "the app client has no secret: leave `--client-secret-env` out"
        }
        "NotAuthorizedException" if message.contains("secret hash") => "check the app client's secret",
        "InvalidParameterException" if message.contains("flow not enabled") => {
            "allow the app client `ALLOW_USER_PASSWORD_AUTH`"
        }
        _ => "",
    }
}
