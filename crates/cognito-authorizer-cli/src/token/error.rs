//! Why there is no token.

use crate::{exit::Exit, http::HttpError};

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
    /// The URL of the local pool is not one that is asked for a token.
    #[error(
        "`{url}` is not a local pool on this machine: {problem}; give `--pool-url http://127.0.0.1:9229`, or name the host \
         with `--allow-host` (Amazon Cognito mints no tokens: sign in with `--username`, or use `--client-credentials`)"
    )]
    NotLocal {
        /// What was given.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The local pool does not answer.
    #[error("the local pool does not answer: {problem}; is it running? `cognito-authorizer pool` starts one")]
    PoolUnreachable {
        /// Why not.
        problem: HttpError,
    },
    /// Something answers that does not mint tokens.
    #[error(
        "{url} answers with status {status}, and is not a local pool that mints tokens; `cognito-authorizer pool` starts one"
    )]
    NotAPool {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
    },
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
            Self::NoToken { .. } | Self::PoolUnreachable { .. } | Self::NotAPool { .. } => Exit::Unreachable,
            Self::NoRegion { .. } | Self::NotLocal { .. } => Exit::Usage,
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
        "unknown_user" => "name another with `--as`, or add the user to the file of the pool",
        "unknown_client" => "name another with `--client`, or add the app client to the file of the pool",
        "user_needed" => "name the user with `--as`, or the machine with `--client`",
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
