//! The Cognito resources of a template.

use crate::{
    cloudformation::{
        pools,
        scope::{Scope, expected},
        template::Resource,
        text::Text,
    },
    model::{
        ApiDefinition, AppClient, PasswordPolicy, PoolGroup, PoolRef, PoolUser, ResourceServer,
        ResourceServerScope, UserPoolResource,
    },
    problem::{Problem, error},
};

/// Adds the Cognito resources of the template. They affect no route, so one that cannot be resolved is left out with a warning.
pub(crate) fn lower(scope: Scope<'_>, definition: &mut ApiDefinition) {
    let scope = scope.informing();
    for resource in scope.template.resources() {
        if !resource.kind.starts_with("AWS::Cognito::") {
            continue;
        }
        let added = match scope.exists(resource) {
            Ok(false) => continue,
            Ok(true) => add(scope, resource, definition),
            Err(problem) => Err(problem),
        };
        if let Err(problem) = added {
            let what = format!("`{}` ({})", resource.id, resource.kind);
            scope.session.leave_out(what, problem.message, resource.span);
        }
    }
}

fn add(scope: Scope<'_>, resource: &Resource, definition: &mut ApiDefinition) -> Result<(), Problem> {
    let logical_id = resource.id.clone();
    let full_name = || scope.stacks.name(scope.stack, &resource.id);
    match resource.kind.as_str() {
        "AWS::Cognito::UserPool" => {
            let pool = pools::from_id(scope, &itself(scope, resource))?;
            let name = name(scope, resource, "UserPoolName");
            definition.user_pools.push(UserPoolResource {
                full_name: full_name(),
                logical_id,
                pool,
                name,
                username_attributes: texts(scope, resource, "UsernameAttributes")?,
                alias_attributes: texts(scope, resource, "AliasAttributes")?,
                admin_creates_users_only: admin_creates_users_only(scope, resource)?,
                password_policy: password_policy(scope, resource)?,
            });
        }
        "AWS::Cognito::UserPoolClient" => definition.app_clients.push(AppClient {
            full_name: full_name(),
            logical_id,
            id: itself(scope, resource).value(),
            name: name(scope, resource, "ClientName"),
            pool: pool(scope, resource),
            scopes: texts(scope, resource, "AllowedOAuthScopes")?,
            oauth_flows: texts(scope, resource, "AllowedOAuthFlows")?,
            auth_flows: texts(scope, resource, "ExplicitAuthFlows")?,
            callback_urls: urls(scope, resource, "CallbackURLs"),
            logout_urls: urls(scope, resource, "LogoutURLs"),
            has_secret: scope.truth(resource.property("GenerateSecret"))?.unwrap_or_default(),
        }),
        "AWS::Cognito::UserPoolResourceServer" => definition.resource_servers.push(ResourceServer {
            logical_id,
            identifier: needed(scope, resource, "Identifier")?,
            name: name(scope, resource, "Name"),
            pool: pool(scope, resource),
            scopes: scopes(scope, resource)?,
        }),
        "AWS::Cognito::UserPoolGroup" => {
            let name = needed(scope, resource, "GroupName")?;
            definition.groups.push(PoolGroup { logical_id, name, pool: pool(scope, resource) });
        }
        "AWS::Cognito::UserPoolUser" => {
            let name = needed(scope, resource, "Username")?;
            definition.users.push(PoolUser { logical_id, name, pool: pool(scope, resource) });
        }
        kind => {
            scope.session.leave_out(format!("`{logical_id}` ({kind})"), "it affects no route", resource.span);
        }
    }
    Ok(())
}

/// The value of `Ref` of a pool or client.
fn itself(scope: Scope<'_>, resource: &Resource) -> Text {
    let bound = scope.bound(&resource.id).map(|id| Text::of(id, resource.span));
    bound.unwrap_or_else(|| Text::reference(scope.to_resource(&resource.id), resource.span))
}

fn pool(scope: Scope<'_>, resource: &Resource) -> Option<PoolRef> {
    let text = scope.text(resource.property("UserPoolId")?).ok()??;
    pools::from_id(scope, &text).ok()
}

/// The name of a resource, which affects no decision. It may contain the stage, which need not be given for this.
fn name(scope: Scope<'_>, resource: &Resource, property: &str) -> Option<String> {
    scope.text(resource.property(property)?).ok()?.map(|text| text.display())
}

fn needed(scope: Scope<'_>, resource: &Resource, name: &str) -> Result<String, Problem> {
    let missing = || error!(CFN_005, "no `{name}`");
    scope.known_text(resource.property(name).ok_or_else(missing)?)?.ok_or_else(missing)
}

fn admin_creates_users_only(scope: Scope<'_>, resource: &Resource) -> Result<bool, Problem> {
    let config = scope.map(resource.property("AdminCreateUserConfig"))?.unwrap_or_default();
    Ok(scope.truth(config.find("AllowAdminCreateUserOnly"))?.unwrap_or_default())
}

fn password_policy(scope: Scope<'_>, resource: &Resource) -> Result<Option<PasswordPolicy>, Problem> {
    let policies = scope.map(resource.property("Policies"))?.unwrap_or_default();
    let Some(policy) = scope.map(policies.find("PasswordPolicy"))? else { return Ok(None) };
    let required = |name: &str| scope.truth(policy.find(name)).map(Option::unwrap_or_default);
    let number = |name: &str| {
        let Some(node) = policy.find(name) else { return Ok(None) };
        let Some(text) = scope.known_text(node)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| expected("a number", &format!("`{text}`"), node.span))
    };
    Ok(Some(PasswordPolicy {
        minimum_length: number("MinimumLength")?,
        temporary_password_validity_days: number("TemporaryPasswordValidityDays")?,
        password_history_size: number("PasswordHistorySize")?,
        require_lowercase: required("RequireLowercase")?,
        require_uppercase: required("RequireUppercase")?,
        require_numbers: required("RequireNumbers")?,
        require_symbols: required("RequireSymbols")?,
    }))
}

fn texts(scope: Scope<'_>, resource: &Resource, name: &str) -> Result<Vec<String>, Problem> {
    Ok(scope.texts(resource.property(name))?.unwrap_or_default().iter().map(Text::display).collect())
}

/// URLs. A part that is known only after deployment reads `${…}`, and the client is kept.
fn urls(scope: Scope<'_>, resource: &Resource, name: &str) -> Vec<String> {
    let unknown = || "${…}".to_owned();
    let Ok(items) = scope.list(resource.property(name)) else { return vec![unknown()] };
    let url = |item| match scope.text(item) {
        Ok(text) => text.map(|text| text.display()),
        Err(_) => Some(unknown()),
    };
    items.unwrap_or_default().iter().filter_map(url).collect()
}

fn scopes(scope: Scope<'_>, resource: &Resource) -> Result<Vec<ResourceServerScope>, Problem> {
    let mut scopes = Vec::new();
    for item in scope.list(resource.property("Scopes"))?.unwrap_or_default() {
        let map = scope.map(&item)?.unwrap_or_default();
        let text = |name: &str| scope.known_text(map.find(name));
        if let Some(name) = text("ScopeName")? {
            scopes.push(ResourceServerScope { name, description: text("ScopeDescription")? });
        }
    }
    Ok(scopes)
}
