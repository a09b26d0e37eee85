//! An `httpApi` event, and its route.

use apigateway_routes::{PathPattern, RouteKey, RouteMethod};

use crate::{
    cloudformation::{Resource, Template},
    code::Code,
    help::{Help, ImportInput},
    model::OpenReason,
    problem::{Problem, error},
    route_key,
    serverless::{
        http_api::api::HttpApi,
        keys, merge, naming,
        rest::comes_to_nothing,
        service::{Service, ServiceEvent, is_truthy, shape},
    },
    source::Span,
    tree::{Map, Node},
};

/// An event whose route is known.
pub(super) struct HttpApiEvent {
    pub(super) key: RouteKey,
    /// The key as the framework writes it, with the path as the event has it.
    written: String,
    settings: Node,
    span: Span,
}

impl HttpApiEvent {
    /// Reads method and path. Without them the event cannot even be refused.
    pub(super) fn read(service: &Service<'_>, event: &ServiceEvent) -> Result<Self, Problem> {
        let value = &event.value;
        let wrong = |text: &str| {
            shape(format!("`{text}` is not a route"), value.span)
                .help("a route reads `GET /orders/{id}`, `* /orders` or `*`")
        };
        let (method, path, settings) = match (value.text(), value.map()) {
            (Some("*"), _) => (None, "*".to_owned(), Node::map_of::<&str>([], value.span)),
            (Some(text), _) => match text.split_once(' ') {
                Some((method, path)) => {
                    (Some(method.to_owned()), path.to_owned(), Node::map_of::<&str>([], value.span))
                }
                None => return Err(wrong(text)),
            },
            (None, Some(map)) => {
                let text = |key: &str| match service.find(value, key)? {
                    Some(node) => node.text().map(|text| Some(text.to_owned())).ok_or_else(|| {
                        shape(format!("`{key}` is {}, not a text", node.describe()), node.span)
                    }),
                    None => Ok(None),
                };
                let Some(path) = text("path")? else {
                    let written = map.entries().iter().map(|entry| &*entry.key.text);
                    let problem = shape("the event has no `path`", event.key.span);
                    return Err(match keys::nearest("path", written) {
                        Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                        None => problem,
                    });
                };
                (text("method")?, path, value.clone())
            }
            _ => return Err(shape(format!("an event that is {}", value.describe()), value.span)),
        };
        let span = event.key.span;
        if path == "*" {
            if method.as_deref().is_some_and(|method| method != "*") {
                return Err(wrong(&format!("{} *", method.unwrap_or_default())));
            }
            let key = RouteKey::new(RouteMethod::Any, PathPattern::default_route());
            return Ok(Self { written: key.to_string(), key, settings, span });
        }
        let method = method.ok_or_else(|| shape("the event has no `method`", span))?;
        let parsed = if method == "*" { Ok(RouteMethod::Any) } else { route_key::method(&method) };
        let Some(parsed) = parsed.ok().filter(|_| path.starts_with('/')) else {
            return Err(wrong(&format!("{method} {path}")));
        };
        let pattern = route_key::path(&path).map_err(|error| shape(error.to_string(), value.span))?;
        let written = format!("{parsed} {path}");
        Ok(Self { key: RouteKey::new(parsed, pattern), written, settings, span })
    }

    pub(super) fn generate(&self, service: &Service<'_>, api: &HttpApi, template: &mut Template) {
        let id = naming::http_route(&self.written);
        if let Some(first) = template.resource(&id) {
            return error!(SLS_020, "`{}` and another route become one, `{id}`", self.written)
                .at(self.span, "this one")
                .at(first.span, "and this one")
                .help("the framework tells routes apart only by their letters and digits")
                .report(service.session);
        }
        let properties =
            [("ApiId", api.id.clone()), ("RouteKey", Node::string(self.written.as_str(), self.span))];
        let kind = "AWS::ApiGatewayV2::Route";
        let mut route = Resource::new(id, kind, merge::properties(properties, self.span), self.span);
        match self.authorization(service, api) {
            Ok(Some(properties)) => {
                let entries = route.properties.entries().iter().chain(properties.entries()).cloned();
                route.properties = Map::new(entries).0;
            }
            Ok(None) => {
                let is_written = self.settings.find("authorizer").is_some();
                let reason = if is_written { OpenReason::Allowed } else { OpenReason::NoAuthorizer };
                route.open_reason = Some(reason);
            }
            Err(problem) => {
                route.refused = Some(problem.code);
                problem.report_route(service.session);
            }
        }
        template.insert(route);
    }

