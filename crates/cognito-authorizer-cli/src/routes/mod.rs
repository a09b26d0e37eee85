//! `routes`: what each route of an API definition asks of a request.

mod check;
mod diff;
mod json;
mod options;
mod report;
mod row;
mod table;

use apigateway_definition::{Diagnostic, Problems};

pub(crate) use options::Routes;

use crate::{
    definition,
    error::CommandError,
    exit::Exit,
    routes::{
        check::Check,
        options::{Checking, Command, Output, Show},
    },
    style::{self, BAD},
    surroundings::Surroundings,
};

/// Runs the command.
pub(crate) fn run(options: &Routes, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    match &options.command {
        Some(Command::Diff(options)) => diff::run(options, surroundings),
        None => show(&options.show, surroundings),
    }
}

fn show(options: &Show, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let imported = match options.facts.import(&options.definitions)?.read() {
        Ok(imported) => imported,
        Err(problems) => {
            unread(problems.diagnostics(), Advice::of(&problems), options.output(), surroundings)?;
            return Ok(Exit::Refused);
        }
    };
    let check = match options.checking() {
        Checking::Off => None,
        Checking::On => Some(Check::of(&imported.definition, &options.facts)),
    };
    if options.json {
        json::write(&imported, check.as_ref(), surroundings.out)?;
    } else {
        report::write(&imported, check.as_ref(), options.detail(), surroundings.out)?;
    }
    // A file without an API is not the one that was meant; a warning says so.
    let exit = if imported.definition.apis.is_empty() { Exit::Refused } else { Exit::Good };
    Ok(check.map_or(exit, |check| if exit == Exit::Good { check.exit() } else { exit }))
}

/// What to do where a definition could not be read, beside the help of each problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Advice {
    Partial,
    Nothing,
}

impl Advice {
    /// A partial reading helps where the problems are of single routes, and was not asked for.
    fn of(problems: &Problems) -> Self {
        if problems.only_routes() { Self::Partial } else { Self::Nothing }
    }
}

/// Says why there is no table.
fn unread(
    problems: &[Diagnostic],
    advice: Advice,
    output: Output,
    surroundings: &mut Surroundings<'_>,
) -> Result<(), CommandError> {
    if output == Output::Json {
        return Ok(json::write_problems(problems, surroundings.out)?);
    }
    definition::write_problems(problems, surroundings.out)?;
    writeln!(surroundings.out, "{BAD}The definition cannot be served as it is{BAD:#}")?;
    let advice = match advice {
        Advice::Partial => {
            "Nothing was guessed. `--partial` reads the rest, and refuses each route that has a problem."
        }
        Advice::Nothing => "Nothing was guessed. Each error says what it needs.",
    };
    writeln!(surroundings.out, "{}", style::advice(advice))?;
    Ok(())
}
