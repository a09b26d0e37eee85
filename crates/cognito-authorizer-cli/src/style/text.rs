//! Text from outside made safe to print, and numbers for people.

use std::fmt::Write as _;

/// The longest untrusted text that is shown, in characters. All scopes of a token fit.
const MOST_SHOWN: usize = 2000;

/// Makes untrusted text safe to print: control characters could move the cursor or worse, bidirectional marks would show the
/// text in another order, and it may be very long.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == MOST_SHOWN {
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

/// A message that may repeat text from outside, safe to print. It keeps its lines.
#[must_use]
pub fn printable_lines(message: &str) -> String {
    let lines: Vec<String> = message.lines().map(|line| printable(&line.replace('\t', " "))).collect();
    lines.join("\n")
}

fn is_harmless(character: char) -> bool {
    let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !character.is_control() && !invisible
}

/// A message without tokens. Errors repeat misplaced arguments, and one of them may be a token, so of each long run of
/// characters that a token can have, only the first eight are kept.
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

/// `1034` as `1,034`. A crate for number formats would bring locales that no message here uses.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
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
    fn untrusted_text_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{9b}1m\u{202e}\r\n"), r"a\u{1b}[2Jb\u{9b}1m\u{202e}\u{d}\u{a}");
        assert_eq!(printable("Zoë größe"), "Zoë größe");
        assert_eq!(printable(&"a".repeat(3000)).chars().count(), MOST_SHOWN + 1);
        assert_eq!(printable_lines("a\u{1b}[2J\n\tb\r\nc"), "a\\u{1b}[2J\n b\nc");
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
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1034, "1,034"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!((counted(1, "key"), counted(2, "key")), ("1 key".to_owned(), "2 keys".to_owned()));
    }
}
