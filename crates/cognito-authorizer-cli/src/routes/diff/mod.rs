//! `routes diff`: what a change of a definition opens and closes.

mod change;
mod demand;
mod options;
mod pattern;
mod report;

use apigateway_definition::{Api, ApiDefinition};

pub(super) use options::Diff;

use self::change::Change;
use crate::{error::CommandError, exit::Exit, routes, surroundings::Surroundings};

/// Runs the command.
pub(super) fn run(options: &Diff, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let mut definitions = Vec::new();
    for path in [&options.old, &options.new] {
        match options.facts.import(std::slice::from_ref(path))?.read() {
            Ok(imported) => definitions.push(imported.definition),
            Err(problems) => {
                routes::unread(&problems, options.output(), surroundings)?;
                return Ok(Exit::Refused);
            }
        }
    }
    let [old, new] = &*definitions else { return Ok(Exit::Usage) };
    let changes = changes(old, new)?;
    if options.json {
        report::write_json(&changes, surroundings.out)?;
    } else {
        report::write(&changes, surroundings.out)?;
    }
    let loosened = changes.iter().any(|(_, changes)| changes.iter().any(|change| change.kind.lets_more_in()));
    Ok(if options.check && loosened { Exit::Refused } else { Exit::Good })
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
