//! A route as a row of the output, in text and JSON.

use apigateway_definition::{
    ApiDefinition, ApiKey, DecidingParameter, OpenReason, Origin, ParameterSource, RefusedReason, Route,
    Rule, Symbol,
};

/// Which token a route accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcceptedToken {
    /// It needs no token.
    None,
    /// It refuses every request.
    Refused,
    Access,
    Id,
    Either,
}

impl AcceptedToken {
    pub(super) fn of(rule: &Rule) -> Self {
        match rule {
            Rule::Open(_) => Self::None,
            Rule::Cognito { scopes, .. } if scopes.is_empty() => Self::Id,
            Rule::Jwt { scopes, .. } | Rule::RestJwt { scopes, .. } if scopes.is_empty() => Self::Either,
            // Only Cognito's access tokens have scopes.
            Rule::Cognito { .. } | Rule::Jwt { .. } | Rule::RestJwt { .. } => Self::Access,
            // Also the rules of a later release of the library.
            _ => Self::Refused,
        }
    }

    /// The word in the table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Refused => "refused",
            Self::Access => "access",
            Self::Id => "ID",
            Self::Either => "either",
        }
    }

    /// The word in JSON.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Id => "id",
            other => other.word(),
        }
    }
}

/// The name of the authorizer, and the scopes, of which one is enough.
pub(super) fn authorizer(rule: &Rule) -> Option<(&str, &[String])> {
    match rule {
        Rule::Cognito { authorizer, scopes } => Some((&authorizer.name, scopes)),
        Rule::Jwt { authorizer, scopes } => Some((&authorizer.name, scopes)),
        Rule::RestJwt { authorizer, scopes } => Some((&authorizer.name, scopes)),
        _ => None,
    }
}

/// The names that must be bound before the API can be served, each once.
pub(super) fn unbound(definition: &ApiDefinition) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in definition.unbound().into_iter().flat_map(Symbol::names) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What else to know about the route.
pub(super) fn notes(route: &Route) -> Vec<String> {
    let mut notes = Vec::new();
    match route.rule {
        Rule::Open(reason) => notes.push(open(reason).to_owned()),
        Rule::Refused(reason) => notes.push(refused(reason).to_owned()),
        _ => {}
    }
    if matches!(route.rule, Rule::Open(reason) if reason != OpenReason::Preflight)
        && !route.decided_by.is_empty()
    {
        notes.push(format!("open by {}", parameters(&route.decided_by)));
    }
    notes.extend(displaced(route));
    if route.origin == Origin::Default {
        notes.push("the default route of a quick-create API".to_owned());
    }
    if route.api_key == ApiKey::Required && !matches!(route.rule, Rule::Refused(RefusedReason::ApiKeyOnly)) {
        notes.push("needs an API key as well, which is not checked here".to_owned());
    }
    notes
}

/// The parameters that decide, with their values: `Step=dev`.
fn parameters(parameters: &[DecidingParameter]) -> String {
    let one = |parameter: &DecidingParameter| match parameter.source {
        ParameterSource::Default => format!("{parameter} (the default)"),
        _ => parameter.to_string(),
    };
    parameters.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// What the route takes over from routes that parameters leave out.
fn displaced(route: &Route) -> Vec<String> {
    /// How many of those routes are named.
    const MOST: usize = 3;
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for displaced in &route.displaced {
        let by = parameters(&displaced.decided_by);
        match groups.iter_mut().find(|(other, _)| *other == by) {
            Some((_, keys)) => keys.push(&displaced.key),
            None => groups.push((by, vec![&displaced.key])),
        }
    }
    let told = groups.into_iter().map(|(by, keys)| {
        let named = keys.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
        match keys.len() {
            1 => format!("{named} is open by {by}, which leaves out its route"),
            count if count > MOST => {
                format!("{named} and {} more are open by {by}, which leaves out their routes", count - MOST)
            }
            _ => format!("{named} are open by {by}, which leaves out their routes"),
        }
    });
    told.collect()
}

/// Why the route is open.
pub(super) fn open(reason: OpenReason) -> &'static str {
    match reason {
        OpenReason::MethodNone => "`AuthorizationType` is NONE",
        OpenReason::RouteNone => "`AuthorizationType` is NONE or not set",
        OpenReason::NoAuthorizer => "the event has no authorizer",
        OpenReason::SamNone => "no authorizer applies to the event",
        OpenReason::NoSecurity => "no `security` applies to the operation",
        OpenReason::Preflight => "answers CORS preflights",
        OpenReason::Allowed => "confirmed by `--allow-open`",
        _ => "open",
    }
}

fn refused(reason: RefusedReason) -> &'static str {
    match reason {
        RefusedReason::Iam => "AWS IAM is not supported",
        RefusedReason::LambdaAuthorizer => "a Lambda authorizer is not supported",
        RefusedReason::ApiKeyOnly => "needs an API key, which is not supported",
        RefusedReason::Unresolved(_) => "could not be resolved",
        _ => "refused",
    }
}
