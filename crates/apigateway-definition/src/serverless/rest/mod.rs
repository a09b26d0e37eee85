//! `http` events, and their REST API.

mod api;
mod authorizer;
mod event;

use std::collections::BTreeMap;

use api::RestApi;
pub(super) use authorizer::comes_to_nothing;
use event::{HttpEvent, Preflight};

use crate::{
    cloudformation::{Resource, Template},
    problem::{Problem, error},
    serverless::{
        merge, naming,
        service::{Service, ServiceEvent},
    },
    source::Span,
    tree::Node,
};

/// Adds the API, its resources, methods and authorizers to the template.
pub(super) fn generate(service: &Service<'_>, template: &mut Template) -> Result<(), Problem> {
    let events: Vec<&ServiceEvent> = service.events("http").collect();
    if events.is_empty() {
        return Ok(());
    }
    let api = RestApi::read(service, template)?;
    let mut paths = Paths { api: &api, by_id: BTreeMap::new() };
    let mut preflights: Vec<Preflight> = Vec::new();
    for event in events {
        match HttpEvent::read(service, event) {
            Ok(event) => {
                if !paths.add(&event, service, template) {
                    continue;
                }
                event.generate(service, &api, template);
                preflights.extend(event.preflight(service));
            }
            Err(problem) => problem.report(service.session),
        }
    }
    for preflight in preflights {
        preflight.generate(&api, template);
    }
    if let Some(stage) = service.stage() {
        let span = stage.span;
        let properties = merge::properties([("RestApiId", api.id), ("StageName", stage)], span);
        template.insert(Resource::new(
            "ApiGatewayDeployment",
            "AWS::ApiGateway::Deployment",
            properties,
            span,
        ));
    }
    Ok(())
}

/// The paths that have a resource, by its logical id.
struct Paths<'a> {
    api: &'a RestApi,
    by_id: BTreeMap<String, (String, Span)>,
}

impl Paths<'_> {
    /// Adds the resources on the way to the path, and says whether it has one of its own: two paths with one logical id
    /// become one resource, and one of the paths is gone.
    fn add(&mut self, event: &HttpEvent, service: &Service<'_>, template: &mut Template) -> bool {
        let mut parent = String::new();
        for part in event.path.split('/').filter(|_| !event.path.is_empty()) {
            let path = if parent.is_empty() { part.to_owned() } else { format!("{parent}/{part}") };
            let id = naming::rest_resource(&path);
            match self.by_id.get(&id) {
                Some((first, _)) if *first == path => {}
                Some((first, span)) => {
                    error!(SLS_020, "`/{first}` and `/{path}` become one resource, `{id}`")
                        .at(event.span, "the second takes the place of the first")
                        .at(*span, "the first")
                        .help("the framework tells paths apart only by their letters and digits: rename one")
                        .report(service.session);
                    return false;
                }
                None => {
                    let properties = [
                        ("ParentId", self.api.resource(&parent, event.span)),
                        ("PathPart", Node::string(part, event.span)),
                        ("RestApiId", self.api.id.clone()),
                    ];
                    let properties = merge::properties(properties, event.span);
                    let resource = Resource::new(&*id, "AWS::ApiGateway::Resource", properties, event.span);
                    template.insert(resource);
                    self.by_id.insert(id, (path.clone(), event.span));
                }
            }
            parent = path;
        }
        true
    }
}
