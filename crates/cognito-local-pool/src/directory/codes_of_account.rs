//! Creates and checks the codes of an account.

use super::account::{Account, same_text};
use super::code::{Code, CodePurpose, Destination, SentCode};
use crate::exception::Exception;
use crate::random;

/// The number of wrong guesses after which a code is refused: it has six digits only.
const GUESSES: u8 = 5;

impl Account {
    /// Creates a code, which replaces the previous one.
    pub(crate) fn new_code(&mut self, purpose: CodePurpose, now: i64) -> SentCode {
        self.codes.retain(|code| code.purpose != purpose);
        let text = random::confirmation_code();
        let expires = now.saturating_add(purpose.lifetime());
        self.codes.push(Code { purpose, text: text.clone(), expires, guesses: GUESSES });
        SentCode { username: self.username.clone(), purpose, code: text, destination: self.destination() }
    }

    /// Checks a code, which can be used once. A wrong one counts as a guess.
    pub(crate) fn use_code(&mut self, purpose: CodePurpose, given: &str, now: i64) -> Result<(), Exception> {
        let expired =
            || Exception::new("ExpiredCodeException", "Invalid code provided, please request a code again.");
        let code = self.codes.iter_mut().find(|code| code.purpose == purpose).ok_or_else(expired)?;
        if code.expires <= now {
            return Err(expired());
        }
        self.wrong_codes.check(now)?;
        code.guesses = code.guesses.checked_sub(1).ok_or_else(Exception::attempt_limit)?;
        if !same_text(&code.text, given) {
            self.wrong_codes.count(now);
            return Err(Exception::code_mismatch());
        }
        self.codes.retain(|code| code.purpose != purpose);
        Ok(())
    }

    /// The last code for `purpose`, if it is still valid.
    pub(crate) fn live_code(&self, now: i64) -> Option<&str> {
        self.codes.iter().rev().find(|code| now < code.expires).map(|code| code.text.as_str())
    }

    /// The destination of codes for this user: the email address, otherwise the phone number.
    pub(crate) fn destination(&self) -> Option<Destination> {
        ["email", "phone_number"].into_iter().find_map(|attribute| {
            let address = self.attribute(attribute)?.to_owned();
            Some(Destination { attribute, address })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn ada() -> Account {
        Account::new("ada".into(), "s".into(), "x".into(), 0)
    }

    fn kind(result: Result<(), Exception>) -> &'static str {
        result.err().map_or("ok", |refused| refused.kind())
    }

    #[test]
    fn a_code_is_good_once_and_until_its_time_is_over() {
        let mut ada = ada();
        let sent = ada.new_code(CodePurpose::ForgotPassword, 0);
        assert_eq!(ada.live_code(0), Some(sent.code()));
        assert_eq!(kind(ada.use_code(CodePurpose::ConfirmSignUp, sent.code(), 0)), "ExpiredCodeException");
        assert_eq!(
            kind(ada.clone().use_code(CodePurpose::ForgotPassword, sent.code(), HOUR)),
            "ExpiredCodeException"
        );
        assert_eq!(kind(ada.use_code(CodePurpose::ForgotPassword, sent.code(), HOUR - 1)), "ok");
        assert_eq!(kind(ada.use_code(CodePurpose::ForgotPassword, sent.code(), 0)), "ExpiredCodeException");
    }

    #[test]
    fn a_code_cannot_be_guessed_for_ever() {
        let mut ada = ada();
        let sent = ada.new_code(CodePurpose::ConfirmSignUp, 0);
        for _ in 0..GUESSES {
            assert_eq!(kind(ada.use_code(CodePurpose::ConfirmSignUp, "x", 0)), "CodeMismatchException");
        }
        assert_eq!(kind(ada.use_code(CodePurpose::ConfirmSignUp, sent.code(), 0)), "LimitExceededException");
        let again = ada.new_code(CodePurpose::ConfirmSignUp, 0);
        assert_eq!(kind(ada.use_code(CodePurpose::ConfirmSignUp, again.code(), 0)), "ok");
    }

    #[test]
    fn a_new_code_does_not_bring_new_guesses_for_ever() {
        let mut ada = ada();
        for _ in 0..20 {
            ada.new_code(CodePurpose::ForgotPassword, 0);
            for _ in 0..GUESSES {
                assert_eq!(kind(ada.use_code(CodePurpose::ForgotPassword, "x", 0)), "CodeMismatchException");
            }
        }
        let sent = ada.new_code(CodePurpose::ForgotPassword, 0);
        assert_eq!(kind(ada.use_code(CodePurpose::ForgotPassword, sent.code(), 0)), "LimitExceededException");
        let sent = ada.new_code(CodePurpose::ForgotPassword, HOUR);
        assert_eq!(kind(ada.use_code(CodePurpose::ForgotPassword, sent.code(), HOUR)), "ok");
    }

    #[test]
    fn debug_of_a_sent_code_shows_neither_the_code_nor_the_user() {
        let sent = ada().new_code(CodePurpose::ConfirmSignUp, 0);
        assert_eq!(format!("{sent:?}"), "SentCode { purpose: ConfirmSignUp, .. }");
    }
}
