//! Matches deployed stacks with templates.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    cloudformation::{
        bindings::{Bindings, Thing, to_bind},
        names::{StackPath, listed},
        template::{Nested, Resource, Template, is_bound, nests},
    },
    facts::{DeployedResource, DeployedStack},
    facts_files::conflict,
    problem::{Problem, error, warning},
    session::Session,
    source::Span,
};

/// Binds the resources of deployed stacks, after the values given with `bind`. A deployed stack that may belong to several
/// templates is an error, and so are two deployed stacks that match one template.
pub(super) fn add(templates: &[Template], nested: &Nested, bindings: &mut Bindings, session: &Session<'_>) {
    let mut matching = Matching::new(templates, nested, &session.facts.deployed);
    matching.narrow(bindings);
    let mut found: BTreeMap<usize, Vec<&DeployedStack>> = BTreeMap::new();
    for (deployed, possible) in session.facts.deployed.iter().zip(&matching.possible) {
        match &*possible.iter().copied().collect::<Vec<_>>() {
            [] => {}
            [stack] => found.entry(*stack).or_default().push(deployed),
            several => report_ambiguous(templates, bindings, deployed, several, session),
        }
    }
    for (stack, deployed) in found {
        if let [first, .., last] = &*deployed
            && (&first.name, &first.id) != (&last.name, &last.id)
        {
            report_several(&StackPath::of(templates, stack), [first, last], session);
        } else {
            bind(templates, bindings, stack, &deployed, session);
        }
    }
    warn_of_stacks_without_template(templates, session);
}

/// Binds the things of one stack.
fn bind(
    templates: &[Template],
    bindings: &mut Bindings,
    stack: usize,
    deployed: &[&DeployedStack],
    session: &Session<'_>,
) {
    let mut values: BTreeMap<Thing, Vec<(String, Span)>> = BTreeMap::new();
    for (thing, value) in deployed.iter().flat_map(|deployed| things(templates, deployed, stack)) {
        values.entry(thing).or_default().push(value);
    }
    for (thing, mut values) in values {
        if bindings.get(&thing).is_some() {
            continue;
        }
        let name = bindings.names.name(thing.0, &thing.1);
        if let Some(problem) = conflict(session, &format!("`{name}`"), values.clone()) {
            problem
                .help(format!(
                    "give the resources of one deployment, or say which value is meant: {}",
                    to_bind(std::slice::from_ref(&name), "or")
                ))
                .report(session);
        }
        if let Some((value, _)) = values.pop() {
            bindings.insert(thing, value);
        }
    }
}

/// The stacks that each deployed stack may match.
struct Matching<'a> {
    templates: &'a [Template],
    nested: &'a Nested,
    deployed: &'a [DeployedStack],
    /// The deployed stacks by their ARNs.
    by_id: HashMap<&'a str, usize>,
    possible: Vec<BTreeSet<usize>>,
}

impl<'a> Matching<'a> {
    /// Starts with the stacks that share a user pool, an app client or a nested stack with it.
    fn new(templates: &'a [Template], nested: &'a Nested, deployed: &'a [DeployedStack]) -> Self {
        let by_id =
            deployed.iter().enumerate().filter_map(|(place, stack)| Some((stack.id.as_deref()?, place)));
        let counts = |resource: &Resource| is_bound(&resource.kind) || nests(&resource.kind);
        let possible = deployed.iter().map(|deployed| sharing(templates, deployed, counts)).collect();
        Self { templates, nested, deployed, by_id: by_id.collect(), possible }
    }

    /// Removes the stacks that a deployed stack cannot match, by the ARNs of nested stacks, values given with `bind`, and names.
    fn narrow(&mut self, bindings: &Bindings) {
        let nested: Vec<(usize, &str, &str)> = self.nested().collect();
        let children: BTreeSet<usize> =
            nested.iter().filter_map(|(_, _, arn)| self.by_id.get(arn)).copied().collect();
        for (place, (deployed, possible)) in self.deployed.iter().zip(&mut self.possible).enumerate() {
            let is_child =
                |stack: usize| self.templates.get(stack).is_some_and(|template| template.parent.is_some());
            if children.contains(&place) {
                // Unless the template that nests it was not given.
                prefer(possible, is_child);
            }
            prefer(possible, |stack| is_bound_to(bindings, stack, deployed));
            prefer(possible, |stack| is_named(self.templates, stack, deployed));
            // A template without any of its nested stacks is not its template.
            let nesting = sharing(self.templates, deployed, |resource| nests(&resource.kind));
            prefer(possible, |stack| nesting.contains(&stack));
        }
        loop {
            let before: usize = self.possible.iter().map(BTreeSet::len).sum();
            for (parent, id, arn) in &nested {
                self.narrow_by(*parent, id, arn);
            }
            if self.possible.iter().map(BTreeSet::len).sum::<usize>() == before {
                return;
            }
        }
    }

