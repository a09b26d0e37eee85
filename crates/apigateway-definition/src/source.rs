//! The files of an import, and places in them.

use std::{fmt, ops::Range, sync::Arc};

/// A file of the import, under the name it was given.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// A range of bytes in a file of the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) file: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    /// The first byte of a file: the place of what concerns the whole of it.
    pub(crate) fn top_of(file: usize) -> Self {
        Self { file, start: 0, end: 0 }
    }
}

/// Where something stands: file, line and column, both counted from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    file: Arc<str>,
    line: usize,
    column: usize,
}

impl Location {
    /// The name of the file as it was given to the import.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }
}

/// Reads `file:line:column`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl SourceFile {
    /// Where the byte stands.
    pub(crate) fn location(&self, byte: usize) -> Location {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Location { file: Arc::clone(&self.name), line, column }
    }

    /// The bytes of the line around the byte, without its end.
    pub(crate) fn line_around(&self, byte: usize) -> Range<usize> {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find('\n').unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        start..start + line.trim_end_matches('\r').len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_lines_and_columns() {
        let file = SourceFile { name: "a.yml".into(), text: "a: b\r\nä: cd\nlast".into() };
        for (byte, location, line) in [
            (0, "a.yml:1:1", "a: b"),
            (3, "a.yml:1:4", "a: b"),
            (10, "a.yml:2:4", "ä: cd"),
            (13, "a.yml:3:1", "last"),
            (99, "a.yml:3:5", "last"),
        ] {
            assert_eq!(file.location(byte).to_string(), location);
            assert_eq!(file.text.get(file.line_around(byte)), Some(line));
        }
    }
}
