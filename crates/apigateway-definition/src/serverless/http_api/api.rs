//! The HTTP API of `httpApi` events.

use std::collections::BTreeMap;

use super::jwt;
use crate::{
    cloudformation::Resource,
    code::Code,
    problem::{Problem, error},
    serverless::{
        keys,
        service::{Service, is_truthy},
    },
    source::Span,
    tree::Node,
};

pub(super) const API: &str = "HttpApi";

/// The API that the events belong to.
pub(super) struct HttpApi {
    /// `ApiId` of everything in it.
    pub(super) id: Node,
    pub(super) is_elsewhere: bool,
    /// `provider.httpApi`
    pub(super) settings: Node,
    /// By name; unused ones may have problems.
    pub(super) authorizers: BTreeMap<String, Result<Resource, Problem>>,
}

impl HttpApi {
    pub(super) fn read(service: &Service<'_>) -> Result<Self, Problem> {
        let span = service.provider.span;
        let settings = service.find(&service.provider, "httpApi")?;
        let settings = settings.unwrap_or_else(|| Node::map_of::<&str>([], span));
        let declared = service.find(&settings, "authorizers")?;
        let elsewhere = service.find(&settings, "id")?.filter(is_truthy);
        let is_elsewhere = elsewhere.is_some();
        if is_elsewhere {
            let cors = service.find(&settings, "cors")?.filter(is_truthy);
            if let Some(node) = declared.or(cors) {
                return Err(error!(SLS_014, "the API of another service is configured there")
                    .at(node.span, "the framework refuses this with `httpApi.id`"));
            }
            let id = elsewhere.unwrap_or_else(|| Node::reference(API, span));
            return Ok(Self { id, is_elsewhere, settings, authorizers: BTreeMap::new() });
        }
        let id = Node::reference(API, span);
        let mut authorizers = BTreeMap::new();
        if let Some(declared) = declared {
            let map = declared.needed_map(Code::FILE_001, "`authorizers`")?;
            for entry in map.entries() {
                let authorizer = jwt::read(service, &entry.key, &entry.value, &id);
                authorizers.insert(entry.key.text.to_string(), authorizer);
            }
        }
        Ok(Self { id, is_elsewhere, settings, authorizers })
    }

    /// The authorization type of this authorizer, and a reference to it.
    pub(super) fn authorizer(&self, name: &str, span: Span) -> Result<(&'static str, Node), Problem> {
        match self.authorizers.get(name) {
            Some(Ok(resource)) => {
                let is_jwt = resource.property("AuthorizerType").and_then(Node::text) == Some("JWT");
                Ok((if is_jwt { "JWT" } else { "CUSTOM" }, Node::reference(&resource.id, span)))
            }
            Some(Err(problem)) => Err(problem.clone()),
            None => {
                let problem = error!(SLS_014, "`{name}` is not among `provider.httpApi.authorizers`")
                    .at(span, "it is named here");
                Err(match keys::nearest(name, self.authorizers.keys().map(String::as_str)) {
                    Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                    None => problem.help("declare it there"),
                })
            }
        }
    }
}
