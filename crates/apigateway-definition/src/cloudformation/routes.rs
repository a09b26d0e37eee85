//! What both kinds of API do with routes: rules from authorizers, and the checks of a finished table.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use apigateway_routes::{MAX_ROUTES, MethodRoutes, PathPattern, PathShape, RouteKey, RouteMethod};
use cognito_verify::is_scope;

use crate::{
    cloudformation::{Stacks, scope::Scope},
    code::Code,
    help::{Help, ImportInput},
    model::{ApiKey, Authorizer, OpenReason, Origin, RefusedReason, Route, Rule},
    problem::{Problem, error, warning},
    route_key,
    session::Session,
    source::Span,
    tree::Node,
};

/// The largest number of routes of an API. Its table can have another row for the preflights of each.
const MOST_ROUTES: usize = MAX_ROUTES / 2;

/// The rule of a route with this authorizer. If it cannot be reproduced, the route is refused with a warning.
pub(crate) fn rule_of(
    scope: Scope<'_>,
    authorizer: &Authorizer,
    scopes: Vec<String>,
    key: &RouteKey,
    span: Span,
) -> Rule {
    match authorizer {
        Authorizer::Cognito(authorizer) => Rule::Cognito { authorizer: Arc::clone(authorizer), scopes },
        Authorizer::Jwt(authorizer) => Rule::Jwt { authorizer: Arc::clone(authorizer), scopes },
        Authorizer::RestJwt(authorizer) => Rule::RestJwt { authorizer: Arc::clone(authorizer), scopes },
        Authorizer::Lambda { .. } => refused(scope, RefusedReason::LambdaAuthorizer, key, span),
    }
}

/// Refuses a route whose protection cannot be reproduced, with a warning.
pub(crate) fn refused(scope: Scope<'_>, reason: RefusedReason, key: &RouteKey, span: Span) -> Rule {
    scope.session.refusals.add(reason, key.to_string(), span);
    Rule::Refused(reason)
}

/// The route with this rule, without an API key.
pub(crate) fn route(scope: Scope<'_>, key: RouteKey, rule: Rule, origin: Origin, span: Span) -> Route {
    let origin = if rule == Rule::Open(OpenReason::Preflight) { Origin::Preflight } else { origin };
    let (api_key, source) = (ApiKey::NotRequired, scope.session.location(span));
    Route { key, rule, api_key, origin, decided_by: Vec::new(), displaced: Vec::new(), source }
}

/// The rule; if there is a problem, reports it and refuses the route.
pub(crate) fn or_refused(scope: Scope<'_>, rule: Result<Rule, Problem>) -> Rule {
    rule.unwrap_or_else(|problem| {
        let code = problem.code;
        problem.report_route(scope.session);
        Rule::Refused(RefusedReason::Unresolved(code))
    })
}

/// Refuses an open route that requires an API key, unless it is confirmed, because API keys are not reproduced.
pub(crate) fn with_key(scope: Scope<'_>, rule: Rule, api_key: ApiKey, key: &RouteKey, span: Span) -> Rule {
    let keyed = api_key == ApiKey::Required && matches!(rule, Rule::Open(_));
    if !keyed || scope.session.allows_open(key) {
        return rule;
    }
    error!(KEY_001, "the route is open but for an API key, and API keys are not reproduced")
        .at(span, "this route")
        .help(
            Help::from("give it an authorizer, or confirm that it may be open with ")
                .input(ImportInput::AllowOpen(key.to_string())),
        )
        .report_route(scope.session);
    Rule::Refused(RefusedReason::ApiKeyOnly)
}

/// The scopes of a route; none if the property is missing.
pub(crate) fn scopes(scope: Scope<'_>, node: Option<&Node>) -> Result<Vec<String>, Problem> {
    let mut scopes: Vec<String> = Vec::new();
    for item in scope.list(node)?.unwrap_or_default() {
        let Some(text) = scope.known_text(&item)? else { continue };
        if !is_scope(&text) {
            return Err(error!(CFN_005, "`{text}` is not a scope")
                .at(item.span, "here")
                .help("a scope of a resource server reads `{identifier}/{name}`, without spaces"));
        }
        if !scopes.contains(&text) {
            scopes.push(text);
        }
    }
    Ok(scopes)
}

/// Reads a path.
pub(crate) fn path(text: &str, span: Span) -> Result<PathPattern, Problem> {
    route_key::path(text).map_err(|error| unusable(&error, span))
}

/// The path below the prefix, the path of its parent.
pub(crate) fn below(path: &PathPattern, prefix: &PathPattern, span: Span) -> Result<PathPattern, Problem> {
    path.below(prefix).map_err(|error| unusable(&error, span))
}

