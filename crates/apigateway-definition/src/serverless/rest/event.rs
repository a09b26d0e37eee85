//! An `http` event, and its method.

use apigateway_routes::RouteKey;

use crate::{
    cloudformation::{Resource, Template},
    code::Code,
    help::{Help, ImportInput},
    model::{OpenReason, Origin},
    problem::{Problem, error},
    route_key,
    serverless::{
        keys::{self, PluginKey},
        merge, naming,
        rest::{
            api::RestApi,
            authorizer::{self, Authorization},
        },
        service::{Service, ServiceEvent, is_truthy, shape},
    },
    source::Span,
    tree::{Map, Node},
};

const PLUGIN_KEYS: [PluginKey; 2] = [
    PluginKey { key: "cfAuthorizer", plugin: "serverless-plugin-cfauthorizer" },
    PluginKey { key: "cognito", plugin: "hm-serverless-plugin-cognito-auth-scopes" },
];

/// An event whose route is known.
pub(super) struct HttpEvent {
    method: String,
    /// Without slashes at its ends; empty for the root.
    pub(super) path: String,
    /// The settings of the event, if it has the object form.
    settings: Node,
    pub(super) span: Span,
}

impl HttpEvent {
    /// Reads method and path. Without them the event cannot even be refused.
    pub(super) fn read(service: &Service<'_>, event: &ServiceEvent) -> Result<Self, Problem> {
        let value = &event.value;
        let (method, path, settings) = match (value.text(), value.map()) {
            (Some(text), _) => match text.split_once(' ') {
                Some((method, path)) if !path.contains(' ') => {
                    (method.to_owned(), path.to_owned(), Node::map_of::<&str>([], value.span))
                }
                _ => return Err(shape(format!("`{text}` is not a method and a path"), value.span)),
            },
            (None, Some(_)) => {
                let text = |key: &str| match service.find(value, key)? {
                    Some(node) => node.text().map(String::from).ok_or_else(|| {
                        shape(format!("`{key}` is {}, not a text", node.describe()), node.span)
                    }),
                    None => {
                        Err(shape(format!("the event has no `{key}`"), event.key.span).help(hint(value, key)))
                    }
                };
                (text("method")?, text("path")?, value.clone())
            }
            _ => return Err(shape(format!("an event that is {}", value.describe()), value.span)),
        };
        let path = path.strip_prefix('/').unwrap_or(&path);
        let path = path.strip_suffix('/').unwrap_or(path).to_owned();
        Ok(Self { method: method.to_uppercase(), path, settings, span: event.key.span })
    }

    pub(super) fn generate(&self, service: &Service<'_>, api: &RestApi, template: &mut Template) {
        let id = naming::rest_method(&self.path, &self.method);
        if let Some(first) = template.resource(&id) {
            return error!(SLS_020, "`{} /{}` occurs twice", self.method, self.path)
                .at(self.span, "the framework deploys this one")
                .at(first.span, "and drops this one")
                .report(service.session);
        }
        let mut method = self.method_resource(&id, api);
        let authorization = self.authorization(service, api).and_then(|authorization| {
            declare(&authorization, template)?;
            Ok((authorization, self.api_key(service)?))
        });
        match authorization {
            Ok((authorization, api_key)) => {
                let mut properties =
                    vec![("AuthorizationType", authorization.kind), ("ApiKeyRequired", api_key)];
                properties.extend(authorization.authorizer.map(|id| ("AuthorizerId", id)));
                properties.extend(authorization.scopes.map(|scopes| ("AuthorizationScopes", scopes)));
                add(&mut method, properties);
                method.open_reason = authorization.open_reason;
            }
            Err(problem) => {
                method.refused = Some(problem.code);
                match problem.code {
                    // The problem concerns the routes of the other authorizer too.
                    Code::SLS_020 => problem.report(service.session),
                    _ => problem.report_route(service.session),
                }
            }
        }
        template.insert(method);
    }

    fn method_resource(&self, id: &str, api: &RestApi) -> Resource {
        let properties = [
            ("HttpMethod", Node::string(self.method.as_str(), self.span)),
            ("ResourceId", api.resource(&self.path, self.span)),
            ("RestApiId", api.id.clone()),
        ];
        Resource::new(id, "AWS::ApiGateway::Method", merge::properties(properties, self.span), self.span)
    }

