//! Moments in time, as tokens state them.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// It is the `NumericDate` of RFC 7519 §2 and what a clock says. All arithmetic saturates, so a token that claims
/// to live until the end of time is a late moment and not an overflow.
///
/// ```
/// use std::time::Duration;
/// use cognito_verify::UnixTime;
///
/// let issued = UnixTime::from_secs(1_700_000_000);
/// let expiry = issued + Duration::from_secs(3600);
/// assert_eq!(expiry.as_secs(), 1_700_003_600);
/// assert_eq!(expiry.since(issued), Duration::from_secs(3600));
/// assert_eq!(issued.since(expiry), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime {
    millis: i64,
}

impl UnixTime {
    /// The moment so many seconds after the epoch.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self { millis: seconds.saturating_mul(1000) }
    }

    /// The moment so many milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self { millis }
    }

    /// Whole seconds since the epoch, rounded towards the past.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.millis.div_euclid(1000)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.millis
    }

    /// How long `earlier` is ago at this moment; zero where it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis.saturating_sub(earlier.millis)).unwrap_or(0))
    }
}

impl std::ops::Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self { millis: self.millis.saturating_add(millis(later)) }
    }
}

impl std::ops::Sub<Duration> for UnixTime {
    type Output = Self;

    fn sub(self, earlier: Duration) -> Self {
        Self { millis: self.millis.saturating_sub(millis(earlier)) }
    }
}

impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self { millis: millis(after) },
            Err(before) => Self { millis: millis(before.duration()).saturating_neg() },
        }
    }
}

/// Seconds since the epoch, in decimal.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_secs())
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 7519 §2: a JSON number of seconds, an integer or a fraction.
impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `deserialize_f64` and not `deserialize_any`: the latter hands numbers over as maps once any crate of the
        // build switches on serde_json's `arbitrary_precision`.
        deserializer.deserialize_f64(NumericDate)
    }
}

struct NumericDate;

impl Visitor<'_> for NumericDate {
    type Value = UnixTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds since the epoch")
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<UnixTime, E> {
        Ok(UnixTime::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<UnixTime, E> {
        Ok(UnixTime::from_secs(seconds))
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<UnixTime, E> {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, as intended")]
        let millis = (seconds * 1000.0).floor() as i64;
        Ok(UnixTime { millis })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_date_is_an_integer_or_a_fraction() {
        for (json, millis) in [
            ("0", 0),
            ("-1", -1000),
            ("1700000000", 1_700_000_000_000),
            ("1700000000.9999", 1_700_000_000_999),
            ("1.7e9", 1_700_000_000_000),
            ("-0.5", -500),
            ("18446744073709551615", i64::MAX),
            ("1e300", i64::MAX),
            ("-1e300", i64::MIN),
        ] {
            assert_eq!(serde_json::from_str::<UnixTime>(json).unwrap().as_millis(), millis, "{json}");
        }
    }

    #[test]
    fn a_numeric_date_is_nothing_but_a_number() {
        for json in
            ["\"1700000000\"", "true", "null", "[1]", "{}", "1e400", "NaN", "Infinity", "01", "+1", ""]
        {
            assert!(serde_json::from_str::<UnixTime>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let last = UnixTime::from_millis(i64::MAX);
        let first = UnixTime::from_millis(i64::MIN);
        assert_eq!(last + Duration::from_secs(1), last);
        assert_eq!(first - Duration::MAX, first);
        assert_eq!(first.since(last), Duration::ZERO);
        assert_eq!(UnixTime::from_millis(2500).since(UnixTime::from_millis(-500)), Duration::from_secs(3));
        assert_eq!(UnixTime::from_secs(i64::MAX), last);
    }

    #[test]
    fn system_time_before_the_epoch_is_negative() {
        assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_millis(1500)).as_millis(), -1500);
        assert_eq!(UnixTime::from_millis(-1500).as_secs(), -2);
    }
}
