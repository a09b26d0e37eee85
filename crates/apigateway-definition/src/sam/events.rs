//! `Events` of functions and state machines: each of the type `Api` or `HttpApi` is a route.

use std::sync::Arc;

use apigateway_routes::RouteMethod;

use crate::{
    cloudformation::{Resource, Template, by_aws, misplaced},
    code::Code,
    model::ApiKind,
    problem::Problem,
    route_key,
    sam::{
        event_auth::EventAuth,
        values::{declared_kind, implicit_id, only_known, text_of},
    },
    session::Session,
    source::Span,
    tree::{Entry, Map, Node},
};

/// The route of an event, before the defaults of its API are applied.
#[derive(Debug)]
pub(crate) struct SamEvent {
    /// The logical id of its API.
    pub(crate) api: String,
    pub(crate) owner: Owner,
    pub(crate) path: Arc<str>,
    /// The method, as in a document; `*` is only for APIs whose document has the route.
    pub(crate) method: String,
    /// Whether every method is written as `any`, which SAM does not replace if it merges the event.
    pub(crate) is_any: bool,
    pub(crate) method_span: Span,
    pub(crate) auth: Option<EventAuth>,
    /// The condition of its owner.
    pub(crate) condition: Option<Node>,
    pub(crate) span: Span,
}

/// The resource that the event starts. SAM treats the two differently if it does not write the whole document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Function,
    StateMachine,
}

/// The key for all methods that a path does not list.
pub(crate) const ANY: &str = "x-amazon-apigateway-any-method";

/// Every method, which is only valid in the permission of a function.
const EVERY: &str = "*";

/// The events of this kind of API, in order. Problems are reported.
pub(crate) fn read(template: &Template, kind: ApiKind, session: &Session<'_>) -> Vec<SamEvent> {
    let mut events = Vec::new();
    for resource in template.resources() {
        let owner = match &*resource.kind {
            "AWS::Serverless::Function" => Owner::Function,
            "AWS::Serverless::StateMachine" => Owner::StateMachine,
            _ => continue,
        };
        let reader = EventReader { template, kind, owner, resource, session };
        match reader.listed() {
            Ok(listed) => {
                for entry in listed.map(Map::entries).unwrap_or_default() {
                    match reader.event(entry) {
                        Ok(event) => events.extend(event),
                        Err(problem) => problem.report(session),
                    }
                }
            }
            Err(problem) => problem.report(session),
        }
    }
    events
}

/// Reads the events of one resource.
struct EventReader<'a> {
    template: &'a Template,
    kind: ApiKind,
    owner: Owner,
    resource: &'a Resource,
    session: &'a Session<'a>,
}

