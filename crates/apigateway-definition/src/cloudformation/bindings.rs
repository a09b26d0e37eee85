//! Deployed values for the names of a definition, as the caller gave them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    cloudformation::{
        mentions::Mentions,
        names::{StackNames, StackPath, below, listed, qualified},
        template::{Nested, Template, is_bound, nests},
    },
    nearest::did_you_mean,
    problem::{Problem, error},
    session::Session,
};

/// Something in a stack that can be bound: a user pool or app client by its logical id, `Resource.Attribute`, `AWS::StackName`.
pub(super) type Thing = (usize, String);

/// The deployed values.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    pub(super) names: StackNames,
    here: BTreeMap<Thing, String>,
    /// Exports, authorizers and APIs that no template declares, and pseudo parameters that all stacks share.
    elsewhere: BTreeMap<String, String>,
    /// Names given with `bind` that match nothing that the templates refer to. Variables and included files may still resolve
    /// to such a name.
    unmatched: BTreeMap<String, Unmatched>,
}

#[derive(Debug)]
struct Unmatched {
    value: String,
    /// The location that looked it up.
    users: RefCell<BTreeSet<String>>,
}

/// Pseudo parameters with one value for all stacks that are read together.
pub(super) const OF_ALL_STACKS: [&str; 4] =
    ["AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::URLSuffix"];

impl Bindings {
    /// The names and values given with `bind`, before the stacks are known.
    pub(super) fn given(session: &Session<'_>) -> Self {
        let new = |(name, value)| (name, Unmatched { value, users: RefCell::default() });
        Self { unmatched: given(session).into_iter().map(new).collect(), ..Self::default() }
    }

    /// Resolves the names given with `bind` to what is in the templates.
    pub(super) fn resolve(templates: &[Template], mentions: &[Mentions], session: &Session<'_>) -> Self {
        let things = templates.iter().zip(mentions).map(|(template, mentions)| {
            let bound = template.resources().iter().filter(|resource| is_bound(&resource.kind));
            bound.map(|resource| resource.id.clone()).chain(mentions.here.iter().cloned()).collect()
        });
        let mut bindings = Self { names: StackNames::new(templates, things.collect()), ..Self::default() };
        bindings.match_here(given(session), session);
        bindings
    }

    /// Matches the given names with what is in the stacks.
    fn match_here(&mut self, given: BTreeMap<String, String>, session: &Session<'_>) {
        let mut given_as: BTreeMap<Thing, String> = BTreeMap::new();
        for (name, value) in given {
            let things = self.names.matching(&name);
            match things.as_slice() {
                [] => {
                    self.unmatched.insert(name, Unmatched { value, users: RefCell::default() });
                }
                [thing] => {
                    if let Some(other) = self.here.get(thing).filter(|other| **other != value) {
                        let other_name = given_as.get(thing).map_or("", String::as_str);
                        error!(
                            BIND_004,
                            "`{other_name}` and `{name}` are one thing, bound to `{other}` and `{value}`"
                        )
                        .help(ONE_VALUE)
                        .report(session);
                    }
                    given_as.insert(thing.clone(), name);
                    self.here.insert(thing.clone(), value);
                }
                several => {
                    let names = several.iter().map(|(stack, thing)| self.names.name(*stack, thing)).collect();
                    ambiguous(&name, names).report(session);
                }
            }
        }
    }

    /// Matches the remaining names with these, to which the templates refer without declaring them.
    pub(super) fn match_elsewhere(&mut self, names: BTreeSet<String>, session: &Session<'_>) {
        for (name, value) in given(session) {
            if !names.contains(&name) {
                continue;
            }
            if let [(stack, thing)] = &*self.names.matching(&name) {
                let full = self.names.full_name(*stack, thing);
                error!(BIND_003, "`{name}` may be `{full}`, or an export or id from elsewhere")
                    .help(format!("say which is meant: bind `{full}`, or give the export with `--exports`"))
                    .report(session);
            }
            let told = match &*name {
                "AWS::Region" => session.inputs.region.as_ref(),
                "AWS::AccountId" => session.inputs.account.as_ref(),
                _ => None,
            };
            if let Some(told) = told.filter(|told| **told != value) {
                error!(BIND_004, "`{name}` is bound to `{value}`, and was also given as `{told}`")
                    .help(ONE_VALUE)
                    .report(session);
            }
            if self.unmatched.remove(&name).is_some() {
                self.elsewhere.insert(name, value);
            }
        }
        self.names.reserve(names);
    }

    /// The value given with `bind`, or that of a deployed stack.
    pub(super) fn get(&self, thing: &Thing) -> Option<&str> {
        self.here.get(thing).map(String::as_str)
    }

    pub(super) fn insert(&mut self, thing: Thing, value: String) {
        self.here.insert(thing, value);
    }

