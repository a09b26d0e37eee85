//! CloudFormation: resources and intrinsics, and how they become APIs. The other formats are lowered to this one.

mod authorizers;
mod body;
mod cognito;
mod conditions;
mod cors;
mod displaced;
mod draft;
mod external;
mod functions;
mod http_api;
pub(crate) mod misplaced;
mod nested;
mod others;
mod parameters;
mod pools;
mod purpose;
mod references;
mod responses;
mod rest_api;
mod routes;
mod scope;
mod stages;
mod template;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use authorizers::only_known;
pub(crate) use purpose::Purpose;
pub(crate) use scope::Scope;
pub(crate) use template::{Resource, Template, Variables, by_aws, macros};

use crate::{
    code::Code,
    model::{ApiDefinition, ResourceServer},
    problem::Problem,
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

/// How many resources all templates may have. One stack has at most 500 (quotas of CloudFormation).
const MOST_RESOURCES: usize = 20_000;

impl Stacks {
    /// These templates and those that they nest.
    pub(crate) fn new(templates: Vec<Template>, session: &Session<'_>, read: Reader) -> Self {
        let mut stacks = Self { templates, ..Self::default() };
        nested::follow(&mut stacks, session, read);
        let resources: usize = stacks.templates.iter().map(|template| template.resources().len()).sum();
        if resources > MOST_RESOURCES {
            session.report(Problem::error(Code::FILE_001, format!("more than {MOST_RESOURCES} resources")));
            return Self::default();
        }
        let mut exports = BTreeMap::new();
        for scope in stacks.scopes(session) {
            for output in scope.template.outputs.entries() {
                let name = output.value.find("Export").and_then(|export| export.find("Name"));
                // A name that cannot be resolved is missed by whoever imports it, and told there.
                let name = name.and_then(|name| scope.informing().known_text(name).ok().flatten());
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
            others::leave_out(scope);
        }
        self.known_scopes =
            definition.resource_servers.iter().flat_map(ResourceServer::full_scopes).collect();
        let scopes: Vec<Scope<'_>> = self.scopes(session).collect();
        let mut drafts = rest_api::lower(&scopes);
        drafts.extend(http_api::lower(&scopes));
        stages::name(&scopes, &mut drafts);
        definition.apis = drafts.into_iter().map(|draft| draft.finish(session, &self)).collect();
        tell_apart(&mut definition);
        definition
    }

    fn scopes<'a>(&'a self, session: &'a Session<'a>) -> impl Iterator<Item = Scope<'a>> {
        let purpose = Purpose::Deciding;
        let scope = move |(stack, template)| Scope { session, template, stacks: self, stack, purpose };
        self.templates.iter().enumerate().map(scope)
    }
}

/// Stacks of one application may use a logical id twice: the file's name goes before it.
fn tell_apart(definition: &mut ApiDefinition) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for api in &definition.apis {
        *counts.entry(api.id.clone()).or_default() += 1;
    }
    for api in &mut definition.apis {
        if counts.get(&api.id).is_some_and(|count| *count > 1) {
            api.id = format!("{}:{}", api.source.file(), api.id);
        }
    }
}
