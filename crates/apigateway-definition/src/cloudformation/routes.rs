//! What both kinds of API do with routes: rules from authorizers, and the checks of a finished table.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cognito_verify::is_scope;

use crate::{
    cloudformation::{Stacks, scope::Scope},
    code::Code,
    help::{Help, ImportInput},
    model::{ApiKey, Authorizer, Method, PathPattern, RefusedReason, Route, Rule, route_key},
    problem::Problem,
    session::Session,
    source::Span,
    tree::Node,
};

/// The rule of a route with this authorizer, and a note where it cannot be reproduced.
pub(crate) fn rule_of(
    scope: Scope<'_>,
    authorizer: &Authorizer,
    scopes: Vec<String>,
    route: (Method, &PathPattern),
    span: Span,
) -> Rule {
    match authorizer {
        Authorizer::Cognito(authorizer) => Rule::Cognito { authorizer: Arc::clone(authorizer), scopes },
        Authorizer::Jwt(authorizer) => Rule::Jwt { authorizer: Arc::clone(authorizer), scopes },
        Authorizer::Lambda { .. } => refused(scope, RefusedReason::LambdaAuthorizer, route, span),
    }
}

/// Refuses a route whose protection cannot be reproduced, and says so.
pub(crate) fn refused(
    scope: Scope<'_>,
    reason: RefusedReason,
    (method, path): (Method, &PathPattern),
    span: Span,
) -> Rule {
    scope.session.refusals.add(reason, route_key(method, path), span);
    Rule::Refused(reason)
}

/// The rule, or a refusal and the problem that made it one.
pub(crate) fn or_refused(scope: Scope<'_>, rule: Result<Rule, Problem>) -> Rule {
    rule.unwrap_or_else(|problem| {
        let code = problem.code;
        scope.session.report_route(problem);
        Rule::Refused(RefusedReason::Unresolved(code))
    })
}

/// An open route that asks for an API key is not simply open: keys are not reproduced.
pub(crate) fn with_key(
    scope: Scope<'_>,
    rule: Rule,
    api_key: ApiKey,
    (method, path): (Method, &PathPattern),
    span: Span,
) -> Rule {
    let keyed = api_key == ApiKey::Required && matches!(rule, Rule::Open(_));
    if !keyed || scope.session.allows_open(method, path) {
        return rule;
    }
    scope.session.report_route(
        Problem::error(
            Code::KEY_001,
            "the route is open but for an API key, and API keys are not reproduced",
        )
        .at(span, "this route")
        .help(
            Help::from("give it an authorizer, or confirm that it may be open with ")
                .input(ImportInput::AllowOpen(route_key(method, path))),
        ),
    );
    Rule::Refused(RefusedReason::ApiKeyOnly)
}

/// The scopes of a route; none where the property is not there.
pub(crate) fn scopes(scope: Scope<'_>, node: Option<&Node>) -> Result<Vec<String>, Problem> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let mut scopes: Vec<String> = Vec::new();
    for item in scope.list(node)?.unwrap_or_default() {
        let Some(text) = scope.known_text(&item)? else { continue };
        if !is_scope(&text) {
            return Err(Problem::error(Code::CFN_005, format!("`{text}` is not a scope"))
                .at(item.span, "here")
                .help("a scope of a resource server reads `{identifier}/{name}`, without spaces"));
        }
        if !scopes.contains(&text) {
            scopes.push(text);
        }
    }
    Ok(scopes)
}

/// A method and a path from their texts.
pub(crate) fn path(text: &str, span: Span) -> Result<PathPattern, Problem> {
    text.parse().map_err(|error| {
        Problem::error(Code::CFN_023, format!("API Gateway does not take this path: {error}"))
            .at(span, "here")
    })
}

pub(crate) fn method(text: &str, span: Span) -> Result<Method, Problem> {
    text.parse().map_err(|error: crate::model::MethodError| {
        Problem::error(Code::CFN_023, error.to_string()).at(span, "here")
    })
}

/// Checks the finished API as a whole.
pub(crate) fn check(
    session: &Session<'_>,
    stacks: &Stacks,
    api: &str,
    place: Span,
    routes: &[(Route, Span)],
    authorizers: &[(Authorizer, Span)],
) {
    let mut seen: BTreeMap<(Method, String), Span> = BTreeMap::new();
    for (route, span) in routes {
        if let Some(first) = seen.insert((route.method, route.path.shape()), *span) {
            session.report(
                Problem::error(Code::CFN_023, format!("two routes take the requests of `{}`", route.key()))
                    .at(*span, "this one")
                    .at(first, "and this one"),
            );
        }
        warn_of_scopes(session, stacks, route, *span);
    }
    if routes.is_empty() {
        let message = format!("the API `{api}` has no routes here");
        session.report(Problem::warning(Code::WARN_002, message).at(place, "this API"));
    }
    let used: BTreeSet<&str> = routes.iter().filter_map(|(route, _)| authorizer_of(route)).collect();
    let lambda =
        routes.iter().any(|(route, _)| matches!(route.rule, Rule::Refused(RefusedReason::LambdaAuthorizer)));
    for (authorizer, span) in authorizers {
        let used = match authorizer {
            // Which one a refused route has is not kept.
            Authorizer::Lambda { .. } => lambda,
            other => used.contains(other.name()),
        };
        if !used {
            let message = format!("no route uses the authorizer `{}`", authorizer.name());
            session.report(Problem::warning(Code::WARN_001, message).at(*span, "this authorizer"));
        }
    }
}

/// The name of the authorizer that checks a route's token.
fn authorizer_of(route: &Route) -> Option<&str> {
    match &route.rule {
        Rule::Cognito { authorizer, .. } => Some(&authorizer.name),
        Rule::Jwt { authorizer, .. } => Some(&authorizer.name),
        Rule::Open(_) | Rule::Refused(_) => None,
    }
}

/// A scope of no resource server is carried by no token, if the definition has the resource servers.
fn warn_of_scopes(session: &Session<'_>, stacks: &Stacks, route: &Route, span: Span) {
    let (Rule::Cognito { scopes, .. } | Rule::Jwt { scopes, .. }) = &route.rule else { return };
    let known = &stacks.known_scopes;
    for name in scopes.iter().filter(|name| name.contains('/') && !known.is_empty() && !known.contains(*name))
    {
        let message = format!("no resource server of the definition has the scope `{name}`");
        session.report(Problem::warning(Code::WARN_005, message).at(span, "this route asks for it"));
    }
}
