//! `httpApi` events, and their HTTP API ("HTTP API", guides of the Serverless Framework).

mod api;
mod cors;
mod event;
mod jwt;

use std::collections::BTreeSet;

use api::{API, HttpApi};
use event::HttpApiEvent;

use crate::{
    cloudformation::{Resource, Template},
    problem::{Problem, error},
    serverless::{
        merge,
        service::{Service, ServiceEvent},
    },
    tree::Node,
};

/// Adds the API, its routes and authorizers to the template.
pub(super) fn generate(service: &Service<'_>, template: &mut Template) -> Result<(), Problem> {
    let events: Vec<&ServiceEvent> = service.events("httpApi").collect();
    if events.is_empty() {
        return Ok(());
    }
    let api = HttpApi::read(service)?;
    for resource in api.authorizers.values().filter_map(|authorizer| authorizer.as_ref().ok()) {
        if let Some(first) = template.resource(&resource.id) {
            return Err(error!(SLS_020, "two authorizers become one, `{}`", resource.id)
                .at(resource.span, "this one")
                .at(first.span, "and this one"));
        }
        template.insert(resource.clone());
    }
    let mut methods = BTreeSet::new();
    for event in events {
        match HttpApiEvent::read(service, event) {
            Ok(event) => {
                methods.insert(event.key.method());
                event.generate(service, &api, template);
            }
            Err(problem) => problem.report(service.session),
        }
    }
    if !api.is_elsewhere {
        let properties = cors::read(service, &api.settings, &methods).unwrap_or_else(|problem| {
            // Without it, only preflights are refused.
            problem.of_setting("the CORS configuration").report_route(service.session);
            None
        });
        let span = service.configuration.root.span.beginning();
        let protocol = ("ProtocolType", Node::string("HTTP", span));
        let properties = [protocol].into_iter().chain(properties.map(|cors| ("CorsConfiguration", cors)));
        let properties = merge::properties(properties, span);
        template.insert(Resource::new(API, "AWS::ApiGatewayV2::Api", properties, span));
        let stage = [("ApiId", api.id), ("StageName", Node::string("$default", span))];
        let stage = merge::properties(stage, span);
        template.insert(Resource::new("HttpApiStage", "AWS::ApiGatewayV2::Stage", stage, span));
    }
    Ok(())
}
