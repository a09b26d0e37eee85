//! `routes`: what each route of an API definition requires.

mod check;
mod compare;
mod diff;
mod fetch;
mod json;
mod options;
mod output;
mod report;
mod row;
mod table;
mod unread;

pub(crate) use options::Routes;

use crate::{
    error::CommandError,
    exit::Exit,
    routes::{
        check::Check,
        options::{Checking, RoutesCommand, Show},
        unread::{UnreadAdvice, unread},
    },
    surroundings::Surroundings,
};

/// Runs the command.
pub(crate) fn run(options: &Routes, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    match &options.command {
        Some(RoutesCommand::Diff(options)) => diff::run(options, surroundings),
        None => show(&options.show, surroundings),
    }
}

fn show(options: &Show, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    if let Some(api) = &options.fetch_script {
        return fetch::run(api, surroundings);
    }
    if !options.compare_with.is_empty() {
        return compare::run(options, surroundings);
    }
    let imported = match options.facts.import(&options.definitions)?.read() {
        Ok(imported) => imported,
        Err(problems) => {
            unread(problems.diagnostics(), UnreadAdvice::of(&problems), options.output(), surroundings)?;
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
        report::write(&imported, check.as_ref(), options.detail(), surroundings.width, surroundings.out)?;
    }
    // A file without an API is most likely the wrong file. A warning says so.
    let exit = if imported.definition.apis.is_empty() { Exit::Refused } else { Exit::Good };
    Ok(check.map_or(exit, |check| if exit == Exit::Good { check.exit() } else { exit }))
}
