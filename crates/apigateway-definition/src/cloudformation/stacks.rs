//! The templates that are read together, and the names that they share.

use std::collections::BTreeSet;

use crate::cloudformation::{
    bindings::{Bindings, Thing},
    exports::Exports,
    names::StackNames,
    template::{Nested, Template},
};

/// The templates that are read together, and what they export to each other.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    pub(crate) templates: Vec<Template>,
    pub(super) exports: Exports,
    /// The nested template of each resource that nests one.
    pub(super) nested: Nested,
    pub(super) bindings: Bindings,
    pub(super) apis: StackNames,
    /// The APIs that the caller named; `None` for all.
    pub(super) wanted: Option<Vec<Thing>>,
    /// The scopes of the resource servers, as they occur in tokens.
    pub(super) known_scopes: BTreeSet<String>,
}

impl Stacks {
    /// The name that `bind` takes.
    pub(super) fn name(&self, stack: usize, thing: &str) -> String {
        self.bindings.names.name(stack, thing)
    }

    /// The id of an API of the definition: its logical id, with its stack or file if another API has the same.
    pub(super) fn api_id(&self, stack: usize, id: &str) -> String {
        if self.apis.count(id) > 1 { self.apis.name(stack, id) } else { id.to_owned() }
    }
}
