//! REST APIs: the tree of resources, methods, gateway responses.

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
        Api, ApiKey, ApiKind, Authorizer, GatewayResponse, Method, OpenReason, Origin, PathPattern,
        RefusedReason, Route, Rule,
    },
    problem::Problem,
    source::Span,
    tree::Node,
};

const API: &str = "AWS::ApiGateway::RestApi";
const RESOURCE: &str = "AWS::ApiGateway::Resource";
/// More resources on the way to the root go in a circle.
const DEEPEST_PATH: usize = 128;

/// The REST APIs of the template, and those elsewhere that it has methods of.
pub(crate) fn lower(scope: Scope<'_>) -> Vec<Api> {
    let authorizers = Authorizers::read(
        scope,
        "AWS::ApiGateway::Authorizer",
        |resource| api_of(scope, resource),
        |resource| authorizers::rest(scope, resource),
    );
    let mut apis: Vec<Draft> = Vec::new();
    for resource in scope.template.of_kind(API) {
        match scope.exists(resource) {
            Ok(true) => apis.push(Draft::declared(scope, resource)),
            Ok(false) => {}
            Err(problem) => scope.session.report(problem),
        }
    }
    for resource in scope.template.of_kind("AWS::ApiGateway::Method") {
        let exists = scope.exists(resource);
        if matches!(exists, Ok(false)) {
            continue;
        }
        match place(scope, resource) {
            Ok((api, method, path)) => {
                let rule = exists.and_then(|_| rule(scope, resource, &authorizers, (&api, method, &path)));
                let draft = Draft::of(&mut apis, api, resource.span, scope);
                draft.add(scope, resource, method, path, routes::or_refused(scope, rule));
            }
            Err(problem) => scope.session.report(problem),
        }
    }
    for resource in scope.template.of_kind("AWS::ApiGateway::GatewayResponse") {
        match gateway_response(scope, resource) {
            Ok(Some((api, response))) => {
                Draft::of(&mut apis, api, resource.span, scope).api.gateway_responses.push(response);
            }
            Ok(None) => {}
            Err(problem) => scope.session.report(problem),
        }
    }
    apis.into_iter().map(|draft| draft.finish(scope, &authorizers)).collect()
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
            kind: ApiKind::Rest,
            stage: None,
            authorizers: Vec::new(),
            routes: Vec::new(),
            cors: None,
            gateway_responses: Vec::new(),
            source: scope.session.location(span),
        };
        Self { api, spans: Vec::new(), span }
    }

    fn declared(scope: Scope<'_>, resource: &Resource) -> Self {
        let mut draft = Self::new(resource.id.clone(), resource.span, scope);
        draft.api.name = resource.property("Name").and_then(|node| scope.known_text(node).ok().flatten());
        if let Some(policy) = resource.property("Policy") {
            scope.session.report(
                Problem::warning(Code::WARN_009, "the resource policy of the API is not reproduced")
                    .at(policy.span, "here"),
            );
            scope.session.leave_out(
                "resource policy",
                "requests are not matched against policies",
                policy.span,
            );
        }
        for elsewhere in ["BodyS3Location", "CloneFrom"] {
            if let Some(node) = resource.property(elsewhere) {
                scope.session.report(
                    Problem::error(Code::CFN_020, format!("`{elsewhere}`: the routes are not in the template"))
                        .at(node.span, "here")
                        .help("read the output of `aws apigateway get-export --export-type oas30 --parameters extensions=apigateway` instead"),
                );
            }
        }
        draft
    }

    /// The draft of the API; one that is declared elsewhere has none before its first method.
    fn of<'d>(apis: &'d mut Vec<Self>, id: String, span: Span, scope: Scope<'_>) -> &'d mut Self {
        let index = apis.iter().position(|draft| draft.api.id == id).unwrap_or(apis.len());
        if index == apis.len() {
            apis.push(Self::new(id, span, scope));
        }
        &mut apis[index]
    }

    fn add(&mut self, scope: Scope<'_>, resource: &Resource, method: Method, path: PathPattern, rule: Rule) {
        let api_key = match resource.property("ApiKeyRequired").map(|node| scope.truth(node)).transpose() {
            Ok(Some(Some(true))) => ApiKey::Required,
            Ok(_) => ApiKey::NotRequired,
            Err(problem) => {
                scope.session.report_route(problem);
                ApiKey::Required
            }
        };
        let preflight = matches!(rule, Rule::Open(OpenReason::Preflight));
        let origin = if preflight { Origin::Preflight } else { resource.origin };
        let rule = routes::with_key(scope, rule, api_key, (method, &path), resource.span);
        let source = scope.session.location(resource.span);
        self.api.routes.push(Route { method, path, rule, api_key, origin, source });
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

/// The API that a resource of any type belongs to: the logical id, or the id of one that is declared elsewhere.
fn api_of(scope: Scope<'_>, resource: &Resource) -> Result<String, Problem> {
    let node = resource.property("RestApiId").ok_or_else(|| missing(Code::CFN_021, "RestApiId", resource))?;
    let text = scope.text(node).map_err(|problem| problem.with_code(Code::CFN_021))?;
    let text = text.ok_or_else(|| missing(Code::CFN_021, "RestApiId", resource))?;
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

/// API, method and path of a method. Without them it cannot even be refused: what is less specific would take its
/// requests.
fn place(scope: Scope<'_>, resource: &Resource) -> Result<(String, Method, PathPattern), Problem> {
    let api = api_of(scope, resource)?;
    let method =
        resource.property("HttpMethod").ok_or_else(|| missing(Code::CFN_023, "HttpMethod", resource))?;
    let text = scope.known_text(method)?.ok_or_else(|| missing(Code::CFN_023, "HttpMethod", resource))?;
    let parent =
        resource.property("ResourceId").ok_or_else(|| missing(Code::CFN_021, "ResourceId", resource))?;
    let path = path_of(scope, parent, &api, 0)?;
    let prefix = scope.session.inputs.prefix.clone();
    let path = routes::path(&path, resource.span)?;
    let path = if path_is_external(scope, &api) { path.below(&prefix.unwrap_or_else(root)) } else { path };
    Ok((api, routes::method(&text, method.span)?, path))
}

fn root() -> PathPattern {
    "/".parse().unwrap_or_else(|_| PathPattern::default_route())
}

fn path_is_external(scope: Scope<'_>, api: &str) -> bool {
    scope.template.resource(api).is_none_or(|resource| resource.kind != API)
}

/// The path of a resource, by the way to the root.
fn path_of(scope: Scope<'_>, node: &Node, api: &str, depth: usize) -> Result<String, Problem> {
    scope.session.step(node.span)?;
    if depth > DEEPEST_PATH {
        return Err(Problem::error(Code::CFN_021, "resources that are each other's parents")
            .at(node.span, "one of them"));
    }
    let text = scope.text(node).map_err(|problem| problem.with_code(Code::CFN_021))?;
    let outside = || {
        let found = text.as_ref().map_or("nothing".into(), |text| format!("`{}`", text.display()));
        Problem::error(Code::CFN_021, format!("the path starts at {found}, which is not in the definition"))
            .at(node.span, "its path is not known here")
            .help("tell the path of that resource as the prefix")
    };
    let reference = text.as_ref().and_then(|text| text.only_reference());
    let resource = reference.and_then(|reference| scope.resource(reference));
    match (reference, resource) {
        (Some(Reference::Attribute { id, name, .. }), Some(resource))
            if resource.kind == API && name == "RootResourceId" =>
        {
            if id == api {
                return Ok(String::new());
            }
            Err(Problem::error(Code::CFN_021, format!("the root of `{id}`, not of `{api}`"))
                .at(node.span, "another API"))
        }
        (Some(Reference::Resource { .. } | Reference::Attribute { .. }), Some(resource))
            if resource.kind == RESOURCE =>
        {
            if api_of(scope, resource)? != api {
                let message = format!("`{}` is a resource of another API than `{api}`", resource.id);
                return Err(Problem::error(Code::CFN_021, message)
                    .at(node.span, "here")
                    .at(resource.span, "declared here"));
            }
            let parent =
                resource.property("ParentId").ok_or_else(|| missing(Code::CFN_021, "ParentId", resource))?;
            let part =
                resource.property("PathPart").ok_or_else(|| missing(Code::CFN_021, "PathPart", resource))?;
            let part = scope.known_text(part)?.ok_or_else(|| missing(Code::CFN_021, "PathPart", resource))?;
            Ok(format!("{}/{part}", path_of(scope, parent, api, depth + 1)?))
        }
        _ if path_is_external(scope, api) && scope.session.inputs.prefix.is_some() => Ok(String::new()),
        _ => Err(outside()),
    }
}

/// What a method asks for («AWS::ApiGateway::Method», CloudFormation user guide).
fn rule(
    scope: Scope<'_>,
    resource: &Resource,
    authorizers: &Authorizers,
    (api, method, path): (&str, Method, &PathPattern),
) -> Result<Rule, Problem> {
    const KNOWN: [&str; 13] = [
        "ApiKeyRequired",
        "AuthorizationScopes",
        "AuthorizationType",
        "AuthorizerId",
        "HttpMethod",
        "Integration",
        "MethodResponses",
        "OperationName",
        "RequestModels",
        "RequestParameters",
        "RequestValidatorId",
        "ResourceId",
        "RestApiId",
    ];
    only_known(&resource.properties, &KNOWN, "a method")?;
    let kind = match resource.property("AuthorizationType") {
        Some(node) => scope.known_text(node).map_err(|problem| problem.with_code(Code::CFN_001))?,
        None => None,
    };
    let Some(kind) = kind else {
        return Err(missing(Code::CFN_001, "AuthorizationType", resource)
            .help("write `NONE` if the route is meant to be open; what AWS makes of a method without it is not documented"));
    };
    let authorizer = resource.property("AuthorizerId");
    match kind.to_ascii_uppercase().as_str() {
        "NONE" => {
            if let Some(ignored) = authorizer.or_else(|| resource.property("AuthorizationScopes")) {
                scope.session.report(
                    Problem::warning(
                        Code::WARN_003,
                        format!("`{method} {path}` is open: its authorizer is ignored"),
                    )
                    .at(ignored.span, "this has no effect with `AuthorizationType: NONE`"),
                );
            }
            Ok(Rule::Open(open_reason(scope, resource, method)))
        }
        "AWS_IAM" => Ok(routes::refused(scope, RefusedReason::Iam, resource.span)),
        "CUSTOM" => Ok(routes::refused(scope, RefusedReason::LambdaAuthorizer, resource.span)),
        "COGNITO_USER_POOLS" => {
            let node = authorizer.ok_or_else(|| missing(Code::CFN_002, "AuthorizerId", resource))?;
            let text = scope.text(node).map_err(|problem| problem.with_code(Code::CFN_002))?;
            let text = text.ok_or_else(|| missing(Code::CFN_002, "AuthorizerId", resource))?;
            let authorizer = authorizers.used(&text, api)?;
            if !matches!(authorizer, Authorizer::Cognito(_)) {
                return Err(Problem::error(
                    Code::CFN_002,
                    format!("`{}` is not a Cognito authorizer", authorizer.name()),
                )
                .at(node.span, "the method asks for one"));
            }
            let scopes = routes::scopes(scope, resource.property("AuthorizationScopes"))?;
            Ok(routes::rule_of(scope, authorizer, scopes, resource.span))
        }
        _ => Err(Problem::error(
            Code::CFN_001,
            format!("`{kind}` is not an authorization type of a method known here"),
        )
        .at(resource.property("AuthorizationType").map_or(resource.span, |node| node.span), "here")
        .help("the types are NONE, AWS_IAM, CUSTOM and COGNITO_USER_POOLS")),
    }
}

/// A mock integration on `OPTIONS` is how Serverless, SAM and the CDK answer preflights.
fn open_reason(scope: Scope<'_>, resource: &Resource, method: Method) -> OpenReason {
    let integration = resource.property("Integration").and_then(|node| node.find("Type"));
    let is_mock =
        integration.is_some_and(|node| matches!(scope.known_text(node), Ok(Some(kind)) if kind == "MOCK"));
    match (method, resource.origin) {
        (Method::Options, Origin::Preflight) => OpenReason::Preflight,
        (Method::Options, _) if is_mock => OpenReason::Preflight,
        _ => resource.open_reason.unwrap_or(OpenReason::MethodNone),
    }
}

fn gateway_response(
    scope: Scope<'_>,
    resource: &Resource,
) -> Result<Option<(String, GatewayResponse)>, Problem> {
    if !scope.exists(resource)? {
        return Ok(None);
    }
    let texts = |name: &str| -> Result<Vec<(String, String)>, Problem> {
        let Some(node) = resource.property(name) else { return Ok(Vec::new()) };
        let map = scope.map(node)?.unwrap_or_default();
        let mut pairs = Vec::new();
        for entry in map.entries() {
            if let Some(text) = scope.known_text(&entry.value)? {
                pairs.push((entry.key.text.to_string(), text));
            }
        }
        Ok(pairs)
    };
    let kind =
        resource.property("ResponseType").ok_or_else(|| missing(Code::CFN_005, "ResponseType", resource))?;
    let status = match resource.property("StatusCode") {
        Some(node) => scope.known_text(node)?,
        None => None,
    };
    let status = status.map(|text| {
        let status = text.parse::<u16>().ok().filter(|status| (100..600).contains(status));
        status.ok_or_else(|| {
            Problem::error(Code::CFN_005, format!("`{text}` is not a status")).at(resource.span, "here")
        })
    });
    let response = GatewayResponse {
        response_type: scope
            .known_text(kind)?
            .ok_or_else(|| missing(Code::CFN_005, "ResponseType", resource))?,
        status: status.transpose()?,
        parameters: texts("ResponseParameters")?,
        templates: texts("ResponseTemplates")?,
        source: scope.session.location(resource.span),
    };
    Ok(Some((api_of(scope, resource)?, response)))
}
