//! CloudFormation: resources and intrinsics, and how they become APIs. The other formats are lowered to this one.

mod authorizers;
mod bindings;
mod body;
mod cognito;
mod conditions;
mod cors;
mod deployed;
mod displaced;
mod draft;
mod exports;
mod external;
mod functions;
mod http_api;
mod mentions;
pub(crate) mod misplaced;
mod names;
mod nested;
mod others;
mod parameters;
mod pools;
mod purpose;
mod references;
mod responses;
mod rest_api;
mod rest_jwt;
mod routes;
mod scope;
mod stages;
mod template;
mod text;
mod unavailable;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use authorizers::only_known;
pub(crate) use purpose::Purpose;
pub(crate) use scope::Scope;
pub(crate) use template::{Resource, Template, Variables, by_aws, macros};
pub(crate) use unavailable::unavailable;

use bindings::Bindings;
use exports::Exports;
use mentions::Mentions;
use names::{Names, listed};

use crate::{
    code::Code,
    model::{ApiDefinition, ResourceServer},
    nearest::did_you_mean,
    problem::Problem,
    session::Session,
    tree::Node,
};

/// The templates that are read together, and what they export to each other.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    pub(crate) templates: Vec<Template>,
    exports: Exports,
    /// A resource that nests a template to that template.
    nested: BTreeMap<(usize, String), usize>,
    bindings: Bindings,
    apis: Names,
    /// The APIs of the templates that the caller wants, if not all.
    wanted: Option<Vec<bindings::Thing>>,
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
        let templates = nested::without_nested(templates, session);
        let mut stacks = Self { templates, bindings: Bindings::given(session), ..Self::default() };
        nested::follow(&mut stacks, session, read);
        let resources: usize = stacks.templates.iter().map(|template| template.resources().len()).sum();
        if resources > MOST_RESOURCES {
            session.report(Problem::error(Code::FILE_001, format!("more than {MOST_RESOURCES} resources")));
            return Self::default();
        }
        let mentions: Vec<Mentions> =
            stacks.templates.iter().map(|template| Mentions::of(template, session)).collect();
        stacks.bindings = Bindings::resolve(&stacks, &mentions, session);
        stacks.exports = Exports::read(&stacks, session);
        let elsewhere = bindings::elsewhere(&stacks, &mentions, session);
        stacks.bindings.match_elsewhere(elsewhere, session);
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
        self.name_apis(session);
        let scopes: Vec<Scope<'_>> = self.scopes(session).collect();
        let mut drafts = rest_api::lower(&scopes);
        drafts.extend(http_api::lower(&scopes));
        stages::name(&scopes, &mut drafts);
        definition.apis = drafts.into_iter().map(|draft| draft.finish(session, &self)).collect();
        tell_apart(&mut definition);
        if definition.apis.is_empty() {
            self.report_no_api(session);
        }
        self.bindings.check(&self, session);
        definition
    }

    /// Finds the names of the APIs, and the one that the caller named.
    fn name_apis(&mut self, session: &Session<'_>) {
        let of = |scope: Scope<'_>| {
            let kinds = [rest_api::API, http_api::API].into_iter();
            let apis = kinds.flat_map(|kind| scope.of_kind(kind).collect::<Vec<_>>());
            // If its condition cannot be evaluated, that is reported when the API is read.
            apis.filter(|(scope, api)| !matches!(scope.exists(api), Ok(false)))
                .map(|(_, api)| api.id.clone())
                .collect()
        };
        self.apis = Names::new(self, self.scopes(session).map(of).collect());
        let Some(wanted) = &session.inputs.api else { return };
        let found = self.apis.matching(wanted);
        if found.len() > 1 {
            let mut names: Vec<String> =
                found.iter().map(|(stack, api)| self.apis.name(*stack, api)).collect();
            names.sort();
            let message = format!("`{wanted}` may be {}", listed(&names, "or"));
            let options: Vec<String> = names.iter().map(|name| format!("--api {name}")).collect();
            session.report(
                Problem::error(Code::BIND_003, message)
                    .help(format!("say which is meant: {}", listed(&options, "or"))),
            );
        }
        self.wanted = Some(found);
    }

    /// An error if the caller wanted one.
    fn report_no_api(&self, session: &Session<'_>) {
        let Some(wanted) = session.inputs.api.as_deref() else { return };
        // Which of several was reported before.
        if self.wanted.as_ref().is_some_and(|found| found.len() > 1) {
            return;
        }
        let names: Vec<(String, &str)> = self.apis.all().collect();
        let meant = did_you_mean(wanted, names.iter().map(|(name, id)| (&**name, *id)));
        session.report(Problem::error(Code::FILE_001, format!("there is no API `{wanted}`")).help(
            meant.unwrap_or_else(|| {
                "the id of an API is its logical id; an OpenAPI document has the name of its file".into()
            }),
        ));
    }

    /// The id of an API of the definition: its logical id, with its stack or file where another API has that.
    fn api_id(&self, stack: usize, id: &str) -> String {
        if self.apis.count(id) > 1 { self.apis.name(stack, id) } else { id.to_owned() }
    }

    fn scopes<'a>(&'a self, session: &'a Session<'a>) -> impl Iterator<Item = Scope<'a>> {
        let purpose = Purpose::Deciding;
        let scope = move |(stack, template)| Scope { session, template, stacks: self, stack, purpose };
        self.templates.iter().enumerate().map(scope)
    }
}

/// Puts the file's name before the id of an API that is declared elsewhere, because a declared API may have the same id.
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
