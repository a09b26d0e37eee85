//! How results look on a terminal. Where there is none, the output stream takes the styles off.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const CAUTION: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const COMMAND: Style = AnsiColor::Cyan.on_default();

/// The width that text is wrapped to, which every terminal has. Commands are never wrapped: they are to be copied.
pub(crate) const WIDTH: usize = 80;

/// Where facts begin, behind a mark or a name.
const MARGIN: usize = 17;

/// The longest text of a stranger that is shown; the scopes of a token fit.
const MOST_SHOWN: usize = 2000;

/// What a stranger wrote, made harmless: control characters would move the cursor or worse, marks of writing
/// direction would show it in another order than it has, and it may be very long.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::new();
    for (place, character) in text.chars().enumerate() {
        if place == MOST_SHOWN {
            shown.push('…');
            break;
        }
        if is_harmless(character) {
            shown.push(character);
        } else {
            // Writing to a string does not fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        }
    }
    shown
}

fn is_harmless(character: char) -> bool {
    let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !character.is_control() && !invisible
}

/// A message without tokens: arguments that are in the wrong place are repeated in errors, and one of them may be a
/// token. Of each run of a token's characters that is longer than any name, the first eight stay.
#[must_use]
pub fn without_tokens(message: &str) -> String {
    const LONGEST_NAME: usize = 60;
    const KEPT: usize = 8;
    let of_a_token = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let mut shown = String::new();
    let mut rest = message;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|c| !of_a_token(c)).unwrap_or(rest.len()));
        match run.get(..KEPT) {
            Some(start) if run.len() > LONGEST_NAME => shown.extend([start, "…"]),
            _ => shown.push_str(run),
        }
        let (between, after) = after.split_at(after.find(of_a_token).unwrap_or(after.len()));
        shown.push_str(between);
        rest = after;
    }
    shown
}

/// The words in lines of at most `width` characters, as far as no word is longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A fact that begins at the margin, in as many lines as it needs.
pub(crate) fn fact(text: &str) -> String {
    wrapped(text, WIDTH - MARGIN).join(&format!("\n{:MARGIN$}", ""))
}

/// Text whose lines after the first are indented, in as many as it needs.
pub(crate) fn hanging(text: &str, indent: usize) -> String {
    // The first line is wrapped as if it were indented too: it begins with what the others hang from.
    let (start, rest) = text.split_at_checked(indent).unwrap_or((text, ""));
    format!("{start}{}", beside(rest, indent))
}

/// Text from this column on, in as many lines as it needs.
pub(crate) fn beside(text: &str, column: usize) -> String {
    wrapped(text, WIDTH.saturating_sub(column).max(WIDTH / 4)).join(&format!("\n{:column$}", ""))
}

/// An advice: an arrow, and as many lines as it needs.
pub(crate) fn advice(text: &str) -> String {
    format!("→ {}", wrapped(text, WIDTH - 2).join("\n  "))
}

/// `1034` as `1,034`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 key`, `2 keys`.
pub(crate) fn counted(number: usize, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{9b}1m\u{202e}\r\n"), r"a\u{1b}[2Jb\u{9b}1m\u{202e}\u{d}\u{a}");
        assert_eq!(printable("Zoë größe"), "Zoë größe");
        assert_eq!(printable(&"a".repeat(3000)).chars().count(), MOST_SHOWN + 1);
    }

    #[test]
    fn a_token_in_a_message_is_cut() {
        let token = format!("eyJraWQi{0}.eyJpc3Mi{0}.{0}", "a".repeat(40));
        assert_eq!(without_tokens(&format!("'{token}' is no {token}")), "'eyJraWQi…' is no eyJraWQi…");
        let plain =
            "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E is reached; größe";
        assert_eq!(without_tokens(plain), plain);
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible a b", 5), ["incomprehensible", "a b"]);
        assert_eq!(wrapped("", 5), [""]);
        let scopes = "orders/list/all ".repeat(8);
        let told = fact(scopes.trim());
        assert_eq!(told.lines().map(str::len).collect::<Vec<_>>(), [WIDTH - MARGIN, WIDTH]);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1034, "1,034"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!((counted(1, "key"), counted(2, "key")), ("1 key".to_owned(), "2 keys".to_owned()));
    }
}
