//! The `TIMESTAMP` of an SRP proof: `EEE MMM d HH:mm:ss z yyyy` in English.

use jiff::civil::{Date, Weekday};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A timestamp in the form that AWS signs, such as `Sat Nov 7 08:09:05 UTC 2026`.
///
/// AWS also parses other forms: names in any case, a day of one or two digits, any day of the week, and `GMT`. The proof
/// always covers the canonical form, so a client that signs another form is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Timestamp(String);

impl Timestamp {
    /// Parses what AWS parses; `None` for everything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let mut next = || parts.next();
        let (weekday, month, day, time, zone, year) = (next()?, next()?, next()?, next()?, next()?, next()?);
        if next().is_some() {
            return None;
        }
        position(&WEEKDAYS, weekday)?;
        let month = position(&MONTHS, month)?;
        let day = digits(day, 1..=2)?;
        let [hour, minute, second] = clock(time)?;
        if !matches!(zone, "UTC" | "GMT") {
            return None;
        }
        let year = i16::try_from(digits(year, 4..=4)?).ok()?;
        let date =
            Date::new(year, i8::try_from(month).ok()?.checked_add(1)?, i8::try_from(day).ok()?).ok()?;
        Some(Self(format!(
            "{} {} {day} {hour:02}:{minute:02}:{second:02} UTC {year:04}",
            weekday_name(date.weekday()),
            MONTHS.get(month)?
        )))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn position(names: &[&str], name: &str) -> Option<usize> {
    names.iter().position(|known| known.eq_ignore_ascii_case(name))
}

/// A number of that many ASCII digits.
fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u16> {
    let all = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// `HH:mm:ss`, two digits each.
fn clock(text: &str) -> Option<[u16; 3]> {
    let mut parts = text.split(':');
    let mut part = |most: u16| digits(parts.next()?, 2..=2).filter(|value| *value <= most);
    let read = [part(23)?, part(59)?, part(59)?];
    parts.next().is_none().then_some(read)
}

fn weekday_name(weekday: Weekday) -> &'static str {
    let index = usize::try_from(weekday.to_monday_zero_offset()).unwrap_or_default();
    WEEKDAYS.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        Timestamp::parse(text).map(|timestamp| timestamp.0)
    }

    #[test]
    fn what_aws_reads_is_signed_in_the_form_that_aws_writes() {
        let written = "Sat Nov 7 08:09:05 UTC 2026";
        let cases = [
            written,
            "sAT nOV 7 08:09:05 UTC 2026",
            "Sat Nov 07 08:09:05 UTC 2026",
            "Sat Nov 7 08:09:05 GMT 2026",
            "Mon Nov 7 08:09:05 UTC 2026",
        ];
        for text in cases {
            assert_eq!(canonical(text).as_deref(), Some(written), "{text}");
        }
        assert_eq!(
            canonical("Thu Feb 29 00:00:00 UTC 2024").as_deref(),
            Some("Thu Feb 29 00:00:00 UTC 2024")
        );
    }

    #[test]
    fn other_timestamps_are_refused() {
        let cases = [
            "",
            "Sat Nov 7 08:09:05 UTC",
            "Sat Nov 7 08:09:05 UTC 2026 ",
            "Sat  Nov 7 08:09:05 UTC 2026",
            "Sat Nov 7 8:09:05 UTC 2026",
            "Sat Nov 7 08:09 UTC 2026",
            "Sat Nov 7 08:09:05:06 UTC 2026",
            "Sat Nov 7 24:09:05 UTC 2026",
            "Sat Nov 7 08:60:05 UTC 2026",
            "Sat Nov 7 08:09:60 UTC 2026",
            "Sat Nov 7 08:09:05 utc 2026",
            "Sat Nov 7 08:09:05 CET 2026",
            "Sat Nov 7 08:09:05 UTC 26",
            "Sat Nov 0 08:09:05 UTC 2026",
            "Mon Nov 31 08:09:05 UTC 2026",
            "Sun Feb 29 08:09:05 UTC 2026",
            "Sat Nov +7 08:09:05 UTC 2026",
            "Sam Nov 7 08:09:05 UTC 2026",
            "Sat Nov ٧ 08:09:05 UTC 2026",
            "2026-11-07T08:09:05Z",
        ];
        for text in cases {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
