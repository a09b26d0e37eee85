//! `routes diff`: what a change of a definition opens and closes.

mod access;
mod change;
mod options;
pub(super) mod report;

use apigateway_definition::{Api, ApiDefinition, Code, Diagnostic, Imported, Severity};

pub(super) use options::Diff;

use self::{change::Change, options::Checked};
use crate::{
    error::CommandError,
    exit::Exit,
    routes::{
        output::Output,
        unread::{UnreadAdvice, unread},
    },
    surroundings::Surroundings,
};

/// Runs the command.
pub(super) fn run(options: &Diff, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let mut both = Vec::new();
    for path in [&options.old, &options.new] {
        // An input that only one of the two needs is allowed.
        let import =
            options.facts.inputs().import(std::slice::from_ref(path))?.unused_inputs(Severity::Warning);
        match import.read() {
            Ok(imported) => both.push(imported),
            Err(problems) => {
                let advice = UnreadAdvice::of(&problems);
                unread(problems.diagnostics(), advice, options.output(), surroundings)?;
                return Ok(Exit::Refused);
            }
        }
    }
    let [old, new] = &*both else { return Ok(Exit::Usage) };
    let unused = unused_by_both(old, new);
    if !unused.is_empty() {
        unread(&unused, UnreadAdvice::Nothing, options.output(), surroundings)?;
        return Ok(Exit::Refused);
    }
    let (old, new) = (&old.definition, &new.definition);
    for (definition, path) in [(old, &options.old), (new, &options.new)] {
        if definition.apis.is_empty() {
            writeln!(surroundings.messages, "there is no REST API and no HTTP API in {}", path.display())?;
        }
    }
    if old.apis.is_empty() && new.apis.is_empty() {
        return Ok(Exit::Refused);
    }
    let changes = changes(old, new);
    let all = changes.iter().flat_map(|(_, changes)| changes);
    let checked = options.checked(all.filter(|change| change.kind.lets_more_in()).count());
    match options.output() {
        Output::Json => report::write_json(&changes, checked, surroundings.out)?,
        Output::Text => report::write(&changes, checked, surroundings.width, surroundings.out)?,
    }
    Ok(if let Checked::Failed(_) = checked { Exit::Refused } else { Exit::Good })
}

/// The inputs that neither definition needs.
fn unused_by_both(old: &Imported, new: &Imported) -> Vec<Diagnostic> {
    let is_unused = |one: &&Diagnostic| matches!(one.code(), Code::FILE_002 | Code::BIND_002);
    let of_old: Vec<&str> = old.diagnostics.iter().filter(is_unused).map(Diagnostic::message).collect();
    let of_both = new.diagnostics.iter().filter(is_unused).filter(|one| of_old.contains(&one.message()));
    of_both.cloned().map(|one| one.with_severity(Severity::Error)).collect()
}

/// The changes of each API, by its id.
pub(super) fn changes(old: &ApiDefinition, new: &ApiDefinition) -> Vec<(String, Vec<Change>)> {
    // If each definition has one API, it is the same one, even if a tool changed its id.
    let pairs: Vec<(Option<&Api>, Option<&Api>)> = match (&*old.apis, &*new.apis) {
        ([old], [new]) => vec![(Some(old), Some(new))],
        (olds, news) => {
            let kept = olds.iter().map(|old| (Some(old), new.api(&old.id)));
            let added = news.iter().filter(|new| old.api(&new.id).is_none()).map(|new| (None, Some(new)));
            kept.chain(added).collect()
        }
    };
    let all = pairs.into_iter().map(|(old, new)| {
        let id = new.or(old).map(|api| api.id.clone()).unwrap_or_default();
        (id, change::of(old, new))
    });
    all.collect()
}
