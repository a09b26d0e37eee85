//! OpenAPI documents in files of their own, which become the body of an API without other settings.

use crate::{
    cloudformation::{Resource, Template},
    code::Code,
    help::{Help, ImportInput},
    model::ApiKind,
    problem::Problem,
    session::Session,
    source::Span,
    tree::{Map, Node},
};

/// A template with one API, whose body is the document.
pub(crate) fn lower(root: &Node, session: &Session<'_>) -> Option<Template> {
    let kind = match session.inputs.kind.map_or_else(|| kind(root), Ok) {
        Ok(ApiKind::Rest) => "AWS::ApiGateway::RestApi",
        Ok(ApiKind::Http) => "AWS::ApiGatewayV2::Api",
        Err(problem) => {
            session.report(problem);
            return None;
        }
    };
    let location = session.location(root.span);
    let name = location.file().rsplit('/').next().unwrap_or_default();
    let id = name.split_once('.').map_or(name, |(stem, _)| stem);
    let title = root.find("info").and_then(|info| info.find("title")).filter(|node| node.scalar().is_some());
    let name = title.map(|title| ("Name", title.clone()));
    let properties = Map::of([("Body", root.clone())].into_iter().chain(name));
    let mut template = Template::new();
    template.insert(Resource::new(id, kind, properties, root.span));
    Some(template)
}

/// REST or HTTP, recognized by what only one of them has.
fn kind(root: &Node) -> Result<ApiKind, Problem> {
    let schemes = root
        .find("securityDefinitions")
        .or_else(|| root.find("components").and_then(|components| components.find("securitySchemes")));
    let authorizers = schemes
        .and_then(Node::map)
        .into_iter()
        .flat_map(Map::entries)
        .filter_map(|entry| entry.value.find("x-amazon-apigateway-authorizer"));
    let (mut rest, mut http) = (root.find("swagger").is_some(), false);
    for authorizer in authorizers {
        let text =
            |key: &str| authorizer.find(key).and_then(Node::text).unwrap_or_default().to_ascii_lowercase();
        let (kind, source) = (text("type"), text("identitySource"));
        rest |= kind == "cognito_user_pools" || kind == "token" || source.starts_with("method.request.");
        http |= kind == "jwt" || source.starts_with("$request.");
    }
    rest |= root.find("x-amazon-apigateway-gateway-responses").is_some();
    rest |= root.find("x-amazon-apigateway-policy").is_some();
    http |= root.find("x-amazon-apigateway-cors").is_some();
    http |= root.find("x-amazon-apigateway-importexport-version").is_some();
    match (rest, http) {
        (true, false) => Ok(ApiKind::Rest),
        (false, true) => Ok(ApiKind::Http),
        _ => Err(Problem::error(
            Code::OAS_005,
            "the document does not say whether it is a REST API or an HTTP API",
        )
        .at(Span { end: root.span.start, ..root.span }, "this document")
        .help(Help::from("give the kind of API with ").input(ImportInput::Kind))),
    }
}
