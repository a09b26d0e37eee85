//! Characters that end a line in YAML 1.1 and not in YAML 1.2, so that tools disagree about what belongs to a comment.

use crate::{
    json::Document,
    problem::{Problem, error},
    source::{SourceFile, Span},
};

/// Refuses the first such character of a file, unless the file is JSON, whose strings may have them.
///
/// # Errors
///
/// For U+0085, U+2028 and U+2029 in YAML (YAML 1.2 §5.4).
pub(crate) fn check(file: usize, source: &SourceFile) -> Result<(), Problem> {
    let mut letters = source.text.char_indices();
    let found = letters.find(|(_, letter)| matches!(letter, '\u{85}' | '\u{2028}' | '\u{2029}'));
    let Some((start, letter)) = found else { return Ok(()) };
    if Document::new(&source.text, file).root().is_ok() {
        return Ok(());
    }
    let code = u32::from(letter);
    Err(error!(YAML_001, "U+{code:04X} ends a line in YAML 1.1 and not in YAML 1.2")
        .at(Span { file, start, end: start + letter.len_utf8() }, "tools disagree about what comes after it")
        .help("write it as an escape in double quotes"))
}
