//! `httpApi` events, and the HTTP API that is made of them («HTTP API», guides of the Serverless Framework).

mod cors;
mod event;
mod jwt;

use std::collections::{BTreeMap, BTreeSet};

use event::HttpApiEvent;

use crate::{
    cloudformation::{Resource, Template},
    code::Code,
    problem::Problem,
    serverless::{
        keys, merge,
        service::{Event, Service, is_truthy, shape},
    },
    source::Span,
    tree::Node,
};

const API: &str = "HttpApi";

/// Adds the API, its routes and authorizers to the template.
pub(super) fn generate(service: &Service<'_>, template: &mut Template) -> Result<(), Problem> {
    let events: Vec<&Event> = service.events("httpApi").collect();
    if events.is_empty() {
        return Ok(());
    }
    let api = Api::read(service)?;
    for resource in api.authorizers.values().filter_map(|authorizer| authorizer.as_ref().ok()) {
        if let Some(first) = template.resource(&resource.id) {
            return Err(Problem::error(
                Code::SLS_020,
                format!("two authorizers become one, `{}`", resource.id),
            )
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
            Err(problem) => service.session.report(problem),
        }
    }
    if !api.is_elsewhere {
        let properties = cors::read(service, &api.settings, &methods).unwrap_or_else(|problem| {
            // Without it, only preflights are refused.
            service.session.report_route(problem.of_setting("the CORS configuration"));
            None
        });
        let span = service.configuration.root.span;
        let span = Span { end: span.start, ..span };
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

/// The API that the events belong to.
struct Api {
    /// `ApiId` of everything in it.
    id: Node,
    is_elsewhere: bool,
    /// `provider.httpApi`
    settings: Node,
    /// By name; those that nobody uses may be wrong.
    authorizers: BTreeMap<String, Result<Resource, Problem>>,
}

impl Api {
    fn read(service: &Service<'_>) -> Result<Self, Problem> {
        let span = service.provider.span;
        let settings = service.find(&service.provider, "httpApi")?;
        let settings = settings.unwrap_or_else(|| Node::map_of::<&str>([], span));
        let declared = service.find(&settings, "authorizers")?;
        let elsewhere = service.find(&settings, "id")?.filter(is_truthy);
        let is_elsewhere = elsewhere.is_some();
        if is_elsewhere {
            let cors = service.find(&settings, "cors")?.filter(is_truthy);
            if let Some(node) = declared.or(cors) {
                return Err(Problem::error(Code::SLS_014, "an API of another service is set up there")
                    .at(node.span, "the framework refuses this beside `httpApi.id`"));
            }
            let id = elsewhere.unwrap_or_else(|| Node::reference(API, span));
            return Ok(Self { id, is_elsewhere, settings, authorizers: BTreeMap::new() });
        }
        let id = Node::reference(API, span);
        let mut authorizers = BTreeMap::new();
        if let Some(declared) = declared {
            let map = declared.map().ok_or_else(|| {
                shape(format!("`authorizers` is {}, not a map", declared.describe()), declared.span)
            })?;
            for entry in map.entries() {
                let authorizer = jwt::read(service, &entry.key, &entry.value, &id);
                authorizers.insert(entry.key.text.to_string(), authorizer);
            }
        }
        Ok(Self { id, is_elsewhere, settings, authorizers })
    }

    /// The authorizer of this name, and how routes ask for it.
    fn authorizer(&self, name: &str, span: Span) -> Result<(&'static str, Node), Problem> {
        match self.authorizers.get(name) {
            Some(Ok(resource)) => {
                let is_jwt = resource.property("AuthorizerType").and_then(Node::text) == Some("JWT");
                Ok((if is_jwt { "JWT" } else { "CUSTOM" }, Node::reference(&resource.id, span)))
            }
            Some(Err(problem)) => Err(problem.clone()),
            None => {
                let message = format!("`{name}` is not among `provider.httpApi.authorizers`");
                let problem = Problem::error(Code::SLS_014, message).at(span, "it is named here");
                Err(match keys::nearest(name, self.authorizers.keys().map(String::as_str)) {
                    Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                    None => problem.help("declare it there"),
                })
            }
        }
    }
}
