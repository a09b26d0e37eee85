//! `${Pool}` outside of `Fn::Sub`, which CloudFormation would deploy as literal text.

use crate::{
    cloudformation::Template,
    problem::error,
    serverless::service::Service,
    tree::{Content, Node},
};

/// The properties that affect what a request needs.
const DECIDING: [&str; 13] = [
    "ApiId",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "HttpMethod",
    "IdentitySource",
    "JwtConfiguration",
    "ParentId",
    "PathPart",
    "ProviderARNs",
    "ResourceId",
    "RestApiId",
    "RouteKey",
];

/// Reports every such text in a resource of an API.
pub(super) fn check(service: &Service<'_>, template: &Template) {
    for resource in
        template.resources().iter().filter(|resource| resource.kind.starts_with("AWS::ApiGateway"))
    {
        for entry in resource.properties.entries() {
            if DECIDING.contains(&&*entry.key.text) {
                look_into(service, &entry.value);
            }
        }
    }
}

fn look_into(service: &Service<'_>, node: &Node) {
    match &node.content {
        Content::Scalar(scalar) if scalar.text.contains("${") => {
            // The code that needs the value reports it if it cannot be resolved.
            let text = service.value(node).ok();
            if let Some(name) = text.as_ref().and_then(Node::text).and_then(foreign) {
                error!(SLS_003, "`${{{name}}}` is not a variable of the framework")
                    .at(node.span, "outside `Fn::Sub` it stays as it is written")
                    .help("write `!Sub` before the text")
                    .report(service.session);
            }
        }
        Content::Scalar(_) => {}
        Content::List(items) => items.iter().for_each(|item| look_into(service, item)),
        Content::Map(map) => {
            for entry in map.entries().iter().filter(|entry| &*entry.key.text != "Fn::Sub") {
                look_into(service, &entry.value);
            }
        }
    }
}

/// The name in the first `${…}`.
fn foreign(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("${")?;
    after.split_once('}').map(|(name, _)| name)
}
