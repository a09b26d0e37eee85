//! What a local pool has, from the Cognito resources of a template.

use apigateway_definition::{ApiDefinition, PoolRef, UserPoolResource};

use crate::{
    pool::settings::{AppClientTable, ResourceServerTable, Settings, UserTable},
    secret::Secret,
};

/// The secret of each app client that has one, and the password of each user. They guard nothing but this pool.
const SECRET: &str = "local-secret";
const PASSWORD: &str = "Local-1815";
/// Who signs in where the template has no users.
const USER: &str = "ada";

/// Why there is no pool to run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    #[error("there is no `AWS::Cognito::UserPool`")]
    NoPool,
    #[error("there are {} user pools ({}); name one with `--user-pool`", .ids.len(), .ids.join(", "))]
    Pools { ids: Vec<String> },
    #[error("there is no user pool `{id}`; there are {}", .ids.join(", "))]
    Unknown { id: String, ids: Vec<String> },
    #[error("`{id}` may be {}; say which with `--user-pool`", .ids.join(" or "))]
    Ambiguous { id: String, ids: Vec<String> },
}

/// The settings, and what an import is to be told to mean this pool.
#[derive(Debug)]
pub(super) struct FromTemplate {
    pub(super) settings: Settings,
    pub(super) bindings: Vec<(String, String)>,
}

/// The pool with this name or logical id, or the only one.
pub(super) fn read(definition: &ApiDefinition, wanted: Option<&str>) -> Result<FromTemplate, TemplateError> {
    let pool = chosen(&definition.user_pools, wanted)?;
    // Where it cannot be told whose something is, it is this pool's if there is no other.
    let is_only = definition.user_pools.len() == 1;
    let belongs = |of: Option<&PoolRef>| of.map_or(is_only, |of| *of == pool.pool);
    let groups = definition.groups.iter().filter(|group| belongs(group.pool.as_ref()));
    let groups: Vec<String> = groups.map(|group| group.name.clone()).collect();
    let users = definition.users.iter().filter(|user| belongs(user.pool.as_ref()));
    let mut names: Vec<&str> = users.map(|user| user.name.as_str()).collect();
    if names.is_empty() {
        names.push(USER);
    }
    let clients = definition.app_clients.iter().filter(|client| belongs(client.pool.as_ref()));
    let mut settings = Settings::default();
    let mut bindings = vec![];
    if let Ok(id) = pool.pool.id() {
        settings.id = id.to_string();
    }
    bindings.push((pool.full_name.clone(), settings.id.clone()));
    for client in clients {
        // Ids are given when a stack is deployed; until one is bound, the logical id serves, or the name if other stacks
        // have a client of that id.
        let is_shared =
            definition.app_clients.iter().filter(|other| other.logical_id == client.logical_id).count() > 1;
        let name: String =
            client.full_name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let id = client.id.known().unwrap_or(if is_shared { &name } else { &client.logical_id });
        bindings.push((client.full_name.clone(), id.to_owned()));
        let secret = client.has_secret.then(|| Secret::from(SECRET.to_owned()));
        settings.app_client.push(AppClientTable::new(id, secret, client.scopes.clone()));
    }
    let servers = definition.resource_servers.iter().filter(|server| belongs(server.pool.as_ref()));
    settings.resource_server = servers
        .map(|server| ResourceServerTable {
            identifier: server.identifier.clone(),
            scopes: server.scopes.iter().map(|scope| scope.name.clone()).collect(),
        })
        .collect();
    let user = |name: &str| UserTable::new(name, PASSWORD.to_owned().into(), groups.clone());
    settings.user = names.into_iter().map(user).collect();
    Ok(FromTemplate { settings, bindings })
}

fn chosen<'d>(
    pools: &'d [UserPoolResource],
    wanted: Option<&str>,
) -> Result<&'d UserPoolResource, TemplateError> {
    let names = |pools: &[&UserPoolResource]| pools.iter().map(|pool| pool.full_name.clone()).collect();
    let all: Vec<&UserPoolResource> = pools.iter().collect();
    let Some(id) = wanted else {
        return match *all {
            [pool] => Ok(pool),
            [] => Err(TemplateError::NoPool),
            _ => Err(TemplateError::Pools { ids: names(&all) }),
        };
    };
    let found: Vec<&UserPoolResource> =
        pools.iter().filter(|pool| pool.logical_id == id || pool.full_name == id).collect();
    match *found {
        [pool] => Ok(pool),
        [] if all.is_empty() => Err(TemplateError::NoPool),
        [] => Err(TemplateError::Unknown { id: id.to_owned(), ids: names(&all) }),
        _ => Err(TemplateError::Ambiguous { id: id.to_owned(), ids: names(&found) }),
    }
}
