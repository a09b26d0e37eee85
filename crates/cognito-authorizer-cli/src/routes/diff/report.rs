//! The changes, for people and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::{
    routes::diff::{
        change::{Change, ChangeKind},
        options::Checked,
    },
    style::{BAD, CAUTION, FAINT, GOOD, HEADING, Width, counted, printable},
};

/// The column after the longest kind.
const REQUESTS: usize = 12;

/// Writes the changes for people. Those that accept more requests come first.
pub(super) fn write(
    changes: &[(String, Vec<Change>)],
    checked: Checked,
    width: Width,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_changes(changes, ["was", "is"], width, out)?;
    match checked {
        Checked::Off => Ok(()),
        Checked::Passed => {
            writeln!(out, "\n{GOOD}Check passed: no request is accepted that was refused before{GOOD:#}")
        }
        Checked::Failed(count) => {
            writeln!(out, "\n{BAD}Check failed: {}{BAD:#}", counted(count, "change"))?;
            let advice = "The changes that open, loosen or change accept requests that were refused before. If they are intended, \
                          run without `--check`.";
            writeln!(out, "{}", width.advice(advice))
        }
    }
}

/// The names of the two sides of a change.
pub(in crate::routes) type Sides = [&'static str; 2];

/// Writes what is different, without the result of a check.
pub(in crate::routes) fn write_changes(
    changes: &[(String, Vec<Change>)],
    sides: Sides,
    width: Width,
    out: &mut dyn Write,
) -> io::Result<()> {
    let changed: Vec<_> = changes.iter().filter(|(_, changes)| !changes.is_empty()).collect();
    // With the shortest sides, `was` and `is`, the texts begin where they always have.
    let longest = sides.iter().map(|side| side.len()).max().unwrap_or_default();
    if changed.is_empty() {
        writeln!(out, "{GOOD}No request is treated differently{GOOD:#}")?;
    }
    for (index, (api, changes)) in changed.into_iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{HEADING}{}{HEADING:#}", printable(api))?;
        for change in changes {
            let style = match change.kind {
                ChangeKind::Opens | ChangeKind::Loosens => BAD,
                ChangeKind::Changes => CAUTION,
                ChangeKind::Adds | ChangeKind::Removes => HEADING,
                ChangeKind::Tightens | ChangeKind::Closes => GOOD,
            };
            writeln!(out, "  {style}{:<8}{style:#}  {}", change.kind.word(), change.requests)?;
            for (what, access) in sides.into_iter().zip([&change.old, &change.new]) {
                let text = width.beside(&access.to_string(), REQUESTS + longest + 1);
                writeln!(out, "{:REQUESTS$}{FAINT}{what:<longest$}{FAINT:#} {text}", "")?;
            }
        }
    }
    Ok(())
}

/// Writes what is different as JSON, without the result of a check.
pub(in crate::routes) fn write_changes_json(
    changes: &[(String, Vec<Change>)],
    out: &mut dyn Write,
) -> io::Result<()> {
    write_json(changes, Checked::Off, out)
}

/// Writes the changes as JSON.
pub(super) fn write_json(
    changes: &[(String, Vec<Change>)],
    checked: Checked,
    out: &mut dyn Write,
) -> io::Result<()> {
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
    let check = match checked {
        Checked::Off => None,
        Checked::Passed => Some(JsonChangeCheck { passed: true, failures: 0 }),
        Checked::Failed(failures) => Some(JsonChangeCheck { passed: false, failures }),
    };
    serde_json::to_writer_pretty(&mut *out, &JsonChanges { changes: all, check })?;
    writeln!(out)
}

#[derive(Serialize)]
struct JsonChanges<'c> {
    changes: Vec<JsonChange<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<JsonChangeCheck>,
}

#[derive(Serialize)]
struct JsonChange<'c> {
    api: &'c str,
    kind: &'static str,
    requests: &'c str,
    old: String,
    new: String,
}

/// The result of `--check`.
#[derive(Serialize)]
struct JsonChangeCheck {
    passed: bool,
    failures: usize,
}
