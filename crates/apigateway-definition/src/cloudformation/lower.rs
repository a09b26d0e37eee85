//! Templates of any format, read and lowered together.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cloudformation::{
        bindings::{Bindings, OF_ALL_STACKS},
        cognito, deployed, http_api,
        mentions::Mentions,
        names::{StackNames, listed},
        nested::{self, TemplateReader},
        others, outputs, rest_api,
        scope::Scope,
        stacks::Stacks,
        stages,
        template::Template,
    },
    model::{ApiDefinition, ResourceServer},
    nearest::did_you_mean,
    problem::error,
    session::Session,
};

/// The largest number of resources in all templates. One stack has at most 500 (quotas of CloudFormation).
const MOST_RESOURCES: usize = 20_000;

impl Stacks {
    /// Reads these templates and those that they nest.
    pub(crate) fn new(templates: Vec<Template>, session: &Session<'_>, read: TemplateReader) -> Self {
        let templates = nested::without_nested(templates, session);
        let mut stacks = Self { templates, bindings: Bindings::given(session), ..Self::default() };
        nested::follow(&mut stacks, session, read);
        let resources: usize = stacks.templates.iter().map(|template| template.resources().len()).sum();
        if resources > MOST_RESOURCES {
            error!(FILE_001, "more than {MOST_RESOURCES} resources").report(session);
            return Self::default();
        }
        let mentions: Vec<Mentions> =
            stacks.templates.iter().map(|template| Mentions::of(template, session)).collect();
        stacks.bindings = Bindings::resolve(&stacks.templates, &mentions, session);
        deployed::add(&stacks.templates, &stacks.nested, &mut stacks.bindings, session);
        stacks.exports = outputs::read(&Scope::all(&stacks, session), session);
        let elsewhere = elsewhere(&Scope::all(&stacks, session), &mentions);
        stacks.bindings.match_elsewhere(elsewhere, session);
        stacks
    }

    /// Lowers all templates to one definition.
    pub(crate) fn lower(mut self, session: &Session<'_>) -> ApiDefinition {
        let mut definition = ApiDefinition::default();
        for scope in Scope::all(&self, session) {
            cognito::lower(scope, &mut definition);
            others::leave_out(scope);
        }
        self.known_scopes =
            definition.resource_servers.iter().flat_map(ResourceServer::full_scopes).collect();
        self.name_apis(session);
        let scopes = Scope::all(&self, session);
        let mut drafts = rest_api::lower(&scopes);
        drafts.extend(http_api::lower(&scopes));
        stages::name(&scopes, &mut drafts);
        definition.apis = drafts.into_iter().map(|draft| draft.finish(session, &self)).collect();
        tell_apart(&mut definition);
        if definition.apis.is_empty() {
            self.report_no_api(session);
        }
        self.bindings.check(&self.templates, &self.nested, session);
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
        let apis = Scope::all(self, session).into_iter().map(of).collect();
        self.apis = StackNames::new(&self.templates, apis);
        let Some(wanted) = &session.inputs.api else { return };
        let found = self.apis.matching(wanted);
        if found.len() > 1 {
            let mut names: Vec<String> =
                found.iter().map(|(stack, api)| self.apis.name(*stack, api)).collect();
            names.sort();
            let options: Vec<String> = names.iter().map(|name| format!("--api {name}")).collect();
            error!(BIND_003, "`{wanted}` may be {}", listed(&names, "or"))
                .help(format!("say which is meant: {}", listed(&options, "or")))
                .report(session);
        }
        self.wanted = Some(found);
    }

    /// Reports an error if the caller named an API and it was not found.
    fn report_no_api(&self, session: &Session<'_>) {
        let Some(wanted) = session.inputs.api.as_deref() else { return };
        // The error for several matches was reported before.
        if self.wanted.as_ref().is_some_and(|found| found.len() > 1) {
            return;
        }
        let names: Vec<(String, &str)> = self.apis.all().collect();
        let meant = did_you_mean(wanted, names.iter().map(|(name, id)| (&**name, *id)));
        error!(FILE_001, "there is no API `{wanted}`")
            .help(meant.unwrap_or_else(|| {
                "the id of an API is its logical id; an OpenAPI document has the name of its file".into()
            }))
            .report(session);
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

/// The names that the templates refer to and do not declare: exports, authorizers, pseudo parameters.
fn elsewhere(scopes: &[Scope<'_>], mentions: &[Mentions]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = OF_ALL_STACKS.map(String::from).into();
    for authorizer in mentions.iter().flat_map(|mentions| &mentions.authorizers) {
        names.extend([authorizer.clone(), format!("{authorizer}.Audience")]);
    }
    for (scope, mentions) in scopes.iter().zip(mentions) {
        for argument in &mentions.imports {
            // A name that cannot be resolved is reported where its value is needed.
            names.extend(scope.informing().known_text(argument).ok().flatten());
        }
    }
    names
}
