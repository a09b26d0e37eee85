//! HTTP APIs.

use crate::{
    casing::pascal,
    cloudformation::unavailable,
    code::Code,
    provider::{Properties, Provided, body},
    session::Session,
    tree::{Map, Node},
};

pub(super) fn api(resource: &Provided, session: &Session<'_>) -> Properties {
    let cors = resource.find("cors_configuration").and_then(block);
    let has_target = resource.find("target").is_some();
    vec![
        ("CorsConfiguration", cors.map(|cors| capitals(&cors))),
        ("Body", body(resource, session)),
        ("RouteKey", resource.find("route_key").filter(|_| has_target).cloned()),
    ]
}

pub(super) fn authorizer(resource: &Provided) -> Properties {
    let configuration = resource.find("jwt_configuration").and_then(block);
    let configuration = configuration.map(|node| match node.map() {
        Some(map) if map.find("audience").is_some() || map.find("issuer").is_some() => {
            let find = |key: &str| map.find(key).filter(|node| !node.is_null()).cloned();
            let both = [("Audience", find("audience")), ("Issuer", find("issuer"))];
            Node::map_of(both.into_iter().filter_map(|(key, node)| Some((key, node?))), node.span)
        }
        _ => node,
    });
    vec![("JwtConfiguration", configuration)]
}

pub(super) fn route(resource: &Provided) -> Properties {
    // The provider writes its default, `NONE`. Without the attribute, the route of a template would be open.
    let kind = resource.find("authorization_type").cloned().unwrap_or_else(|| {
        let message = "the route has no `authorization_type`: a part of the state is missing";
        unavailable(Code::STATE_001, message, "read the output of `terraform show -json`", resource.span)
    });
    vec![("AuthorizationType", Some(kind))]
}

/// A block that may be there once: a list of one in Terraform, the map itself in Pulumi.
pub(super) fn block(node: &Node) -> Option<Node> {
    match node.items() {
        Some(items) => items.first().cloned(),
        None => Some(node.clone()),
    }
}

/// The CORS configuration with CloudFormation's names, such as `AllowOrigins` for `allow_origins`, without unset members.
pub(super) fn capitals(node: &Node) -> Node {
    if let Some(items) = node.items() {
        return Node::list(items.iter().map(capitals).collect::<Vec<_>>(), node.span);
    }
    let Some(map) = node.map() else { return node.clone() };
    if map.only().is_some_and(|entry| entry.key.text.starts_with("Fn::")) {
        return node.clone();
    }
    let entries = map.entries().iter().filter(|entry| !entry.value.is_null());
    Node::from_map(Map::of(entries.map(|entry| (pascal(&entry.key.text), capitals(&entry.value)))), node.span)
}
