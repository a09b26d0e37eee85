//! The configuration of a local pool from the Cognito resources of a template.

use apigateway_definition::{ApiDefinition, AppClient, PasswordPolicy, PoolRef, UserPoolResource};

use crate::{
    pool::settings::{
        AppClientTable, AuthFlowName, FlowName, PasswordPolicyTable, ResourceServerTable, Settings,
        SignInName, UserTable,
    },
    secret::Secret,
};

/// The secret of each confidential app client, and the password of each user. They protect only this pool.
const SECRET: &str = "local-secret";
const PASSWORD: &str = "Local-1815";
/// The user of a pool whose template has none: by user name, email address or phone number.
const USER: &str = "ada";
const EMAIL: &str = "ada@example.com";
const PHONE_NUMBER: &str = "+15555550100";
/// The callback URL if those of the template are known only after a deployment.
const CALLBACK: &str = "http://localhost:3000/";

/// Why a template gives no pool.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    #[error("there is no `AWS::Cognito::UserPool`")]
    NoPool,
    #[error("there are {} user pools ({}); choose one with `--user-pool`", .ids.len(), .ids.join(", "))]
    Pools { ids: Vec<String> },
    #[error("there is no user pool `{id}`; there are {}", .ids.join(", "))]
    Unknown { id: String, ids: Vec<String> },
    #[error("`{id}` may be {}; choose one with `--user-pool`", .ids.join(" or "))]
    Ambiguous { id: String, ids: Vec<String> },
}

/// The settings, and the bindings of the template to this pool.
#[derive(Debug)]
pub(super) struct FromTemplate {
    pub(super) settings: Settings,
    /// The groups of the template. Every user is in all of them.
    pub(super) groups: Vec<String>,
    /// Differences from the template, to be reported.
    pub(super) notes: Vec<String>,
    pub(super) bindings: Vec<(String, String)>,
}

/// The pool with this name or logical id, or the only one.
///
/// `others` is how many users the command line adds. A user is made up only if there are none.
pub(super) fn read(
    definition: &ApiDefinition,
    wanted: Option<&str>,
    others: usize,
) -> Result<FromTemplate, TemplateError> {
    let pool = chosen(&definition.user_pools, wanted)?;
    // A resource whose pool is unknown belongs to this pool if it is the only one.
    let is_only = definition.user_pools.len() == 1;
    let belongs = |of: Option<&PoolRef>| of.map_or(is_only, |of| *of == pool.pool);
    let groups = definition.groups.iter().filter(|group| belongs(group.pool.as_ref()));
    let groups: Vec<String> = groups.map(|group| group.name.clone()).collect();
    let mut settings = Settings::default();
    let (mut bindings, mut notes) = (vec![], vec![]);
    settings.username_attributes = names(&pool.username_attributes);
    settings.alias_attributes = names(&pool.alias_attributes);
    settings.self_sign_up = !pool.admin_creates_users_only;
    settings.password_policy =
        pool.password_policy.as_ref().map(|policy| password_policy(policy, &mut notes));
    let users = definition.users.iter().filter(|user| belongs(user.pool.as_ref()));
    let mut names: Vec<&str> = users.map(|user| user.name.as_str()).collect();
    if names.is_empty() && others == 0 {
        names.push(match settings.username_attributes.as_slice() {
            [] => USER,
            some if some.contains(&SignInName::Email) => EMAIL,
            _ => PHONE_NUMBER,
        });
    }
    let clients = definition.app_clients.iter().filter(|client| belongs(client.pool.as_ref()));
    if let Ok(id) = pool.pool.id() {
        settings.id = id.to_string();
    }
    bindings.push((pool.full_name.clone(), settings.id.clone()));
    for client in clients {
        // A deployment assigns the id. Until it is bound, the logical id is used, or the full name if other stacks have a
        // client with the same logical id.
        let is_shared =
            definition.app_clients.iter().filter(|other| other.logical_id == client.logical_id).count() > 1;
        let name: String =
            client.full_name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let id = client.id.known().unwrap_or(if is_shared { &name } else { &client.logical_id });
        bindings.push((client.full_name.clone(), id.to_owned()));
        settings.app_client.push(app_client(client, id, &mut notes));
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
    Ok(FromTemplate { settings, groups, notes, bindings })
}

/// The password policy. What a local pool does not have is said in `notes`.
fn password_policy(policy: &PasswordPolicy, notes: &mut Vec<String>) -> PasswordPolicyTable {
    if policy.password_history_size.is_some_and(|size| size > 0) {
        notes.push(
            "`PasswordHistorySize`: a local pool remembers no earlier passwords, so users can choose one again".to_owned(),
        );
    }
    PasswordPolicyTable {
        minimum_length: policy.minimum_length.map(|length| usize::try_from(length).unwrap_or(usize::MAX)),
        temporary_password_validity_days: policy.temporary_password_validity_days,
        require_lowercase: policy.require_lowercase,
        require_uppercase: policy.require_uppercase,
        require_numbers: policy.require_numbers,
        require_symbols: policy.require_symbols,
    }
}

/// The sign-in attributes of these names.
fn names(attributes: &[String]) -> Vec<SignInName> {
    attributes.iter().filter_map(|name| SignInName::of(name)).collect()
}

/// The app client with this id. `notes` gets what a local pool cannot reproduce.
fn app_client(client: &AppClient, id: &str, notes: &mut Vec<String>) -> AppClientTable {
    let secret = client.has_secret.then(|| Secret::from(SECRET.to_owned()));
    let mut table = AppClientTable::new(id, secret, client.scopes.clone());
    let mut known = |urls: &[String], kind: &str| {
        let (known, unknown): (Vec<_>, Vec<_>) = urls.iter().cloned().partition(|url| !url.contains("${"));
        if !unknown.is_empty() {
            let count = unknown.len();
            notes.push(format!(
                "`{id}`: {kind} URLs that are known only after deployment are left out ({count})"
            ));
        }
        known
    };
    table.callback_urls = known(&client.callback_urls, "callback");
    table.logout_urls = known(&client.logout_urls, "sign-out");
    let flows: Vec<FlowName> = client.oauth_flows.iter().filter_map(|name| FlowName::of(name)).collect();
    if flows.iter().any(|flow| *flow != FlowName::ClientCredentials) && table.callback_urls.is_empty() {
        notes.push(format!("`{id}` has no callback URL that is known before deployment; {CALLBACK} is used"));
        table.callback_urls.push(CALLBACK.to_owned());
    }
    table.flows = (!flows.is_empty()).then_some(flows);
    let flows: Vec<AuthFlowName> =
        client.auth_flows.iter().filter_map(|name| AuthFlowName::of(name)).collect();
    table.auth_flows = (!flows.is_empty()).then_some(flows);
    table
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
