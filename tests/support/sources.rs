//! The workspace's own sources and documents, for tests of what is written there: as they were when this binary was built.

use std::{collections::BTreeSet, path::Path};

// `FILES`: path from the root of the workspace, and text.
include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// Every Rust file below a folder of the workspace, and its text.
pub(crate) fn of(folder: &str) -> Vec<(&'static Path, &'static str)> {
    let found: Vec<_> = with_extension("rs").filter(|(path, _)| path.starts_with(folder)).collect();
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// Every Markdown file of the workspace, and its text.
pub(crate) fn documents() -> impl Iterator<Item = (&'static Path, &'static str)> {
    with_extension("md")
}

fn with_extension(extension: &str) -> impl Iterator<Item = (&'static Path, &'static str)> {
    let files = FILES.iter().map(|(path, text)| (Path::new(*path), *text));
    files.filter(move |(path, _)| path.extension().is_some_and(|other| other == extension))
}

/// The crates of the workspace, by the names of their folders.
pub(crate) fn crates() -> BTreeSet<String> {
    let libraries = of("crates").into_iter().filter(|(path, _)| path.ends_with("src/lib.rs"));
    let folders = libraries.filter_map(|(path, _)| path.parent()?.parent()?.file_name());
    folders.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// The names of a crate's public types. Lints of the workspace warn of types that are `pub` but cannot be reached or named.
pub(crate) fn public_types(of_crate: &str) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for (path, text) in of(&format!("crates/{of_crate}/src")) {
        // Tests are at the end of a file.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for line in code.lines() {
            let kinds = ["pub struct ", "pub enum ", "pub union "];
            let Some(rest) = kinds.iter().find_map(|kind| line.trim_start().strip_prefix(kind)) else {
                continue;
            };
            let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            assert!(!name.is_empty(), "{}: what is `{line}` called?", path.display());
            assert!(types.insert(name.to_owned()), "two types of {of_crate} are called {name}");
        }
    }
    types
}
