//! HTTP APIs: routes, quick create, CORS.

use std::sync::Arc;

use apigateway_routes::{PathPattern, RouteKey, RouteMethod};

use crate::{
    cloudformation::{
        authorizers::{self, Authorizers},
        body, cors,
        displaced::Absent,
        draft::{self, ApiDraft, ApiId},
        external,
        properties::{missing, only_known},
        routes,
        scope::Scope,
        template::Resource,
    },
    code::Code,
    decisions::joined,
    help::{Help, ImportInput},
    model::{ApiKey, ApiKind, Authorizer, OpenReason, Origin, RefusedReason, Route, Rule},
    problem::Problem,
    tree::Map,
};

pub(super) const API: &str = "AWS::ApiGatewayV2::Api";

/// The HTTP APIs of the templates, and those declared elsewhere for which the templates have routes.
pub(crate) fn lower(scopes: &[Scope<'_>]) -> Vec<ApiDraft> {
    let authorizers = Authorizers::read(scopes, "AWS::ApiGatewayV2::Authorizer", api_of, authorizers::http);
    let mut apis: Vec<ApiDraft> = Vec::new();
    let mut sockets: Vec<ApiId> = Vec::new();
    for (scope, resource) in scopes.iter().flat_map(|scope| scope.of_kind(API)) {
        if !ApiId::declared(scope, resource).is_wanted(scope) {
            continue;
        }
        let exists =
            || scope.exists(resource).and_then(|exists| Ok((exists, is_web_socket(scope, resource)?)));
        let (exists, decided_by) = scope.session.decisions.watch(exists);
        match exists {
            Ok((true, true)) => {
                sockets.push(ApiId::declared(scope, resource));
                leave_out(scope, resource);
            }
            Ok((true, false)) => {
                apis.push(declared(scope, resource, &authorizers).decided_by(decided_by));
            }
            Ok((false, _)) => {}
            Err(problem) => scope.session.report(problem),
        }
    }
    for (scope, resource) in scopes.iter().flat_map(|scope| scope.of_kind("AWS::ApiGatewayV2::Route")) {
        if let Err(problem) = add_route(scope, resource, &authorizers, &sockets, &mut apis) {
            scope.session.report(problem);
        }
    }
    if let Some(scope) = scopes.first() {
        authorizers.leave_out_unreadable(scope.session);
    }
    for draft in &mut apis {
        draft.authorizers.extend(authorizers.of_api(&draft.id));
    }
    apis
}

fn add_route(
    scope: Scope<'_>,
    resource: &Resource,
    authorizers: &Authorizers,
    sockets: &[ApiId],
    apis: &mut Vec<ApiDraft>,
) -> Result<(), Problem> {
    let (exists, decided_by) = scope.session.decisions.watch(|| scope.exists(resource));
    let api = api_of(scope, resource)?;
    if sockets.contains(&api) || !api.is_wanted(scope) {
        return Ok(());
    }
    if matches!(exists, Ok(false)) {
        // The location matters only for listing and confirming open routes.
        if let Ok(key) = key_of(scope.informing(), resource) {
            scope.session.leave_absent(&key);
            ApiDraft::leave_out(apis, &api, Absent::route(&key, decided_by));
        }
        return Ok(());
    }
    let key = key_of(scope, resource)?;
    let rule = || {
        exists.and_then(|_| {
            only_known(&resource.properties, &ROUTE, "a route")?;
            rule(scope, &resource.properties, resource, authorizers, &api, &key)
        })
    };
    let rule = || resource.refusal().unwrap_or_else(|| routes::or_refused(scope, rule()));
    let (rule, more) = scope.session.decisions.watch(rule);
    let route = Route { decided_by: joined(decided_by, more), ..route(scope, resource, key, rule) };
    let place = (scope, resource.span);
    ApiDraft::change(apis, api, ApiKind::Http, place, |draft| draft.routes.push((route, resource.span)));
    Ok(())
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

/// WebSocket APIs have neither Cognito nor JWT authorizers.
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

/// The API that the resource declares, with the routes of its body and of quick create.
fn declared(scope: Scope<'_>, resource: &Resource, authorizers: &Authorizers) -> ApiDraft {
    let mut draft = ApiDraft::declared(scope, resource, ApiKind::Http);
    if let Some(node) = resource.property("BodyS3Location") {
        scope.session.report(
            Problem::error(Code::CFN_020, "`BodyS3Location`: the routes are not in the template")
                .at(node.span, "here")
                .help("read the output of `aws apigatewayv2 export-api --specification OAS30` instead"),
        );
    }
    if let Some(node) = resource.property("Body") {
        body::read(scope, node, resource.property("BasePath"), &mut draft);
    }
    if let Some(node) = resource.property("CorsConfiguration") {
        match cors::read(scope, node, cors::KeyCase::Capital) {
            Ok(cors) => draft.api.cors = cors,
            // Without it, only preflights are refused.
            Err(problem) => scope.session.report_route(problem),
        }
    }
    if resource.property("Target").is_some() {
        match quick_create(scope, resource, authorizers) {
            Ok(route) => draft.routes.push((route, resource.span)),
            Err(problem) => scope.session.report(problem),
        }
    }
    draft
}

/// `Target` creates a route without a resource of its own; only `ApiGatewayManagedOverrides` can protect it.
fn quick_create(scope: Scope<'_>, resource: &Resource, authorizers: &Authorizers) -> Result<Route, Problem> {
    let key = match resource.property("RouteKey") {
        None => RouteKey::new(RouteMethod::Any, PathPattern::default_route()),
        Some(_) => key_of(scope, resource)?,
    };
    let rule = || quick_rule(scope, resource, authorizers, &key);
    let (rule, decided_by) = scope.session.decisions.watch(|| routes::or_refused(scope, rule()));
    Ok(Route { origin: Origin::Default, decided_by, ..route(scope, resource, key, rule) })
}

fn quick_rule(
    scope: Scope<'_>,
    resource: &Resource,
    authorizers: &Authorizers,
    key: &RouteKey,
) -> Result<Rule, Problem> {
    let api = ApiId::declared(scope, resource);
    let mut overrides = scope
        .of_kind("AWS::ApiGatewayV2::ApiGatewayManagedOverrides")
        .filter(|(scope, overrides)| api_of(*scope, overrides).is_ok_and(|overridden| overridden == api));
    if let Some((_, overrides)) = overrides.next()
        && scope.exists(overrides)?
        && let Some(node) = overrides.property("Route")
    {
        let properties = scope.map(node)?.unwrap_or_default();
        only_known(&properties, &ROUTE, "a route")?;
        if properties.find("AuthorizationType").is_some() {
            return rule(scope, &properties, resource, authorizers, &api, key);
        }
    }
    if scope.session.allows_open(key) {
        return Ok(Rule::Open(OpenReason::Allowed));
    }
    let message = format!("quick create makes the route `{key}`, open to all");
    Err(Problem::error(Code::CFN_022, message)
        .at(resource.property("Target").map_or(resource.span, |node| node.span), "this creates it")
        .help(
            Help::from(
                "protect it with `AWS::ApiGatewayV2::ApiGatewayManagedOverrides`, or confirm that it may be open with ",
            )
            .input(ImportInput::AllowOpen(key.to_string())),
        ))
}

/// The route with this rule. HTTP APIs have no API keys: the property is for WebSocket APIs.
fn route(scope: Scope<'_>, resource: &Resource, key: RouteKey, rule: Rule) -> Route {
    let origin = match rule {
        Rule::Open(OpenReason::Preflight) => Origin::Preflight,
        _ => resource.origin,
    };
    let source = scope.session.location(resource.span);
    let (api_key, decided_by, displaced) = (ApiKey::NotRequired, Vec::new(), Vec::new());
    Route { key, rule, api_key, origin, decided_by, displaced, source }
}

fn api_of(scope: Scope<'_>, resource: &Resource) -> Result<ApiId, Problem> {
    draft::api_of(scope, resource, "ApiId", API)
}

/// `METHOD /path` or `$default`.
fn key_of(scope: Scope<'_>, resource: &Resource) -> Result<RouteKey, Problem> {
    let node = resource.property("RouteKey").ok_or_else(|| missing(Code::CFN_023, "RouteKey", resource))?;
    let text = scope.known_text(node)?.ok_or_else(|| missing(Code::CFN_023, "RouteKey", resource))?;
    if text == "$default" {
        return Ok(RouteKey::new(RouteMethod::Any, PathPattern::default_route()));
    }
    match text.split_once(' ') {
        Some((method, path)) if path.starts_with('/') => {
            Ok(RouteKey::new(routes::method(method, node.span)?, routes::path(path, node.span)?))
        }
        _ => Err(Problem::error(Code::CFN_023, format!("`{text}` is not a route key"))
            .at(node.span, "here")
            .help("one reads `GET /orders/{id}`, `ANY /{proxy+}` or `$default`")),
    }
}

/// The rule of a route ("`AWS::ApiGatewayV2::Route`", CloudFormation user guide); `NONE` is AWS's default.
fn rule(
    scope: Scope<'_>,
    properties: &Map,
    resource: &Resource,
    authorizers: &Authorizers,
    api: &ApiId,
    key: &RouteKey,
) -> Result<Rule, Problem> {
    let kind = match properties.find("AuthorizationType") {
        Some(node) => scope.known_text(node).map_err(|problem| problem.with_code(Code::CFN_001))?,
        None => None,
    };
    let authorizer = properties.find("AuthorizerId");
    match kind.as_deref().unwrap_or("NONE") {
        "NONE" => {
            if let Some(ignored) = authorizer.or_else(|| properties.find("AuthorizationScopes")) {
                scope.session.report(
                    Problem::warning(Code::WARN_003, format!("`{key}` is open: its authorizer is ignored"))
                        .at(ignored.span, "this has no effect without `AuthorizationType: JWT`"),
                );
            }
            let preflight = key.method() == RouteMethod::Options && resource.origin == Origin::Preflight;
            let reason = if preflight { Some(OpenReason::Preflight) } else { resource.open_reason };
            Ok(Rule::Open(reason.unwrap_or(OpenReason::RouteNone)))
        }
        "AWS_IAM" => Ok(routes::refused(scope, RefusedReason::Iam, key, resource.span)),
        "CUSTOM" => Ok(routes::refused(scope, RefusedReason::LambdaAuthorizer, key, resource.span)),
        "JWT" => {
            let node = authorizer.ok_or_else(|| missing(Code::CFN_002, "AuthorizerId", resource))?;
            let text = scope.text(node).map_err(|problem| problem.with_code(Code::CFN_002))?;
            let text = text.ok_or_else(|| missing(Code::CFN_002, "AuthorizerId", resource))?;
            let authorizer = match authorizers.used(&text, api)? {
                Some(authorizer) => authorizer.clone(),
                None => Authorizer::Jwt(Arc::new(external::jwt(scope, &text)?)),
            };
            if !matches!(authorizer, Authorizer::Jwt(_)) {
                return Err(Problem::error(
                    Code::CFN_002,
                    format!("`{}` is not a JWT authorizer", authorizer.name()),
                )
                .at(node.span, "the route requires one"));
            }
            let scopes = routes::scopes(scope, properties.find("AuthorizationScopes"))?;
            Ok(routes::rule_of(scope, &authorizer, scopes, key, resource.span))
        }
        other => {
            Err(Problem::error(Code::CFN_001, format!("`{other}` is not an authorization type of a route"))
                .at(properties.find("AuthorizationType").map_or(resource.span, |node| node.span), "here")
                .help("the types are NONE, JWT, AWS_IAM and CUSTOM"))
        }
    }
}
