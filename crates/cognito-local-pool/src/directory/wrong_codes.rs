//! How many wrong codes may be given for one user: each code has six digits only, and a new one can always be requested.

use crate::exception::Exception;

/// The most wrong codes in an hour: with these, a guess of six digits is right once in 10,000 hours.
pub(super) const MOST: u32 = 100;
const HOUR: i64 = 3600;

/// The wrong codes of one user in the hour since the first of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct WrongCodes {
    since: i64,
    count: u32,
}

impl WrongCodes {
    /// Whether another code may be tried.
    pub(super) fn check(self, now: i64) -> Result<(), Exception> {
        if self.count < MOST || self.is_over(now) {
            return Ok(());
        }
        Err(Exception::attempt_limit())
    }

    /// Counts a wrong code.
    pub(super) fn count(&mut self, now: i64) {
        if self.count == 0 || self.is_over(now) {
            *self = Self { since: now, count: 0 };
        }
        self.count = self.count.saturating_add(1);
    }

    fn is_over(self, now: i64) -> bool {
        now >= self.since.saturating_add(HOUR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_wrong_codes_are_enough_for_an_hour() {
        let mut wrong = WrongCodes::default();
        for _ in 0..MOST {
            assert!(wrong.check(10).is_ok());
            wrong.count(10);
        }
        assert!(wrong.check(10).is_err() && wrong.check(10 + HOUR - 1).is_err());
        assert!(wrong.check(10 + HOUR).is_ok());
        wrong.count(10 + HOUR);
        assert!(wrong.check(10 + HOUR).is_ok());
    }
}
