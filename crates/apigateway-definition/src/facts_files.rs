//! Reads files about a deployment: JSON output of the AWS CLI, and files of values.

use std::collections::BTreeMap;

use crate::{
    facts::{DeployedResource, DeployedStack, Facts},
    inputs::FactsFile,
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::Node,
};

/// Reads the files of facts.
pub(crate) fn read(session: &Session<'_>) -> Facts {
    Facts::new(exports(session), values(session), deployed(session))
}

/// The identity of a stack in these files.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum StackKey {
    Id(String),
    Name(String),
    /// Neither is printed, because each file is a separate stack.
    File(usize),
}

/// A stack while its files are being read.
struct StackDraft {
    name: Option<String>,
    id: Option<String>,
    span: Span,
    /// Every mention of a logical id.
    resources: BTreeMap<String, Vec<DeployedResource>>,
}

/// The stacks in all files, in an order that does not depend on that of the files.
fn deployed(session: &Session<'_>) -> Vec<DeployedStack> {
    let mut drafts: BTreeMap<StackKey, StackDraft> = BTreeMap::new();
    for (_, root) in
        files("stack resources", &session.inputs.stack_resources, |name, bytes| session.read(name, bytes))
    {
        let items = root.find("StackResources").or_else(|| root.find("StackResourceSummaries"));
        match items.and_then(Node::items) {
            Some(items) => items.iter().for_each(|item| add_resource(item, root.span.file, &mut drafts)),
            None => error!(FILE_001, "neither `StackResources` nor `StackResourceSummaries` is here")
                .at(root.span, "in this file")
                .help("give the output of `aws cloudformation describe-stack-resources --stack-name …`")
                .report(session),
        }
    }
    drafts.into_values().map(|draft| draft.finish(session)).collect()
}

fn add_resource(item: &Node, file: usize, drafts: &mut BTreeMap<StackKey, StackDraft>) {
    let text = |key: &str| item.text_at(key).map(String::from);
    // Deleted resources stay in the list for some time.
    if text("ResourceStatus").as_deref() == Some("DELETE_COMPLETE") {
        return;
    }
    let (Some(logical_id), Some(physical_id)) = (text("LogicalResourceId"), text("PhysicalResourceId"))
    else {
        return;
    };
    // The output of a program may be a single line.
    let span = item.find("LogicalResourceId").map_or(item.span, |id| id.span);
    let (name, id) = (text("StackName"), text("StackId"));
    let key = match (&id, &name) {
        (Some(id), _) => StackKey::Id(id.clone()),
        (None, Some(name)) => StackKey::Name(name.clone()),
        (None, None) => StackKey::File(file),
    };
    let draft =
        drafts.entry(key).or_insert_with(|| StackDraft { name, id, span, resources: BTreeMap::new() });
    let resource = DeployedResource { kind: text("ResourceType"), physical_id, span };
    draft.resources.entry(logical_id).or_default().push(resource);
}

impl StackDraft {
    fn finish(self, session: &Session<'_>) -> DeployedStack {
        let mut resources = BTreeMap::new();
        for (id, mut mentions) in self.resources {
            let values = mentions.iter().map(|mention| (mention.physical_id.clone(), mention.span));
            let what = match &self.name {
                Some(name) => format!("`{id}` of the stack `{name}`"),
                None => format!("`{id}`"),
            };
            if let Some(problem) = conflict(session, &what, values.collect()) {
                problem.report(session);
            }
            if let Some(resource) = mentions.pop() {
                resources.insert(id, resource);
            }
        }
        DeployedStack { name: self.name, id: self.id, resources, span: self.span }
    }
}