    /// The nested stacks in the lists of resources: the index of the parent, the logical id and the ARN.
    fn nested(&self) -> impl Iterator<Item = (usize, &'a str, &'a str)> + use<'a> {
        self.deployed.iter().enumerate().flat_map(|(parent, stack)| {
            let nested =
                stack.resources.iter().filter(|(_, resource)| resource.kind.as_deref().is_some_and(nests));
            nested.map(move |(id, resource)| (parent, &**id, &*resource.physical_id))
        })
    }

    /// Uses that the parent's resource `id` is the stack with this ARN.
    fn narrow_by(&mut self, parent: usize, id: &str, arn: &str) {
        let parents = self.possible.get(parent).cloned().unwrap_or_default();
        let below = |parent: usize| self.nested.get(&(parent, id.to_owned())).copied();
        let children: BTreeSet<usize> = parents.iter().filter_map(|parent| below(*parent)).collect();
        if children.is_empty() {
            return;
        }
        if let Some(child) = self.by_id.get(arn).and_then(|child| self.possible.get_mut(*child)) {
            child.retain(|stack| children.contains(stack));
            if !child.is_empty() {
                let child = child.clone();
                let parents = self.possible.get_mut(parent);
                let is_above = |stack: &usize| below(*stack).is_some_and(|below| child.contains(&below));
                if let Some(parents) = parents {
                    parents.retain(is_above);
                }
            }
        }
        if parents.len() == 1 {
            for (deployed, possible) in self.deployed.iter().zip(&mut self.possible) {
                if deployed.id.as_deref().is_some_and(|other| other != arn) {
                    possible.retain(|stack| !children.contains(stack));
                }
            }
        }
    }
}

/// Keeps the stacks that the evidence supports, if there are any.
fn prefer(possible: &mut BTreeSet<usize>, has_evidence: impl Fn(usize) -> bool) {
    if possible.iter().any(|stack| has_evidence(*stack)) {
        possible.retain(|stack| has_evidence(*stack));
    }
}

/// The stacks that share a resource for which `counts` is true with the deployed stack.
fn sharing(
    templates: &[Template],
    deployed: &DeployedStack,
    counts: impl Fn(&Resource) -> bool,
) -> BTreeSet<usize> {
    let shares = |template: &Template| {
        deployed.resources.iter().any(|(id, resource)| {
            template.resource(id).is_some_and(|declared| counts(declared) && is_of_kind(declared, resource))
        })
    };
    let templates = templates.iter().enumerate();
    templates.filter(|(_, template)| shares(template)).map(|(stack, _)| stack).collect()
}

/// Whether the deployed stack has the name that the file or the service gives its stack.
fn is_named(templates: &[Template], stack: usize, deployed: &DeployedStack) -> bool {
    let (Some(template), Some(name)) = (templates.get(stack), &deployed.name) else { return false };
    let file = template.file.rsplit('/').next().unwrap_or_default();
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    template.parent.is_none() && (stem == name || template.stack_name.as_ref() == Some(name))
}

/// Whether a value that was given with `bind` for the stack is one of the deployed stack.
fn is_bound_to(bindings: &Bindings, stack: usize, deployed: &DeployedStack) -> bool {
    deployed.resources.iter().any(|(id, resource)| {
        let is_bound = resource.kind.as_deref().is_none_or(is_bound);
        is_bound && bindings.get(&(stack, id.clone())) == Some(&resource.physical_id)
    })
}

