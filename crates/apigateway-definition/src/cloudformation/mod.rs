//! CloudFormation: resources and intrinsics, and how they become APIs. The other formats are lowered to this one.

mod authorizers;
mod cognito;
mod http_api;
mod pools;
mod rest_api;
mod routes;
mod scope;
mod template;
mod text;

use std::collections::{BTreeMap, BTreeSet};

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
    /// The scopes of the resource servers, as tokens carry them.
    known_scopes: BTreeSet<String>,
}

impl Stacks {
    pub(crate) fn new(templates: Vec<Template>, session: &Session<'_>) -> Self {
        let mut stacks = Self { templates, ..Self::default() };
        let mut exports = BTreeMap::new();
        for (stack, template) in stacks.templates.iter().enumerate() {
            let scope = Scope { session, template, stacks: &stacks, stack };
            for output in template.outputs.entries() {
                let name = output.value.find("Export").and_then(|export| export.find("Name"));
                // A name that cannot be resolved is missed by whoever imports it, and told there.
                let name = name.and_then(|name| scope.known_text(name).ok().flatten());
                if let (Some(name), Some(value)) = (name, output.value.find("Value")) {
                    exports.insert(name, (stack, value.clone()));
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
        for scope in self.scopes(session) {
            definition.apis.extend(rest_api::lower(scope));
            definition.apis.extend(http_api::lower(scope));
        }
        definition
    }

    fn scopes<'a>(&'a self, session: &'a Session<'a>) -> impl Iterator<Item = Scope<'a>> {
        let scope = move |(stack, template)| Scope { session, template, stacks: self, stack };
        self.templates.iter().enumerate().map(scope)
    }
}
