//! User pools and what belongs to them.

use crate::{
    cloudformation::Resource,
    provider::{Provided, links::Links},
    tree::{Map, Node},
};

pub(super) fn lower(resource: &Provided, links: &Links<'_>) -> Option<Resource> {
    let find = |name: &str| resource.find(name).cloned();
    Some(match resource.kind.name {
        "aws_cognito_user_pool" => resource.resource(
            "AWS::Cognito::UserPool",
            [
                ("UserPoolName", find("name")),
                ("UsernameAttributes", find("username_attributes")),
                ("AliasAttributes", find("alias_attributes")),
            ],
        ),
        "aws_cognito_user_pool_client" => client(resource, links, find("generate_secret")),
        "aws_cognito_managed_user_pool_client" => client(resource, links, None),
        "aws_cognito_resource_server" => resource.resource(
            "AWS::Cognito::UserPoolResourceServer",
            [
                ("UserPoolId", pool(resource, links)),
                ("Identifier", find("identifier")),
                ("Name", find("name")),
                ("Scopes", resource.find("scope").map(scopes)),
            ],
        ),
        "aws_cognito_user_group" => resource.resource(
            "AWS::Cognito::UserPoolGroup",
            [("UserPoolId", pool(resource, links)), ("GroupName", find("name"))],
        ),
        "aws_cognito_user" => resource.resource(
            "AWS::Cognito::UserPoolUser",
            [("UserPoolId", pool(resource, links)), ("Username", find("username"))],
        ),
        "aws_cognito_user_pool_domain" => resource.resource("AWS::Cognito::UserPoolDomain", []),
        "aws_cognito_identity_provider" => resource.resource("AWS::Cognito::UserPoolIdentityProvider", []),
        "aws_cognito_identity_pool" => resource.resource("AWS::Cognito::IdentityPool", []),
        _ => return None,
    })
}

fn client(resource: &Provided, links: &Links<'_>, secret: Option<Node>) -> Resource {
    let find = |name: &str| resource.find(name).cloned();
    resource.resource(
        "AWS::Cognito::UserPoolClient",
        [
            ("UserPoolId", pool(resource, links)),
            ("ClientName", find("name")),
            ("AllowedOAuthScopes", find("allowed_oauth_scopes")),
            ("AllowedOAuthFlows", find("allowed_oauth_flows")),
            ("ExplicitAuthFlows", find("explicit_auth_flows")),
            ("CallbackURLs", find("callback_urls")),
            ("LogoutURLs", find("logout_urls")),
            ("GenerateSecret", secret),
        ],
    )
}

/// The pool: the one in the files, or the id of another.
fn pool(resource: &Provided, links: &Links<'_>) -> Option<Node> {
    let node = resource.find("user_pool_id")?;
    match node.text() {
        Some(id) if !links.has("aws_cognito_user_pool", id) => Some(node.clone()),
        _ => links.reference(resource, "user_pool_id", "aws_cognito_user_pool"),
    }
}

/// `[{ScopeName, ScopeDescription}]`
fn scopes(node: &Node) -> Node {
    let Some(items) = node.items() else { return node.clone() };
    let scope = |item: &Node| {
        let Some(map) = item.map().filter(|map| map.find("scope_name").is_some()) else {
            return item.clone();
        };
        let names = [("ScopeName", "scope_name"), ("ScopeDescription", "scope_description")];
        let set = names
            .into_iter()
            .filter_map(|(name, key)| Some((name, map.find(key).filter(|node| !node.is_null())?.clone())));
        Node::from_map(Map::of(set), item.span)
    };
    Node::list(items.iter().map(scope).collect::<Vec<_>>(), node.span)
}
