//! REST APIs: the tree of resources, methods, gateway responses.

use std::sync::Arc;

use apigateway_routes::{RouteKey, RouteMethod};

use crate::{
    cloudformation::{
        authorizers::{self, Authorizers},
        body,
        displaced::Absent,
        draft::{self, ApiDraft, ApiId},
        external,
        properties::{missing, needed_known, needed_text, only_listed},
        responses::Response,
        routes,
        scope::Scope,
        template::Resource,
        text::{Reference, Text},
    },
    code::Code,
    decisions::joined,
    help::{Help, ImportInput},
    model::{ApiKey, ApiKind, Authorizer, OpenReason, Origin, RefusedReason, Route, Rule},
    problem::{Problem, error, warning},
    tree::Node,
};

pub(super) const API: &str = "AWS::ApiGateway::RestApi";
const RESOURCE: &str = "AWS::ApiGateway::Resource";
/// A longer path of resources to the root is a cycle.
const DEEPEST_PATH: usize = 128;

/// The REST APIs of the templates, and those declared elsewhere for which the templates have methods.
pub(crate) fn lower(scopes: &[Scope<'_>]) -> Vec<ApiDraft> {
    let authorizers = Authorizers::read(scopes, "AWS::ApiGateway::Authorizer", api_of, authorizers::rest);
    let mut apis: Vec<ApiDraft> = Vec::new();
    for (scope, resource) in scopes.iter().flat_map(|scope| scope.of_kind(API)) {
        if !ApiId::declared(scope, resource).is_wanted(scope) {
            continue;
        }
        let (exists, decided_by) = scope.session.decisions.watch(|| scope.exists(resource));
        match exists {
            Ok(true) => apis.push(declared(scope, resource).decided_by(decided_by)),
            Ok(false) => {}
            Err(problem) => problem.report(scope.session),
        }
    }
    for (scope, resource) in scopes.iter().flat_map(|scope| scope.of_kind("AWS::ApiGateway::Method")) {
        add_method(scope, resource, &authorizers, &mut apis)
            .unwrap_or_else(|problem| problem.report(scope.session));
    }
    for (scope, resource) in scopes.iter().flat_map(|scope| scope.of_kind("AWS::ApiGateway::GatewayResponse"))
    {
        if let Err(problem) = add_response(scope, resource, &mut apis) {
            let what = format!("the gateway response `{}`", resource.id);
            problem.of_setting(&what).report(scope.session);
        }
    }
    if let Some(scope) = scopes.first() {
        authorizers.leave_out_unreadable(scope.session);
    }
    authorizers.add_to(&mut apis);
    apis
}

fn add_method(
    scope: Scope<'_>,
    resource: &Resource,
    authorizers: &Authorizers,
    apis: &mut Vec<ApiDraft>,
) -> Result<(), Problem> {
    let (exists, decided_by) = scope.session.decisions.watch(|| scope.exists(resource));
    if matches!(exists, Ok(false)) {
        // The location matters only for listing and confirming open routes.
        if let Ok(Some((api, key))) = api_and_key(scope.informing(), resource) {
            scope.session.leave_absent(&key);
            ApiDraft::leave_out(apis, &api, Absent::route(&key, decided_by));
        }
        return Ok(());
    }
    let Some((api, key)) = api_and_key(scope, resource)? else { return Ok(()) };
    let rule = || exists.and_then(|_| rule(scope, resource, authorizers, &api, &key));
    let rule = || resource.refusal().unwrap_or_else(|| routes::or_refused(scope, rule()));
    let (rule, more) = scope.session.decisions.watch(rule);
    let route = Route { decided_by: joined(decided_by, more), ..route(scope, resource, key, rule) };
    let place = (scope, resource.span);
    ApiDraft::change(apis, api, ApiKind::Rest, place, |draft| draft.routes.push((route, resource.span)));
    Ok(())
}

/// The API that the resource declares, with the routes of its body.
fn declared(scope: Scope<'_>, resource: &Resource) -> ApiDraft {
    let mut draft = ApiDraft::declared(scope, resource, ApiKind::Rest);
    // Serverless writes an empty policy if there is none.
    if let Some(policy) = resource.property("Policy").filter(|policy| policy.text() != Some("")) {
        body::leave_out_policy(scope.session, policy.span);
    }
    for elsewhere in ["BodyS3Location", "CloneFrom"] {
        if let Some(node) = resource.property(elsewhere) {
            error!(CFN_020, "`{elsewhere}`: the routes are not in the template")
                .at(node.span, "here")
                .help(
                    "read the output of `aws apigateway get-export --export-type oas30 --parameters \
                         extensions=apigateway` instead",
                )
                .report(scope.session);
        }
    }
    if let Some(node) = resource.property("Body") {
        let base_path = resource.property("Parameters").and_then(|parameters| parameters.find("basepath"));
        body::read(scope, node, base_path, &mut draft);
    }
    draft
}

/// The route of a method, with this rule.
fn route(scope: Scope<'_>, resource: &Resource, key: RouteKey, rule: Rule) -> Route {
    let api_key = match resource.property("ApiKeyRequired").map(|node| scope.truth(node)).transpose() {
        Ok(Some(Some(true))) => ApiKey::Required,
        Ok(_) => ApiKey::NotRequired,
        Err(problem) => {
            problem.report_route(scope.session);
            ApiKey::Required
        }
    };
    let route = routes::route(scope, key, rule, resource.origin, resource.span);
    let rule = routes::with_key(scope, route.rule, api_key, &route.key, resource.span);
    Route { rule, api_key, ..route }
}

fn api_of(scope: Scope<'_>, resource: &Resource) -> Result<ApiId, Problem> {
    draft::api_of(scope, resource, "RestApiId", API)
}

/// The API and the key of a method; `None` if the caller named another API. Without them the method cannot even be refused: a
/// broader route would take its requests.
fn api_and_key(scope: Scope<'_>, resource: &Resource) -> Result<Option<(ApiId, RouteKey)>, Problem> {
    let api = api_of(scope, resource)?;
    if !api.is_wanted(scope) {
        return Ok(None);
    }
    let (method, method_span) = needed_known(scope, resource, "HttpMethod", Code::CFN_023)?;
    let parent =
        resource.property("ResourceId").ok_or_else(|| missing(Code::CFN_021, "ResourceId", resource))?;
    let path = path_of(scope, parent, &api, 0)?;
    let path = routes::path(&path, resource.span)?;
    let path = match &scope.session.inputs.prefix {
        Some(prefix) if api.is_elsewhere() => routes::below(&path, prefix, resource.span)?,
        _ => path,
    };
    Ok(Some((api, RouteKey::new(routes::method(&method, method_span)?, path))))
}

/// The path of a resource, from its parents up to the root.
fn path_of(scope: Scope<'_>, node: &Node, api: &ApiId, depth: usize) -> Result<String, Problem> {
    scope.session.step(node.span)?;
    if depth > DEEPEST_PATH {
        return Err(error!(CFN_021, "resources that are each other's parents").at(node.span, "one of them"));
    }
    let text = scope.text(node).map_err(|problem| problem.with_code(Code::CFN_021))?;
    let outside = || {
        let found = text.as_ref().map_or("nothing".into(), |text| format!("`{}`", text.display()));
        error!(CFN_021, "the path starts at {found}, which is not in the definition")
            .at(node.span, "its path is not known here")
            .help(Help::from("give the path of that resource with ").input(ImportInput::Prefix))
    };
    let reference = text.as_ref().and_then(Text::only_reference);
    let declared = reference.and_then(|reference| scope.at(reference));
    match (reference, declared) {
        (Some(Reference::Attribute { name, .. }), Some((scope, resource)))
            if resource.kind == API && name == "RootResourceId" =>
        {
            if ApiId::declared(scope, resource) == *api {
                return Ok(String::new());
            }
            Err(error!(CFN_021, "the root of `{}`, not of `{}`", resource.id, api.id)
                .at(node.span, "another API"))
        }
        (Some(_), Some((scope, resource))) if resource.kind == RESOURCE => {
            if api_of(scope, resource)? != *api {
                return Err(error!(CFN_021, "`{}` belongs to another API than `{}`", resource.id, api.id)
                    .at(node.span, "here")
                    .at(resource.span, "declared here"));
            }
            let (part, _) = needed_known(scope, resource, "PathPart", Code::CFN_021)?;
            let parent = resource.property("ParentId");
            let parent = parent.ok_or_else(|| missing(Code::CFN_021, "ParentId", resource))?;
            Ok(format!("{}/{part}", path_of(scope, parent, api, depth + 1)?))
        }
        _ if api.is_elsewhere() && scope.session.inputs.prefix.is_some() => Ok(String::new()),
        _ => Err(outside()),
    }
}

/// The rule of a method ("`AWS::ApiGateway::Method`", CloudFormation user guide).
fn rule(
    scope: Scope<'_>,
    resource: &Resource,
    authorizers: &Authorizers,
    api: &ApiId,
    key: &RouteKey,
) -> Result<Rule, Problem> {
    only_listed(&resource.properties, "a method")?;
    let kind = scope
        .known_text(resource.property("AuthorizationType"))
        .map_err(|problem| problem.with_code(Code::CFN_001))?;
    let Some(kind) = kind else {
        return Err(missing(Code::CFN_001, "AuthorizationType", resource)
            .help("write `NONE` if the route is meant to be open; AWS does not document the default"));
    };
    let authorizer = resource.property("AuthorizerId");
    match kind.to_ascii_uppercase().as_str() {
        "NONE" => {
            if let Some(ignored) = authorizer.or_else(|| resource.property("AuthorizationScopes")) {
                warning!(WARN_003, "`{key}` is open: its authorizer is ignored")
                    .at(ignored.span, "this has no effect with `AuthorizationType: NONE`")
                    .report(scope.session);
            }
            Ok(Rule::Open(open_reason(scope, resource, key.method())))
        }
        "AWS_IAM" => Ok(routes::refused(scope, RefusedReason::Iam, key, resource.span)),
        "CUSTOM" => Ok(routes::refused(scope, RefusedReason::LambdaAuthorizer, key, resource.span)),
        "COGNITO_USER_POOLS" => {
            let (text, span) = needed_text(scope, resource, authorizer, "AuthorizerId", Code::CFN_002)?;
            let authorizer = match authorizers.used(&text, api)? {
                Some(authorizer) => authorizer.clone(),
                None => Authorizer::Cognito(Arc::new(external::cognito(scope, &text)?)),
            };
            if !matches!(authorizer, Authorizer::Cognito(_)) {
                return Err(error!(CFN_002, "`{}` is not a Cognito authorizer", authorizer.name())
                    .at(span, "the method requires one"));
            }
            let scopes = routes::scopes(scope, resource.property("AuthorizationScopes"))?;
            Ok(routes::rule_of(scope, &authorizer, scopes, key, resource.span))
        }
        "JWT" => {
            let (text, span) = needed_text(scope, resource, authorizer, "AuthorizerId", Code::CFN_002)?;
            let Some(authorizer @ Authorizer::RestJwt(_)) = authorizers.used(&text, api)? else {
                return Err(error!(
                    CFN_002,
                    "`{}` is not a JWT authorizer of the definition",
                    text.display()
                )
                .at(span, "the method asks for one"));
            };
            let scopes = routes::scopes(scope, resource.property("AuthorizationScopes"))?;
            Ok(routes::rule_of(scope, authorizer, scopes, key, resource.span))
        }
        _ => Err(error!(CFN_001, "`{kind}` is not an authorization type of a method known here")
            .at(resource.property("AuthorizationType").map_or(resource.span, |node| node.span), "here")
            .help("the types are NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS and JWT")),
    }
}

/// Serverless, SAM and the CDK answer preflights with a mock integration on `OPTIONS`.
fn open_reason(scope: Scope<'_>, resource: &Resource, method: RouteMethod) -> OpenReason {
    let integration = resource.property("Integration").and_then(|node| node.find("Type"));
    let is_mock = matches!(scope.known_text(integration), Ok(Some(kind)) if kind == "MOCK");
    match (method, resource.origin) {
        (RouteMethod::Options, Origin::Preflight) => OpenReason::Preflight,
        (RouteMethod::Options, _) if is_mock => OpenReason::Preflight,
        _ => resource.open_reason.unwrap_or(OpenReason::MethodNone),
    }
}

/// Adds a gateway response, which affects no decision.
fn add_response(scope: Scope<'_>, resource: &Resource, apis: &mut Vec<ApiDraft>) -> Result<(), Problem> {
    let scope = scope.informing();
    if !scope.exists(resource)? {
        return Ok(());
    }
    let response = Response {
        kind: needed_known(scope, resource, "ResponseType", Code::CFN_005)?.0,
        span: resource.span,
        status: resource.property("StatusCode"),
        parameters: resource.property("ResponseParameters"),
        templates: resource.property("ResponseTemplates"),
    };
    let api = api_of(scope, resource)?;
    if !api.is_wanted(scope) {
        return Ok(());
    }
    let response = response.read(scope)?;
    let place = (scope, resource.span);
    ApiDraft::change(apis, api, ApiKind::Rest, place, |draft| draft.api.gateway_responses.push(response));
    Ok(())
}
