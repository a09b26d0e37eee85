//! Why an argument, a file or the standard input cannot be used.

use std::{io, path::PathBuf};

use apigateway_definition::Problems;
use cognito_verify::{KeySetError, PoolError, RequirementError};

use crate::{error::definition::FactsError, http::UrlError};

/// Why an argument, a file or the standard input cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The standard input could not be read.
    #[error("the {what} could not be read: {source}")]
    Read {
        /// What it should have been.
        what: &'static str,
        /// What the system reports.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("the {what} could not be read from {}: {source}", .path.display())]
    File {
        /// What it should have been.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system reports.
        source: io::Error,
    },
    /// It is too long.
    #[error("the {what} is longer than the {limit} bytes that are read")]
    TooLong {
        /// What it should have been.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// It is not UTF-8.
    #[error("the {what} is not text")]
    NotText {
        /// What it should have been.
        what: &'static str,
    },
    /// It is empty.
    #[error("the {what} is empty; {fix}")]
    Empty {
        /// What it should have been.
        what: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// A secret would be visible while it is typed.
    #[error(
        "standard input is a terminal, which would show the {what}; pipe it in, or name an environment variable with {option}"
    )]
    Shown {
        /// What it should have been.
        what: &'static str,
        /// The option that reads it from the environment.
        option: &'static str,
    },
    /// A JSON response has no token.
    #[error(
        "the JSON has no token; give the response of a token endpoint or of the sign-in API, with `access_token`, `AccessToken` \
         or similar, or only the token"
    )]
    NoTokenInJson,
    /// An environment variable of an option is not set.
    #[error("the environment variable {name} is not set, or is empty")]
    Variable {
        /// Its name.
        name: String,
    },
    /// An option applies to one pool, but there are several.
    #[error("{option} is about one user pool, and {pools} are given; give `--pool` once")]
    OnePool {
        /// The option.
        option: &'static str,
        /// How many pools there are.
        pools: usize,
    },
    /// The settings of the user pools are not valid.
    #[error("{}", in_words_of_options(.0))]
    Pools(PoolError),
    /// No request is sent to a URL.
    #[error("no request is sent to `{url}`: {problem}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        problem: UrlError,
    },
    /// A scope or a group is not valid.
    #[error(transparent)]
    Requirement(#[from] RequirementError),
    /// A definition has errors.
    #[error("the definition has errors:\n\n{0}")]
    Problems(Box<Problems>),
    /// A definition does not have exactly one API.
    #[error("{}", not_one_api(.ids))]
    Apis {
        /// The ids of its APIs.
        ids: Vec<String>,
    },
    /// The method of a request is not valid.
    #[error("`{method}` is not an HTTP method")]
    Request {
        /// The method.
        method: String,
    },
    /// The path of a request is not valid.
    #[error("`{path}` is not the path of a request; give one like `/orders/7`")]
    Path {
        /// The path.
        path: String,
    },
    /// No authorizer can be configured as the options or the definition say.
    #[error("{0}")]
    Served(String),
    /// The files of a definition are not found.
    #[error(transparent)]
    Definition(#[from] FactsError),
    /// A file is not a usable JWK Set.
    #[error("{} is not a usable JWK Set: {problem}", .path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: KeySetError,
    },
}

fn not_one_api(ids: &[String]) -> String {
    if ids.is_empty() {
        return "the definition has no REST API and no HTTP API; give the file that declares it".to_owned();
    }
    format!("the definition has {} APIs ({}); choose one with `--api`", ids.len(), ids.join(", "))
}

/// The errors of the library name its methods. Here, the same settings are options.
fn in_words_of_options(error: &PoolError) -> String {
    match error {
        PoolError::UnknownRegion { id } => {
            format!(
                "`{}` in the user pool id `{id}` is not an AWS Region; give the issuer with `--issuer URL`",
                id.region()
            )
        }
        PoolError::Twice { id } => format!("user pool {id} is given twice; give each once"),
        PoolError::Client { .. } => {
            "the id of an app client is empty or has white space; is a variable not set?".to_owned()
        }
        PoolError::PlainHttp { id, url, host, .. } => format!(
            "the keys of user pool {id} would be fetched without TLS from {url}, so that others could replace them; give an \
             https URL with `--jwks-url`, or allow plain http for this host with `--dangerous-allow-http {host}`"
        ),
        other => other.to_string(),
    }
}
