//! Password resets with a code.

use super::account::Account;
use super::code::{CodePurpose, Destination, SentCode};
use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::user::UserStatus;

impl LocalPool {
    /// Sends the code for a new password and returns its destination (`ForgotPassword`). If there is no such user, nothing is sent
    /// and there is no destination. Nothing is sent to a user who is disabled either, and the answer does not say so
    /// (developer guide, "Managing user existence error responses").
    pub(crate) fn forgot_password(&self, name: &str) -> Result<Option<Destination>, Exception> {
        let now = self.now();
        let mut directory = self.directory();
        match directory.find_mut(name) {
            Some(account) if account.enabled => {
                let sent = reset_code(account, now)?;
                drop(directory);
                self.tell_code(&sent);
                Ok(sent.destination)
            }
            found => {
                let destination = found.and_then(|account| account.destination());
                drop(directory);
                self.decoys().send_code(name, now);
                Ok(destination)
            }
        }
    }

    /// Sets a new password with the code (`ConfirmForgotPassword`). A user who is disabled gets the refusals of a user who does not
    /// exist.
    pub(crate) fn confirm_forgot_password(
        &self,
        name: &str,
        code: &str,
        password: &str,
    ) -> Result<(), Exception> {
        // Checked first, so that a refused password does not use up the code.
        self.password_policy().accept(password)?;
        let now = self.now();
        let mut directory = self.directory();
        let Some(account) = directory.find_mut(name).filter(|account| account.enabled) else {
            drop(directory);
            return Err(self.decoys().use_code(name, code, now));
        };
        account.use_code(CodePurpose::ForgotPassword, code, now)?;
        account.set_password(password.to_owned(), UserStatus::Confirmed, now);
        Ok(())
    }

    /// Sends a code, and lets the user sign in only after a reset with it (`AdminResetUserPassword`).
    pub(crate) fn require_password_reset(&self, username: &str) -> Result<(), Exception> {
        let now = self.now();
        let sent = {
            let mut directory = self.directory();
            let account = directory.known_mut(username)?;
            let sent = reset_code(account, now)?;
            account.status = UserStatus::ResetRequired;
            account.modified = now;
            sent
        };
        self.tell_code(&sent);
        Ok(())
    }
}

/// A new code, if the user's password may be reset.
fn reset_code(account: &mut Account, now: i64) -> Result<SentCode, Exception> {
    if !account.enabled {
        return Err(Exception::not_authorized("User is disabled."));
    }
    match account.status {
        UserStatus::Confirmed | UserStatus::ResetRequired => {
            Ok(account.new_code(CodePurpose::ForgotPassword, now))
        }
        UserStatus::Unconfirmed => Err(Exception::invalid_parameter(
            "Cannot reset password for the user as there is no registered/verified email or phone_number",
        )),
        UserStatus::ForceChangePassword => {
            Err(Exception::not_authorized("User password cannot be reset in the current state."))
        }
    }
}
