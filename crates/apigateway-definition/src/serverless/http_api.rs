//! `httpApi` events, and the HTTP API that is made of them («HTTP API», guides of the Serverless Framework).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cloudformation::{Resource, Template},
    code::Code,
    model::{Method, OpenReason, PathPattern},
    problem::Problem,
    serverless::{
        authorizer, jwt, keys, merge, naming,
        service::{Event, Service, is_truthy, shape},
    },
    source::Span,
    tree::{Map, Node},
};

const API: &str = "HttpApi";

/// The keys of an event that the framework reads, and those of plugins that do not decide about requests.
const KEYS: [&str; 9] =
    ["authorizer", "method", "path", "documentation", "openapi", "payload", "summary", "tags", "timeout"];

/// Adds the API, its routes and authorizers to the template.
pub(super) fn generate(service: &Service<'_>, template: &mut Template) -> Result<(), Problem> {
    let events: Vec<&Event> = service.events("httpApi").collect();
    if events.is_empty() {
        return Ok(());
    }
    let api = Api::read(service)?;
    for resource in api.authorizers.values().filter_map(|authorizer| authorizer.as_ref().ok()) {
        if let Some(first) = template.resource(&resource.id) {
            return Err(Problem::error(
                Code::SLS_020,
                format!("two authorizers become one, `{}`", resource.id),
            )
            .at(resource.span, "this one")
            .at(first.span, "and this one"));
        }
        template.insert(resource.clone());
    }
    let mut methods = BTreeSet::new();
    for event in events {
        match HttpApiEvent::read(service, event) {
            Ok(event) => {
                methods.insert(event.method);
                event.generate(service, &api, template);
            }
            Err(problem) => service.session.report(problem),
        }
    }
    if !api.is_elsewhere {
        let properties = cors(service, &api.settings, &methods).unwrap_or_else(|problem| {
            service.session.report_route(problem);
            None
        });
        let span = service.configuration.root.span;
        let span = Span { end: span.start, ..span };
        let protocol = ("ProtocolType", Node::string("HTTP", span));
        let properties = [protocol].into_iter().chain(properties.map(|cors| ("CorsConfiguration", cors)));
        let properties = merge::properties(properties, span);
        template.insert(Resource::new(API, "AWS::ApiGatewayV2::Api", properties, span));
        let stage = [("ApiId", api.id), ("StageName", Node::string("$default", span))];
        let stage = merge::properties(stage, span);
        template.insert(Resource::new("HttpApiStage", "AWS::ApiGatewayV2::Stage", stage, span));
    }
    Ok(())
}

/// The API that the events belong to.
struct Api {
    /// `ApiId` of everything in it.
    id: Node,
    is_elsewhere: bool,
    /// `provider.httpApi`
    settings: Node,
    /// By name; those that nobody uses may be wrong.
    authorizers: BTreeMap<String, Result<Resource, Problem>>,
}

impl Api {
    fn read(service: &Service<'_>) -> Result<Self, Problem> {
        let span = service.provider.span;
        let settings = service.find(&service.provider, "httpApi")?;
        let settings = settings.unwrap_or_else(|| Node::map_of::<&str>([], span));
        let declared = service.find(&settings, "authorizers")?;
        let elsewhere = service.find(&settings, "id")?.filter(is_truthy);
        let is_elsewhere = elsewhere.is_some();
        if is_elsewhere {
            let cors = service.find(&settings, "cors")?.filter(is_truthy);
            if let Some(node) = declared.or(cors) {
                return Err(Problem::error(Code::SLS_014, "an API of another service is set up there")
                    .at(node.span, "the framework refuses this beside `httpApi.id`"));
            }
            let id = elsewhere.unwrap_or_else(|| Node::reference(API, span));
            return Ok(Self { id, is_elsewhere, settings, authorizers: BTreeMap::new() });
        }
        let id = Node::reference(API, span);
        let mut authorizers = BTreeMap::new();
        if let Some(declared) = declared {
            let map = declared.map().ok_or_else(|| {
                shape(format!("`authorizers` is {}, not a map", declared.describe()), declared.span)
            })?;
            for entry in map.entries() {
                let authorizer = jwt::read(service, &entry.key, &entry.value, &id);
                authorizers.insert(entry.key.text.to_string(), authorizer);
            }
        }
        Ok(Self { id, is_elsewhere, settings, authorizers })
    }

    /// The authorizer of this name, and how routes ask for it.
    fn authorizer(&self, name: &str, span: Span) -> Result<(&'static str, Node), Problem> {
        match self.authorizers.get(name) {
            Some(Ok(resource)) => {
                let is_jwt = resource.property("AuthorizerType").and_then(Node::text) == Some("JWT");
                Ok((if is_jwt { "JWT" } else { "CUSTOM" }, Node::reference(&resource.id, span)))
            }
            Some(Err(problem)) => Err(problem.clone()),
            None => {
                let message = format!("`{name}` is not among `provider.httpApi.authorizers`");
                let problem = Problem::error(Code::SLS_014, message).at(span, "it is named here");
                Err(match keys::nearest(name, self.authorizers.keys().map(String::as_str)) {
                    Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                    None => problem.help("declare it there"),
                })
            }
        }
    }
}

/// An event whose route is known.
struct HttpApiEvent {
    method: Method,
    path: PathPattern,
    key: String,
    settings: Node,
    span: Span,
}

