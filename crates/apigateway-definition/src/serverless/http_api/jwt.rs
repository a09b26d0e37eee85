//! `provider.httpApi.authorizers`

use crate::{
    cloudformation::Resource,
    code::Code,
    problem::{Problem, error},
    serverless::{
        keys, merge, naming,
        service::{Service, is_truthy, shape},
    },
    source::Span,
    tree::{Key, Node},
};

/// The authorizer as a CloudFormation resource.
pub(super) fn read(service: &Service<'_>, key: &Key, node: &Node, api: &Node) -> Result<Resource, Problem> {
    let node = service.value(node)?;
    let map = node.needed_map(Code::FILE_001, "the authorizer")?;
    keys::only_known(map, "httpApi authorizer", &[], "an authorizer of `httpApi`")?;
    let name = service.find(&node, "name")?.filter(is_truthy);
    let name = match &name {
        Some(name) => name.text().ok_or_else(|| shape("the name of an authorizer is a text", name.span))?,
        None => &key.text,
    };
    let span = key.span;
    let mut properties = vec![("ApiId", api.clone()), ("Name", Node::string(name, span))];
    let kind = service.find(&node, "type")?;
    match kind.as_ref().and_then(Node::text) {
        None if kind.is_none() => properties.extend(jwt(service, &node, span)?),
        Some("jwt") => properties.extend(jwt(service, &node, span)?),
        // Its function is not run here, so its other settings do not matter.
        Some("request") => properties.push(("AuthorizerType", Node::string("REQUEST", span))),
        _ => {
            let place = kind.map_or(span, |kind| kind.span);
            return Err(
                error!(SLS_014, "the types of authorizers are jwt and request").at(place, "this is another")
            );
        }
    }
    let properties = merge::properties(properties, span);
    Ok(Resource::new(naming::http_authorizer(name), "AWS::ApiGatewayV2::Authorizer", properties, span))
}

/// The properties of a JWT authorizer.
fn jwt(service: &Service<'_>, node: &Node, span: Span) -> Result<[(&'static str, Node); 3], Problem> {
    let needed = |key: &str| -> Result<Node, Problem> {
        service.find(node, key)?.filter(is_truthy).ok_or_else(|| {
            error!(SLS_014, "a JWT authorizer without `{key}`")
                .at(span, "this authorizer")
                .help("it needs `issuerUrl`, `audience` and one `identitySource`")
        })
    };
    let listed = |node: Node| match node.items() {
        Some(_) => node,
        None => Node::list([node.clone()], node.span),
    };
    let source = listed(needed("identitySource")?);
    if source.items().is_some_and(|items| items.len() != 1) {
        return Err(error!(SLS_014, "a JWT authorizer needs exactly one `identitySource`")
            .at(source.span, "there are others here"));
    }
    let configuration =
        Node::map_of([("Audience", listed(needed("audience")?)), ("Issuer", needed("issuerUrl")?)], span);
    Ok([
        ("AuthorizerType", Node::string("JWT", span)),
        ("IdentitySource", source),
        ("JwtConfiguration", configuration),
    ])
}