    /// The deployed value of this name in a stack.
    pub(super) fn value<'a>(
        &'a self,
        templates: &'a [Template],
        stack: usize,
        thing: &str,
    ) -> Option<&'a str> {
        if let Some(value) = self.get(&(stack, thing.to_owned())) {
            return Some(value);
        }
        let resource = templates.get(stack).and_then(|template| template.resource(thing));
        if let Some(id) = resource.and_then(|resource| resource.physical_id.as_deref()) {
            return Some(id);
        }
        if self.unmatched.is_empty() {
            return None;
        }
        let StackPath { path, root, file } = StackPath::of(templates, stack);
        let name = qualified(&path, thing);
        let full = format!("{root}:{name}");
        let forms = [thing.to_owned(), name, full.clone(), format!("{file}:{thing}")];
        forms.iter().find_map(|form| self.unmatched(form, || full.clone()))
    }

    /// The value of an export, or of another name that belongs to no stack.
    pub(super) fn elsewhere(&self, name: &str) -> Option<&str> {
        let found = self.elsewhere.get(name).map(String::as_str);
        found.or_else(|| self.unmatched(name, || name.to_owned()))
    }

    fn unmatched(&self, name: &str, user: impl FnOnce() -> String) -> Option<&str> {
        let unmatched = self.unmatched.get(name)?;
        unmatched.users.borrow_mut().insert(user());
        Some(&unmatched.value)
    }

    /// Reports the names that match nothing or several things.
    pub(super) fn check(&self, templates: &[Template], nested: &Nested, session: &Session<'_>) {
        for (name, unmatched) in &self.unmatched {
            let users = unmatched.users.borrow();
            match users.len() {
                0 => self.report_unknown(name, templates, nested, session),
                1 => {}
                _ => ambiguous(name, users.iter().cloned().collect()).report(session),
            }
        }
    }

    fn report_unknown(&self, name: &str, templates: &[Template], nested: &Nested, session: &Session<'_>) {
        if is_below_absent(name, templates, nested) {
            return;
        }
        let resource = templates.iter().find_map(|template| template.resource(name));
        if let Some(resource) = resource {
            return session.report_unmatched(
                format!("`{name}` cannot be bound: it is of the type `{}`", resource.kind),
                Some("bind user pools, app clients, and attributes that the definition refers to".into()),
            );
        }
        let is_parameter = templates.iter().any(|template| template.parameters.find(name).is_some());
        let mut names: Vec<(String, &str)> = self.names.all().collect();
        names.sort();
        let meant = |word| did_you_mean(word, names.iter().map(|(name, thing)| (&**name, *thing)));
        let help = if is_parameter {
            Some(format!("`{name}` is a parameter: give it with `--param {name}=…`"))
        } else {
            // The mistake may be in the file or stack that precedes the name.
            let behind = |marks: &[char]| name.rsplit(marks).next().unwrap_or(name);
            meant(name).or_else(|| meant(behind(&[':']))).or_else(|| meant(behind(&['.', ':']))).or_else(
                || {
                    let resources = names.iter().filter(|(_, thing)| !thing.contains(['.', ':']));
                    let resources: Vec<String> = resources.map(|(name, _)| name.clone()).collect();
                    (!resources.is_empty()).then(|| format!("the names are {}", listed(&resources, "and")))
                },
            )
        };
        session.report_unmatched(format!("the definition has no `{name}` to bind"), help);
    }
}

/// Whether the name is of something in a nested stack whose condition is false, so that its template is not read.
fn is_below_absent(name: &str, templates: &[Template], nested: &Nested) -> bool {
    templates.iter().enumerate().any(|(stack, template)| {
        let StackPath { path, root, .. } = StackPath::of(templates, stack);
        let name = name.strip_prefix(&*root).and_then(|rest| rest.strip_prefix(':')).unwrap_or(name);
        let id = below(name, &path).and_then(|rest| rest.split_once('.')).map(|(id, _)| id);
        let resource = id.and_then(|id| template.resource(id)).filter(|resource| nests(&resource.kind));
        resource.is_some_and(|resource| !nested.contains_key(&(stack, resource.id.clone())))
    })
}

const ONE_VALUE: &str = "give each thing one value";

/// The names and values given with `bind`, each name with one value.
fn given(session: &Session<'_>) -> BTreeMap<String, String> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in &session.inputs.bindings {
        values.entry(name).or_default().insert(value);
    }
    let mut given = BTreeMap::new();
    for (name, values) in values {
        let values: Vec<String> = values.into_iter().map(String::from).collect();
        if values.len() > 1 {
            error!(BIND_004, "`{name}` is bound to {}", listed(&values, "and"))
                .help(ONE_VALUE)
                .report(session);
        }
        given.extend(values.into_iter().next().map(|value| (name.to_owned(), value)));
    }
    given
}

/// An error for a name that means several things.
fn ambiguous(name: &str, mut candidates: Vec<String>) -> Problem {
    candidates.sort();
    error!(BIND_003, "`{name}` may be {}", listed(&candidates, "or"))
        .help(format!("say which is meant: {}", to_bind(&candidates, "or")))
}

/// The names as the options that bind them, for the help of a problem.
pub(super) fn to_bind(names: &[String], word: &str) -> String {
    let options: Vec<String> = names.iter().map(|name| format!("--bind {name}=…")).collect();
    listed(&options, word)
}
