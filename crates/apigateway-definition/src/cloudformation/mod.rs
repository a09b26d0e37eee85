//! CloudFormation: resources and intrinsics, and how they become APIs. The other formats are lowered to this one.

mod authorizers;
mod body;
mod cognito;
mod cors;
mod draft;
mod http_api;
mod nested;
mod pools;
mod responses;
mod rest_api;
mod routes;
mod scope;
mod template;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use authorizers::only_known;
pub(crate) use scope::{Evaluated, Scope};
pub(crate) use template::{Resource, Template, Variables};

use crate::{
    model::{ApiDefinition, ResourceServer},
    session::Session,
    tree::Node,
};

/// The templates that are read together, and what they export to each other.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    pub(crate) templates: Vec<Template>,
    /// The name of an export to the template that has it, and the value.
    exports: BTreeMap<String, (usize, Node)>,
    /// A resource that nests a template to that template.
    nested: BTreeMap<(usize, String), usize>,
    /// The scopes of the resource servers, as tokens carry them.
    known_scopes: BTreeSet<String>,
}

/// Reads a template of any format; how nested ones are read.
pub(crate) type Reader = fn(&Node, &Session<'_>) -> Option<Template>;

impl Stacks {
    /// These templates and those that they nest.
    pub(crate) fn new(templates: Vec<Template>, session: &Session<'_>, read: Reader) -> Self {
        let mut stacks = Self { templates, ..Self::default() };
        nested::follow(&mut stacks, session, read);
        let mut exports = BTreeMap::new();
        for scope in stacks.scopes(session) {
            for output in scope.template.outputs.entries() {
                let name = output.value.find("Export").and_then(|export| export.find("Name"));
                // A name that cannot be resolved is missed by whoever imports it, and told there.
                let name = name.and_then(|name| scope.known_text(name).ok().flatten());
                if let (Some(name), Some(value)) = (name, output.value.find("Value")) {
                    exports.insert(name, (scope.stack, value.clone()));
                }
            }
        }
        stacks.exports = exports;
        stacks
    }

    /// The definition that the templates make together.
    pub(crate) fn lower(mut self, session: &Session<'_>) -> ApiDefinition {
        let mut definition = ApiDefinition::default();
        for scope in self.scopes(session) {
            cognito::lower(scope, &mut definition);
        }
        self.known_scopes =
            definition.resource_servers.iter().flat_map(ResourceServer::full_scopes).collect();
        let scopes: Vec<Scope<'_>> = self.scopes(session).collect();
        let drafts = rest_api::lower(&scopes).into_iter().chain(http_api::lower(&scopes));
        definition.apis = drafts.map(|draft| draft.finish(session, &self)).collect();
        tell_apart(&mut definition);
        definition
    }

    fn scopes<'a>(&'a self, session: &'a Session<'a>) -> impl Iterator<Item = Scope<'a>> {
        let scope = move |(stack, template)| Scope { session, template, stacks: self, stack };
        self.templates.iter().enumerate().map(scope)
    }
}

/// Stacks of one application may use a logical id twice: the file's name goes before it.
fn tell_apart(definition: &mut ApiDefinition) {
    let ids: Vec<String> = definition.apis.iter().map(|api| api.id.clone()).collect();
    for api in &mut definition.apis {
        if ids.iter().filter(|id| **id == api.id).count() > 1 {
            api.id = format!("{}:{}", api.source.file(), api.id);
        }
    }
}
