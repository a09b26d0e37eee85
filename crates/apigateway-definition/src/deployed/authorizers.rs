//! The authorizers in all files, by their ids.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    code::Code,
    deployed::{
        output::{Kind, Output},
        parts::Parts,
    },
    problem::{Problem, error},
    source::Span,
    tree::Node,
    unique::Ids,
};

/// The use of an authorizer by a route.
pub(super) struct Use<'n> {
    /// The index of the output with the route.
    pub(super) main: usize,
    pub(super) id: &'n Node,
}

/// The authorizers of one kind of API.
pub(super) struct DeployedAuthorizers<'o, 'n> {
    kind: Kind,
    outputs: Vec<(usize, &'o Output<'n>)>,
    /// The indices of the outputs with the authorizer of an id. More than one is an error where a route uses it.
    by_id: BTreeMap<&'n str, Vec<usize>>,
    /// Each output to the main output of its API.
    mains: BTreeMap<usize, usize>,
}

impl<'o, 'n> DeployedAuthorizers<'o, 'n> {
    /// Assigns each output with authorizers to the API whose routes use their ids, and reports conflicts.
    pub(super) fn new(
        parts: &Parts<'o, 'n, '_>,
        kind: Kind,
        mains: &[(usize, &Output<'n>)],
        uses: &[Use<'n>],
    ) -> Self {
        let outputs: Vec<(usize, &'o Output<'n>)> = parts.of(kind).collect();
        let mut by_id: BTreeMap<&'n str, Vec<usize>> = BTreeMap::new();
        for (index, output) in &outputs {
            for id in output.items.iter().filter_map(|item| id_of(kind, item)?.text()) {
                by_id.entry(id).or_default().push(*index);
            }
        }
        let mut found = Self { kind, outputs, by_id, mains: BTreeMap::new() };
        found.report_twice(parts);
        found.assign(parts, mains, uses);
        found
    }

    fn report_twice(&self, parts: &Parts<'_, '_, '_>) {
        for (id, outputs) in self.by_id.iter().filter(|(_, outputs)| outputs.len() > 1) {
            let spans: Vec<Span> = self
                .outputs
                .iter()
                .filter(|(index, _)| outputs.contains(index))
                .flat_map(|(_, output)| &output.items)
                .filter_map(|item| id_of(self.kind, item).filter(|node| node.text() == Some(id)))
                .map(|node| node.span)
                .collect();
            let problem = error!(AWS_002, "the authorizer `{id}` is given twice");
            spans
                .iter()
                .take(2)
                .fold(problem, |problem, span| problem.at(*span, "here"))
                .help("give the output of each command once")
                .report(parts.session);
        }
    }

    fn assign(&mut self, parts: &Parts<'o, 'n, '_>, mains: &[(usize, &Output<'n>)], uses: &[Use<'n>]) {
        for (index, output) in &self.outputs {
            let using: BTreeSet<usize> = uses
                .iter()
                .filter(|used| used.id.text().is_some_and(|id| self.has(*index, id)))
                .map(|used| used.main)
                .collect();
            let mut using = using.into_iter();
            let main = match (using.next(), using.next()) {
                (Some(main), None) => main,
                (Some(_), Some(_)) => {
                    error!(AWS_002, "the authorizers of this file are used by the routes of two APIs")
                        .at(output.start(), "an authorizer belongs to one API")
                        .help("give the files of one API, or read each file again")
                        .report(parts.session);
                    continue;
                }
                // No route uses any of them, so it does not matter which API they belong to.
                (None, _) => match parts.main_of(output, mains) {
                    Ok(main) => main,
                    Err(_) => continue,
                },
            };
            parts.set_used(*index);
            self.mains.insert(*index, main);
        }
    }

    fn has(&self, output: usize, id: &str) -> bool {
        self.by_id.get(id).is_some_and(|outputs| outputs.contains(&output))
    }

    /// Whether an authorizer of the API has this id.
    pub(super) fn is_of(&self, main: usize, id: &str) -> bool {
        let outputs = self.by_id.get(id).into_iter().flatten();
        outputs.into_iter().any(|output| self.mains.get(output) == Some(&main))
    }

    /// The problem of a route whose authorizer is missing.
    pub(super) fn missing(&self, id: &Node, api: &str) -> Problem {
        let text = id.text().unwrap_or_default();
        let is_elsewhere = self.by_id.contains_key(text);
        let message = if is_elsewhere {
            format!("`{text}` is an authorizer of another API")
        } else {
            format!("there is no authorizer `{text}` in the files that are given")
        };
        Problem::error(Code::AWS_002, message)
            .at(id.span, "this route needs it")
            .help(format!("also give the output of {}", self.kind.command_for(api)))
    }

    /// The authorizers of an API: the id, the logical id, and the item. The logical id is the name, as the console shows it.
    pub(super) fn of_api(&self, main: usize, ids: &mut Ids) -> Vec<(&'n str, String, &'n Node)> {
        let mut found = Vec::new();
        for (_, output) in self.outputs.iter().filter(|(index, _)| self.mains.get(index) == Some(&main)) {
            for item in &output.items {
                let Some(id) = id_of(self.kind, item).and_then(Node::text) else { continue };
                let name = item.find("name").or_else(|| item.find("Name")).and_then(Node::text).unwrap_or(id);
                found.push((id, ids.unique(name), *item));
            }
        }
        found
    }
}

fn id_of(kind: Kind, item: &Node) -> Option<&Node> {
    item.find(if kind == Kind::RestAuthorizers { "id" } else { "AuthorizerId" })
}
