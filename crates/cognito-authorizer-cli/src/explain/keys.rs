//! Where the layer's keys come from.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use cognito_authorizer::{
    CognitoAuthLayer, ConfigError, KeySet,
    keys::{FetchError, Jwks},
};

use crate::{
    error::{CommandError, InputError},
    explain::{no_pool, service::CheckedService},
    http::HttpError,
    surroundings::read_text,
};

/// The longest JWK Set that is read from a file: API Gateway's limit.
const LIMIT: usize = 150_000;
/// The longest cool-down. Keys were fetched a moment ago, so an unknown `kid` is not waited for.
const COOL_DOWN: Duration = Duration::from_secs(60);

/// Where the keys come from.
#[derive(Clone, Debug)]
pub(super) enum KeysFrom {
    /// The layer fetches them.
    Fetched { timeout: Duration },
    /// The file of `--jwks`.
    File(PathBuf),
    /// These, by the id of their pool.
    Given(Vec<(String, KeySet)>),
}

impl KeysFrom {
    /// The layer with its keys.
    pub(super) async fn layer(&self, service: &CheckedService) -> Result<CognitoAuthLayer, CommandError> {
        let builder = service.builder.clone();
        let keys = match self {
            Self::Fetched { timeout } => {
                let keys = Jwks::https().fetch_timeout(*timeout).cool_down(COOL_DOWN);
                return builder.keys(keys).connect().await.map_err(unconnected);
            }
            Self::File(path) => {
                let keys = from_file(path)?;
                service.layer_pools.iter().map(|pool| (pool.to_string(), keys.clone())).collect()
            }
            Self::Given(keys) => keys.clone(),
        };
        let layer = builder.with_keys(keys);
        Ok(layer.map_err(unusable)?)
    }

    /// Where they come from, at the end of a sentence.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Fetched { .. } => "fetched now".to_owned(),
            // The caller knows the path.
            Self::File(path) => format!("in {}", path.file_name().unwrap_or(path.as_os_str()).display()),
            Self::Given(_) => "published now".to_owned(),
        }
    }
}

/// The layer without the keys of its pools: it decides about a token up to the look-up of its key.
pub(super) fn layer_without(service: &CheckedService) -> Result<CognitoAuthLayer, InputError> {
    service.builder.clone().with_keys(no_pool::keys(&service.layer_pools)?).map_err(unusable)
}

fn from_file(path: &Path) -> Result<KeySet, InputError> {
    let unreadable = |source| InputError::File { what: "JWK Set", path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let text = read_text(&mut file, "JWK Set", LIMIT)?;
    KeySet::from_json(text.as_bytes()).map_err(|problem| InputError::Keys { path: path.to_owned(), problem })
}

/// The errors of the library name its methods. Here, the same settings are options.
pub(super) fn unusable(error: ConfigError) -> InputError {
    match error {
        ConfigError::Pool(error) => InputError::Pools(error),
        error => InputError::Served(error.to_string()),
    }
}

/// Why the layer has no keys.
fn unconnected(error: ConfigError) -> CommandError {
    match error {
        ConfigError::Keys { pool, url, error } => match error {
            FetchError::TimedOut { after } => HttpError::TimedOut { url, after }.into(),
            FetchError::Transport { problem } => HttpError::Transport { url, problem }.into(),
            FetchError::Status { status } => CommandError::KeysStatus { url, status, pool: pool.to_string() },
            error => CommandError::FetchedKeys { url, error, pool: pool.to_string() },
        },
        ConfigError::KeySource { problem } => HttpError::Client { problem }.into(),
        error => unusable(error).into(),
    }
}
