//! The exports of the templates, which other templates can import.

use std::collections::BTreeMap;

use crate::{problem::Problem, source::Span, tree::Node};

/// The exports of all templates, by their names.
#[derive(Debug, Default)]
pub(super) struct Exports {
    pub(super) by_name: BTreeMap<String, Vec<Export>>,
}

#[derive(Debug)]
pub(super) struct Export {
    pub(super) stack: usize,
    pub(super) value: Node,
    pub(super) span: Span,
    /// Why it is unknown whether the output exists.
    pub(super) unsure: Option<Problem>,
}

impl Exports {
    /// The value of the export, and the stack that has it.
    pub(super) fn find(&self, name: &str) -> Result<Option<(usize, &Node)>, Problem> {
        let found = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        match found.iter().find_map(|export| export.unsure.clone()) {
            Some(problem) => Err(problem),
            None => Ok(found.first().map(|export| (export.stack, &export.value))),
        }
    }
}
