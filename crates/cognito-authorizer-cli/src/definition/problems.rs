//! The diagnostics of a definition: for people with the source line, and as JSON.

use std::io::{self, Write};

use apigateway_definition::{Diagnostic, Severity};
use serde::Serialize;

use crate::style::{BAD, CAUTION, FAINT, Width, printable};

/// Writes each with its file, line, column, source line and help.
pub(crate) fn write(problems: &[Diagnostic], width: Width, out: &mut dyn Write) -> io::Result<()> {
    for problem in problems {
        let style = if problem.severity() == Severity::Error { BAD } else { CAUTION };
        let text = problem.to_string();
        let mut lines = text.lines().map(printable);
        let head = lines.next().unwrap_or_default();
        let (kind, message) = head.split_once(": ").unwrap_or((&head, ""));
        let message = width.hanging(&format!("{kind}: {message}"), 2);
        // The kind is one word, so wrapping leaves it at the start.
        let message = message.strip_prefix(kind).unwrap_or(&message);
        writeln!(out, "{style}{kind}{style:#}{message}")?;
        for line in lines {
            match line.split_once("= help: ").filter(|(before, _)| before.trim().is_empty()) {
                Some((before, help)) => {
                    let help = width.hanging(&format!("{before}= {help}"), before.len() + 2);
                    writeln!(out, "{help}")?;
                }
                None => writeln!(out, "{FAINT}{line}{FAINT:#}")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A diagnostic as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct JsonProblem<'d> {
    code: &'static str,
    severity: String,
    message: &'d str,
    places: Vec<JsonLocation<'d>>,
    help: Option<&'d str>,
}

#[derive(Debug, Serialize)]
struct JsonLocation<'d> {
    file: &'d str,
    line: usize,
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<&'d str>,
    text: &'d str,
}

impl<'d> From<&'d Diagnostic> for JsonProblem<'d> {
    fn from(problem: &'d Diagnostic) -> Self {
        let places = problem.labels().iter().map(|label| {
            let location = label.location();
            let (line, column) = (location.line(), location.column());
            JsonLocation { file: label.file(), line, column, element: label.element(), text: label.text() }
        });
        Self {
            code: problem.code().as_str(),
            severity: problem.severity().to_string(),
            message: problem.message(),
            places: places.collect(),
            help: problem.help(),
        }
    }
}
