//! The names of things in several stacks: a logical id identifies a resource within one stack only.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloudformation::template::Template;

/// Named items of one kind, such as APIs, by their stack and a name that is unique in it.
#[derive(Debug, Default)]
pub(crate) struct StackNames {
    stacks: Vec<NamedStack>,
    /// The stacks with the same path, one for each file that nests such a stack.
    by_path: BTreeMap<String, Vec<usize>>,
    /// The number of stacks with an item of this name.
    counts: BTreeMap<String, usize>,
    /// Names that do not belong to a stack.
    reserved: BTreeSet<String>,
}

#[derive(Debug)]
struct NamedStack {
    /// The logical ids of the nested stacks on the path to it, separated by dots; empty for a stack that is not nested.
    path: String,
    /// The file in which the path starts.
    root: String,
    /// Its own file.
    file: String,
    things: BTreeSet<String>,
}

impl StackNames {
    /// The names of these items, with one set for each template.
    pub(super) fn new(templates: &[Template], things: Vec<BTreeSet<String>>) -> Self {
        let mut names = Self::default();
        for (stack, things) in things.into_iter().enumerate() {
            for thing in &things {
                *names.counts.entry(thing.clone()).or_default() += 1;
            }
            let StackPath { path, root, file } = StackPath::of(templates, stack);
            names.by_path.entry(path.clone()).or_default().push(stack);
            names.stacks.push(NamedStack { path, root, file, things });
        }
        names
    }

    /// Reserves these names for what does not belong to a stack.
    pub(super) fn reserve(&mut self, names: BTreeSet<String>) {
        self.reserved = names;
    }

    /// The number of stacks with an item of this name.
    pub(super) fn count(&self, thing: &str) -> usize {
        self.counts.get(thing).copied().unwrap_or_default()
    }

    /// The name of the item: `Pool`, `Customers.Pool`, or `main.yaml:Pool` if other stacks have such an item.
    pub(super) fn name(&self, stack: usize, thing: &str) -> String {
        let Some(NamedStack { path, root, .. }) = self.stacks.get(stack) else { return thing.to_owned() };
        let name = qualified(path, thing);
        let is_shared = if path.is_empty() {
            self.count(thing) > 1
        } else {
            let same_path = self.by_path.get(path).into_iter().flatten();
            let others =
                same_path.filter(|other| **other != stack).filter_map(|other| self.stacks.get(*other));
            others.into_iter().any(|other| other.things.contains(thing))
        };
        if is_shared || self.reserved.contains(&name) { format!("{root}:{name}") } else { name }
    }

    /// The name with the file, which is unique.
    pub(super) fn full_name(&self, stack: usize, thing: &str) -> String {
        let Some(NamedStack { path, root, .. }) = self.stacks.get(stack) else { return thing.to_owned() };
        format!("{root}:{}", qualified(path, thing))
    }

    /// The items that the name matches, with or without the path of the stack, and with or without a file in front. The file is the
    /// one in which the path starts, or else the one with the nested template.
    pub(super) fn matching(&self, name: &str) -> Vec<(usize, String)> {
        let in_file = |file: &str| name.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
        let by_way = |stack: &NamedStack| {
            let rest = [
                Some(name),
                below(name, &stack.path),
                in_file(&stack.root).and_then(|name| below(name, &stack.path)),
            ];
            rest.into_iter().flatten().find(|thing| stack.things.contains(*thing)).map(String::from)
        };
        let by_own_file = |stack: &NamedStack| {
            in_file(&stack.file).filter(|thing| stack.things.contains(*thing)).map(String::from)
        };
        let found = self.found(by_way);
        if found.is_empty() { self.found(by_own_file) } else { found }
    }

    fn found(&self, find: impl Fn(&NamedStack) -> Option<String>) -> Vec<(usize, String)> {
        self.stacks.iter().enumerate().filter_map(|(stack, names)| Some((stack, find(names)?))).collect()
    }

    /// All items: the name, and the part of it that is unique in its stack.
    pub(super) fn all(&self) -> impl Iterator<Item = (String, &str)> {
        self.stacks.iter().enumerate().flat_map(move |(stack, names)| {
            names.things.iter().map(move |thing| (self.name(stack, thing), thing.as_str()))
        })
    }
}

/// The location of a stack.
pub(super) struct StackPath {
    pub(super) path: String,
    pub(super) root: String,
    pub(super) file: String,
}

impl StackPath {
    pub(super) fn of(templates: &[Template], stack: usize) -> Self {
        let mut ids: Vec<&str> = Vec::new();
        let (mut at, mut root) = (stack, "");
        while let Some(template) = templates.get(at) {
            root = &template.file;
            let Some(parent) = &template.parent else { break };
            ids.push(&parent.id);
            at = parent.stack;
        }
        ids.reverse();
        let file = templates.get(stack).map(|template| template.file.clone()).unwrap_or_default();
        Self { path: ids.join("."), root: root.to_owned(), file }
    }

    /// The name of the stack in diagnostics.
    pub(super) fn describe(&self) -> String {
        if self.path.is_empty() {
            format!("`{}`", self.root)
        } else {
            format!("`{}` of `{}`", self.path, self.root)
        }
    }
}

/// The name of an item in the stack with this path.
pub(super) fn qualified(path: &str, thing: &str) -> String {
    if path.is_empty() { thing.to_owned() } else { format!("{path}.{thing}") }
}

/// The name without the path of the stack.
pub(super) fn below<'n>(name: &'n str, path: &str) -> Option<&'n str> {
    if path.is_empty() { Some(name) } else { name.strip_prefix(path)?.strip_prefix('.') }
}

/// The names as a list in a sentence.
pub(super) fn listed(names: &[String], word: &str) -> String {
    const MOST: usize = 8;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match shown.as_slice() {
        _ if names.len() > MOST => format!("{}, {word} {} more", shown.join(", "), names.len() - MOST),
        [others @ .., last] if !others.is_empty() => format!("{} {word} {last}", others.join(", ")),
        shown => shown.concat(),
    }
}
