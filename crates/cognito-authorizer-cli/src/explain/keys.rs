//! The keys of the pools: from a file, or from the pools themselves.

use std::{fs::File, path::Path};

use cognito_verify::{KeySet, Pool};

use crate::{
    error::{CommandError, InputError},
    explain::expected::{Expected, Pools},
    http::{HttpClient, HttpUrl},
    surroundings::read_text,
};

/// The longest JWK Set that is read from a file; the limit of API Gateway.
const LIMIT: usize = 150_000;

/// The keys of one pool.
#[derive(Debug)]
pub(super) struct PoolKeys {
    pub(super) pool: String,
    /// Where they come from, as the end of a sentence.
    pub(super) source: String,
    pub(super) keys: KeySet,
}

/// The keys of each pool, in the order of the verifier's pools; none where there are no pools.
pub(super) async fn of_pools(expected: &Expected, http: HttpClient) -> Result<Vec<PoolKeys>, CommandError> {
    let mut all = Vec::new();
    for pool in expected.verifier.pools() {
        let (source, keys) = match &expected.pools {
            Pools::None => return Ok(Vec::new()),
            Pools::File(path) => (format!("in {}", name(path)), from_file(path)?),
            Pools::Given(keys) => ("published now".to_owned(), keys.clone()),
            Pools::Live => {
                ("fetched now".to_owned(), fetched(pool, expected.allowed_http.as_deref(), http).await?)
            }
        };
        all.push(PoolKeys { pool: pool.id().to_string(), source, keys });
    }
    Ok(all)
}

/// The file's own name: whoever gave the path knows it.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).display().to_string()
}

fn from_file(path: &Path) -> Result<KeySet, InputError> {
    let unreadable = |source| InputError::File { what: "JWK Set", path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let text = read_text(&mut file, "JWK Set", LIMIT)?;
    KeySet::from_json(text.as_bytes()).map_err(|problem| InputError::Keys { path: path.to_owned(), problem })
}

async fn fetched(pool: &Pool, allowed_http: Option<&str>, http: HttpClient) -> Result<KeySet, CommandError> {
    let url = pool.jwks_url();
    // An http issuer may be compared, but nothing is fetched from below it unless the option allows its host.
    let secure = url.parse().and_then(|url: HttpUrl| url.secure(allowed_http));
    let secure = secure.map_err(|problem| InputError::Url { url: url.to_owned(), problem })?;
    let answer = http.get(&secure).await?;
    let url = url.to_owned();
    if answer.status != 200 {
        return Err(CommandError::KeysStatus { url, status: answer.status, pool: pool.id().to_string() });
    }
    KeySet::from_json(&answer.body).map_err(|problem| CommandError::FetchedKeys { url, problem })
}
