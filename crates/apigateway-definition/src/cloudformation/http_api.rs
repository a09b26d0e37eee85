//! HTTP APIs: routes, quick create, CORS.

use crate::{
    cloudformation::{
        authorizers::{self, Authorizers, missing, only_known},
        routes,
        scope::{Scope, unbound},
        template::Resource,
        text::Reference,
    },
    code::Code,
    model::{
        Api, ApiKey, ApiKind, Authorizer, Cors, Method, OpenReason, Origin, PathPattern, RefusedReason,
        Route, Rule,
    },
    problem::Problem,
    source::Span,
    tree::{Map, Node},
};

const API: &str = "AWS::ApiGatewayV2::Api";

/// The HTTP APIs of the template, and those elsewhere that it has routes of.
pub(crate) fn lower(scope: Scope<'_>) -> Vec<Api> {
    let authorizers = Authorizers::read(
        scope,
        "AWS::ApiGatewayV2::Authorizer",
        |resource| api_of(scope, resource),
        |resource| authorizers::http(scope, resource),
    );
    let mut apis: Vec<Draft> = Vec::new();
    let mut sockets: Vec<&str> = Vec::new();
    for resource in scope.template.of_kind(API) {
        match scope.exists(resource).and_then(|exists| Ok((exists, is_web_socket(scope, resource)?))) {
            Ok((true, true)) => {
                sockets.push(&resource.id);
                leave_out(scope, resource);
            }
            Ok((true, false)) => apis.push(Draft::declared(scope, resource, &authorizers)),
            Ok((false, _)) => {}
            Err(problem) => scope.session.report(problem),
        }
    }
    for resource in scope.template.of_kind("AWS::ApiGatewayV2::Route") {
        let exists = scope.exists(resource);
        let api = match api_of(scope, resource) {
            Ok(api) if matches!(exists, Ok(false)) || sockets.contains(&&*api) => continue,
            Ok(api) => api,
            Err(problem) => {
                scope.session.report(problem);
                continue;
            }
        };
        match key_of(scope, resource) {
            Ok((method, path)) => {
                let rule = exists.and_then(|_| {
                    only_known(&resource.properties, &ROUTE, "a route")?;
                    rule(scope, &resource.properties, resource, &authorizers, (&api, method, &path))
                });
                let rule = routes::or_refused(scope, rule);
                Draft::of(&mut apis, api, resource.span, scope).add(scope, resource, method, path, rule);
            }
            Err(problem) => scope.session.report(problem),
        }
    }
    apis.into_iter().map(|draft| draft.finish(scope, &authorizers)).collect()
}

const ROUTE: [&str; 13] = [
    "ApiId",
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "ModelSelectionExpression",
    "OperationName",
    "RequestModels",
    "RequestParameters",
    "RouteKey",
    "RouteResponseSelectionExpression",
    "Target",
    "Tags",
];

/// Neither of the two authorizers exists for WebSocket APIs.
fn is_web_socket(scope: Scope<'_>, resource: &Resource) -> Result<bool, Problem> {
    let protocol = match resource.property("ProtocolType") {
        Some(node) => scope.known_text(node)?,
        None => None,
    };
    Ok(protocol.as_deref() == Some("WEBSOCKET"))
}

fn leave_out(scope: Scope<'_>, resource: &Resource) {
    let what = format!("the WebSocket API `{}`", resource.id);
    scope.session.report(
        Problem::warning(Code::WARN_008, format!("{what} is left out")).at(resource.span, "this API"),
    );
    scope.session.leave_out(what, "only Lambda functions and IAM protect WebSocket APIs", resource.span);
}

/// An API while its routes are being found.
struct Draft {
    api: Api,
    spans: Vec<Span>,
    span: Span,
}

impl Draft {
    fn new(id: String, span: Span, scope: Scope<'_>) -> Self {
        let api = Api {
            id,
            name: None,
            kind: ApiKind::Http,
            stage: None,
            authorizers: Vec::new(),
            routes: Vec::new(),
            cors: None,
            gateway_responses: Vec::new(),
            source: scope.session.location(span),
        };
        Self { api, spans: Vec::new(), span }
    }

    fn declared(scope: Scope<'_>, resource: &Resource, authorizers: &Authorizers) -> Self {
        let mut draft = Self::new(resource.id.clone(), resource.span, scope);
        draft.api.name = resource.property("Name").and_then(|node| scope.known_text(node).ok().flatten());
        if let Some(node) = resource.property("BodyS3Location") {
            scope.session.report(
                Problem::error(Code::CFN_020, "`BodyS3Location`: the routes are not in the template")
                    .at(node.span, "here")
                    .help("read the output of `aws apigatewayv2 export-api --specification OAS30` instead"),
            );
        }
        draft.api.cors = resource.property("CorsConfiguration").and_then(|node| match cors(scope, node) {
            Ok(cors) => cors,
            Err(problem) => {
                scope.session.report(problem);
                None
            }
        });
        if resource.property("Target").is_some() {
            draft.quick_create(scope, resource, authorizers);
        }
        draft
    }

