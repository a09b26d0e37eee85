//! Dates as Java prints them.

use cognito_verify::UnixTime;

const SECONDS_A_DAY: i64 = 86_400;
/// The days from 1 March of the year 0 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;
/// The Gregorian calendar repeats after 400 years.
const DAYS_A_CYCLE: i64 = 146_097;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/// The months from March, so that a leap day is the last day of a year.
const MONTHS: [&str; 12] =
    ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];

/// What Java's `Date.toString()` returns in the time zone UTC: `Tue Jun 18 15:00:04 UTC 2024`. The Gregorian calendar is used for all
/// dates.
pub(super) fn java_date(time: UnixTime) -> String {
    let days = time.as_secs().div_euclid(SECONDS_A_DAY);
    let second = time.as_secs().rem_euclid(SECONDS_A_DAY);
    // 1970-01-01 was a Thursday.
    let weekday = nth(&WEEKDAYS, (days + 4).rem_euclid(7));

    let since_start = days + DAYS_TO_EPOCH;
    let (cycle, day_of_cycle) = (since_start.div_euclid(DAYS_A_CYCLE), since_start.rem_euclid(DAYS_A_CYCLE));
    // There is a leap day every 4 years (after 1,460 days), except every 100 years (36,524 days), unless it is every 400 years.
    let leaps = day_of_cycle / 1460 - day_of_cycle / 36_524 + day_of_cycle / (DAYS_A_CYCLE - 1);
    let year_of_cycle = (day_of_cycle - leaps) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    // From March on, each run of five months has 153 days.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = 400 * cycle + year_of_cycle + i64::from(month >= 10);

    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday} {} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}", nth(&MONTHS, month))
}

fn nth(names: &[&'static str], place: i64) -> &'static str {
    usize::try_from(place).ok().and_then(|place| names.get(place)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_java() {
        for (seconds, date) in [
            (1_718_722_804, "Tue Jun 18 15:00:04 UTC 2024"),
            (0, "Thu Jan 01 00:00:00 UTC 1970"),
            (-1, "Wed Dec 31 23:59:59 UTC 1969"),
            (951_782_399, "Mon Feb 28 23:59:59 UTC 2000"),
            (951_782_400, "Tue Feb 29 00:00:00 UTC 2000"),
            (951_868_800, "Wed Mar 01 00:00:00 UTC 2000"),
            (978_307_199, "Sun Dec 31 23:59:59 UTC 2000"),
            (1_709_164_800, "Thu Feb 29 00:00:00 UTC 2024"),
            (4_107_542_400, "Mon Mar 01 00:00:00 UTC 2100"),
            (4_107_542_399, "Sun Feb 28 23:59:59 UTC 2100"),
            (2_147_483_648, "Tue Jan 19 03:14:08 UTC 2038"),
            (253_402_300_800, "Sat Jan 01 00:00:00 UTC 10000"),
        ] {
            assert_eq!(java_date(UnixTime::from_secs(seconds)), date);
        }
    }

    #[test]
    fn the_ends_of_time_are_dates_too() {
        assert_eq!(java_date(UnixTime::from_millis(i64::MAX)), "Sun Aug 17 07:12:55 UTC 292278994");
        assert!(java_date(UnixTime::from_millis(i64::MIN)).starts_with("Sun May 16 16:47:04 UTC -292275055"));
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let date = |day: i64| java_date(UnixTime::from_secs(day * SECONDS_A_DAY));
        for day in -50_000..160_000 {
            let (today, tomorrow) = (date(day), date(day + 1));
            let (today, tomorrow): (Vec<_>, Vec<_>) =
                (today.split(' ').collect(), tomorrow.split(' ').collect());
            let weekday = |date: &[&str]| WEEKDAYS.iter().position(|name| *name == date[0]).unwrap();
            assert_eq!((weekday(&today) + 1) % 7, weekday(&tomorrow), "{today:?} {tomorrow:?}");
            let day: u32 = today[2].parse().unwrap();
            let same_month = today[1] == tomorrow[1];
            let next = if same_month { day + 1 } else { 1 };
            assert_eq!(tomorrow[2].parse(), Ok(next), "{today:?} {tomorrow:?}");
            assert!(same_month || day >= 28, "{today:?} {tomorrow:?}");
        }
    }
}
