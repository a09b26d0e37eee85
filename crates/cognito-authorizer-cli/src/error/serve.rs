//! Why nothing is served.

use std::{io, net::SocketAddr};

use cognito_authorizer::{ConfigError, DefinitionError};

use super::input::InputError;

/// Why nothing is served, or a change of the routes is not taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A file cannot be read, or the definition has errors.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The file of `--config` cannot be used.
    #[error("{file}: {problem}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The definition cannot be served.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// The layer cannot be built.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The list of revoked tokens cannot be used. The URL may have a password, so it is not repeated.
    #[error("the list of `--deny-list` cannot be used: {problem}")]
    DenyList {
        /// Why not.
        problem: String,
    },
    /// An address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; stop the program that does, or choose another address with `{option}`"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The option that names it.
        option: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The files could not be read to the end.
    #[error("the files could not be read to the end: {0}; this is a bug of the program, please report it")]
    Reading(io::Error),
    /// The threads cannot be started.
    #[error("the threads that answer cannot be started: {0}")]
    Threads(io::Error),
}

impl ServeError {
    /// Whether the same files may be usable later: something else could not be reached.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Config(ConfigError::Keys { .. }) | Self::DenyList { .. })
    }
}
