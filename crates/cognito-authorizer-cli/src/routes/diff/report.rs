//! The changes, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::{
    routes::diff::change::{Change, Kind},
    style::{BAD, CAUTION, FAINT, GOOD, HEADING, beside, printable},
};

/// The longest kind, and a blank before and two behind it.
const REQUESTS: usize = 12;

/// Writes it for a person: what lets more in comes first.
pub(super) fn write(changes: &[(String, Vec<Change>)], out: &mut dyn Write) -> io::Result<()> {
    let changed: Vec<_> = changes.iter().filter(|(_, changes)| !changes.is_empty()).collect();
    if changed.is_empty() {
        return writeln!(out, "{GOOD}No request is judged in another way{GOOD:#}");
    }
    for (place, (api, changes)) in changed.into_iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{HEADING}{}{HEADING:#}", printable(api))?;
        for change in changes {
            let style = match change.kind {
                Kind::Opens | Kind::Loosens => BAD,
                Kind::Changes => CAUTION,
                Kind::Adds | Kind::Removes => HEADING,
                Kind::Tightens | Kind::Closes => GOOD,
            };
            writeln!(out, "  {style}{:<8}{style:#}  {}", change.kind.word(), change.requests)?;
            for (what, demand) in [("was", &change.old), ("is", &change.new)] {
                let text = beside(&demand.to_string(), REQUESTS + 4);
                writeln!(out, "{:REQUESTS$}{FAINT}{what:<3}{FAINT:#} {text}", "")?;
            }
        }
    }
    Ok(())
}

/// Writes it for a program.
pub(super) fn write_json(changes: &[(String, Vec<Change>)], out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<JsonChange<'_>> = changes
        .iter()
        .flat_map(|(api, changes)| changes.iter().map(move |change| (api, change)))
        .map(|(api, change)| JsonChange {
            api,
            kind: change.kind.word(),
            requests: &change.requests,
            old: change.old.to_string(),
            new: change.new.to_string(),
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &JsonReport { changes: all })?;
    writeln!(out)
}

#[derive(Serialize)]
struct JsonReport<'c> {
    changes: Vec<JsonChange<'c>>,
}

#[derive(Serialize)]
struct JsonChange<'c> {
    api: &'c str,
    kind: &'static str,
    requests: &'c str,
    old: String,
    new: String,
}
