//! What the route expects of a token, by the options or by a definition.

use std::{path::PathBuf, time::Duration};

use apigateway_definition::{IdentitySource, PoolRef, Route, Rule};
use cognito_authorizer::Profile;
use cognito_verify::{
    Accept, ClaimRules, KeySet, Requirement, UserPool, UserPoolId, Verifier, any_group, any_scope,
};

use crate::{
    error::InputError,
    explain::{options::Explain, pool::PoolSettings, route::Ruling},
};

/// What is expected of the token.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) pools: Pools,
    pub(super) user_pools: Vec<PoolSettings>,
    pub(super) verifier: Verifier,
    pub(super) accept: Accept,
    pub(super) clients: Clients,
    pub(super) requirement: Requirement,
    /// What the token is for, in a sentence.
    pub(super) route: String,
    /// By whose rules, if it was said.
    pub(super) profile: Option<Profile>,
    /// Where the token is in a request, by the definition.
    pub(super) source: Option<IdentitySource>,
    /// The definition's say, if there is one.
    pub(super) ruling: Option<Ruling>,
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
    /// The one of the verifier; these are its keys.
    Given(KeySet),
}

/// Which app clients are let in.
#[derive(Clone, Debug)]
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
        let requirement = requirement(&options.scopes, &options.groups)?;
        let profile = options.profile.map(Profile::from);
        let accept = match (options.accept, profile) {
            (Some(accept), _) => accept.into(),
            (None, profile) => {
                accept(profile.unwrap_or_default(), !options.scopes.is_empty(), Accept::Access)
            }
        };
        let expected = Self {
            pools: pools(options, options.pools.is_empty()),
            user_pools: user_pools(options)?,
            verifier: no_pool()?,
            accept,
            clients: clients(options),
            requirement,
            route: "the route".to_owned(),
            profile,
            source: None,
            ruling: None,
        };
        expected.with_verifier(options)
    }

    /// What this route of a definition expects.
    pub(super) fn from_route(route: &Route, ruling: Ruling, options: &Explain) -> Result<Self, InputError> {
        let (ids, clients, scopes, source) = match &route.rule {
            Rule::Cognito { authorizer, scopes } => {
                let source = IdentitySource::Header(authorizer.header.clone());
                (authorizer.pools.iter().collect(), Clients::Any, scopes.as_slice(), Some(source))
            }
            Rule::Jwt { authorizer, scopes } => {
                let audiences = authorizer.audiences.iter().filter_map(|audience| audience.known().ok());
                let clients = Clients::These(audiences.map(str::to_owned).collect());
                (
                    Vec::from_iter(&authorizer.pool),
                    clients,
                    scopes.as_slice(),
                    Some(authorizer.identity_source.clone()),
                )
            }
            _ => (Vec::new(), Clients::Any, &[][..], None),
        };
        let issuer = match &route.rule {
            Rule::Jwt { authorizer, .. } => authorizer.issuer.known().ok().map(str::to_owned),
            _ => None,
        };
        only_of_one_pool(options, ids.len())?;
        let user_pools = ids.into_iter().filter_map(|pool: &PoolRef| pool.id().ok()).map(|id| PoolSettings {
            id: id.to_string(),
            clients: clients.clone(),
            resources: Vec::new(),
            issuer: options.issuer.as_ref().map(|url| url.as_str().to_owned()).or(issuer.clone()),
            jwks_url: options.jwks_url.as_ref().map(|url| url.as_str().to_owned()),
        });
        let profile = options.profile.map_or(ruling.profile(), Profile::from);
        // Of a REST API's routes, those without scopes are for ID tokens, whosever the answer is.
        let plain = if let Rule::Cognito { .. } = route.rule { Accept::Id } else { Accept::Access };
        let expected = Self {
            pools: pools(options, false),
            user_pools: user_pools.collect(),
            verifier: no_pool()?,
            accept: accept(profile, !scopes.is_empty(), plain),
            clients,
            requirement: requirement(scopes, &[])?,
            route: route.key.to_string(),
            profile: Some(profile),
            source: source.filter(|_| ruling.profile() == profile),
            ruling: Some(ruling),
        };
        expected.with_verifier(options)
    }

    fn with_verifier(self, options: &Explain) -> Result<Self, InputError> {
        let rules =
            if self.profile == Some(Profile::HttpApi) { ClaimRules::Jwt } else { ClaimRules::UserPool };
        let verifier = match &*self.user_pools {
            [] => no_pool()?,
            pools => Verifier::new(pools.iter().map(PoolSettings::user_pool)).map_err(InputError::Pools)?,
        };
        let verifier = verifier.accept(self.accept).claim_rules(rules);
        // The option is at most the five minutes that the verifier allows.
        let verifier = verifier.clone().leeway(Duration::from_secs(options.leeway)).unwrap_or(verifier);
        Ok(Self { verifier, ..self })
    }
}

/// Which tokens a route takes where nobody said it; `plain` by the standard rules, without scopes.
fn accept(profile: Profile, has_scopes: bool, plain: Accept) -> Accept {
    match profile {
        Profile::HttpApi => Accept::Either,
        _ if has_scopes => Accept::Access,
        Profile::RestApi => Accept::Id,
        _ => plain,
    }
}

fn pools(options: &Explain, none: bool) -> Pools {
    match &options.jwks {
        _ if none => Pools::None,
        Some(path) => Pools::File(path.clone()),
        None => Pools::Live,
    }
}

/// Has no keys, so a token gets as far as the look-up of its key, which is the same for every pool.
fn no_pool() -> Result<Verifier, InputError> {
    let pool = UserPool::new("none_0").issuer("https://no-pool.invalid").any_client();
    Verifier::new([pool]).map_err(InputError::Pools)
}

fn clients(options: &Explain) -> Clients {
    match (options.any_client, options.clients.is_empty()) {
        (true, _) => Clients::Any,
        (false, true) => Clients::Unsaid,
        (false, false) => Clients::These(options.clients.clone()),
    }
}

fn requirement(scopes: &[String], groups: &[String]) -> Result<Requirement, InputError> {
    let mut requirement = Requirement::nothing();
    if !scopes.is_empty() {
        requirement = requirement.and(any_scope(scopes));
    }
    if !groups.is_empty() {
        requirement = requirement.and(any_group(groups));
    }
    match requirement.error() {
        Some(error) => Err(error.clone().into()),
        None => Ok(requirement),
    }
}

fn user_pools(options: &Explain) -> Result<Vec<PoolSettings>, InputError> {
    only_of_one_pool(options, options.pools.len())?;
    let settings = |id: &UserPoolId| PoolSettings {
        id: id.to_string(),
        clients: clients(options),
        resources: options.resources.clone(),
        issuer: options.issuer.as_ref().map(|url| url.as_str().to_owned()),
        jwks_url: options.jwks_url.as_ref().map(|url| url.as_str().to_owned()),
    };
    Ok(options.pools.iter().map(settings).collect())
}

fn only_of_one_pool(options: &Explain, pools: usize) -> Result<(), InputError> {
    for (option, given) in [
        ("--issuer", options.issuer.is_some()),
        ("--jwks-url", options.jwks_url.is_some()),
        ("--jwks", options.jwks.is_some()),
    ] {
        if given && pools > 1 {
            return Err(InputError::OnePool { option, pools });
        }
    }
    Ok(())
}
