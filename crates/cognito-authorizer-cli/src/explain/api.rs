//! The API of a definition.

use std::path::PathBuf;

use apigateway_definition::{Api, ApiDefinition, ApiKind, PoolRef, Rule};
use cognito_authorizer::{DefinitionError, Profile, UserPoolId};

use crate::{definition::Facts, error::InputError};

/// The one API of a definition.
pub(super) fn api(facts: &Facts, definitions: &[PathBuf]) -> Result<Api, InputError> {
    let imported = facts.import(definitions)?.read();
    let definition = imported.map_err(|problems| InputError::Problems(Box::new(problems)))?.definition;
    only_api(definition)
}

fn only_api(definition: ApiDefinition) -> Result<Api, InputError> {
    let mut apis = definition.apis;
    match (apis.pop(), apis.is_empty()) {
        (Some(api), true) => Ok(api),
        (last, _) => Err(InputError::Apis { ids: apis.into_iter().chain(last).map(|api| api.id).collect() }),
    }
}

/// The profile of the API's kind.
pub(super) fn profile_of(api: &Api) -> Profile {
    let is_rest_jwt = || api.routes.iter().any(|route| matches!(route.rule, Rule::RestJwt { .. }));
    match api.kind {
        ApiKind::Http => Profile::HttpApi,
        _ if is_rest_jwt() => Profile::Standard,
        _ => Profile::RestApi,
    }
}

/// The user pools of a rule.
pub(super) fn pool_refs(rule: &Rule) -> Vec<&PoolRef> {
    match rule {
        Rule::Cognito { authorizer, .. } => authorizer.pools.iter().collect(),
        Rule::Jwt { authorizer, .. } => authorizer.pool.iter().collect(),
        Rule::RestJwt { authorizer, .. } => {
            authorizer.issuers.iter().filter_map(|trusted| trusted.pool.as_ref()).collect()
        }
        _ => Vec::new(),
    }
}

/// The ids of the user pools that a layer for the API has. What is not bound yet has none.
pub(super) fn pool_ids(api: &Api) -> Vec<UserPoolId> {
    let mut all = Vec::new();
    for pool in api.routes.iter().flat_map(|route| pool_refs(&route.rule)) {
        if let Ok(id) = pool.id()
            && !all.contains(id)
        {
            all.push(id.clone());
        }
    }
    all
}

/// The errors of the library name its methods. Here, the same settings are options.
pub(super) fn served(error: DefinitionError) -> InputError {
    InputError::Served(match error {
        DefinitionError::Unbound { symbol } => {
            format!("`{symbol}` is not known before it is deployed; give its id with `--bind NAME=ID`")
        }
        other => other.to_string(),
    })
}
