//! The workspace's own sources, for tests of what is written there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Every Rust file below a folder of the workspace, and its text.
pub(crate) fn of(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a file of text");
            found.push((path, text));
        }
    }
}

/// The crates of the workspace, by the names of their folders.
pub(crate) fn crates() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let crates = entries.filter(|path| path.join("src/lib.rs").exists());
    crates.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect()
}

/// The names of a crate's public types. The workspace warns of what is `pub` and cannot be reached or named, so each of
/// them can be.
pub(crate) fn public_types(of_crate: &str) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for (path, text) in of(&format!("crates/{of_crate}/src")) {
        // Tests stand at the end of a file.
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
