//! What both kinds of API do with routes: rules from authorizers, and the checks of a finished table.

use std::{collections::BTreeMap, sync::Arc};

use cognito_verify::is_scope;

use crate::{
    cloudformation::scope::Scope,
    code::Code,
    model::{Api, ApiKey, Authorizer, Method, PathPattern, RefusedReason, Route, Rule},
    problem::Problem,
    source::Span,
    tree::Node,
};

/// The rule of a route with this authorizer, and a note where it cannot be reproduced.
pub(crate) fn rule_of(scope: Scope<'_>, authorizer: &Authorizer, scopes: Vec<String>, span: Span) -> Rule {
    match authorizer {
        Authorizer::Cognito(authorizer) => Rule::Cognito { authorizer: Arc::clone(authorizer), scopes },
        Authorizer::Jwt(authorizer) => Rule::Jwt { authorizer: Arc::clone(authorizer), scopes },
        Authorizer::Lambda { .. } => refused(scope, RefusedReason::LambdaAuthorizer, span),
    }
}

/// Refuses a route whose protection cannot be reproduced, and says so.
pub(crate) fn refused(scope: Scope<'_>, reason: RefusedReason, span: Span) -> Rule {
    let (code, what) = match reason {
        RefusedReason::Iam => (Code::DENY_001, "AWS IAM"),
        _ => (Code::DENY_002, "a Lambda authorizer"),
    };
    scope.session.report(
        Problem::warning(
            code,
            format!("the route is protected by {what}, which is not reproduced: it is refused"),
        )
        .at(span, "this route"),
    );
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
        .help(format!("confirm that `{method} {path}` may be open, or give it an authorizer")),
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

/// Sorts the routes and checks the API as a whole. The spans are those of the routes, in their order.
pub(crate) fn finish(
    scope: Scope<'_>,
    api: &mut Api,
    spans: &[Span],
    authorizers: &[(Authorizer, Span)],
    place: Span,
) {
    let mut seen: BTreeMap<(Method, String), Span> = BTreeMap::new();
    for (route, span) in api.routes.iter().zip(spans) {
        if let Some(first) = seen.insert((route.method, route.path.shape()), *span) {
            scope.session.report(
                Problem::error(Code::CFN_023, format!("two routes take the requests of `{}`", route.key()))
                    .at(*span, "this one")
                    .at(first, "and this one"),
            );
        }
    }
    for (route, span) in api.routes.iter().zip(spans) {
        warn_of_scopes(scope, route, *span);
    }
    if api.routes.is_empty() {
        scope.session.report(
            Problem::warning(Code::WARN_002, format!("the API `{}` has no routes here", api.id))
                .at(place, "this API"),
        );
    }
    for (authorizer, span) in authorizers {
        if !api.routes.iter().any(|route| uses(route, authorizer)) {
            let message = format!("no route uses the authorizer `{}`", authorizer.name());
            scope.session.report(Problem::warning(Code::WARN_001, message).at(*span, "this authorizer"));
        }
    }
    api.authorizers = authorizers.iter().map(|(authorizer, _)| authorizer.clone()).collect();
    api.routes.sort_by(|one, other| (&one.path, one.method).cmp(&(&other.path, other.method)));
}

fn uses(route: &Route, authorizer: &Authorizer) -> bool {
    match (&route.rule, authorizer) {
        (Rule::Cognito { authorizer: used, .. }, Authorizer::Cognito(declared)) => {
            Arc::ptr_eq(used, declared)
        }
        (Rule::Jwt { authorizer: used, .. }, Authorizer::Jwt(declared)) => Arc::ptr_eq(used, declared),
        (Rule::Refused(RefusedReason::LambdaAuthorizer), Authorizer::Lambda { .. }) => true,
        _ => false,
    }
}

/// A scope of no resource server is carried by no token, if the definition has the resource servers.
fn warn_of_scopes(scope: Scope<'_>, route: &Route, span: Span) {
    let (Rule::Cognito { scopes, .. } | Rule::Jwt { scopes, .. }) = &route.rule else { return };
    let known = &scope.stacks.known_scopes;
    for name in scopes.iter().filter(|name| name.contains('/') && !known.is_empty() && !known.contains(*name))
    {
        let message = format!("no resource server of the definition has the scope `{name}`");
        scope.session.report(Problem::warning(Code::WARN_005, message).at(span, "this route asks for it"));
    }
}
