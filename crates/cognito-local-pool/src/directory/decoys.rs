//! Decoys for users who do not exist, so that `ConfirmForgotPassword` does not reveal it.

use super::account::Account;
use super::code::CodePurpose;
use crate::bounded::Bounded;
use crate::exception::Exception;

/// The most decoys.
const MOST: usize = 1_000;
/// The lifetime of a decoy in seconds, which is that of a code.
const HOUR: i64 = 3600;

/// Stand-ins for users who do not exist. Each has a code that is never sent, so that `ConfirmForgotPassword` behaves as
/// it does for a user.
pub(crate) struct Decoys(Bounded<Account>);

impl Decoys {
    pub(crate) fn new() -> Self {
        Self(Bounded::new(MOST))
    }

    pub(super) fn send_code(&mut self, name: &str, now: i64) {
        let mut decoy = Account::new(name.to_owned(), String::new(), String::new(), now);
        decoy.new_code(CodePurpose::ForgotPassword, now);
        // As for a user, a new code does not bring new guesses for ever.
        decoy.wrong_codes = self.0.get(name, now).map(|before| before.wrong_codes).unwrap_or_default();
        self.0.insert(name.to_owned(), decoy, now.saturating_add(HOUR));
    }

    pub(super) fn use_code(&mut self, name: &str, code: &str, now: i64) -> Exception {
        let mut unasked = Account::new(String::new(), String::new(), String::new(), now);
        let decoy = self.0.get_mut(name, now).unwrap_or(&mut unasked);
        decoy.use_code(CodePurpose::ForgotPassword, code, now).err().unwrap_or_else(Exception::code_mismatch)
    }
}
