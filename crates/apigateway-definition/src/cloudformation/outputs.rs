//! Reads the exports among the outputs of the templates.

use crate::{
    cloudformation::{
        exports::{Export, Exports},
        names::StackPath,
        scope::Scope,
    },
    problem::{Problem, error},
    session::Session,
};

/// Reads the exports of all templates. Two exports with one name and different values are an error, as in CloudFormation.
pub(super) fn read(scopes: &[Scope<'_>], session: &Session<'_>) -> Exports {
    let mut exports = Exports::default();
    for scope in scopes {
        for output in scope.template.outputs.entries() {
            let unsure = match output.value.find("Condition").and_then(|node| Some((node.text()?, node.span)))
            {
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
        if let Some(problem) = conflict(name, found, scopes) {
            problem.report(session);
        }
    }
    exports
}

/// An error if two exports with this name have different values, or values that cannot be compared. The order of the stacks has no
/// effect.
fn conflict(name: &str, found: &[Export], scopes: &[Scope<'_>]) -> Option<Problem> {
    let place = |export: &Export| {
        let scope = scopes.get(export.stack);
        scope.map(|scope| StackPath::of(&scope.stacks.templates, export.stack).describe()).unwrap_or_default()
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
        error!(BIND_004, "{one} and {other} both export `{name}`")
            .at(first.span, "one value")
            .at(second.span, "the other value")
            .help("export names are unique in one account and Region: rename one, or read the stacks apart"),
    )
}
