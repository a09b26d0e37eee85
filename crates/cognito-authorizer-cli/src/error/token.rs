//! Why there is no token.

use crate::{exit::Exit, http::HttpError};

/// Why there is no token. The text repeats what the server says, and nothing that was sent to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The server refuses.
    #[error("{url} refuses: {code}{}{message}{}{}", if .message.is_empty() { "" } else { ": " }, if .fix.is_empty() { "" } else { "; " }, .fix)]
    Refused {
        /// The URL of the request.
        url: String,
        /// The server's code for the reason.
        code: String,
        /// The server's message, or nothing.
        message: String,
        /// What to do, if that is known.
        fix: &'static str,
    },
    /// Cognito asks for more than a password.
    #[error(
        "Cognito asks for the challenge {challenge}, which this command does not answer; sign in with an app, or use a user without it"
    )]
    Challenge {
        /// The name of the challenge.
        challenge: String,
    },
    /// The response has no token.
    #[error("{url} answers with status {status} and no token; is it the right URL?")]
    NoToken {
        /// The URL of the request.
        url: String,
        /// The status.
        status: u16,
    },
    /// An ID token was asked for, but none was issued.
    #[error("no ID token was issued, only an access token")]
    NoIdToken,
    /// The URL is not one of a local pool.
    #[error(
        "`{url}` is not a local pool on this machine: {problem}; give `--pool-url http://127.0.0.1:9229`, or name the host \
         with `--allow-host` (Amazon Cognito mints no tokens: sign in with `--username`, or use `--client-credentials`)"
    )]
    NotLocal {
        /// The URL of the command line.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The local pool does not answer.
    #[error("the local pool does not answer: {problem}; is it running? `cognito-authorizer pool` starts one")]
    PoolUnreachable {
        /// Why it does not.
        problem: HttpError,
    },
    /// The server is not a local pool.
    #[error(
        "{url} answers with status {status}, and is not a local pool that mints tokens; `cognito-authorizer pool` starts one"
    )]
    NotAPool {
        /// The URL of the request.
        url: String,
        /// The status.
        status: u16,
    },
    /// The user pool has no AWS Region.
    #[error("`{pool}` has no AWS Region; give the URL of Cognito's API with `--endpoint URL`")]
    NoRegion {
        /// The id of the pool.
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
