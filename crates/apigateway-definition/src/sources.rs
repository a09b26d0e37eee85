//! The files of one import, within the limits on their number and size.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use crate::{
    problem::{Problem, error},
    source::{Location, SourceFile, Span},
};

/// The largest file. CloudFormation's own limit is 1 MB; services and OpenAPI documents may be longer.
pub(crate) const LARGEST_FILE: usize = 8 << 20;
/// The largest state file of Terraform or Pulumi, of which only small parts become a tree.
pub(crate) const LARGEST_STATE: usize = 64 << 20;
/// All files together.
const LARGEST_IMPORT: usize = 32 << 20;
/// All files together, if there are states among them.
const LARGEST_STATES: usize = 128 << 20;
/// The largest number of files, including those that definitions include.
const MOST_FILES: usize = 512;

/// The files that were read, by index.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: RefCell<Vec<Arc<SourceFile>>>,
    bytes: Cell<usize>,
}

impl Sources {
    /// Adds a file, and returns its index.
    pub(crate) fn add(&self, name: &str, bytes: &[u8]) -> Result<usize, Problem> {
        self.add_within(name, bytes, LARGEST_FILE, LARGEST_IMPORT)
    }

    /// Adds a state file, and returns its index.
    pub(crate) fn add_state(&self, name: &str, bytes: &[u8]) -> Result<usize, Problem> {
        self.add_within(name, bytes, LARGEST_STATE, LARGEST_STATES)
    }

    fn add_within(&self, name: &str, bytes: &[u8], largest: usize, most: usize) -> Result<usize, Problem> {
        let failed = |why: String| Err(error!(FILE_001, "`{name}` {why}"));
        let total = self.bytes.get().saturating_add(bytes.len());
        let mut files = self.files.borrow_mut();
        if bytes.len() > largest {
            return failed(format!("is larger than {largest} bytes"));
        }
        if total > most || files.len() >= MOST_FILES {
            return failed(format!("is too much: {MOST_FILES} files and {most} bytes are the most"));
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return failed("is not UTF-8".into()) };
        self.bytes.set(total);
        files.push(Arc::new(SourceFile::new(name, text)));
        Ok(files.len() - 1)
    }

    pub(crate) fn get(&self, file: usize) -> Option<Arc<SourceFile>> {
        self.files.borrow().get(file).cloned()
    }

    /// The location at which the span starts.
    pub(crate) fn location(&self, span: Span) -> Location {
        let nowhere = || Arc::new(SourceFile::new("", ""));
        self.get(span.file).unwrap_or_else(nowhere).location(span.start)
    }

    /// The texts of the files.
    pub(crate) fn texts(&self) -> Vec<Arc<str>> {
        self.files.borrow().iter().map(|source| Arc::clone(&source.text)).collect()
    }
}

/// The path without `.` and `..`, or `None` if it leads above its start.
pub(crate) fn normalise(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_climbs_out_of_the_root() {
        for (path, normal) in [
            ("a/b.yml", Some("a/b.yml")),
            ("./a/../b.yml", Some("b.yml")),
            ("a/../../b.yml", None),
            ("..", None),
            ("", Some("")),
        ] {
            assert_eq!(normalise(path).as_deref(), normal);
        }
    }
}