/// Reads a method.
pub(crate) fn method(text: &str, span: Span) -> Result<RouteMethod, Problem> {
    route_key::method(text).map_err(|message| unusable(&message, span))
}

fn unusable(message: &impl ToString, span: Span) -> Problem {
    Problem::error(Code::CFN_023, message.to_string()).at(span, "here")
}

/// Checks the finished API as a whole.
pub(crate) fn check(
    session: &Session<'_>,
    stacks: &Stacks,
    api: &str,
    place: Span,
    routes: &mut [(Route, Span)],
    authorizers: &[(Authorizer, Span)],
) {
    if routes.len() > MOST_ROUTES {
        error!(FILE_001, "the API `{api}` has {} routes, more than {MOST_ROUTES}", routes.len())
            .at(place, "this API")
            .report(session);
    }
    check_paths(session, routes);
    for (route, span) in &*routes {
        warn_of_scopes(session, stacks, route, *span);
    }
    if routes.is_empty() {
        warning!(WARN_002, "the API `{api}` has no routes here").at(place, "this API").report(session);
    }
    let used: BTreeSet<&str> = routes.iter().filter_map(|(route, _)| authorizer_of(route)).collect();
    let lambda =
        routes.iter().any(|(route, _)| matches!(route.rule, Rule::Refused(RefusedReason::LambdaAuthorizer)));
    for (authorizer, span) in authorizers {
        let used = match authorizer {
            // A refused route does not record its authorizer.
            Authorizer::Lambda { .. } => lambda,
            other => used.contains(other.name()),
        };
        if !used {
            warning!(WARN_001, "no route uses the authorizer `{}`", authorizer.name())
                .at(*span, "this authorizer")
                .report(session);
        }
    }
}

/// Checks that each path has one route for a method, and that a HEAD route lets in only requests that the GET route lets in.
fn check_paths(session: &Session<'_>, routes: &mut [(Route, Span)]) {
    let mut paths: BTreeMap<PathShape, MethodRoutes> = BTreeMap::new();
    for (index, (route, span)) in routes.iter().enumerate() {
        let path = paths.entry(PathShape::from(route.key.path())).or_default();
        let first = path.insert(route.key.method(), index).and_then(|first| routes.get(first));
        if let Some((_, first)) = first {
            error!(CFN_023, "two routes take the requests of `{}`", route.key)
                .at(*span, "this one")
                .at(*first, "and this one")
                .report(session);
        }
    }
    for path in paths.values() {
        let with_head = path.methods().any(|method| method == RouteMethod::Head);
        let (Some(head), Some(get)) = (path.find("HEAD").filter(|_| with_head), path.find("GET")) else {
            continue;
        };
        let (Some((route, span)), Some((of_get, get))) = (routes.get(head), routes.get(get)) else {
            continue;
        };
        if route.rule.is_as_strict_as(&of_get.rule) {
            continue;
        }
        error!(CFN_024, "`{}` may let in requests that `{}` refuses", route.key, of_get.key)
                .at(*span, "this route")
                .at(*get, "this route has another rule")
                .help(
                    "routers such as axum's serve HEAD with the handler of GET: give both routes the same authorizer and \
                     scopes, or remove the one for HEAD",
                ).report_route(session);
        if let Some((route, _)) = routes.get_mut(head) {
            route.rule = Rule::Refused(RefusedReason::Unresolved(Code::CFN_024));
        }
    }
}

/// The name of the authorizer that checks a route's token.
fn authorizer_of(route: &Route) -> Option<&str> {
    match &route.rule {
        Rule::Cognito { authorizer, .. } => Some(&authorizer.name),
        Rule::Jwt { authorizer, .. } => Some(&authorizer.name),
        Rule::RestJwt { authorizer, .. } => Some(&authorizer.name),
        Rule::Open(_) | Rule::Refused(_) => None,
    }
}

/// Warns of scopes that no resource server has, if the definition declares resource servers: no token has such a scope.
fn warn_of_scopes(session: &Session<'_>, stacks: &Stacks, route: &Route, span: Span) {
    let (Rule::Cognito { scopes, .. } | Rule::Jwt { scopes, .. } | Rule::RestJwt { scopes, .. }) =
        &route.rule
    else {
        return;
    };
    let known = &stacks.known_scopes;
    for name in scopes.iter().filter(|name| name.contains('/') && !known.is_empty() && !known.contains(*name))
    {
        warning!(WARN_005, "no resource server of the definition has the scope `{name}`")
            .at(span, "this route requires it")
            .report(session);
    }
}