    /// The authorization of the route; `None` if it is open.
    fn authorization(&self, service: &Service<'_>, api: &HttpApi) -> Result<Option<Map>, Problem> {
        if let Some(map) = self.settings.map() {
            keys::only_known(map, "httpApi event", &[], "an `httpApi` event")?;
        }
        let Some(written) = self.settings.find("authorizer") else { return Ok(None) };
        let node = service.value(written)?;
        if !is_truthy(&node) {
            if service.session.allows_open(&self.key) {
                return Ok(None);
            }
            return Err(comes_to_nothing(written, &node).help(
                Help::from("give the route an authorizer, or confirm that it may be open with ")
                    .input(ImportInput::AllowOpen(self.key.to_string())),
            ));
        }
        let (kind, id, scopes) = match (node.text(), node.map()) {
            (Some(name), _) => {
                let (kind, id) = api.authorizer(name, node.span)?;
                (kind, Some(id), None)
            }
            (None, Some(map)) => object(service, api, &node, map)?,
            _ => return Err(incomplete(&node)),
        };
        let properties = [
            Some(("AuthorizationType", Node::string(kind, node.span))),
            id.map(|id| ("AuthorizerId", id)),
            scopes.map(|scopes| ("AuthorizationScopes", scopes)),
        ];
        Ok(Some(merge::properties(properties.into_iter().flatten(), node.span)))
    }
}

type ObjectForm = (&'static str, Option<Node>, Option<Node>);

/// The object form: a name with scopes, IAM, or the id of an authorizer that is declared elsewhere.
fn object(service: &Service<'_>, api: &HttpApi, node: &Node, map: &Map) -> Result<ObjectForm, Problem> {
    keys::only_known(map, "httpApi event authorizer", &[], "an authorizer")?;
    let wrong = |message: &str, span: Span| Problem::error(Code::SLS_014, message).at(span, "here");
    let kind = service.find(node, "type")?;
    let kind = match kind.as_ref().map(|node| (node, node.text())) {
        None => None,
        Some((_, Some(kind @ ("jwt" | "request" | "aws_iam")))) => Some(kind),
        Some((node, _)) => return Err(wrong("the types are jwt, request and aws_iam", node.span)),
    };
    if kind == Some("aws_iam") {
        return match map.entries().iter().find(|entry| &*entry.key.text != "type") {
            Some(other) => Err(wrong("`aws_iam` takes no other key", other.key.span)),
            None => Ok(("AWS_IAM", None, None)),
        };
    }
    let scopes = match service.find(node, "scopes")? {
        Some(scopes) if scopes.items().is_none() => Some(Node::list([scopes.clone()], scopes.span)),
        scopes => scopes,
    };
    for key in ["id", "name"] {
        if let Some(written) = map.find(key)
            && !is_truthy(&service.value(written)?)
        {
            return Err(wrong(&format!("`{key}` of the authorizer is empty"), written.span));
        }
    }
    if let Some(id) = service.find(node, "id")? {
        if !api.is_elsewhere {
            return Err(wrong(
                "`id` is for an API of another service: `provider.httpApi.id` is missing",
                id.span,
            ));
        }
        return Ok((if kind == Some("request") { "CUSTOM" } else { "JWT" }, Some(id), scopes));
    }
    match service.find(node, "name")? {
        Some(name) => {
            let text = name.text().ok_or_else(|| incomplete(node))?;
            let (kind, id) = api.authorizer(text, name.span)?;
            Ok((kind, Some(id), scopes))
        }
        None => Err(incomplete(node)),
    }
}

fn incomplete(node: &Node) -> Problem {
    error!(SLS_014, "an authorizer needs a name, an id or `type: aws_iam`").at(node.span, "this has none")
}
