//! Why a command has no result.

mod definition;
mod input;
mod pool;
mod serve;
mod token;

use std::io;

use cognito_authorizer::keys::FetchError;

pub use self::{
    definition::FactsError, input::InputError, pool::PoolCommandError, serve::ServeError, token::TokenError,
};
use crate::{exit::Exit, http::HttpError};

/// Why a command has no result. The text ends with what to do, if that is known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// An argument, a file or the standard input cannot be used.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A server could not be reached.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The response of a pool's key URL cannot be used.
    #[error("the keys at {url} cannot be used: {error}; see what `cognito-authorizer doctor {pool}` says")]
    FetchedKeys {
        /// The URL of the keys.
        url: String,
        /// What is wrong with the response.
        error: FetchError,
        /// The id of the pool.
        pool: String,
    },
    /// The response of a pool's key URL has a status other than 200.
    #[error("{url} answers with status {status}; see what `cognito-authorizer doctor {pool}` says")]
    KeysStatus {
        /// The URL of the keys.
        url: String,
        /// The status.
        status: u16,
        /// The id of the pool.
        pool: String,
    },
    /// The local pool did not start.
    #[error(transparent)]
    Pool(#[from] PoolCommandError),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The server did not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The result could not be written.
    #[error("the result could not be written: {0}")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// How the command ends because of it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Input(_) | Self::Pool(_) | Self::Serve(_) | Self::Output(_) => Exit::Usage,
            Self::Http(_) | Self::FetchedKeys { .. } | Self::KeysStatus { .. } => Exit::Unreachable,
            Self::Token(error) => error.exit(),
        }
    }
}
