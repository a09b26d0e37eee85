//! Descriptions of the pool, its users, app clients and resource servers.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::filter::Filter;
use super::page::Page;
use super::request::required;
use super::{Answer, caller, shape};
use crate::client::{AppClient, AuthFlow, OAuthFlow};
use crate::clock::seconds;
use crate::directory::SignInAttribute;
use crate::pool::LocalPool;
use crate::resource_server::ResourceServer;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListUsers {
    user_pool_id: Option<String>,
    attributes_to_get: Option<Vec<String>>,
    limit: Option<i64>,
    pagination_token: Option<String>,
    filter: Option<String>,
}

/// [`ListUsers`][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
pub(super) fn users(pool: &LocalPool, request: &ListUsers) -> Answer {
    caller::check_pool_of(pool, request.user_pool_id.as_deref())?;
    let filter =
        request.filter.as_deref().filter(|filter| !filter.is_empty()).map(Filter::parse).transpose()?;
    let directory = pool.directory();
    let found =
        directory.iter().filter(|account| filter.as_ref().is_none_or(|filter| filter.accepts(account)));
    let names: BTreeSet<String> = found.map(|account| account.username.clone()).collect();
    let page = Page::new(names, "limit", request.limit, request.pagination_token.as_deref())?;
    let only = request.attributes_to_get.as_deref();
    Ok(page.answer("Users", "PaginationToken", |name| {
        directory.find(name).map(|account| shape::user(account, "Attributes", only).into())
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfPool {
    user_pool_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// [`DescribeUserPool`][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPool.html
pub(super) fn user_pool(pool: &LocalPool, request: &OfPool) -> Answer {
    caller::check_pool_of(pool, request.user_pool_id.as_deref())?;
    let policy = pool.password_policy();
    let mut password = Map::from_iter([
        ("MinimumLength".to_owned(), policy.minimum_length.into()),
        ("TemporaryPasswordValidityDays".to_owned(), policy.temporary_days.into()),
    ]);
    password.extend(policy.requirements().map(|(name, required)| (name.to_owned(), required.into())));
    let directory = pool.directory();
    let names = |attributes: &[SignInAttribute]| -> Vec<&str> {
        attributes.iter().map(|attribute| attribute.name()).collect()
    };
    let levels = pool
        .settings()
        .acr_names
        .all()
        .map(|(level, name)| (level.key().to_owned(), json!({ "AcrValue": name })));
    let mut described = json!({
        "AcrConfiguration": Map::from_iter(levels),
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": !pool.allows_self_sign_up() },
        "Arn": format!("arn:aws:cognito-idp:{}:000000000000:userpool/{}", pool.region(), pool.id()),
        "AutoVerifiedAttributes": ["email", "phone_number"],
        "CreationDate": pool.created(),
        "DeletionProtection": "INACTIVE",
        "EstimatedNumberOfUsers": directory.iter().count(),
        "Id": pool.id(),
        "LastModifiedDate": pool.created(),
        "MfaConfiguration": "OPTIONAL",
        "Name": pool.id(),
        "Policies": {
            "PasswordPolicy": password,
            "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] },
        },
        "UserPoolTier": "ESSENTIALS",
        "UsernameConfiguration": { "CaseSensitive": true },
    });
    // Cognito omits empty lists.
    let lists = [
        ("UsernameAttributes", names(&directory.names().username)),
        ("AliasAttributes", names(&directory.names().alias)),
    ];
    if let Some(members) = described.as_object_mut() {
        let given = lists.into_iter().filter(|(_, list)| !list.is_empty());
        members.extend(given.map(|(name, list)| (name.to_owned(), json!(list))));
    }
    Ok(json!({ "UserPool": described }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfClient {
    user_pool_id: Option<String>,
    client_id: Option<String>,
}

/// [`DescribeUserPoolClient`][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolClient.html
pub(super) fn user_pool_client(pool: &LocalPool, request: &OfClient) -> Answer {
    let [pool_id, client] = required([
        ("userPoolId", request.user_pool_id.as_deref()),
        ("clientId", request.client_id.as_deref()),
    ])?;
    caller::check_pool(pool, pool_id)?;
    Ok(json!({ "UserPoolClient": describe(pool, caller::client(pool, client)?) }))
}

fn describe(pool: &LocalPool, client: &AppClient) -> Value {
    let flows = client.flows();
    let auth_flows = AuthFlow::ALL.into_iter().filter(|flow| client.allows_auth_flow(*flow));
    let rotation = match client.rotation_grace {
        Some(grace) => json!({ "Feature": "ENABLED", "RetryGracePeriodSeconds": seconds(grace) }),
        None => json!({ "Feature": "DISABLED" }),
    };
    let mut described = json!({
        "AccessTokenValidity": seconds(client.access_lifetime),
        "AllowedOAuthFlowsUserPoolClient": !flows.is_empty(),
        "AuthSessionValidity": minutes(client.auth_session),
        "ClientId": client.id(),
        "ClientName": client.id(),
        "CreationDate": pool.created(),
        "EnableTokenRevocation": client.can_revoke(),
        "ExplicitAuthFlows": auth_flows.map(AuthFlow::name).collect::<Vec<_>>(),
        "IdTokenValidity": seconds(client.id_lifetime),
        "LastModifiedDate": pool.created(),
        "PreventUserExistenceErrors": "ENABLED",
        "RefreshTokenRotation": rotation,
        "RefreshTokenValidity": seconds(client.refresh_lifetime),
        "SupportedIdentityProviders": ["COGNITO"],
        "TokenValidityUnits": { "AccessToken": "seconds", "IdToken": "seconds", "RefreshToken": "seconds" },
        "UserPoolId": pool.id(),
    });
    let lists = [
        ("AllowedOAuthFlows", flows.into_iter().map(OAuthFlow::name).map(Value::from).collect()),
        ("AllowedOAuthScopes", texts(&client.scopes)),
        ("CallbackURLs", texts(&client.callback_urls)),
        ("LogoutURLs", texts(&client.logout_urls)),
    ];
    if let Some(members) = described.as_object_mut() {
        let given = lists.into_iter().filter(|(_, list): &(_, Vec<Value>)| !list.is_empty());
        members.extend(given.map(|(name, list)| (name.to_owned(), list.into())));
        members.extend(client.first_secret().map(|secret| ("ClientSecret".to_owned(), secret.into())));
    }
    described
}

fn texts(list: &[String]) -> Vec<Value> {
    list.iter().map(|text| text.as_str().into()).collect()
}

fn minutes(duration: Duration) -> i64 {
    seconds(duration) / 60
}

/// `ListUserPoolClients`.
pub(super) fn user_pool_clients(pool: &LocalPool, request: &OfPool) -> Answer {
    caller::check_pool_of(pool, request.user_pool_id.as_deref())?;
    let ids: BTreeSet<String> = pool.clients().iter().map(|client| client.id().to_owned()).collect();
    let page = Page::new(ids, "maxResults", request.max_results, request.next_token.as_deref())?;
    Ok(page.answer("UserPoolClients", "NextToken", |id| {
        Some(json!({ "ClientId": id, "ClientName": id, "UserPoolId": pool.id() }))
    }))
}

/// [`ListResourceServers`][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListResourceServers.html
pub(super) fn resource_servers(pool: &LocalPool, request: &OfPool) -> Answer {
    caller::check_pool_of(pool, request.user_pool_id.as_deref())?;
    let servers = pool.resource_servers();
    let ids: BTreeSet<String> = servers.iter().map(|server| server.identifier.clone()).collect();
    let page = Page::new(ids, "maxResults", request.max_results, request.next_token.as_deref())?;
    Ok(page.answer("ResourceServers", "NextToken", |id| {
        let server = servers.iter().find(|server| server.identifier == id)?;
        Some(json!({
            "Identifier": id,
            "Name": id,
            "Scopes": scopes(server),
            "UserPoolId": pool.id(),
        }))
    }))
}

fn scopes(server: &ResourceServer) -> Vec<Value> {
    let describe = |name: &String| json!({ "ScopeName": name, "ScopeDescription": name });
    server.scopes.iter().map(describe).collect()
}
