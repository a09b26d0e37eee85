//! How far this machine's clock is from the pool's, by the header `Date`.

use cognito_verify::UnixTime;

use crate::doctor::{examine::Asked, finding::Finding};

const SUBJECT: &str = "clock";
/// `Date` has whole seconds, and answers take time: nothing finer can be told.
const RESOLUTION: i64 = 2;
/// A clock that is ahead only shortens the hour of a token; this much is worth a word of warning.
const AHEAD: i64 = 60;

/// What the first answer with a date says.
pub(super) fn finding<'a>(asked: impl IntoIterator<Item = &'a Asked>) -> Option<Finding> {
    let mut answered = asked.into_iter().filter(|asked| asked.answer.is_ok()).peekable();
    answered.peek()?;
    let ahead = answered.find_map(|asked| {
        let date = asked.answer.as_ref().ok()?.date?;
        Some(seconds_ahead(asked.before, asked.after, date))
    });
    Some(match ahead {
        None => Finding::note(SUBJECT, "the answers have no date to compare with"),
        Some(ahead) => judged(ahead),
    })
}

/// By how many seconds this clock is ahead; less than zero if it is behind.
fn seconds_ahead(before: UnixTime, after: UnixTime, date: UnixTime) -> i64 {
    let middle = before.as_millis() / 2 + after.as_millis() / 2;
    // The date was cut to whole seconds, so on average it is half a second old.
    (middle - date.as_millis() - 500) / 1000
}

fn judged(ahead: i64) -> Finding {
    let seconds = ahead.unsigned_abs();
    match ahead {
        _ if ahead.abs() <= RESOLUTION => {
            Finding::good(SUBJECT, format!("within {RESOLUTION} s of the pool's"))
        }
        ..0 => Finding::problem(SUBJECT, format!("this machine's clock is {seconds} s behind the pool's"))
            .advise(format!(
                "Fresh tokens will be refused as not yet valid for {seconds} s. Set the clock right (NTP)."
            )),
        AHEAD.. => Finding::problem(
            SUBJECT,
            format!("this machine's clock is {seconds} s ahead of the pool's"),
        )
        .advise(format!(
            "Tokens will be refused as expired {seconds} s before they end. Set the clock right (NTP)."
        )),
        _ => Finding::note(
            SUBJECT,
            format!(
                "this machine's clock is {seconds} s ahead of the pool's: tokens end so much earlier here"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_compared_in_the_middle_of_the_request() {
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
        let told = |ahead| format!("{:?}", judged(ahead));
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
