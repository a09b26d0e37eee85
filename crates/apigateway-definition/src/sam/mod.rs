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
mod events;
mod globals;
mod responses;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    cloudformation::{Template, only_known as only_known_properties},
    code::Code,
    model::ApiKind,
    problem::Problem,
    session::Session,
    tree::{Map, Node, Scalar, Style},
};
use api::Declared;
use events::Event;
use globals::Globals;

/// The template that the file compiles to. What is wrong with it is recorded in the session.
pub(crate) fn lower(root: &Node, session: &Session<'_>) -> Template {
    let mut template = Template::read(root, session);
    let globals = Globals::read(root, session);
    for kind in [ApiKind::Rest, ApiKind::Http] {
        let mut events: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for event in events::read(&template, kind, session) {
            events.entry(event.api.clone()).or_default().push(event);
        }
        for api in apis(&template, root, &globals, kind, &events, session) {
            let lowered = api.lower(events.get(&api.id).map(Vec::as_slice).unwrap_or_default(), session);
            match lowered {
                Ok(resource) => template.insert(resource),
                Err(problem) => session.report(problem),
            }
        }
    }
    leave_out_others(&template, session);
    template
}

/// The APIs that the template declares, and the one that events without an API are on.
fn apis(
    template: &Template,
    root: &Node,
    globals: &Globals,
    kind: ApiKind,
    events: &BTreeMap<String, Vec<Event>>,
    session: &Session<'_>,
) -> Vec<Declared> {
    let mut apis = Vec::new();
    for resource in template.resources().iter().filter(|resource| resource.kind == declared_kind(kind)) {
        let written = root.find("Resources").and_then(|resources| resources.find(&resource.id));
        let ignored = written.and_then(|written| written.find("IgnoreGlobals"));
        match globals.under(&resource.properties, kind, ignored, session) {
            Ok(properties) => apis.push(Declared {
                id: resource.id.clone(),
                kind,
                properties,
                condition: resource.condition.clone(),
                span: resource.span,
            }),
            Err(problem) => session.report(problem),
        }
    }
    let implicit = implicit_id(kind);
    let Some(first) = events.get(implicit).and_then(|events| events.first()) else { return apis };
    if let Some(resource) = template.resource(implicit) {
        session.report(
            Problem::error(Code::SAM_007, format!("SAM puts its own API in the place of `{implicit}`"))
                .at(resource.span, "this resource is lost")
                .at(first.span, "because of this event")
                .help("give the resource another name, and name it in the events"),
        );
        return apis;
    }
    match globals.under(&Map::default(), kind, None, session) {
        Ok(properties) => {
            apis.push(Declared { id: implicit.into(), kind, properties, condition: None, span: first.span });
        }
        Err(problem) => session.report(problem),
    }
    apis
}

/// The type of the resource that declares an API of this kind.
fn declared_kind(kind: ApiKind) -> &'static str {
    match kind {
        ApiKind::Rest => "AWS::Serverless::Api",
        ApiKind::Http => "AWS::Serverless::HttpApi",
    }
}

/// The API of events that name none.
fn implicit_id(kind: ApiKind) -> &'static str {
    match kind {
        ApiKind::Rest => "ServerlessRestApi",
        ApiKind::Http => "ServerlessHttpApi",
    }
}

/// Other ways to reach a function.
fn leave_out_others(template: &Template, session: &Session<'_>) {
    for resource in template.resources() {
        match &*resource.kind {
            "AWS::Serverless::WebSocketApi" => {
                let what = format!("the WebSocket API `{}`", resource.id);
                session.report(
                    Problem::warning(Code::WARN_008, format!("{what} is left out"))
                        .at(resource.span, "this API"),
                );
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

/// An error for the first key that is not among the known ones.
fn only_known(map: &Map, known: &[&str], what: &str) -> Result<(), Problem> {
    only_known_properties(map, known, what).map_err(|problem| problem.with_code(Code::SAM_005))
}

/// A text that is written out and not empty.
fn text_of(node: &Node) -> Option<Arc<str>> {
    let text = node.scalar().filter(|scalar| !scalar.is_null() && !scalar.text.is_empty())?;
    Some(Arc::clone(&text.text))
}

/// A truth value that is written out. SAM takes every other text for true.
fn truth_of(node: &Node, name: &str) -> Result<bool, Problem> {
    let truth = node.scalar().filter(|scalar| scalar.style == Style::Plain).and_then(Scalar::truth);
    truth.ok_or_else(|| {
        Problem::error(Code::SAM_005, format!("`{name}` is neither true nor false"))
            .at(node.span, "here")
            .help("write `true` or `false`, without quotes and not by a parameter")
    })
}