/// The values of the exports: `aws cloudformation list-exports`, or a plain object of names and values.
fn exports(session: &Session<'_>) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, Vec<(String, Span)>> = BTreeMap::new();
    for (_, root) in files("exports", &session.inputs.exports, |name, bytes| session.read(name, bytes)) {
        let entries = match root.items_at("Exports") {
            Some(items) => items.iter().filter_map(export).collect(),
            None => plain(session, &root),
        };
        for (name, value, span) in entries {
            found.entry(name).or_default().push((value, span));
        }
    }
    let mut facts = BTreeMap::new();
    for (name, mut values) in found {
        if let Some(problem) = conflict(session, &format!("the export `{name}`"), values.clone()) {
            problem
                .help(
                    "export names are unique in one account and Region: give the exports of one of them only",
                )
                .report(session);
        }
        facts.extend(values.pop().map(|(value, _)| (name, value)));
    }
    facts
}

fn export(item: &Node) -> Option<(String, String, Span)> {
    let text = |key: &str| item.text_at(key).map(String::from);
    Some((text("Name")?, text("Value")?, item.find("Value")?.span))
}

/// Plain objects such as `{"cf:stack.Output": "…", "ssm:/name": "…"}`. The values may be secrets: diagnostics show no
/// line of these files.
fn values(session: &Session<'_>) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (file, root) in
        files("values", &session.inputs.values, |name, bytes| session.read_secret(name, bytes))
    {
        for (name, value, _) in plain(session, &root) {
            found.entry(name).or_default().push((file.clone(), value));
        }
    }
    let mut facts = BTreeMap::new();
    for (name, mut values) in found {
        values.sort();
        let first = values.first();
        let other = values.iter().find(|(_, value)| first.is_some_and(|(_, first)| first != value));
        if let (Some((first, _)), Some((other, _))) = (first, other) {
            error!(BIND_004, "`{name}` has different values in `{first}` and `{other}`")
                .help("give each name one value")
                .report(session);
        }
        facts.extend(values.pop().map(|(_, value)| (name, value)));
    }
    facts
}

/// The readable files with their names in diagnostics, sorted by name, so that the order in which they were given has no
/// effect.
fn files(what: &str, given: &[FactsFile], read: impl Fn(&str, &[u8]) -> Option<Node>) -> Vec<(String, Node)> {
    let unnamed = |index: usize| if index == 0 { what.to_owned() } else { format!("{what} {}", index + 1) };
    let name = |(index, file): (usize, &FactsFile)| file.name.clone().unwrap_or_else(|| unnamed(index));
    let mut named: Vec<(String, &FactsFile)> =
        given.iter().enumerate().map(|(index, file)| (name((index, file)), file)).collect();
    named.sort_by(|one, other| one.0.cmp(&other.0));
    named.into_iter().filter_map(|(name, file)| read(&name, &file.bytes).map(|root| (name, root))).collect()
}

/// The names and values of an object.
fn plain(session: &Session<'_>, root: &Node) -> Vec<(String, String, Span)> {
    let file = session.location(root.span).file().to_owned();
    let Some(map) = root.map() else {
        error!(FILE_001, "`{file}` is not an object of names and values").report(session);
        return Vec::new();
    };
    let mut entries = Vec::with_capacity(map.entries().len());
    for entry in map.entries() {
        let name = &entry.key.text;
        if let Some(value) = entry.value.text() {
            entries.push((name.to_string(), value.to_owned(), entry.value.span));
        } else {
            error!(FILE_001, "the value of `{name}` in `{file}` is not a string").report(session);
        }
    }
    entries
}

/// An error with both locations, if there are two different values; the order of the values has no effect.
pub(crate) fn conflict(session: &Session<'_>, what: &str, values: Vec<(String, Span)>) -> Option<Problem> {
    let mut values: Vec<(String, String, Span)> = values
        .into_iter()
        .map(|(value, span)| (session.location(span).file().to_owned(), value, span))
        .collect();
    values.sort_by(|one, other| (&one.0, &one.1, one.2.start).cmp(&(&other.0, &other.1, other.2.start)));
    let (file, value, span) = values.first()?;
    let (other_file, other_value, other_span) = values.iter().find(|(_, other, _)| other != value)?;
    let problem = error!(BIND_004, "{what} is `{value}` in `{file}` and `{other_value}` in `{other_file}`");
    Some(problem.at(*span, "one value").at(*other_span, "the other value"))
}
