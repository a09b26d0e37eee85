//! OpenAPI documents in files of their own, which become the body of an API without other settings.

use crate::{
    cloudformation::{Resource, Template},
    help::{Help, ImportInput},
    model::ApiKind,
    problem::{Problem, error},
    session::Session,
    tree::{Content, Map, Node},
};

/// A template with one API whose body is the document.
pub(crate) fn lower(root: &Node, session: &Session<'_>) -> Option<Template> {
    if let Some(problem) = without_extensions(root) {
        problem.report(session);
        return None;
    }
    let kind = match session.inputs.kind.map_or_else(|| kind(root), Ok) {
        Ok(ApiKind::Rest) => "AWS::ApiGateway::RestApi",
        Ok(ApiKind::Http) => "AWS::ApiGatewayV2::Api",
        Err(problem) => {
            problem.report(session);
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

/// An error for an export of AWS without extensions: a route that IAM protects would look open.
fn without_extensions(root: &Node) -> Option<Problem> {
    let is_host = |text: &str| text.contains(".execute-api.") && text.contains(".amazonaws.com");
    let servers = root.items_at("servers").unwrap_or_default();
    let urls = servers.iter().filter_map(|server| server.find("url"));
    let host = urls.chain(root.find("host")).find(|node| node.text().is_some_and(is_host))?;
    // AWS writes the time of the export as the version.
    let version = root.find("info").and_then(|info| info.text_at("version"))?;
    let is_export = version.get(..10).is_some_and(is_date) && !has_extension(root);
    is_export.then(|| {
        error!(OAS_005, "the API was exported without the extensions of API Gateway")
            .at(host.span, "nothing tells what its routes need")
            .help(
                "export it with `aws apigateway get-export --export-type oas30 --parameters extensions=apigateway`, or with \
                 `aws apigatewayv2 export-api --specification OAS30 --include-extensions`",
            )
    })
}

/// `2025-03-01`
fn is_date(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    })
}

fn has_extension(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(_) => false,
        Content::List(items) => items.iter().any(has_extension),
        Content::Map(map) => map
            .unread()
            .iter()
            .any(|entry| entry.key.text.starts_with("x-amazon-apigateway-") || has_extension(&entry.value)),
    }
}

/// The integrations of all operations.
fn integrations(root: &Node) -> impl Iterator<Item = &Node> {
    let paths = root.map_at("paths").into_iter().flat_map(Map::unread);
    let operations = paths.filter_map(|path| path.value.map()).flat_map(Map::unread);
    operations.filter_map(|operation| operation.value.find("x-amazon-apigateway-integration"))
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
        let text = |key: &str| authorizer.text_at(key).unwrap_or_default().to_ascii_lowercase();
        let (kind, source) = (text("type"), text("identitySource"));
        rest |= kind == "cognito_user_pools" || kind == "token" || source.starts_with("method.request.");
        // The JWT authorizers of REST APIs have a list of issuers.
        let issuers =
            authorizer.find("jwtConfiguration").and_then(|configuration| configuration.find("issuers"));
        rest |= issuers.is_some();
        http |= kind == "jwt" && issuers.is_none() || source.starts_with("$request.");
    }
    rest |= root.find("x-amazon-apigateway-gateway-responses").is_some();
    rest |= root.find("x-amazon-apigateway-policy").is_some();
    rest |= root.find("x-amazon-apigateway-request-validators").is_some();
    rest |= root.find("x-amazon-apigateway-binary-media-types").is_some();
    for integration in integrations(root) {
        rest |= integration.find("passthroughBehavior").is_some();
        http |= integration.find("payloadFormatVersion").is_some();
    }
    http |= root.find("x-amazon-apigateway-cors").is_some();
    http |= root.find("x-amazon-apigateway-importexport-version").is_some();
    match (rest, http) {
        (true, false) => Ok(ApiKind::Rest),
        (false, true) => Ok(ApiKind::Http),
        _ => Err(error!(OAS_005, "the document does not say whether it is a REST API or an HTTP API")
            .at(root.span.beginning(), "this document")
            .help(Help::from("give the kind of API with ").input(ImportInput::Kind))),
    }
}
