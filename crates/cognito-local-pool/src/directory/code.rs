//! The codes that Cognito would send by mail or text message.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::account::{Account, same_text};
use crate::exception::Exception;
use crate::{random, syntax};

const HOUR: i64 = 3600;
/// After so many wrong guesses a code is good no more: it has six digits only.
const GUESSES: u8 = 5;

/// What a code that was sent is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodePurpose {
    /// Confirms a sign-up; good for 24 hours.
    ConfirmSignUp,
    /// Lets the user choose a new password; good for 1 hour.
    ForgotPassword,
    /// The temporary password of a user that an administrator created; good for 7 days.
    Invitation,
}

impl CodePurpose {
    fn lifetime(self) -> i64 {
        match self {
            Self::ConfirmSignUp => 24 * HOUR,
            Self::ForgotPassword => HOUR,
            Self::Invitation => 7 * 24 * HOUR,
        }
    }
}

/// A code that Cognito would have sent, as [`on_code`](crate::LocalPoolBuilder::on_code) is told of it.
///
/// `Debug` shows what it is for, and neither the code nor the user.
#[derive(Clone)]
pub struct SentCode {
    pub(crate) username: String,
    pub(crate) purpose: CodePurpose,
    pub(crate) code: String,
    pub(crate) destination: Option<Destination>,
}

impl SentCode {
    /// The user name of the user that it is for.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> CodePurpose {
        self.purpose
    }

    /// The six digits, or the temporary password of an invitation.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The email address or phone number that Cognito would have sent it to; `None` for a user with neither.
    #[must_use]
    pub fn destination(&self) -> Option<&str> {
        self.destination.as_ref().map(|destination| destination.address.as_str())
    }
}

impl fmt::Debug for SentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentCode").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Where a code goes: `CodeDeliveryDetails`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    /// `email` or `phone_number`.
    pub(crate) attribute: &'static str,
    pub(crate) address: String,
}

impl Destination {
    /// Where a code for a user of this name would go, if there were one: to the name if it is an address, else to an
    /// address of two letters that follow from it.
    pub(crate) fn made_up(name: &str) -> Self {
        let attribute = if syntax::is_phone_number(name) { "phone_number" } else { "email" };
        if attribute == "phone_number" || syntax::is_email(name) {
            return Self { attribute, address: name.to_owned() };
        }
        let letter = |byte: u8| char::from(b'a' + byte % 26);
        let [local, domain, ..] = random::stable_bytes(&["destination", name]);
        Self { attribute, address: format!("{}@{}", letter(local), letter(domain)) }
    }

    /// `EMAIL` or `SMS`.
    pub(crate) fn medium(&self) -> &'static str {
        if self.attribute == "email" { "EMAIL" } else { "SMS" }
    }

    /// The address with most of it hidden, since the reader may not be the user: `a***@e***`, `+*******4567`.
    pub(crate) fn masked(&self) -> String {
        if let Some((local, domain)) = self.address.split_once('@') {
            let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
            return format!("{}***@{}***", first(local), first(domain));
        }
        let hidden = self.address.chars().count().saturating_sub(4);
        let last: String = self.address.chars().skip(hidden).collect();
        format!("+*******{last}")
    }
}

/// A code of an account.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    #[serde(with = "Purpose")]
    purpose: CodePurpose,
    text: String,
    expires: i64,
    guesses: u8,
}

/// How [`CodePurpose`] is kept: the public type has no traits of `serde`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "CodePurpose")]
enum Purpose {
    ConfirmSignUp,
    ForgotPassword,
    Invitation,
}

impl Account {
    /// Makes a code that replaces the one before it.
    pub(crate) fn new_code(&mut self, purpose: CodePurpose, now: i64) -> SentCode {
        self.codes.retain(|code| code.purpose != purpose);
        let text = random::confirmation_code();
        let expires = now.saturating_add(purpose.lifetime());
        self.codes.push(Code { purpose, text: text.clone(), expires, guesses: GUESSES });
        SentCode { username: self.username.clone(), purpose, code: text, destination: self.destination() }
    }

    /// Uses a code up. A wrong one counts as a guess.
    pub(crate) fn use_code(&mut self, purpose: CodePurpose, given: &str, now: i64) -> Result<(), Exception> {
        let expired =
            || Exception::new("ExpiredCodeException", "Invalid code provided, please request a code again.");
        let code = self.codes.iter_mut().find(|code| code.purpose == purpose).ok_or_else(expired)?;
        if code.expires <= now {
            return Err(expired());
        }
        let Some(left) = code.guesses.checked_sub(1) else {
            return Err(Exception::new(
                "LimitExceededException",
                "Attempt limit exceeded, please try after some time.",
            ));
        };
        code.guesses = left;
        if !same_text(&code.text, given) {
            return Err(Exception::code_mismatch());
        }
        self.codes.retain(|code| code.purpose != purpose);
        Ok(())
    }

    /// The last code that was made for `purpose` and is still good.
    pub(crate) fn live_code(&self, now: i64) -> Option<&str> {
        self.codes.iter().rev().find(|code| now < code.expires).map(|code| code.text.as_str())
    }

    /// Where codes for this user go: the email address, else the phone number.
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
    fn an_address_is_shown_in_part() {
        let masked = |attribute, address: &str| Destination { attribute, address: address.into() }.masked();
        assert_eq!(masked("email", "ada@example.com"), "a***@e***");
        assert_eq!(masked("phone_number", "+4915112345678"), "+*******5678");
    }

    #[test]
    fn debug_of_a_sent_code_shows_neither_the_code_nor_the_user() {
        let sent = ada().new_code(CodePurpose::ConfirmSignUp, 0);
        assert_eq!(format!("{sent:?}"), "SentCode { purpose: ConfirmSignUp, .. }");
    }
}
