//! Wrapping of results to the width of the terminal.

use textwrap::{Options, WordSeparator, WrapAlgorithm};

/// How many columns results are wrapped to. Commands are never wrapped, so that they can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Width(usize);

impl Width {
    /// Longer lines are hard to read.
    const MOST: usize = 100;
    /// With fewer columns, the facts beside a margin would be a column of single words.
    const LEAST: usize = 40;

    /// The width of a terminal with this many columns: 40 to 100.
    pub(crate) fn of_terminal(columns: usize) -> Self {
        Self(columns.clamp(Self::LEAST, Self::MOST))
    }

    pub(crate) fn columns(self) -> usize {
        self.0
    }

    /// Text that begins after a mark or a name, wrapped and aligned.
    pub(crate) fn fact(self, text: &str) -> String {
        self.beside(text, MARGIN)
    }

    /// Text whose lines after the first are indented.
    pub(crate) fn hanging(self, text: &str, indent: usize) -> String {
        // The first line already has its indent: wrap the rest as if it began in that column.
        let (start, rest) = text.split_at_checked(indent).unwrap_or((text, ""));
        format!("{start}{}", self.beside(rest, indent))
    }

    /// Text that begins in this column, wrapped and aligned.
    pub(crate) fn beside(self, text: &str, column: usize) -> String {
        wrapped(text, self.0.saturating_sub(column).max(self.0 / 4)).join(&format!("\n{:column$}", ""))
    }

    /// Advice: an arrow, and the text wrapped beside it.
    pub(crate) fn advice(self, text: &str) -> String {
        format!("→ {}", wrapped(text, self.0 - 2).join("\n  "))
    }
}

/// 80 columns: every terminal has them, and so do logs.
impl Default for Width {
    fn default() -> Self {
        Self(80)
    }
}

/// Where facts begin, after a mark or a name.
const MARGIN: usize = 17;

/// Lines of at most `width` columns, broken at spaces only: URLs and ids stay whole.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible a b", 5), ["incomprehensible", "a b"]);
        assert_eq!(wrapped("a https://idp.example/a-b-c", 12), ["a", "https://idp.example/a-b-c"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn facts_are_as_wide_as_the_terminal_up_to_100_columns() {
        let scopes = "orders/list/all ".repeat(12);
        for (columns, width) in [(20, 40), (80, 80), (90, 90), (300, 100)] {
            let shown = Width::of_terminal(columns).fact(scopes.trim());
            let longest = shown.lines().map(|line| line.trim_start().len()).max().unwrap_or(0);
            assert!(longest <= width - MARGIN && longest > width - MARGIN - 16, "{columns}: {longest}");
        }
        assert_eq!(Width::default().columns(), 80);
    }
}
