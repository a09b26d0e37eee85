//! `routes diff`: what a change of a definition opens and closes.

mod change;
mod demand;
mod options;
mod pattern;
mod report;

use apigateway_definition::{Api, ApiDefinition, Code, Diagnostic, Imported, Severity};

pub(super) use options::Diff;

use self::change::Change;
use crate::{error::CommandError, exit::Exit, routes, surroundings::Surroundings};

/// Runs the command.
pub(super) fn run(options: &Diff, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let mut imports = Vec::new();
    for path in [&options.old, &options.new] {
        // A name that is given may be of a route or resource that only one of the two has.
        match options.facts.import(std::slice::from_ref(path))?.shared_names().read() {
            Ok(imported) => imports.push(imported),
            Err(problems) => {
                routes::unread(problems.diagnostics(), options.output(), surroundings)?;
                return Ok(Exit::Refused);
            }
        }
    }
    let [old, new] = &*imports else { return Ok(Exit::Usage) };
    let unmatched = unmatched(options, old, new)?;
    if !unmatched.is_empty() {
        routes::unread(&unmatched, options.output(), surroundings)?;
        return Ok(Exit::Refused);
    }
    let (old, new) = (&old.definition, &new.definition);
    let changes = changes(old, new)?;
    if options.json {
        report::write_json(&changes, surroundings.out)?;
    } else {
        report::write(&changes, surroundings.out)?;
    }
    let loosened = changes.iter().any(|(_, changes)| changes.iter().any(|change| change.kind.lets_more_in()));
    Ok(if options.check && loosened { Exit::Refused } else { Exit::Good })
}

/// The errors for names that match nothing in either definition.
fn unmatched(options: &Diff, old: &Imported, new: &Imported) -> Result<Vec<Diagnostic>, CommandError> {
    let has = |imported: &Imported, message: &str| {
        imported.diagnostics.iter().any(|one| one.code() == Code::BIND_002 && one.message() == message)
    };
    // Without the other definition, each of them is an error.
    let Err(problems) = options.facts.import(std::slice::from_ref(&options.new))?.read() else {
        return Ok(Vec::new());
    };
    let of_neither = problems.diagnostics().iter().filter(|one| {
        one.severity() == Severity::Error && has(old, one.message()) && has(new, one.message())
    });
    Ok(of_neither.cloned().collect())
}

/// The changes of each API, by its id.
fn changes(old: &ApiDefinition, new: &ApiDefinition) -> Result<Vec<(String, Vec<Change>)>, CommandError> {
    // The one API of a definition is the same API, whatever a tool calls it.
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
        Ok((id, change::of(old, new)?))
    });
    all.collect()
}
