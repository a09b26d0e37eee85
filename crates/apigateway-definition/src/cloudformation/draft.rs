//! An API while its routes are being found, in resources and in a body.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    cloudformation::{
        Stacks,
        displaced::{self, Absent},
        properties::needed_text,
        routes,
        scope::{Scope, unbound},
        template::Resource,
        text::Reference,
    },
    code::Code,
    decisions::joined,
    model::{Api, ApiKind, Authorizer, DecidingParameter, OpenReason, Route, Rule},
    problem::Problem,
    session::Session,
    source::Span,
};

/// An API: one of a template of the import, or one that is declared elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiId {
    stack: Option<usize>,
    pub(crate) id: String,
}

impl ApiId {
    /// The API that the resource declares.
    pub(crate) fn declared(scope: Scope<'_>, resource: &Resource) -> Self {
        Self { stack: Some(scope.stack), id: resource.id.clone() }
    }

    /// Whether to read the API: all are read unless the caller named one.
    pub(crate) fn is_wanted(&self, scope: Scope<'_>) -> bool {
        match (&scope.stacks.wanted, self.stack) {
            (None, _) => true,
            (Some(wanted), Some(stack)) => wanted.iter().any(|(other, id)| *other == stack && *id == self.id),
            (Some(_), None) => scope.session.inputs.api.as_ref() == Some(&self.id),
        }
    }

    /// Whether it is declared in none of the templates.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.stack.is_none()
    }
}

pub(crate) struct ApiDraft {
    pub(crate) id: ApiId,
    pub(crate) api: Api,
    pub(crate) routes: Vec<(Route, Span)>,
    pub(crate) authorizers: Vec<(Authorizer, Span)>,
    /// Why operations of its body without `security` are open.
    pub(crate) open_reason: OpenReason,
    /// The parameters that decided that the API exists.
    decided_by: Vec<DecidingParameter>,
    /// The routes that parameters leave out.
    pub(super) absent: Vec<Absent>,
    span: Span,
}

impl ApiDraft {
    fn new(id: ApiId, kind: ApiKind, span: Span, scope: Scope<'_>) -> Self {
        let api = Api {
            id: id.stack.map_or_else(|| id.id.clone(), |stack| scope.stacks.api_id(stack, &id.id)),
            name: None,
            kind,
            stage: None,
            authorizers: Vec::new(),
            routes: Vec::new(),
            cors: None,
            gateway_responses: Vec::new(),
            source: scope.session.location(span),
        };
        Self {
            id,
            api,
            routes: Vec::new(),
            authorizers: Vec::new(),
            open_reason: OpenReason::NoSecurity,
            decided_by: Vec::new(),
            absent: Vec::new(),
            span,
        }
    }

    /// The API that the resource declares.
    pub(crate) fn declared(scope: Scope<'_>, resource: &Resource, kind: ApiKind) -> Self {
        let mut draft = Self::new(ApiId::declared(scope, resource), kind, resource.span, scope);
        draft.open_reason = resource.open_reason.unwrap_or(draft.open_reason);
        // The name affects no decision, so it may be unresolvable.
        let name = |node| scope.informing().known_text(node).ok().flatten();
        draft.api.name = resource.property("Name").and_then(name);
        draft
    }

    /// Sets the parameters that decided that the API exists.
    pub(super) fn decided_by(self, decided_by: Vec<DecidingParameter>) -> Self {
        Self { decided_by, ..self }
    }

    /// Records a route of the API whose condition is false.
    pub(super) fn leave_out(drafts: &mut [Self], id: &ApiId, absent: Absent) {
        if let Some(draft) = drafts.iter_mut().find(|draft| draft.id == *id) {
            draft.absent.push(absent);
        }
    }

    /// Changes the draft of the API, which is created if the API is declared elsewhere and has none yet.
    pub(crate) fn change(
        drafts: &mut Vec<Self>,
        id: ApiId,
        kind: ApiKind,
        (scope, span): (Scope<'_>, Span),
        change: impl FnOnce(&mut Self),
    ) {
        if let Some(draft) = drafts.iter_mut().find(|draft| draft.id == id) {
            return change(draft);
        }
        let mut draft = Self::new(id, kind, span, scope);
        change(&mut draft);
        drafts.push(draft);
    }

    pub(crate) fn finish(mut self, session: &Session<'_>, stacks: &Stacks) -> Api {
        self.add_external();
        self.authorizers.sort_by(|(one, _), (other, _)| one.name().cmp(other.name()));
        routes::check(session, stacks, &self.api.id, self.span, &mut self.routes, &self.authorizers);
        for (route, _) in &mut self.routes {
            let own = std::mem::take(&mut route.decided_by);
            route.decided_by = joined(own, self.decided_by.iter().cloned());
        }
        displaced::note(self.absent, &mut self.routes);
        self.routes.sort_by(|(one, _), (other, _)| one.key.cmp(&other.key));
        self.api.routes = self.routes.into_iter().map(|(route, _)| route).collect();
        self.api.authorizers = self.authorizers.into_iter().map(|(authorizer, _)| authorizer).collect();
        self.api
    }

    /// Adds the authorizers that are declared elsewhere, which only the routes name.
    fn add_external(&mut self) {
        let mut known: BTreeSet<String> =
            self.authorizers.iter().map(|(authorizer, _)| authorizer.name().to_string()).collect();
        for (route, span) in &self.routes {
            let used = match &route.rule {
                Rule::Cognito { authorizer, .. } => Authorizer::Cognito(Arc::clone(authorizer)),
                Rule::Jwt { authorizer, .. } => Authorizer::Jwt(Arc::clone(authorizer)),
                Rule::RestJwt { authorizer, .. } => Authorizer::RestJwt(Arc::clone(authorizer)),
                Rule::Open(_) | Rule::Refused(_) => continue,
            };
            if known.insert(used.name().to_string()) {
                self.authorizers.push((used, *span));
            }
        }
    }
}

/// The API that a resource belongs to: one of a template, or one that is declared elsewhere. `property` names it, and `kind` is the
/// type of API that it must have.
pub(crate) fn api_of(
    scope: Scope<'_>,
    resource: &Resource,
    property: &str,
    kind: &str,
) -> Result<ApiId, Problem> {
    let node = resource.property(property);
    let (text, span) = needed_text(scope, resource, node, property, Code::CFN_021)?;
    match (text.known(), text.only_reference()) {
        (Some(id), _) => Ok(ApiId { stack: None, id: id.into() }),
        (_, Some(Reference::Import(name))) => Ok(ApiId { stack: None, id: name.clone() }),
        (
            _,
            Some(
                reference @ (Reference::Resource { stack, id, .. } | Reference::Attribute { stack, id, .. }),
            ),
        ) if is_itself(reference)
            && scope.resource(reference).is_some_and(|resource| resource.kind == kind) =>
        {
            Ok(ApiId { stack: Some(*stack), id: id.clone() })
        }
        _ => Err(unbound(&text, span).with_code(Code::CFN_021)),
    }
}

/// Whether the reference is to the resource itself, and not to an attribute such as its name.
fn is_itself(reference: &Reference) -> bool {
    match reference {
        Reference::Attribute { name, .. } => matches!(&**name, "ApiId" | "RestApiId"),
        _ => true,
    }
}
