//! What the route expects of a token, by the options.

use std::{path::PathBuf, time::Duration};

use cognito_verify::{Accept, Requirement, UserPool, Verifier, any_group, any_scope};

use crate::{error::InputError, explain::options::Explain};

/// What is expected of the token. A source of expectations other than the options needs to make one of these.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) pools: Pools,
    pub(super) verifier: Verifier,
    pub(super) accept: Accept,
    pub(super) clients: Clients,
    pub(super) requirement: Requirement,
}

/// Whether there is a pool to check the token against, and where its keys are.
#[derive(Debug)]
pub(super) enum Pools {
    /// None: only what is the same for every pool can be checked.
    None,
    /// Those of the verifier; their keys are fetched.
    Live,
    /// The one of the verifier; its keys are in this file.
    File(PathBuf),
}

/// Which app clients are let in.
#[derive(Debug)]
pub(super) enum Clients {
    /// Nothing was said; any is let in, but the service may see it otherwise.
    Unsaid,
    /// Any, as was said.
    Any,
    /// These.
    These(Vec<String>),
}

impl Expected {
    pub(super) fn from_options(options: &Explain) -> Result<Self, InputError> {
        let pools = match &options.jwks {
            _ if options.pools.is_empty() => Pools::None,
            Some(path) => Pools::File(path.clone()),
            None => Pools::Live,
        };
        let accept = Accept::from(options.accept);
        let verifier = Verifier::new(user_pools(options)?).map_err(InputError::Pools)?.accept(accept);
        // The option is at most the five minutes that the verifier allows.
        let verifier = verifier.clone().leeway(Duration::from_secs(options.leeway)).unwrap_or(verifier);
        Ok(Self { pools, verifier, accept, clients: clients(options), requirement: requirement(options)? })
    }
}

fn clients(options: &Explain) -> Clients {
    match (options.any_client, options.clients.is_empty()) {
        (true, _) => Clients::Any,
        (false, true) => Clients::Unsaid,
        (false, false) => Clients::These(options.clients.clone()),
    }
}

fn requirement(options: &Explain) -> Result<Requirement, InputError> {
    let mut requirement = Requirement::nothing();
    if !options.scopes.is_empty() {
        requirement = requirement.and(any_scope(&options.scopes));
    }
    if !options.groups.is_empty() {
        requirement = requirement.and(any_group(&options.groups));
    }
    match requirement.error() {
        Some(error) => Err(error.clone().into()),
        None => Ok(requirement),
    }
}

fn user_pools(options: &Explain) -> Result<Vec<UserPool>, InputError> {
    if options.pools.is_empty() {
        // Has no keys, so a token gets as far as the look-up of its key, which is the same for every pool.
        return Ok(vec![UserPool::new("none_0").issuer("https://no-pool.invalid").any_client()]);
    }
    for (option, given) in [
        ("--issuer", options.issuer.is_some()),
        ("--jwks-url", options.jwks_url.is_some()),
        ("--jwks", options.jwks.is_some()),
    ] {
        if given && options.pools.len() > 1 {
            return Err(InputError::OnePool { option, pools: options.pools.len() });
        }
    }
    Ok(options.pools.iter().map(|id| user_pool(id.as_str(), options)).collect())
}

fn user_pool(id: &str, options: &Explain) -> UserPool {
    let mut pool = UserPool::new(id);
    pool = match clients(options) {
        Clients::Unsaid | Clients::Any => pool.any_client(),
        Clients::These(ids) => ids.into_iter().fold(pool, UserPool::client),
    };
    pool = options.resources.iter().fold(pool, UserPool::resource);
    if let Some(issuer) = &options.issuer {
        pool = pool.issuer(issuer.as_str());
    }
    if let Some(url) = &options.jwks_url {
        pool = pool.jwks_url(url.as_str());
    }
    pool
}
