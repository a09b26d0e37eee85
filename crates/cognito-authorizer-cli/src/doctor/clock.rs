//! The difference between this machine's clock and the server's, measured with the header `Date`.

use cognito_verify::UnixTime;

use crate::doctor::{finding::Finding, target::Fetched};

const SUBJECT: &str = "clock";
/// `Date` has whole seconds, and responses take time, so smaller differences cannot be measured.
const RESOLUTION: i64 = 2;
/// A clock that is ahead only shortens the life of tokens. From this difference on, it is a problem.
const AHEAD: i64 = 60;

/// Compares the clock with the first response that has a date.
pub(super) fn finding<'a>(fetched: impl IntoIterator<Item = &'a Fetched>) -> Option<Finding> {
    let mut answered = fetched.into_iter().filter(|fetched| fetched.response.is_ok()).peekable();
    answered.peek()?;
    let ahead = answered.find_map(|fetched| {
        let date = fetched.response.as_ref().ok()?.date?;
        Some(seconds_ahead(fetched.before, fetched.after, date))
    });
    Some(match ahead {
        None => Finding::note(SUBJECT, "the responses have no date to compare with"),
        Some(ahead) => of_difference(ahead),
    })
}

/// By how many seconds this machine's clock is ahead; negative if it is behind.
fn seconds_ahead(before: UnixTime, after: UnixTime, date: UnixTime) -> i64 {
    let middle = before.as_millis() / 2 + after.as_millis() / 2;
    // The date is rounded down to whole seconds, so it is half a second old on average.
    (middle - date.as_millis() - 500) / 1000
}

fn of_difference(ahead: i64) -> Finding {
    let seconds = ahead.unsigned_abs();
    match ahead {
        _ if ahead.abs() <= RESOLUTION => {
            Finding::good(SUBJECT, format!("within {RESOLUTION} s of the pool's"))
        }
        ..0 => Finding::problem(SUBJECT, format!("this machine's clock is {seconds} s behind the pool's"))
            .advise(format!(
                "Fresh tokens will be refused as not yet valid for {seconds} s. Correct the clock, for example with NTP."
            )),
        AHEAD.. => Finding::problem(
            SUBJECT,
            format!("this machine's clock is {seconds} s ahead of the pool's"),
        )
        .advise(format!(
            "Tokens will be refused as expired {seconds} s before they end. Correct the clock, for example with NTP."
        )),
        _ => Finding::note(
            SUBJECT,
            format!(
                "this machine's clock is {seconds} s ahead of the pool's: tokens expire that much earlier here"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_compared_at_the_middle_of_the_request() {
        let at = UnixTime::from_millis;
        for (before, after, date, ahead) in [
            (10_000, 11_000, 10_000, 0),
            (10_000, 10_000, 20_000, -10),
            (70_000, 72_000, 10_000, 60),
            (9_000, 13_000, 11_000, 0),
        ] {
            assert_eq!(seconds_ahead(at(before), at(after), at(date)), ahead, "{before} {after} {date}");
        }
    }

    #[test]
    fn a_clock_that_is_behind_makes_fresh_tokens_invalid() {
        let told = |ahead| format!("{:?}", of_difference(ahead));
        for (ahead, level, text) in [
            (0, "Good", "within 2 s"),
            (-2, "Good", "within 2 s"),
            (-3, "Problem", "not yet valid for 3 s"),
            (30, "Note", "30 s ahead"),
            (90, "Problem", "refused as expired 90 s before"),
        ] {
            assert!(told(ahead).contains(level) && told(ahead).contains(text), "{}", told(ahead));
        }
    }
}
