//! Why a command has no result.

use std::{io, path::PathBuf};

use apigateway_definition::Problems;
use cognito_verify::{KeySetError, PoolError, RequirementError};

use crate::{
    definition::FactsError,
    exit::Exit,
    http::{HttpError, UrlError},
    pool::PoolCommandError,
    serve::ServeError,
    token::TokenError,
};

/// Why a command has no result. The text ends with what to do, where that is known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// An argument, a file or the standard input cannot be used.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A server could not be reached.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer of a pool's key URL is no usable JWK Set.
    #[error("{url} gives no usable JWK Set: {problem}")]
    FetchedKeys {
        /// Where it came from.
        url: String,
        /// What is wrong with it.
        problem: KeySetError,
    },
    /// The answer of a pool's key URL has another status than 200.
    #[error("{url} answers with status {status}; see what `cognito-authorizer doctor {pool}` says")]
    KeysStatus {
        /// Where it came from.
        url: String,
        /// The status.
        status: u16,
        /// The pool.
        pool: String,
    },
    /// There is no local pool.
    #[error(transparent)]
    Pool(#[from] PoolCommandError),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Nothing is served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The result could not be written.
    #[error("the result could not be written: {0}")]
    Output(#[from] io::Error),
}

/// Why an argument, a file or the standard input cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// It could not be read.
    #[error("the {what} could not be read: {source}")]
    Read {
        /// What it was to be.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("the {what} could not be read from {}: {source}", .path.display())]
    File {
        /// What it was to be.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is longer than is read.
    #[error("the {what} is longer than the {limit} bytes that are read")]
    TooLong {
        /// What it was to be.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// It is not UTF-8.
    #[error("the {what} is not text")]
    NotText {
        /// What it was to be.
        what: &'static str,
    },
    /// There is nothing.
    #[error("the {what} is empty; {fix}")]
    Empty {
        /// What it was to be.
        what: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// A secret would be shown as it is typed.
    #[error(
        "standard input is a terminal, which would show the {what}; pipe it in, or name an environment variable with {option}"
    )]
    Shown {
        /// What it was to be.
        what: &'static str,
        /// The option that takes it from the environment.
        option: &'static str,
    },
    /// An environment variable that was named is not set.
    #[error("the environment variable {name} is not set, or is empty")]
    Variable {
        /// Its name.
        name: String,
    },
    /// An option that is about one pool, and several pools.
    #[error("{option} is about one user pool, and {pools} are given; give `--pool` once")]
    OnePool {
        /// The option.
        option: &'static str,
        /// How many pools there are.
        pools: usize,
    },
    /// The settings of the pools do not hold.
    #[error("{}", in_words_of_options(.0))]
    Pools(PoolError),
    /// A URL is not asked.
    #[error("`{url}` is not asked: {problem}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        problem: UrlError,
    },
    /// A scope or a group cannot be one.
    #[error(transparent)]
    Requirement(#[from] RequirementError),
    /// A definition has errors.
    #[error("the definition has errors:\n\n{0}")]
    Problems(Box<Problems>),
    /// A definition has not exactly one API.
    #[error("{}", not_one_api(.ids))]
    Apis {
        /// Their ids.
        ids: Vec<String>,
    },
    /// A method is none.
    #[error("`{method}` is no method of HTTP")]
    Request {
        /// The method.
        method: String,
    },
    /// What is expected cannot be served.
    #[error("{0}")]
    Served(String),
    /// The files of a definition cannot be found.
    #[error(transparent)]
    Definition(#[from] FactsError),
    /// A file is no usable JWK Set.
    #[error("{} is no usable JWK Set: {problem}", .path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: KeySetError,
    },
}

impl CommandError {
    /// How the command ends by it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Input(_) | Self::Serve(_) | Self::Output(_) => Exit::Usage,
            Self::Http(_) | Self::FetchedKeys { .. } | Self::KeysStatus { .. } => Exit::Unreachable,
            Self::Pool(error) => error.exit(),
            Self::Token(error) => error.exit(),
        }
    }
}

fn not_one_api(ids: &[String]) -> String {
    if ids.is_empty() {
        return "the definition has no REST API and no HTTP API; give the file that declares it".to_owned();
    }
    format!("the definition has {} APIs ({}); take one with `--api`", ids.len(), ids.join(", "))
}

/// The errors of the library name its methods; here the same settings are options.
fn in_words_of_options(error: &PoolError) -> String {
    match error {
        PoolError::UnknownRegion { id } => {
            format!(
                "`{}` in the user pool id `{id}` is not an AWS Region; name the issuer with `--issuer URL`",
                id.region()
            )
        }
        PoolError::Twice { id } => format!("user pool {id} is given twice; give each once"),
        PoolError::Client { .. } => {
            "an app client's id is empty or has white space; is a variable not set?".to_owned()
        }
        other => other.to_string(),
    }
}
