//! `Auth` of an event: what one route asks for.

use std::sync::Arc;

use crate::{
    code::Code,
    model::ApiKind,
    problem::Problem,
    sam::{
        auth::{Auth, Reach, requirement, undefined},
        authorizers, only_known, text_of, truth_of,
    },
    session::Session,
    source::Span,
    tree::{Entry, Node},
};

/// `Auth` of an event.
#[derive(Debug)]
pub(crate) struct EventAuth {
    authorizer: Option<(Arc<str>, Span)>,
    scopes: Option<Node>,
    needs_key: Option<bool>,
    /// Whether it counts on an API whose document is written by hand.
    pub(crate) overrides: bool,
    pub(crate) policy: Option<Span>,
    pub(crate) span: Span,
}

impl EventAuth {
    /// `None` for an empty one, which says nothing.
    pub(crate) fn read(entry: &Entry, kind: ApiKind) -> Result<Option<Self>, Problem> {
        const REST: [&str; 6] = [
            "ApiKeyRequired",
            "AuthorizationScopes",
            "Authorizer",
            "InvokeRole",
            "OverrideApiAuth",
            "ResourcePolicy",
        ];
        const HTTP: [&str; 3] = ["AuthorizationScopes", "Authorizer", "InvokeRole"];
        let node = &entry.value;
        let map = node.map().ok_or_else(|| {
            Problem::error(Code::SAM_005, format!("`Auth` is {}, not a map", node.describe()))
                .at(node.span, "here")
                .help("leave the key out to take what the API says")
        })?;
        let known = if kind == ApiKind::Rest { REST.as_slice() } else { HTTP.as_slice() };
        // SAM takes any key, and ignores those that it does not know.
        only_known(map, known, "`Auth` of an event")?;
        let flag = |name: &str| map.find(name).map(|node| truth_of(node, name)).transpose();
        let authorizer = match map.find("Authorizer") {
            None => None,
            Some(node) => match text_of(node) {
                Some(name) => Some((name, node.span)),
                None => {
                    return Err(Problem::error(
                        Code::SAM_003,
                        "the authorizer of the event is not written out",
                    )
                    .at(node.span, "a name is needed here")
                    .help("write the name of an authorizer of the API, or `NONE`"));
                }
            },
        };
        Ok((!map.entries().is_empty()).then_some(Self {
            authorizer,
            scopes: map.find("AuthorizationScopes").map(authorizers::scopes).transpose()?,
            needs_key: flag("ApiKeyRequired")?,
            overrides: flag("OverrideApiAuth")?.unwrap_or_default(),
            policy: map.entry("ResourcePolicy").map(|entry| entry.key.span),
            span: entry.key.span,
        }))
    }

    pub(crate) fn asks_for_iam(&self) -> bool {
        self.authorizer.as_ref().is_some_and(|(name, _)| &**name == "AWS_IAM")
    }

    pub(crate) fn asks_for_key(&self) -> bool {
        self.needs_key == Some(true)
    }

    fn has_scopes(&self) -> bool {
        self.scopes.as_ref().and_then(Node::items).is_some_and(|items| !items.is_empty())
    }
}

/// What an event asks for, as requirements.
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
                return Err(Problem::error(Code::SAM_002, "scopes without an authorizer")
                    .at(event.span, "here")
                    .help("name the authorizer beside the scopes"));
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
                return Err(Problem::error(
                    Code::SAM_005,
                    "`ApiKeyRequired: false` where the API asks for no key",
                )
                .at(event.span, "here")
                .help("leave it out"));
            }
            None => {}
        }
        Ok(security)
    }

    fn of_http_event(&self, event: &EventAuth, session: &Session<'_>) -> Result<Node, Problem> {
        let Some((name, span)) = event.authorizer.as_ref().or(self.default.as_ref()) else {
            return Err(Problem::error(
                Code::SAM_002,
                "`Auth` without an authorizer, and the API has no default",
            )
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
            "NONE" if self.default.is_none() => Err(Problem::error(
                Code::SAM_001,
                "`Authorizer: NONE` where the API has no default authorizer",
            )
            .at(span, "here")
            .help("leave it out: without a default authorizer the route is open anyway")),
            "NONE" => Ok(()),
            name if self.knows(name) => Ok(()),
            name => Err(undefined(name, span)),
        }
    }
}

fn warn_of_no_scopes(span: Span, session: &Session<'_>) {
    session.report(
        Problem::warning(Code::WARN_007, "SAM drops the empty list of scopes: those of the authorizer stay")
            .at(span, "here"),
    );
}
