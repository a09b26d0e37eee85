//! The exports of the templates, which other templates can import.

use std::collections::BTreeMap;

use crate::{
    cloudformation::{Stacks, names::Place, scope::Scope},
    code::Code,
    problem::Problem,
    session::Session,
    source::Span,
    tree::Node,
};

/// The exports of all templates, by their names.
#[derive(Debug, Default)]
pub(super) struct Exports {
    by_name: BTreeMap<String, Vec<Export>>,
}

#[derive(Debug)]
struct Export {
    stack: usize,
    value: Node,
    span: Span,
    /// Why it is unknown whether the output exists.
    unsure: Option<Problem>,
}

impl Exports {
    /// Reads them. Two that have one name and different values are an error: CloudFormation refuses the second.
    pub(super) fn read(stacks: &Stacks, session: &Session<'_>) -> Self {
        let mut exports = Self::default();
        let scopes: Vec<Scope<'_>> = stacks.scopes(session).collect();
        for scope in &scopes {
            for output in scope.template.outputs.entries() {
                let unsure =
                    match output.value.find("Condition").and_then(|node| Some((node.text()?, node.span))) {
                        None => None,
                        Some((condition, span)) => match scope.condition(condition, span, 0) {
                            Ok(true) => None,
                            Ok(false) => continue,
                            Err(problem) => Some(problem),
                        },
                    };
                let name = output.value.find("Export").and_then(|export| export.find("Name"));
                // A name that cannot be resolved is reported where it is imported.
                let name = name.and_then(|name| scope.informing().known_text(name).ok().flatten());
                if let (Some(name), Some(value)) = (name, output.value.find("Value")) {
                    let export =
                        Export { stack: scope.stack, value: value.clone(), span: output.key.span, unsure };
                    exports.by_name.entry(name).or_default().push(export);
                }
            }
        }
        for (name, found) in &exports.by_name {
            if let Some(problem) = conflict(name, found, &scopes) {
                session.report(problem);
            }
        }
        exports
    }

    /// The value of the export, and the stack that has it.
    pub(super) fn find(&self, name: &str) -> Result<Option<(usize, &Node)>, Problem> {
        let found = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        match found.iter().find_map(|export| export.unsure.clone()) {
            Some(problem) => Err(problem),
            None => Ok(found.first().map(|export| (export.stack, &export.value))),
        }
    }
}

/// An error if two exports of the name have different values, or values that cannot be compared; the same in whichever
/// order the stacks come.
fn conflict(name: &str, found: &[Export], scopes: &[Scope<'_>]) -> Option<Problem> {
    let place = |export: &Export| {
        let scope = scopes.get(export.stack);
        scope.map(|scope| Place::of(scope.stacks, export.stack).describe()).unwrap_or_default()
    };
    let sure = found.iter().filter(|export| export.unsure.is_none());
    let mut sure: Vec<(String, &Export)> = sure.map(|export| (place(export), export)).collect();
    sure.sort_by(|(one, first), (other, second)| (one, first.span.start).cmp(&(other, second.span.start)));
    let ((one, first), others) = sure.split_first()?;
    let value = |export: &Export| {
        let text = scopes.get(export.stack)?.text(&export.value).ok()??;
        Some(text.pieces)
    };
    let known = value(first);
    let (other, second) = others.iter().find(|(_, other)| known.is_none() || known != value(other))?;
    Some(
        Problem::error(Code::BIND_004, format!("{one} and {other} both export `{name}`"))
            .at(first.span, "one value")
            .at(second.span, "the other value")
            .help("export names are unique in one account and Region: rename one, or read the stacks apart"),
    )
}

impl<'a> Scope<'a> {
    /// The value of an export of another template.
    pub(super) fn exported(self, name: &str) -> Result<Option<(Self, &'a Node)>, Problem> {
        let Some((stack, value)) = self.stacks.exports.find(name)? else { return Ok(None) };
        Ok(self.in_stack(stack).map(|scope| (scope, value)))
    }
}
