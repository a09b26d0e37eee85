//! A definition in any format, and a file that it may include. Nothing panics, takes long or points outside the files. An import
//! without errors refuses no route as unresolved, and a partial import gives the same.
#![no_main]

use std::io;

use apigateway_definition::{ApiKind, Diagnostic, Import, RefusedReason, Rule, Severity};
use libfuzzer_sys::fuzz_target;

/// Separates the definition from the file `included.yaml`.
const CUT: &[u8] = b"\n#####\n";

fuzz_target!(|data: &[u8]| {
    let cut = data.windows(CUT.len()).position(|window| window == CUT);
    let (definition, included) = match cut {
        Some(at) => (&data[..at], &data[at + CUT.len()..]),
        None => (data, &data[data.len()..]),
    };
    let (longest, included) = (data.len(), included.to_vec());
    let import = Import::new()
        .file("definition.yaml", definition)
        .includes(move |path| match path {
            "included.yaml" => Ok(included.clone()),
            _ => Err(io::ErrorKind::NotFound.into()),
        })
        .region("ap-south-1")
        .account("111122223333")
        .stage("dev")
        .accept_parameter_defaults()
        .unused_inputs(Severity::Warning)
        .kind(ApiKind::Rest);
    let (strict, partial) = (import.read(), import.partial().read());
    match &strict {
        Ok(strict) => {
            let is_unresolved = |rule: &Rule| matches!(rule, Rule::Refused(RefusedReason::Unresolved(_)));
            assert!(!strict.definition.routes().any(|route| is_unresolved(&route.rule)));
            assert_eq!(strict.definition, partial.unwrap().definition);
            check(&strict.diagnostics, longest);
        }
        Err(problems) => {
            assert!(!problems.to_string().is_empty() && !problems.diagnostics().is_empty());
            check(problems.diagnostics(), longest);
            if let Ok(partial) = partial {
                check(&partial.diagnostics, longest);
            }
        }
    }
});

fn check(diagnostics: &[Diagnostic], longest: usize) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.to_string().is_empty());
        for label in diagnostic.labels() {
            let (range, location) = (label.range(), label.location());
            assert!(range.start <= range.end && range.end <= longest, "{range:?}");
            assert!(location.line() >= 1 && location.column() >= 1);
        }
    }
}
