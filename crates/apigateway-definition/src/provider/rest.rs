//! REST APIs.

use crate::{
    provider::{
        Properties, Provided, body, http,
        links::{Links, REST_API},
    },
    session::Session,
    tree::Node,
};

pub(super) fn api(resource: &Provided, session: &Session<'_>) -> Properties {
    let body = body(resource, session);
    if let Some(mode) = resource.find("put_rest_api_mode").filter(|mode| mode.text() == Some("merge"))
        && body.is_some()
    {
        let why = "they are refused; the deployed API has them";
        session.leave_out("routes that a merge keeps and the body does not have", why, mode.span);
    }
    vec![("Body", body)]
}

/// A resource by its parent. If the parent is in none of the files, the provider knows the whole path.
pub(super) fn resource(resource: &Provided, links: &Links<'_>) -> Properties {
    let api = links.reference(resource, "rest_api_id", REST_API);
    let path = resource.text("path").filter(|path| path.starts_with('/'));
    let (parent, part) = match (path, api.as_ref().and_then(|api| api.text_at("Ref"))) {
        (Some(path), Some(api)) if !links.has_parent(resource) => {
            let span = resource.find("path").map_or(resource.span, |node| node.span);
            let parent = Node::attribute(api, "RootResourceId", span);
            (Some(parent), Some(Node::string(path.trim_start_matches('/'), span)))
        }
        _ => (links.parent(resource, "parent_id"), resource.find("path_part").cloned()),
    };
    vec![("ParentId", parent), ("PathPart", part)]
}

pub(super) fn method(resource: &Provided, links: &Links<'_>) -> Properties {
    let integration = links.is_mock(resource).then(|| {
        let kind = Node::string("MOCK", resource.span);
        Node::map_of([("Type", kind)], resource.span)
    });
    // An empty value is not one that is not set.
    let key = resource.attributes.find("api_key_required").filter(|key| !key.is_null());
    vec![("ApiKeyRequired", key.cloned()), ("Integration", integration)]
}

pub(super) fn authorizer(resource: &Provided) -> Properties {
    // The defaults of the provider.
    let or_default = |name: &str, default: &str| {
        let given = resource.find(name).cloned();
        Some(given.unwrap_or_else(|| Node::string(default, resource.span)))
    };
    let configuration = resource.find("jwt_configuration").and_then(http::block);
    vec![
        ("Type", or_default("type", "TOKEN")),
        ("IdentitySource", or_default("identity_source", "method.request.header.Authorization")),
        ("JwtConfiguration", configuration.map(|node| http::capitals(&node))),
    ]
}
