//! User pools with their app clients, resource servers and groups.

use crate::{
    cloudformation::{Resource, Template},
    deployed::{
        api::{properties, same},
        output::Kind,
        parts::Parts,
    },
    tree::Node,
    unique::Ids,
};

/// The template of all that is given, if there is something.
pub(super) fn template(parts: &Parts<'_, '_, '_>) -> Option<Template> {
    let mut template = Template::new();
    let mut ids = Ids::default();
    for (kind, make) in [
        (Kind::UserPool, user_pool as fn(&Node) -> Made),
        (Kind::UserPoolClient, app_client),
        (Kind::ResourceServers, resource_server),
        (Kind::Groups, group),
    ] {
        for (index, output) in parts.of(kind) {
            parts.set_used(index);
            if template.file.is_empty() {
                template.file = parts.file(output);
            }
            for item in &output.items {
                let Made { name, mut resource } = make(item);
                resource.id = ids.unique(&name);
                template.insert(resource);
            }
        }
    }
    if template.resources().is_empty() { None } else { Some(template) }
}

struct Made {
    name: String,
    resource: Resource,
}

fn made(name: &str, kind: &str, id: Option<&Node>, properties: crate::tree::Map, item: &Node) -> Made {
    let mut resource = Resource::new(name, kind, properties, item.span);
    resource.physical_id = id.and_then(Node::text).map(String::from);
    Made { name: name.to_owned(), resource }
}

fn text<'n>(item: &'n Node, key: &str) -> &'n str {
    item.text_at(key).unwrap_or("unnamed")
}

fn user_pool(item: &Node) -> Made {
    let name = ("UserPoolName", item.find("Name").cloned());
    let properties =
        properties([name].into_iter().chain(same(item, ["UsernameAttributes", "AliasAttributes"])));
    made(text(item, "Id"), "AWS::Cognito::UserPool", item.find("Id"), properties, item)
}

fn app_client(item: &Node) -> Made {
    const SAME: [&str; 7] = [
        "UserPoolId",
        "ClientName",
        "AllowedOAuthScopes",
        "AllowedOAuthFlows",
        "ExplicitAuthFlows",
        "CallbackURLs",
        "LogoutURLs",
    ];
    // The secret itself is not looked at.
    let secret = item.find("ClientSecret").filter(|secret| !secret.is_null());
    let has_secret = secret.map(|secret| Node::plain("true", secret.span));
    let has_secret = has_secret.or_else(|| item.find("HasSecret").cloned());
    let properties = properties(same(item, SAME).into_iter().chain([("GenerateSecret", has_secret)]));
    made(text(item, "ClientId"), "AWS::Cognito::UserPoolClient", item.find("ClientId"), properties, item)
}

fn resource_server(item: &Node) -> Made {
    let properties = properties(same(item, ["UserPoolId", "Identifier", "Name", "Scopes"]));
    made(text(item, "Identifier"), "AWS::Cognito::UserPoolResourceServer", None, properties, item)
}

fn group(item: &Node) -> Made {
    let properties = properties(same(item, ["UserPoolId", "GroupName"]));
    made(text(item, "GroupName"), "AWS::Cognito::UserPoolGroup", None, properties, item)
}
