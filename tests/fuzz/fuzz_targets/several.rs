//! Code that the targets of the readers share: splitting the input into files, and checking an import.

use apigateway_definition::{Diagnostic, Import, RefusedReason, Rule};

/// Separates two files.
const CUT: &[u8] = b"\n#####\n";

/// The files of an input.
pub fn files(data: &[u8]) -> Vec<&[u8]> {
    let mut files = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(CUT.len()).position(|window| window == CUT) {
        files.push(&rest[..at]);
        rest = &rest[at + CUT.len()..];
    }
    files.push(rest);
    files
}

/// Reads it. An import without errors refuses no route as unresolved, and a partial import gives the same. Diagnostics can be
/// printed, without any line of a file that may have secrets.
pub fn read(import: &Import) {
    let (strict, partial) = (import.read(), import.clone().partial().read());
    match &strict {
        Ok(strict) => {
            let is_unresolved = |rule: &Rule| matches!(rule, Rule::Refused(RefusedReason::Unresolved(_)));
            assert!(!strict.definition.routes().any(|route| is_unresolved(&route.rule)));
            assert_eq!(strict.definition, partial.unwrap().definition);
            check(&strict.diagnostics);
        }
        Err(problems) => {
            assert!(!problems.to_string().is_empty() && !problems.diagnostics().is_empty());
            check(problems.diagnostics());
            if let Ok(partial) = partial {
                check(&partial.diagnostics);
            }
        }
    }
}

fn check(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let text = diagnostic.to_string();
        assert!(!text.is_empty());
        let is_hidden = diagnostic.labels().iter().all(|label| label.is_hidden());
        // Each line of a file is preceded by its number.
        let has_line = text.lines().any(|line| {
            line.split_once(" | ").is_some_and(|(number, _)| number.trim().parse::<usize>().is_ok())
        });
        assert!(!is_hidden || diagnostic.labels().is_empty() || !has_line, "{text}");
        for label in diagnostic.labels() {
            let (range, location) = (label.range(), label.location());
            assert!(range.start <= range.end, "{range:?}");
            assert!(location.line() >= 1 && location.column() >= 1);
        }
    }
}