impl<'a> EventReader<'a> {
    fn listed(&self) -> Result<Option<&'a Map>, Problem> {
        let properties = &self.resource.properties;
        if let Some(key) = properties.keys().find(|key| key.text.starts_with("Fn::")) {
            return Err(by_aws(key));
        }
        let Some(node) = properties.find("Events").filter(|node| !node.is_null()) else { return Ok(None) };
        let listed =
            node.map().ok_or_else(|| invalid(format!("`Events` is {}", node.describe()), node.span))?;
        match listed.keys().find(|key| key.text.starts_with("Fn::")) {
            Some(key) => Err(by_aws(key)),
            None => Ok(Some(listed)),
        }
    }

    /// The event, if it is of this kind.
    fn event(&self, entry: &Entry) -> Result<Option<SamEvent>, Problem> {
        let span = entry.key.span;
        self.session.step(span)?;
        let Some(event_type) = entry.value.text_at("Type") else {
            return Err(invalid(format!("the event `{}` has no `Type`", entry.key.text), span));
        };
        let (wanted, id) = match self.kind {
            ApiKind::Rest => ("Api", "RestApiId"),
            ApiKind::Http => ("HttpApi", "ApiId"),
        };
        if !event_type.eq_ignore_ascii_case(wanted) {
            return Ok(None);
        }
        misplaced::report(
            &entry.value,
            "an event",
            Code::SAM_005,
            "move it into the event's `Properties`",
            self.session,
        );
        if event_type != wanted || self.kind == ApiKind::Http && self.owner == Owner::StateMachine {
            return Err(invalid(format!("there is no event of the type `{event_type}` here"), span));
        }
        let properties = match entry.value.find("Properties").filter(|node| !node.is_null()) {
            None => Map::default(),
            Some(node) => node
                .map()
                .cloned()
                .ok_or_else(|| invalid(format!("`Properties` is {}", node.describe()), node.span))?,
        };
        only_known(&properties, &format!("event {wanted}"), &format!("an event of the type `{wanted}`"))?;
        let Some(api) = self.api(properties.find(id), span)? else { return Ok(None) };
        let (path, method, method_span) = self.place(&properties, span)?;
        let is_any = properties.text_at("Method").is_some_and(|text| text.eq_ignore_ascii_case("any"));
        let auth = properties.entry("Auth").map(|entry| EventAuth::read(entry, self.kind)).transpose()?;
        Ok(Some(SamEvent {
            api,
            owner: self.owner,
            path,
            method,
            is_any,
            method_span,
            auth: auth.flatten(),
            condition: self.resource.condition.clone(),
            span,
        }))
    }

    /// The API of the event. SAM adds no route to one that is not SAM's.
    fn api(&self, node: Option<&Node>, span: Span) -> Result<Option<String>, Problem> {
        let implicit = implicit_id(self.kind);
        let plain = match self.kind {
            ApiKind::Rest => "AWS::ApiGateway::RestApi",
            ApiKind::Http => "AWS::ApiGatewayV2::Api",
        };
        let Some(node) = node else { return Ok(Some(implicit.into())) };
        let id = match node.map().and_then(Map::only) {
            Some(entry) if &*entry.key.text == "Ref" => entry.value.text(),
            _ => node.text(),
        };
        match id {
            Some(id) if id == implicit => Ok(Some(id.into())),
            Some(id)
                if self.template.resource(id).is_some_and(|api| api.kind == declared_kind(self.kind)) =>
            {
                Ok(Some(id.into()))
            }
            Some(id) if self.template.resource(id).is_some_and(|api| api.kind == plain) => {
                let why = "SAM adds no route to an API that it does not make";
                self.session.leave_out(format!("an event of `{}`", self.resource.id), why, span);
                Ok(None)
            }
            _ => Err(invalid(
                format!("the event is not on an `{}` of the template", declared_kind(self.kind)),
                node.span,
            )
            .at(span, "this event")),
        }
    }

    /// Path and method. An event on an HTTP API that has neither is `$default`.
    fn place(&self, properties: &Map, span: Span) -> Result<(Arc<str>, String, Span), Problem> {
        let (path, method) = (properties.find("Path"), properties.find("Method"));
        if self.kind == ApiKind::Http && path.is_none() && method.is_none() {
            return Ok(("$default".into(), ANY.into(), span));
        }
        let written = |node: Option<&Node>, name: &str| {
            let node = node.ok_or_else(|| invalid(format!("the event has no `{name}`"), span))?;
            let text =
                text_of(node).ok_or_else(|| invalid(format!("`{name}` is not written out"), node.span));
            text.map(|text| (text, node.span))
        };
        let ((path, _), (method, place)) = (written(path, "Path")?, written(method, "Method")?);
        if method.eq_ignore_ascii_case(ANY) {
            return Ok((path, ANY.into(), place));
        }
        match route_key::method(&method) {
            Ok(RouteMethod::Any) => Ok((path, ANY.into(), place)),
            Ok(_) => Ok((path, method.to_ascii_lowercase(), place)),
            // SAM allows the function to be called with any method, but adds no route to a given document.
            Err(_) if &*method == EVERY && self.kind == ApiKind::Rest => Ok((path, EVERY.into(), place)),
            Err(message) => Err(invalid(message, place)),
        }
    }
}

/// The error for an event with the method `*`, if SAM would make a route of it.
pub(crate) fn not_a_method(event: &SamEvent) -> Option<Problem> {
    let message = route_key::method(&event.method).err().filter(|_| event.method == EVERY)?;
    Some(invalid(message, event.method_span).help("write `ANY`"))
}

fn invalid(message: String, span: Span) -> Problem {
    Problem::error(Code::SAM_007, message).at(span, "here")
}
