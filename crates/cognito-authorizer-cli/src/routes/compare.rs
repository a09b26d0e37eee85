//! `routes --compare-with`: a definition and what is deployed of it.

use std::path::PathBuf;

use apigateway_definition::{ApiDefinition, Severity};

use crate::{
    definition::Facts,
    error::CommandError,
    exit::Exit,
    quoted::quoted,
    routes::{
        diff::{self, report},
        options::Show,
        output::Output,
        row,
        unread::{UnreadAdvice, unread},
    },
    style::printable,
    surroundings::Surroundings,
};

/// Runs the command.
pub(super) fn run(options: &Show, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let sides = [
        (&options.facts, &options.definitions, Severity::Error),
        // The deployed form has its ids, so that what the definition needs is not needed there.
        (&options.facts.deployed(), &options.compare_with, Severity::Warning),
    ];
    let mut both = Vec::new();
    for (facts, files, unused) in sides {
        match read(facts, files, unused, options, surroundings)? {
            Some(definition) => both.push(definition),
            None => return Ok(Exit::Refused),
        }
    }
    let [defined, deployed] = both.as_slice() else { return Ok(Exit::Refused) };
    for (definition, what) in [(defined, "the definition"), (deployed, "what is deployed")] {
        if definition.apis.is_empty() {
            writeln!(surroundings.messages, "{what} has no REST API and no HTTP API")?;
            return Ok(Exit::Refused);
        }
    }
    for name in row::unbound(defined).into_iter().map(printable) {
        writeln!(
            surroundings.messages,
            "`{name}` of the definition has no id, so it cannot be compared; give it with `--bind {}=…`",
            quoted(&name)
        )?;
    }
    let changes = diff::changes(defined, deployed);
    match options.output() {
        Output::Json => report::write_changes_json(&changes, surroundings.out)?,
        Output::Text => {
            report::write_changes(
                &changes,
                ["definition", "deployed"],
                surroundings.width,
                surroundings.out,
            )?;
        }
    }
    let is_same = changes.iter().all(|(_, changes)| changes.is_empty());
    Ok(if is_same { Exit::Good } else { Exit::Refused })
}

/// The definition in these files, or `None` after a report of why it could not be read.
fn read(
    facts: &Facts,
    files: &[PathBuf],
    unused: Severity,
    options: &Show,
    surroundings: &mut Surroundings<'_>,
) -> Result<Option<ApiDefinition>, CommandError> {
    match facts.import(files)?.unused_inputs(unused).read() {
        Ok(imported) => Ok(Some(imported.definition)),
        Err(problems) => {
            let advice = UnreadAdvice::of(&problems);
            unread(problems.diagnostics(), advice, options.output(), surroundings)?;
            Ok(None)
        }
    }
}
