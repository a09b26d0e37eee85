//! A route as a row of the table, whichever way it is printed.

use apigateway_definition::{ApiDefinition, ApiKey, OpenReason, Origin, RefusedReason, Route, Rule, Symbol};

/// Which token a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// None is looked at.
    None,
    /// No token is enough.
    Refused,
    Access,
    Id,
    Either,
}

impl Token {
    pub(super) fn of(rule: &Rule) -> Self {
        match rule {
            Rule::Open(_) => Self::None,
            Rule::Cognito { scopes, .. } if scopes.is_empty() => Self::Id,
            Rule::Jwt { scopes, .. } if scopes.is_empty() => Self::Either,
            // Of Cognito's tokens, only access tokens have scopes.
            Rule::Cognito { .. } | Rule::Jwt { .. } => Self::Access,
            // Also what a later release may know.
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

    /// The word for programs.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Id => "id",
            other => other.word(),
        }
    }
}

/// The name of the authorizer, and the scopes of which any one is enough.
pub(super) fn authorizer(rule: &Rule) -> Option<(&str, &[String])> {
    match rule {
        Rule::Cognito { authorizer, scopes } => Some((&authorizer.name, scopes)),
        Rule::Jwt { authorizer, scopes } => Some((&authorizer.name, scopes)),
        _ => None,
    }
}

/// What must be bound before anything is served, each name once.
pub(super) fn unbound(definition: &ApiDefinition) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in definition.unbound().into_iter().flat_map(Symbol::names) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What is worth knowing beyond the columns.
pub(super) fn notes(route: &Route) -> Vec<&'static str> {
    let mut notes = Vec::new();
    match route.rule {
        Rule::Open(reason) => notes.push(open(reason)),
        Rule::Refused(reason) => notes.push(refused(reason)),
        _ => {}
    }
    if route.origin == Origin::Default {
        notes.push("made by the quick-create API");
    }
    if route.api_key == ApiKey::Required && !matches!(route.rule, Rule::Refused(RefusedReason::ApiKeyOnly)) {
        notes.push("needs an API key as well, which is not checked here");
    }
    notes
}

/// How the definition says that a route is open.
pub(super) fn open(reason: OpenReason) -> &'static str {
    match reason {
        OpenReason::MethodNone => "authorization type NONE",
        OpenReason::RouteNone => "authorization type NONE, or none",
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
        RefusedReason::Iam => "AWS IAM is not reproduced",
        RefusedReason::LambdaAuthorizer => "a Lambda authorizer is not reproduced",
        RefusedReason::ApiKeyOnly => "open but for an API key, which is not reproduced",
        RefusedReason::Unresolved(_) => "could not be resolved",
        _ => "refused",
    }
}
