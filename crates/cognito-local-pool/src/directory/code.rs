//! The codes that Cognito would send by mail or text message.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{random, syntax};

const HOUR: i64 = 3600;

/// The purpose of a code.
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
    pub(super) fn lifetime(self) -> i64 {
        match self {
            Self::ConfirmSignUp => 24 * HOUR,
            Self::ForgotPassword => HOUR,
            Self::Invitation => 7 * 24 * HOUR,
        }
    }
}

/// A code that Cognito would have sent, as it is passed to [`on_code`](crate::LocalPoolBuilder::on_code).
///
/// `Debug` prints the purpose, but neither the code nor the user.
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

    /// The purpose of the code.
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

/// The destination of a code: `CodeDeliveryDetails`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    /// `email` or `phone_number`.
    pub(crate) attribute: &'static str,
    pub(crate) address: String,
}

impl Destination {
    /// The destination that a code for a user of this name would have: the name if it is an address, otherwise an
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
    pub(super) purpose: CodePurpose,
    pub(super) text: String,
    pub(super) expires: i64,
    pub(super) guesses: u8,
}

/// How [`CodePurpose`] is kept: the public type has no traits of `serde`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "CodePurpose")]
enum Purpose {
    ConfirmSignUp,
    ForgotPassword,
    Invitation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_in_part() {
        let masked = |attribute, address: &str| Destination { attribute, address: address.into() }.masked();
        assert_eq!(masked("email", "ada@example.com"), "a***@e***");
        assert_eq!(masked("phone_number", "+4915112345678"), "+*******5678");
    }
}