    fn authorization(&self, service: &Service<'_>, api: &RestApi) -> Result<Authorization, Problem> {
        if let Some(map) = self.settings.map() {
            keys::only_known(map, "http event", &PLUGIN_KEYS, "an `http` event")?;
        }
        let Some(written) = self.settings.find("authorizer") else {
            return Ok(Authorization::open(OpenReason::NoAuthorizer, self.span));
        };
        match authorizer::read(service, written, &api.id) {
            Err(problem) if problem.code == Code::SLS_012 => match self.key(service, api) {
                Some(key) if service.session.allows_open(&key) => {
                    Ok(Authorization::open(OpenReason::Allowed, self.span))
                }
                Some(key) => Err(problem.help(
                    Help::from("give the route an authorizer, or confirm that it may be open with ")
                        .input(ImportInput::AllowOpen(key.to_string())),
                )),
                None => Err(problem),
            },
            authorization => authorization,
        }
    }

    /// The key with which the route is confirmed to be open.
    fn key(&self, service: &Service<'_>, api: &RestApi) -> Option<RouteKey> {
        let path = route_key::path(&self.path).ok()?;
        let path = match &service.session.inputs.prefix {
            Some(prefix) if api.is_elsewhere => path.below(prefix).ok()?,
            _ => path,
        };
        Some(RouteKey::new(route_key::method(&self.method).ok()?, path))
    }

    fn api_key(&self, service: &Service<'_>) -> Result<Node, Problem> {
        let private = service.find(&self.settings, "private")?;
        let is_private = private.is_some_and(|private| is_truthy(&private));
        Ok(Node::plain(if is_private { "true" } else { "false" }, self.span))
    }

    /// The route that `cors` makes.
    pub(super) fn preflight(&self, service: &Service<'_>) -> Option<Preflight> {
        let refused = match service.find(&self.settings, "cors") {
            // The framework treats the text `false` as false too.
            Ok(cors) => cors.filter(|cors| is_truthy(cors) && cors.text() != Some("false")).map(|_| None)?,
            Err(problem) => {
                let code = problem.code;
                problem.report_route(service.session);
                Some(code)
            }
        };
        Some(Preflight { path: self.path.clone(), refused, span: self.span })
    }
}

/// The help for a missing key: the most similar key, or the form of an event.
fn hint(event: &Node, key: &str) -> String {
    let written = event.entries().iter().map(|entry| &*entry.key.text);
    match keys::nearest(key, written) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "an event reads `http: GET /orders`, or has `method` and `path`".into(),
    }
}

/// Adds the authorizer that an event declares. If two have one name, the framework keeps one for the routes of both.
fn declare(authorization: &Authorization, template: &mut Template) -> Result<(), Problem> {
    const TTL: &str = "AuthorizerResultTtlInSeconds";
    let Some(authorizer) = &authorization.declares else { return Ok(()) };
    let Some(first) = template.resource(&authorizer.id) else {
        template.insert(authorizer.clone());
        return Ok(());
    };
    // The object form writes the TTL that is API Gateway's default for the text form.
    let default = Node::map_of([(TTL, Node::plain("300", authorizer.span))], authorizer.span);
    let with_ttl =
        |properties: &Map| Map::new(properties.entries().iter().chain(default.entries()).cloned()).0;
    let is_lambda = |resource: &Resource| {
        let kind = resource.property("Type").and_then(Node::text);
        matches!(kind, Some("TOKEN" | "REQUEST"))
    };
    // Which Lambda function it is does not matter, because the routes are refused.
    let same = (is_lambda(first) && is_lambda(authorizer))
        || merge::same_maps(&with_ttl(&first.properties), &with_ttl(&authorizer.properties));
    if !same {
        return Err(error!(SLS_020, "two authorizers become one, `{}`", authorizer.id)
            .at(authorizer.span, "this has other settings")
            .at(first.span, "than this")
            .help("the framework tells authorizers apart only by their names: rename one"));
    }
    if first.property(TTL).is_none() {
        template.insert(authorizer.clone());
    }
    Ok(())
}

/// `OPTIONS` of a path, answered by the gateway.
pub(super) struct Preflight {
    path: String,
    refused: Option<Code>,
    span: Span,
}

impl Preflight {
    /// An event with the same method and path takes precedence.
    pub(super) fn generate(self, api: &RestApi, template: &mut Template) {
        let id = naming::rest_method(&self.path, "options");
        if template.resource(&id).is_some() {
            return;
        }
        let event = HttpEvent {
            method: "OPTIONS".into(),
            path: self.path,
            settings: Node::map_of::<&str>([], self.span),
            span: self.span,
        };
        let mut method = event.method_resource(&id, api);
        let mock = Node::map_of([("Type", Node::string("MOCK", self.span))], self.span);
        add(&mut method, vec![("AuthorizationType", Node::string("NONE", self.span)), ("Integration", mock)]);
        method.origin = Origin::Preflight;
        method.refused = self.refused;
        template.insert(method);
    }
}

fn add(resource: &mut Resource, properties: Vec<(&'static str, Node)>) {
    let added = merge::properties(properties, resource.span);
    let entries = resource.properties.entries().iter().chain(added.entries()).cloned();
    resource.properties = Map::new(entries).0;
}