    /// The draft of the API; one that is declared elsewhere has none before its first route.
    fn of<'d>(apis: &'d mut Vec<Self>, id: String, span: Span, scope: Scope<'_>) -> &'d mut Self {
        let index = apis.iter().position(|draft| draft.api.id == id).unwrap_or(apis.len());
        if index == apis.len() {
            apis.push(Self::new(id, span, scope));
        }
        &mut apis[index]
    }

    /// `Target` makes a route that no resource shows; only `ApiGatewayManagedOverrides` can protect it.
    fn quick_create(&mut self, scope: Scope<'_>, resource: &Resource, authorizers: &Authorizers) {
        let (method, path) = match resource.property("RouteKey") {
            None => (Method::Any, PathPattern::default_route()),
            Some(_) => match key_of(scope, resource) {
                Ok(key) => key,
                Err(problem) => return scope.session.report(problem),
            },
        };
        let overrides = scope
            .template
            .of_kind("AWS::ApiGatewayV2::ApiGatewayManagedOverrides")
            .find(|overrides| api_of(scope, overrides).is_ok_and(|api| api == resource.id));
        let route = overrides.and_then(|overrides| overrides.property("Route"));
        let rule = match (route, overrides) {
            (Some(node), Some(overrides)) => scope.exists(overrides).and_then(|exists| {
                let properties = scope.map(node)?.filter(|_| exists).unwrap_or_default();
                only_known(&properties, &ROUTE, "a route")?;
                self.quick_rule(scope, &properties, resource, authorizers, (method, &path))
            }),
            _ => self.quick_rule(scope, &Map::default(), resource, authorizers, (method, &path)),
        };
        let rule = routes::or_refused(scope, rule);
        self.add(scope, resource, method, path, rule);
        if let Some(route) = self.api.routes.last_mut() {
            route.origin = Origin::Default;
        }
    }

    fn quick_rule(
        &self,
        scope: Scope<'_>,
        properties: &Map,
        resource: &Resource,
        authorizers: &Authorizers,
        (method, path): (Method, &PathPattern),
    ) -> Result<Rule, Problem> {
        if properties.find("AuthorizationType").is_some() {
            return rule(scope, properties, resource, authorizers, (&self.api.id, method, path));
        }
        if scope.session.allows_open(method, path) {
            return Ok(Rule::Open(OpenReason::Allowed));
        }
        let key = crate::model::route_key(method, path);
        Err(Problem::error(Code::CFN_022, format!("quick create makes the route `{key}`, open to all"))
            .at(resource.property("Target").map_or(resource.span, |node| node.span), "this makes it")
            .help("protect it with `AWS::ApiGatewayV2::ApiGatewayManagedOverrides`, or confirm that it may be open"))
    }

    fn add(&mut self, scope: Scope<'_>, resource: &Resource, method: Method, path: PathPattern, rule: Rule) {
        let origin = match rule {
            Rule::Open(OpenReason::Preflight) => Origin::Preflight,
            _ => resource.origin,
        };
        let source = scope.session.location(resource.span);
        // HTTP APIs have no API keys; the property is for WebSocket APIs.
        self.api.routes.push(Route { method, path, rule, api_key: ApiKey::NotRequired, origin, source });
        self.spans.push(resource.span);
    }

    fn finish(mut self, scope: Scope<'_>, authorizers: &Authorizers) -> Api {
        let id = self.api.id.clone();
        let declared: Vec<(Authorizer, Span)> =
            authorizers.of_api(&id).map(|(authorizer, span)| (authorizer.clone(), span)).collect();
        routes::finish(scope, &mut self.api, &self.spans, &declared, self.span);
        self.api
    }
}

/// The API that a resource belongs to: the logical id, or the id of one that is declared elsewhere.
fn api_of(scope: Scope<'_>, resource: &Resource) -> Result<String, Problem> {
    let node = resource.property("ApiId").ok_or_else(|| missing(Code::CFN_021, "ApiId", resource))?;
    let text = scope.text(node).map_err(|problem| problem.with_code(Code::CFN_021))?;
    let text = text.ok_or_else(|| missing(Code::CFN_021, "ApiId", resource))?;
    match (text.known(), text.only_reference()) {
        (Some(id), _) => Ok(id.into()),
        (_, Some(Reference::Import(name))) => Ok(name.clone()),
        (_, Some(reference @ Reference::Resource { id, .. }))
            if scope.resource(reference).is_some_and(|resource| resource.kind == API) =>
        {
            Ok(id.clone())
        }
        _ => Err(unbound(&text, node.span).with_code(Code::CFN_021)),
    }
}