impl HttpApiEvent {
    /// Method and path. Without them it cannot even be refused.
    fn read(service: &Service<'_>, event: &Event) -> Result<Self, Problem> {
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
                        Some(nearest) => problem.help(format!("is `{nearest}` meant for it?")),
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
            let path = PathPattern::default_route();
            return Ok(Self { method: Method::Any, path, key: "$default".into(), settings, span });
        }
        let method = method.ok_or_else(|| shape("the event has no `method`", span))?;
        let parsed = if method == "*" { Ok(Method::Any) } else { method.parse() };
        let parsed = parsed.map_err(|_| wrong(&format!("{method} {path}")))?;
        let pattern: Option<PathPattern> = path.parse().ok().filter(|_| path.starts_with('/'));
        let pattern = pattern.ok_or_else(|| wrong(&format!("{method} {path}")))?;
        Ok(Self { method: parsed, path: pattern, key: format!("{parsed} {path}"), settings, span })
    }

    fn generate(&self, service: &Service<'_>, api: &Api, template: &mut Template) {
        let id = naming::http_route(&self.key);
        if let Some(first) = template.resource(&id) {
            let message = format!("`{}` and another route become one, `{id}`", self.key);
            return service.session.report(
                Problem::error(Code::SLS_020, message)
                    .at(self.span, "this one")
                    .at(first.span, "and this one")
                    .help("the framework tells routes apart by their letters and digits alone"),
            );
        }
        let properties =
            [("ApiId", api.id.clone()), ("RouteKey", Node::string(self.key.as_str(), self.span))];
        let kind = "AWS::ApiGatewayV2::Route";
        let mut route = Resource::new(id, kind, merge::properties(properties, self.span), self.span);
        match self.authorization(service, api) {
            Ok(Some(asked)) => {
                let entries = route.properties.entries().iter().chain(asked.entries()).cloned();
                route.properties = Map::new(entries).0;
            }
            Ok(None) => {
                let is_written = self.settings.find("authorizer").is_some();
                let reason = if is_written { OpenReason::Allowed } else { OpenReason::NoAuthorizer };
                route.open_reason = Some(reason);
            }
            Err(problem) => {
                route.refused = Some(problem.code);
                service.session.report_route(problem);
            }
        }
        template.insert(route);
    }

    /// What the route asks for; `None` where it is open.
    fn authorization(&self, service: &Service<'_>, api: &Api) -> Result<Option<Map>, Problem> {
        if let Some(map) = self.settings.map() {
            keys::only_known(map, &KEYS, &[], "an `httpApi` event")?;
        }
        let Some(written) = self.settings.find("authorizer") else { return Ok(None) };
        let node = service.value(written)?;
        if !is_truthy(&node) {
            if service.session.allows_open(self.method, &self.path) {
                return Ok(None);
            }
            return Err(authorizer::comes_to_nothing(written, &node).help(format!(
                "give the route an authorizer, or confirm that `{}` may be open",
                crate::model::route_key(self.method, &self.path)
            )));
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

type Asked = (&'static str, Option<Node>, Option<Node>);

/// The object form: a name with scopes, IAM, or the id of an authorizer that is declared elsewhere.
fn object(service: &Service<'_>, api: &Api, node: &Node, map: &Map) -> Result<Asked, Problem> {
    keys::only_known(map, &["id", "name", "scopes", "type"], &[], "an authorizer")?;
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
    Problem::error(Code::SLS_014, "an authorizer needs a name, an id or `type: aws_iam`")
        .at(node.span, "this has none")
}

/// `CorsConfiguration`, with the framework's defaults.
fn cors(service: &Service<'_>, settings: &Node, methods: &BTreeSet<Method>) -> Result<Option<Node>, Problem> {
    let Some(cors) = service.find(settings, "cors")?.filter(is_truthy) else { return Ok(None) };
    let span = cors.span;
    let list = |items: &[&str]| Node::list(items.iter().map(|item| Node::string(*item, span)), span);
    let all = methods.contains(&Method::Any);
    let used = Method::NAMES.iter().filter(|(method, _)| {
        *method != Method::Any && (all || *method == Method::Options || methods.contains(method))
    });
    let used: Vec<&str> = used.map(|(_, name)| *name).collect();
    let setting = |key: &str| -> Result<Option<Node>, Problem> {
        Ok(service.find(&cors, key)?.map(|node| match node.items() {
            Some(_) => node,
            None => Node::list([node.clone()], node.span),
        }))
    };
    let headers = [
        "Content-Type",
        "X-Amz-Date",
        "Authorization",
        "X-Api-Key",
        "X-Amz-Security-Token",
        "X-Amz-User-Agent",
        "X-Amzn-Trace-Id",
    ];
    let properties = [
        ("AllowOrigins", Some(setting("allowedOrigins")?.unwrap_or_else(|| list(&["*"])))),
        ("AllowHeaders", Some(setting("allowedHeaders")?.unwrap_or_else(|| list(&headers)))),
        ("AllowMethods", Some(setting("allowedMethods")?.unwrap_or_else(|| list(&used)))),
        ("ExposeHeaders", setting("exposedResponseHeaders")?),
        ("AllowCredentials", service.find(&cors, "allowCredentials")?),
        ("MaxAge", service.find(&cors, "maxAge")?),
    ];
    let properties = properties.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Ok(Some(Node::map_of(properties, span)))
}
