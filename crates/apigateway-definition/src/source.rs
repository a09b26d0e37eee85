//! The files of an import, and places in them.

use std::{fmt, ops::Range, sync::Arc};

/// A file of the import, under the name it was given.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
    /// The byte at which each line starts.
    lines: Vec<usize>,
    /// The number of characters before each block of bytes. Templates written by programs are one line of a megabyte.
    blocks: Vec<usize>,
}

/// The size of such a block, in bytes.
const BLOCK: usize = 1024;

/// A range of bytes in a file of the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) file: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    /// Its first byte, for a problem that concerns all of what the span covers.
    pub(crate) fn beginning(self) -> Self {
        Self { end: self.start, ..self }
    }

    /// The first byte of a file: the location of a problem with the whole file.
    pub(crate) fn top_of(file: usize) -> Self {
        Self { file, start: 0, end: 0 }
    }
}

/// A location: file, line and column, both counted from 1, columns in characters.
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
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let mut before = 0;
        let blocks = text.as_bytes().chunks(BLOCK).map(|block| {
            let here = before;
            before += characters(block);
            here
        });
        let blocks = blocks.collect();
        Self { name: name.into(), text: text.into(), lines: std::iter::once(0).chain(ends).collect(), blocks }
    }

    /// The location of the byte.
    pub(crate) fn location(&self, byte: usize) -> Location {
        let byte = byte.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= byte);
        let column = self.characters_before(byte) - self.characters_before(self.line_start(byte)) + 1;
        Location { file: Arc::clone(&self.name), line, column }
    }

    /// The bytes of the line around the byte, without its end.
    pub(crate) fn line_around(&self, byte: usize) -> Range<usize> {
        let start = self.line_start(byte);
        let after = self.lines.get(self.lines.partition_point(|start| *start <= byte));
        let line = self.text.get(start..after.copied().unwrap_or(self.text.len())).unwrap_or_default();
        start..start + line.trim_end_matches(['\r', '\n']).len()
    }

    fn line_start(&self, byte: usize) -> usize {
        let after = self.lines.partition_point(|start| *start <= byte);
        self.lines.get(after.saturating_sub(1)).copied().unwrap_or_default()
    }

    fn characters_before(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        let before = self.blocks.get(block).or(self.blocks.last()).copied().unwrap_or_default();
        let start = block.min(self.blocks.len().saturating_sub(1)) * BLOCK;
        before + characters(self.text.as_bytes().get(start..byte).unwrap_or_default())
    }
}

/// The number of characters that start in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_lines_and_columns() {
        let file = SourceFile::new("a.yml", "a: b\r\nä: cd\nlast");
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

    #[test]
    fn long_lines_are_counted_by_characters() {
        let text = format!("{}\n{}", "ä".repeat(1000), "é".repeat(2000));
        let file = SourceFile::new("a.json", &text);
        for (byte, location) in
            [(1998, "a.json:1:1000"), (2001, "a.json:2:1"), (2001 + 3000, "a.json:2:1501")]
        {
            assert_eq!(file.location(byte).to_string(), location);
        }
        assert_eq!(SourceFile::new("", "").location(5).to_string(), ":1:1");
    }
}