/// `METHOD /path` or `$default`.
fn key_of(scope: Scope<'_>, resource: &Resource) -> Result<(Method, PathPattern), Problem> {
    let node = resource.property("RouteKey").ok_or_else(|| missing(Code::CFN_023, "RouteKey", resource))?;
    let text = scope.known_text(node)?.ok_or_else(|| missing(Code::CFN_023, "RouteKey", resource))?;
    if text == "$default" {
        return Ok((Method::Any, PathPattern::default_route()));
    }
    match text.split_once(' ') {
        Some((method, path)) if path.starts_with('/') => {
            Ok((routes::method(method, node.span)?, routes::path(path, node.span)?))
        }
        _ => Err(Problem::error(Code::CFN_023, format!("`{text}` is not a route key"))
            .at(node.span, "here")
            .help("one reads `GET /orders/{id}`, `ANY /{proxy+}` or `$default`")),
    }
}

/// What a route asks for («AWS::ApiGatewayV2::Route», CloudFormation user guide); `NONE` is AWS's default.
fn rule(
    scope: Scope<'_>,
    properties: &Map,
    resource: &Resource,
    authorizers: &Authorizers,
    (api, method, path): (&str, Method, &PathPattern),
) -> Result<Rule, Problem> {
    let kind = match properties.find("AuthorizationType") {
        Some(node) => scope.known_text(node).map_err(|problem| problem.with_code(Code::CFN_001))?,
        None => None,
    };
    let authorizer = properties.find("AuthorizerId");
    match kind.as_deref().unwrap_or("NONE") {
        "NONE" => {
            if let Some(ignored) = authorizer.or_else(|| properties.find("AuthorizationScopes")) {
                let key = crate::model::route_key(method, path);
                scope.session.report(
                    Problem::warning(Code::WARN_003, format!("`{key}` is open: its authorizer is ignored"))
                        .at(ignored.span, "this has no effect without `AuthorizationType: JWT`"),
                );
            }
            let preflight = method == Method::Options && resource.origin == Origin::Preflight;
            let reason = if preflight { Some(OpenReason::Preflight) } else { resource.open_reason };
            Ok(Rule::Open(reason.unwrap_or(OpenReason::RouteNone)))
        }
        "AWS_IAM" => Ok(routes::refused(scope, RefusedReason::Iam, resource.span)),
        "CUSTOM" => Ok(routes::refused(scope, RefusedReason::LambdaAuthorizer, resource.span)),
        "JWT" => {
            let node = authorizer.ok_or_else(|| missing(Code::CFN_002, "AuthorizerId", resource))?;
            let text = scope.text(node).map_err(|problem| problem.with_code(Code::CFN_002))?;
            let text = text.ok_or_else(|| missing(Code::CFN_002, "AuthorizerId", resource))?;
            let authorizer = authorizers.used(&text, api)?;
            if !matches!(authorizer, Authorizer::Jwt(_)) {
                return Err(Problem::error(
                    Code::CFN_002,
                    format!("`{}` is not a JWT authorizer", authorizer.name()),
                )
                .at(node.span, "the route asks for one"));
            }
            let scopes = routes::scopes(scope, properties.find("AuthorizationScopes"))?;
            Ok(routes::rule_of(scope, authorizer, scopes, resource.span))
        }
        other => {
            Err(Problem::error(Code::CFN_001, format!("`{other}` is not an authorization type of a route"))
                .at(properties.find("AuthorizationType").map_or(resource.span, |node| node.span), "here")
                .help("the types are NONE, JWT, AWS_IAM and CUSTOM"))
        }
    }
}

fn cors(scope: Scope<'_>, node: &Node) -> Result<Option<Cors>, Problem> {
    let Some(map) = scope.map(node)? else { return Ok(None) };
    let list = |name: &str| -> Result<Vec<String>, Problem> {
        let Some(node) = map.find(name) else { return Ok(Vec::new()) };
        let texts = scope.texts(node)?.unwrap_or_default();
        Ok(texts.iter().map(|text| text.display()).collect())
    };
    let max_age = match map.find("MaxAge") {
        Some(node) => scope.known_text(node)?.and_then(|text| text.parse().ok()),
        None => None,
    };
    let allow_credentials = match map.find("AllowCredentials") {
        Some(node) => scope.truth(node)?.unwrap_or_default(),
        None => false,
    };
    Ok(Some(Cors {
        allow_origins: list("AllowOrigins")?,
        allow_methods: list("AllowMethods")?,
        allow_headers: list("AllowHeaders")?,
        expose_headers: list("ExposeHeaders")?,
        allow_credentials,
        max_age,
    }))
}
