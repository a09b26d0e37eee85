//! Terraform and OpenTofu: `show -json` of a state or a plan, and state files of version 4.
//!
//! The configuration itself (`.tf`) is not read: only the tool can evaluate its variables, modules and loops.

mod address;
mod mask;
mod plan;
mod raw;
mod show;

use crate::{
    code::Code,
    entries::{Entries, find},
    json::{Document, Raw},
    problem::{Problem, error},
    provider::Collected,
    session::Session,
    source::Span,
    tree::Key,
};

/// Whether the entries are those of a state or plan.
pub(crate) fn is_state(entries: &Entries) -> bool {
    let has = |key: &str| entries.iter().any(|(found, _)| &*found.text == key);
    let is_shown = has("format_version") && !has("format");
    is_shown && (has("terraform_version") || has("values") || has("planned_values") || entries.len() == 1)
        || has("version") && has("lineage")
        || has("terraform_version") && has("resources")
        || has("terraform_version") && has("modules")
}

/// Adds the resources of a state or plan.
pub(crate) fn collect(
    document: Document<'_>,
    entries: &Entries,
    resources: &mut Collected,
    session: &Session<'_>,
) -> Result<(), Problem> {
    match find(entries, "format_version") {
        Some(version) => {
            check_format(document, version)?;
            match find(entries, "planned_values") {
                Some(planned) => plan::collect(document, entries, planned, resources, session),
                None => show::collect(document, entries, resources, session),
            }
        }
        None => raw::collect(document, entries, resources, session),
    }
}

/// The minor version of the format only adds members, which are ignored ("JSON Output Format", Terraform documentation).
fn check_format(document: Document<'_>, version: Raw) -> Result<(), Problem> {
    let text = document.word(version).unwrap_or_default();
    if text.split('.').next() == Some("1") {
        return Ok(());
    }
    Err(error!(STATE_001, "the format of this file has the version `{text}`, and version 1 is read")
        .at(document.span(version), "here")
        .help("write it with a current version: `terraform show -json > api.json`"))
}

/// The value of the key, if it is a word.
fn word<'t>(document: Document<'t>, entries: &Entries, key: &str) -> Option<&'t str> {
    find(entries, key).and_then(|value| document.word(value))
}

/// The items of the list under the key; empty if it is missing or null.
fn list(document: Document<'_>, entries: &Entries, key: &str) -> Result<Vec<Raw>, Problem> {
    let items = find(entries, key).map(|value| document.items(value)).transpose()?;
    Ok(items.flatten().unwrap_or_default())
}

/// The entries of an object that must be one.
fn object(document: Document<'_>, value: Raw) -> Result<Vec<(Key, Raw)>, Problem> {
    document.entries(value)?.ok_or_else(|| damaged("expected an object", document.span(value)))
}

fn damaged(message: &str, span: Span) -> Problem {
    Problem::error(Code::STATE_001, message)
        .at(span.beginning(), "here")
        .help("read what `terraform show -json > api.json` writes")
}
