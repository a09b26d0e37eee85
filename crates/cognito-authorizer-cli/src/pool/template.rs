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
    #[error("there is no user pool `{id}`")]
    Unknown { id: String },
}

/// The settings, and what an import is to be told to mean this pool.
#[derive(Debug)]
pub(super) struct FromTemplate {
    pub(super) settings: Settings,
    pub(super) bindings: Vec<(String, String)>,
}

/// The pool with this logical id, or the only one.
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
    bindings.push((pool.logical_id.clone(), settings.id.clone()));
    for client in clients {
        // Ids are given when a stack is deployed; until one is bound, the logical id serves.
        let id = client.id.known().unwrap_or(&client.logical_id);
        bindings.push((client.logical_id.clone(), id.to_owned()));
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
    match (wanted, pools) {
        (Some(id), pools) => pools
            .iter()
            .find(|pool| pool.logical_id == id)
            .ok_or_else(|| TemplateError::Unknown { id: id.to_owned() }),
        (None, [pool]) => Ok(pool),
        (None, []) => Err(TemplateError::NoPool),
        (None, pools) => {
            Err(TemplateError::Pools { ids: pools.iter().map(|pool| pool.logical_id.clone()).collect() })
        }
    }
}