/// The values that the deployed stack binds, if it is the one of this template.
fn things(templates: &[Template], deployed: &DeployedStack, stack: usize) -> Vec<(Thing, (String, Span))> {
    let resources =
        deployed.resources.iter().filter(|(id, resource)| is_thing(templates, stack, id, resource));
    let physical = resources.map(|(id, resource)| (id.as_str(), &resource.physical_id, resource.span));
    let pseudo = [("AWS::StackName", &deployed.name), ("AWS::StackId", &deployed.id)];
    let pseudo = pseudo.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?, deployed.span)));
    physical
        .chain(pseudo)
        .map(|(thing, value, span)| ((stack, thing.to_owned()), (value.clone(), span)))
        .collect()
}

/// Whether the stack declares this user pool or app client.
fn is_thing(templates: &[Template], stack: usize, id: &str, resource: &DeployedResource) -> bool {
    let declared = templates.get(stack).and_then(|template| template.resource(id));
    declared.is_some_and(|declared| is_bound(&declared.kind) && is_of_kind(declared, resource))
}

fn is_of_kind(declared: &Resource, deployed: &DeployedResource) -> bool {
    match deployed.kind.as_deref() {
        None => true,
        Some(kind) => kind == declared.kind || nests(kind) && nests(&declared.kind),
    }
}

/// Reports a deployed stack that matches several templates, if a value from it is needed.
fn report_ambiguous(
    templates: &[Template],
    bindings: &Bindings,
    deployed: &DeployedStack,
    possible: &[usize],
    session: &Session<'_>,
) {
    let mut problem: Option<Problem> = None;
    // Pools come first, because mistaking one for another would let in its users.
    let is_pool = |resource: &DeployedResource| resource.kind.as_deref() == Some("AWS::Cognito::UserPool");
    let (pools, others): (Vec<_>, Vec<_>) =
        deployed.resources.iter().partition(|(_, resource)| is_pool(resource));
    for (id, resource) in pools.into_iter().chain(others) {
        let declaring: Vec<usize> =
            possible.iter().copied().filter(|stack| is_thing(templates, *stack, id, resource)).collect();
        if declaring.iter().all(|stack| bindings.get(&(*stack, id.clone())).is_some()) {
            continue;
        }
        let mut names: Vec<String> = declaring.iter().map(|stack| bindings.names.name(*stack, id)).collect();
        names.sort();
        let candidates = listed(&names, "or");
        if let Some(first) = problem {
            problem = Some(first.at(resource.span, format!("this may be {candidates}")));
            continue;
        }
        let is_nested = |stack: &usize| !StackPath::of(templates, *stack).path.is_empty();
        let parent = if possible.iter().any(is_nested) {
            "give the resources of the stack that nests it too (`--stack-resources`), or "
        } else {
            ""
        };
        problem = Some(
            error!(BIND_003, "`{id}` of {} may be {candidates}", describe(deployed, session))
                .at(resource.span, "it matches each of them")
                .help(format!("{parent}say which id is which: {}", to_bind(&names, "and"))),
        );
    }
    if let Some(problem) = problem {
        problem.report(session);
    }
}

/// Reports two deployed stacks that match the same template.
fn report_several(place: &StackPath, deployed: [&DeployedStack; 2], session: &Session<'_>) {
    let mut deployed = deployed.map(|deployed| (describe(deployed, session), deployed.span));
    deployed.sort_by(|one, other| one.0.cmp(&other.0));
    let [(first, span), (second, other_span)] = deployed;
    error!(BIND_004, "{first} and {second} both match {}", place.describe())
        .at(span, "the one")
        .at(other_span, "the other")
        .help("give the resources of one deployment")
        .report(session);
}

/// Reports a deployed stack that has nothing in common with the definition: given by mistake, or from an old version.
fn warn_of_stacks_without_template(templates: &[Template], session: &Session<'_>) {
    for deployed in &session.facts.deployed {
        if sharing(templates, deployed, |_| true).is_empty() {
            warning!(BIND_002, "no template has a resource of {}", describe(deployed, session))
                .at(deployed.span, "its first resource")
                .report(session);
        }
    }
}

/// The name of a deployed stack in diagnostics.
fn describe(deployed: &DeployedStack, session: &Session<'_>) -> String {
    match &deployed.name {
        Some(name) => format!("the stack `{name}`"),
        None => format!("the stack of `{}`", session.location(deployed.span).file()),
    }
}
