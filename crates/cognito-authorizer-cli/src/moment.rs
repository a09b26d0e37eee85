//! Times in the formats that people write and read.

use cognito_verify::UnixTime;
use jiff::{Timestamp, fmt::rfc2822};

/// A text that is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither like 2026-01-31T12:00:00Z nor seconds since 1970")]
pub(crate) struct MomentError;

/// Reads `2026-01-31T12:00:00Z` (RFC 3339, any offset) or seconds since 1970.
pub(crate) fn parse(text: &str) -> Result<UnixTime, MomentError> {
    if let Ok(seconds) = text.parse() {
        return Ok(UnixTime::from_secs(seconds));
    }
    let moment: Timestamp = text.parse().map_err(|_| MomentError)?;
    Ok(UnixTime::from_millis(moment.as_millisecond()))
}

/// Reads an HTTP `Date` in the format that servers must send (RFC 9110 §5.6.7).
pub(crate) fn parse_http_date(text: &str) -> Option<UnixTime> {
    let moment = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(UnixTime::from_millis(moment.as_millisecond()))
}

/// `2026-01-31T12:00:00Z`, or seconds since 1970 for years that have no such date.
pub(crate) fn written(moment: UnixTime) -> String {
    match Timestamp::from_second(moment.as_secs()) {
        Ok(moment) => moment.to_string(),
        Err(_) => format!("{moment} s after 1970"),
    }
}

/// `12 min ago` or `in 3 h`.
pub(crate) fn seen_from(moment: UnixTime, now: UnixTime) -> String {
    if moment > now { format!("in {}", span(moment, now)) } else { format!("{} ago", span(now, moment)) }
}

/// The time between the two, in a suitable unit.
pub(crate) fn span(later: UnixTime, earlier: UnixTime) -> String {
    let seconds = later.since(earlier).as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_or_seconds() {
        for text in ["1700000000", "2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00"] {
            assert_eq!(parse(text), Ok(UnixTime::from_secs(1_700_000_000)), "{text}");
        }
        for text in ["", "yesterday", "2023-11-14", "2023-11-14T22:13:20", "1e9"] {
            assert_eq!(parse(text), Err(MomentError), "{text}");
        }
    }

    #[test]
    fn the_date_of_a_response_is_read() {
        let date = parse_http_date("Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(date, Some(UnixTime::from_secs(1_700_000_000)));
        assert_eq!(parse_http_date("today"), None);
    }

    #[test]
    fn moments_are_written_as_dates_as_long_as_there_are_dates() {
        assert_eq!(written(UnixTime::from_secs(1_700_000_000)), "2023-11-14T22:13:20Z");
        assert_eq!(written(UnixTime::from_millis(i64::MAX)), "9223372036854775 s after 1970");
    }

    #[test]
    fn a_distance_is_printed_in_a_suitable_unit() {
        let now = UnixTime::from_secs(1_700_000_000);
        for (seconds, text) in [
            (0, "0 s ago"),
            (-119, "119 s ago"),
            (-720, "12 min ago"),
            (-7_200, "2 h ago"),
            (-172_800, "2 days ago"),
            (1, "in 1 s"),
            (3_540, "in 59 min"),
        ] {
            assert_eq!(seen_from(UnixTime::from_secs(1_700_000_000 + seconds), now), text);
        }
    }
}
