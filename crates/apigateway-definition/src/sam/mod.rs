//! SAM templates, lowered to CloudFormation as SAM itself does it: an API and its events become an API of API Gateway
//! with an OpenAPI document.
//!
//! What SAM refuses is refused here, and so is what SAM takes and silently deploys open: a default authorizer that is
//! not declared, a misspelt key of `Auth`. Nothing is evaluated here, because parameters may come from a parent stack.

mod api;
mod auth;
mod authorizers;
mod document;
mod edit;
mod event_auth;
mod event_security;
mod events;
mod globals;
mod responses;
mod schemes;
mod values;

use std::collections::BTreeMap;

use crate::{
    cloudformation::Template,
    model::ApiKind,
    problem::{error, warning},
    session::Session,
    tree::{Map, Node},
};
use api::SamApi;
use events::SamEvent;
use globals::Globals;
use values::{declared_kind, implicit_id};

/// The template that the file compiles to. Problems are reported to the session.
pub(crate) fn lower(root: &Node, session: &Session<'_>) -> Template {
    let mut template = Template::read(root, session);
    let globals = Globals::read(root, session);
    for kind in [ApiKind::Rest, ApiKind::Http] {
        let mut events: BTreeMap<String, Vec<SamEvent>> = BTreeMap::new();
        for event in events::read(&template, kind, session) {
            events.entry(event.api.clone()).or_default().push(event);
        }
        for api in apis(&template, root, &globals, kind, &events, session) {
            let lowered = api.lower(events.get(&api.id).map(Vec::as_slice).unwrap_or_default(), session);
            match lowered {
                Ok(resource) => template.insert(resource),
                Err(problem) => problem.report(session),
            }
        }
    }
    leave_out_others(&template, session);
    template
}

/// The APIs that the template declares, and the implicit API of events that name none.
fn apis(
    template: &Template,
    root: &Node,
    globals: &Globals,
    kind: ApiKind,
    events: &BTreeMap<String, Vec<SamEvent>>,
    session: &Session<'_>,
) -> Vec<SamApi> {
    let mut apis = Vec::new();
    for resource in template.resources().iter().filter(|resource| resource.kind == declared_kind(kind)) {
        let written = root.find("Resources").and_then(|resources| resources.find(&resource.id));
        let ignored = written.and_then(|written| written.find("IgnoreGlobals"));
        match globals.under(&resource.properties, kind, ignored, session) {
            Ok(properties) => apis.push(SamApi {
                id: resource.id.clone(),
                kind,
                properties,
                condition: resource.condition.clone(),
                span: resource.span,
            }),
            Err(problem) => problem.report(session),
        }
    }
    let implicit = implicit_id(kind);
    let Some(first) = events.get(implicit).and_then(|events| events.first()) else { return apis };
    if let Some(resource) = template.resource(implicit) {
        error!(SAM_007, "SAM puts its own API in the place of `{implicit}`")
            .at(resource.span, "this resource is lost")
            .at(first.span, "because of this event")
            .help("give the resource another name, and name it in the events")
            .report(session);
        return apis;
    }
    match globals.under(&Map::default(), kind, None, session) {
        Ok(properties) => {
            apis.push(SamApi { id: implicit.into(), kind, properties, condition: None, span: first.span });
        }
        Err(problem) => problem.report(session),
    }
    apis
}

/// Records other ways to reach a function.
fn leave_out_others(template: &Template, session: &Session<'_>) {
    for resource in template.resources() {
        match &*resource.kind {
            "AWS::Serverless::WebSocketApi" => {
                let what = format!("the WebSocket API `{}`", resource.id);
                warning!(WARN_008, "{what} is left out").at(resource.span, "this API").report(session);
                session.leave_out(what, "its routes are not those of requests", resource.span);
            }
            "AWS::Serverless::Function" => {
                if let Some(entry) = resource.properties.entry("FunctionUrlConfig") {
                    let what = format!("the URL of the function `{}`", resource.id);
                    session.leave_out(what, "it does not lead through API Gateway", entry.key.span);
                }
            }
            _ => {}
        }
    }
}
