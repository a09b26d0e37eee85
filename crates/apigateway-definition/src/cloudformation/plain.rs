//! Scalars without quotes that tools read differently: readers of YAML 1.1 (`PyYAML` in SAM) and of YAML 1.2 (`js-yaml` in the
//! Serverless Framework), and CloudFormation itself, which makes texts of truth values and numbers.

use crate::tree::{Scalar, Style};

/// More digits do not fit into a floating-point number.
const MOST_DIGITS: usize = 15;
/// Some tools write larger numbers with an exponent, if they have a fraction.
const MOST_DIGITS_BEFORE_POINT: usize = 7;

/// Whether tools may disagree about the text that this scalar becomes.
pub(super) fn is_unclear(scalar: &Scalar) -> bool {
    scalar.style == Style::Plain
        && (truth(&scalar.text).is_some() || is_number_or_date(&scalar.text) && !is_canonical(&scalar.text))
}

/// Whether the text of such a scalar may equal the other text in any tool.
pub(super) fn may_equal(unclear: &str, other: &str) -> bool {
    let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    match truth(unclear) {
        Some(truth) => other == unclear || other == truth,
        // As a number, it becomes a text with digits.
        None if is_number_or_date(unclear) && has_digit(unclear) => has_digit(other),
        None => true,
    }
}

/// The truth value that the word is in YAML 1.1, but not in YAML 1.2.
fn truth(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "y" | "yes" | "on" => Some("true"),
        "n" | "no" | "off" => Some("false"),
        _ => None,
    }
}

/// Whether any version of YAML reads it as a number, a time or a date.
fn is_number_or_date(text: &str) -> bool {
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let consists_of = |text: &str, is_allowed: fn(&u8) -> bool| {
        !text.is_empty() && text.bytes().all(|byte| byte == b'_' || is_allowed(&byte))
    };
    if matches!(number.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return true;
    }
    for (prefix, is_digit) in [
        ("0x", u8::is_ascii_hexdigit as fn(&u8) -> bool),
        ("0o", u8::is_ascii_digit as fn(&u8) -> bool),
        ("0b", u8::is_ascii_digit as fn(&u8) -> bool),
    ] {
        if number.strip_prefix(prefix).is_some_and(|digits| consists_of(digits, is_digit)) {
            return true;
        }
    }
    if !number.trim_start_matches('.').starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let is_digits = |text: &str| consists_of(text, u8::is_ascii_digit);
    let parts: Vec<&str> = text.splitn(3, '-').collect();
    if let [year, month, day] = parts.as_slice() {
        let day = day.get(..1).unwrap_or_default();
        return year.len() == 4 && [*year, *month, day].into_iter().all(is_digits);
    }
    // `1:30` is ninety in YAML 1.1.
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.contains(':') {
        return whole.split(':').all(is_digits) && (fraction.is_empty() || is_digits(fraction));
    }
    let (number, exponent) = match number.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (number, None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_exponent = |text: &str| is_digits(text.strip_prefix(['+', '-']).unwrap_or(text));
    (whole.is_empty() || is_digits(whole))
        && (fraction.is_empty() || is_digits(fraction))
        && exponent.is_none_or(is_exponent)
}

/// Whether every tool writes the number as it is written here.
fn is_canonical(number: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    if unsigned.len() > MOST_DIGITS || number == "-0" {
        return false;
    }
    let is_whole = |text: &str| is_digits(text) && (text == "0" || !text.starts_with('0'));
    match unsigned.split_once('.') {
        None => is_whole(unsigned),
        Some((whole, fraction)) => {
            is_whole(whole)
                && whole.len() <= MOST_DIGITS_BEFORE_POINT
                && is_digits(fraction)
                && !fraction.ends_with('0')
                // Some tools write numbers below a thousandth with an exponent.
                && !(whole == "0" && fraction.starts_with("000"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{source::Span, tree::Node};

    #[test]
    fn a_scalar_is_unclear_if_any_tool_makes_another_text_of_it() {
        let is_unclear = |text: &str| is_unclear(Node::plain(text, Span::top_of(0)).scalar().unwrap());
        for text in [
            "yes",
            "No",
            "ON",
            "off",
            "y",
            "N",
            "012",
            "00",
            "0x1F",
            "-0x1",
            "0o17",
            "0b11",
            "1.0",
            "1.10",
            "1.",
            ".5",
            "1e3",
            "1.5E+3",
            "1_000",
            "1_0.5",
            "+1",
            "-0",
            "0.0001",
            "12345678.5",
            "1234567890123456",
            "1:30",
            "1:30:00.5",
            "2010-09-09",
            "2010-9-9T10:00:00Z",
            ".inf",
            "-.INF",
            ".NaN",
        ] {
            assert!(is_unclear(text), "{text}");
        }
        for text in [
            "true",
            "False",
            "prod",
            "yess",
            "none",
            "0",
            "12",
            "-5",
            "1.5",
            "0.25",
            "0.001",
            "1234567.5",
            "123456789012",
            "1.2.3",
            "v1.0",
            "2fa",
            "1e",
            "e3",
            "0x",
            "0xfg",
            "10.0.0.1",
            "10.0.0.1:80",
            "1a:30",
            "2010-09",
            "2010-09-beta",
            "20100-09-09",
            "eu-west-1",
            "...",
            "_",
            "-",
            "+",
            ".",
            "<<",
            "us_1",
        ] {
            assert!(!is_unclear(text), "{text}");
        }
        assert!(!super::is_unclear(Node::string("yes", Span::top_of(0)).scalar().unwrap()));
    }

    #[test]
    fn an_unclear_value_equals_only_what_a_tool_makes_of_it() {
        for (unclear, other) in [
            ("yes", "yes"),
            ("yes", "true"),
            ("Off", "Off"),
            ("Off", "false"),
            ("1.0", "1.0"),
            ("1.0", "1"),
            (".inf", "Infinity"),
            ("a-yes", "a-true"),
        ] {
            assert!(may_equal(unclear, other), "{unclear} {other}");
        }
        for (unclear, other) in
            [("yes", "no"), ("yes", "false"), ("Off", "off"), ("1.0", "prod"), ("1e3", "")]
        {
            assert!(!may_equal(unclear, other), "{unclear} {other}");
        }
    }
}
