//! What an event requires, as the requirements of an operation.

use crate::{
    model::ApiKind,
    problem::{Problem, error, warning},
    sam::{
        auth::{Auth, Reach, requirement, undefined},
        event_auth::EventAuth,
    },
    session::Session,
    source::Span,
    tree::Node,
};

impl Auth {
    pub(crate) fn of_event(&self, event: &EventAuth, session: &Session<'_>) -> Result<Vec<Node>, Problem> {
        match self.kind {
            ApiKind::Rest => self.of_rest_event(event, session),
            ApiKind::Http => self.of_http_event(event, session).map(|requirement| vec![requirement]),
        }
    }

    fn of_rest_event(&self, event: &EventAuth, session: &Session<'_>) -> Result<Vec<Node>, Problem> {
        let mut security = Vec::new();
        match &event.authorizer {
            Some((name, span)) => {
                self.may_name(name, *span)?;
                let own = event.scopes.as_ref().or_else(|| self.default_scopes(name));
                security.push(requirement(name, own.filter(|_| self.authorizers.contains_key(name)), *span));
            }
            None if event.has_scopes() => {
                return Err(error!(SAM_002, "scopes without an authorizer")
                    .at(event.span, "here")
                    .help("name the authorizer next to the scopes"));
            }
            None if event.scopes.is_some() => warn_of_no_scopes(event.span, session),
            None => {}
        }
        match event.needs_key {
            Some(true) => security.push(requirement("api_key", None, event.span)),
            Some(false) if self.key_reach != Reach::Nothing => {
                security.push(requirement("api_key_false", None, event.span));
            }
            Some(false) => {
                return Err(error!(SAM_005, "`ApiKeyRequired: false` where the API requires no key")
                    .at(event.span, "here")
                    .help("leave it out"));
            }
            None => {}
        }
        Ok(security)
    }

    fn of_http_event(&self, event: &EventAuth, session: &Session<'_>) -> Result<Node, Problem> {
        let Some((name, span)) = event.authorizer.as_ref().or(self.default.as_ref()) else {
            return Err(error!(SAM_002, "`Auth` without an authorizer, and the API has no default")
                .at(event.span, "here")
                .help("name the authorizer"));
        };
        self.may_name(name, *span)?;
        let empty = event.scopes.is_some() && !event.has_scopes();
        if empty && self.default_scopes(name).is_some() {
            warn_of_no_scopes(event.span, session);
        }
        let own = event.scopes.as_ref().filter(|_| event.has_scopes()).or_else(|| self.default_scopes(name));
        Ok(requirement(name, own.filter(|_| self.authorizers.contains_key(name)), *span))
    }

    fn may_name(&self, name: &str, span: Span) -> Result<(), Problem> {
        match name {
            "NONE" if self.default.is_none() => {
                Err(error!(SAM_001, "`Authorizer: NONE` where the API has no default authorizer")
                    .at(span, "here")
                    .help("leave it out: without a default authorizer the route is open anyway"))
            }
            "NONE" => Ok(()),
            name if self.knows(name) => Ok(()),
            name => Err(undefined(name, span)),
        }
    }
}

fn warn_of_no_scopes(span: Span, session: &Session<'_>) {
    warning!(WARN_007, "SAM drops the empty list of scopes: those of the authorizer stay")
        .at(span, "here")
        .report(session);
}
