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
        properties::{needed_known, needed_text, only_listed},
        routes,
        scope::Scope,
        template::Resource,
    },
    code::Code,
    decisions::joined,
    help::{Help, ImportInput},
    model::{ApiKind, Authorizer, OpenReason, Origin, RefusedReason, Route, Rule},
    problem::{Problem, error, warning},
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
            Err(problem) => problem.report(scope.session),
        }
    }
    for (scope, resource) in scopes.iter().flat_map(|scope| scope.of_kind("AWS::ApiGatewayV2::Route")) {
        add_route(scope, resource, &authorizers, &sockets, &mut apis)
            .unwrap_or_else(|problem| problem.report(scope.session));
    }
    if let Some(scope) = scopes.first() {
        authorizers.leave_out_unreadable(scope.session);
    }
    authorizers.add_to(&mut apis);
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
            only_listed(&resource.properties, "a route")?;
            rule(scope, &resource.properties, resource, authorizers, &api, &key)
        })
    };
    let rule = || resource.refusal().unwrap_or_else(|| routes::or_refused(scope, rule()));
    let (rule, more) = scope.session.decisions.watch(rule);
    // HTTP APIs have no API keys: the property is for WebSocket APIs.
    let route = routes::route(scope, key, rule, resource.origin, resource.span);
    let route = Route { decided_by: joined(decided_by, more), ..route };
    let place = (scope, resource.span);
    ApiDraft::change(apis, api, ApiKind::Http, place, |draft| draft.routes.push((route, resource.span)));
    Ok(())
}

/// WebSocket APIs have neither Cognito nor JWT authorizers.
fn is_web_socket(scope: Scope<'_>, resource: &Resource) -> Result<bool, Problem> {
    let protocol = scope.known_text(resource.property("ProtocolType"))?;
    Ok(protocol.as_deref() == Some("WEBSOCKET"))
}

fn leave_out(scope: Scope<'_>, resource: &Resource) {
    let what = format!("the WebSocket API `{}`", resource.id);
    warning!(WARN_008, "{what} is left out").at(resource.span, "this API").report(scope.session);
    scope.session.leave_out(what, "only Lambda functions and IAM protect WebSocket APIs", resource.span);
}

/// The API that the resource declares, with the routes of its body and of quick create.
fn declared(scope: Scope<'_>, resource: &Resource, authorizers: &Authorizers) -> ApiDraft {
    let mut draft = ApiDraft::declared(scope, resource, ApiKind::Http);
    if let Some(node) = resource.property("BodyS3Location") {
        error!(CFN_020, "`BodyS3Location`: the routes are not in the template")
            .at(node.span, "here")
            .help("read the output of `aws apigatewayv2 export-api --specification OAS30` instead")
            .report(scope.session);
    }
    if let Some(node) = resource.property("Body") {
        body::read(scope, node, resource.property("BasePath"), &mut draft);
    }
    if let Some(node) = resource.property("CorsConfiguration") {
        match cors::read(scope, node, cors::KeyCase::Capital) {
            Ok(cors) => draft.api.cors = cors,
            // Without it, only preflights are refused.
            Err(problem) => problem.report_route(scope.session),
        }
    }
    if resource.property("Target").is_some() {
        match quick_create(scope, resource, authorizers) {
            Ok(route) => draft.routes.push((route, resource.span)),
            Err(problem) => problem.report(scope.session),
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
    let route = routes::route(scope, key, rule, resource.origin, resource.span);
    Ok(Route { origin: Origin::Default, decided_by, ..route })
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
        only_listed(&properties, "a route")?;
        if properties.find("AuthorizationType").is_some() {
            return rule(scope, &properties, resource, authorizers, &api, key);
        }
    }
    if scope.session.allows_open(key) {
        return Ok(Rule::Open(OpenReason::Allowed));
    }
    Err(error!(CFN_022, "quick create makes the route `{key}`, open to all")
        .at(resource.property("Target").map_or(resource.span, |node| node.span), "this creates it")
        .help(
            Help::from(
                "protect it with `AWS::ApiGatewayV2::ApiGatewayManagedOverrides`, or confirm that it may be open with ",
            )
            .input(ImportInput::AllowOpen(key.to_string())),
        ))
}

fn api_of(scope: Scope<'_>, resource: &Resource) -> Result<ApiId, Problem> {
    draft::api_of(scope, resource, "ApiId", API)
}

/// `METHOD /path` or `$default`.
fn key_of(scope: Scope<'_>, resource: &Resource) -> Result<RouteKey, Problem> {
    let (text, span) = needed_known(scope, resource, "RouteKey", Code::CFN_023)?;
    if text == "$default" {
        return Ok(RouteKey::new(RouteMethod::Any, PathPattern::default_route()));
    }
    match text.split_once(' ') {
        Some((method, path)) if path.starts_with('/') => {
            Ok(RouteKey::new(routes::method(method, span)?, routes::path(path, span)?))
        }
        _ => Err(error!(CFN_023, "`{text}` is not a route key")
            .at(span, "here")
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
    let kind = scope
        .known_text(properties.find("AuthorizationType"))
        .map_err(|problem| problem.with_code(Code::CFN_001))?;
    let authorizer = properties.find("AuthorizerId");
    match kind.as_deref().unwrap_or("NONE") {
        "NONE" => {
            if let Some(ignored) = authorizer.or_else(|| properties.find("AuthorizationScopes")) {
                warning!(WARN_003, "`{key}` is open: its authorizer is ignored")
                    .at(ignored.span, "this has no effect without `AuthorizationType: JWT`")
                    .report(scope.session);
            }
            let preflight = key.method() == RouteMethod::Options && resource.origin == Origin::Preflight;
            let reason = if preflight { Some(OpenReason::Preflight) } else { resource.open_reason };
            Ok(Rule::Open(reason.unwrap_or(OpenReason::RouteNone)))
        }
        "AWS_IAM" => Ok(routes::refused(scope, RefusedReason::Iam, key, resource.span)),
        "CUSTOM" => Ok(routes::refused(scope, RefusedReason::LambdaAuthorizer, key, resource.span)),
        "JWT" => {
            let (text, span) = needed_text(scope, resource, authorizer, "AuthorizerId", Code::CFN_002)?;
            let authorizer = match authorizers.used(&text, api)? {
                Some(authorizer) => authorizer.clone(),
                None => Authorizer::Jwt(Arc::new(external::jwt(scope, &text)?)),
            };
            if !matches!(authorizer, Authorizer::Jwt(_)) {
                return Err(error!(CFN_002, "`{}` is not a JWT authorizer", authorizer.name())
                    .at(span, "the route requires one"));
            }
            let scopes = routes::scopes(scope, properties.find("AuthorizationScopes"))?;
            Ok(routes::rule_of(scope, &authorizer, scopes, key, resource.span))
        }
        other => Err(error!(CFN_001, "`{other}` is not an authorization type of a route")
            .at(properties.find("AuthorizationType").map_or(resource.span, |node| node.span), "here")
            .help("the types are NONE, JWT, AWS_IAM and CUSTOM")),
    }
}
