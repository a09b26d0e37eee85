//! Whether a user may sign in, in the words of Cognito's API.

use super::account::{Account, same_text};
use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::user::UserStatus;

const DAY: i64 = 24 * 3600;

impl LocalPool {
    /// The user with this name and password. There may still be a challenge to answer: a temporary password
    /// ([`UserStatus::ForceChangePassword`]) or an authenticator app ([`Account::software_token`]).
    ///
    /// The refusals of an unknown user and of a wrong password are the same, in text and in time
    /// (`PreventUserExistenceErrors`).
    pub(crate) fn authenticate(&self, name: &str, password: &str) -> Result<Account, Exception> {
        let incorrect = || Exception::not_authorized("Incorrect username or password.");
        let Some(account) = self.account_to_sign_in(name) else {
            let _ = same_text("of a user who does not exist", password);
            return Err(incorrect());
        };
        if !account.accepts_password(password) {
            return Err(incorrect());
        }
        self.may_sign_in(&account)?;
        Ok(account)
    }

    /// The user who signs in by this name: a user name or an alias. Unlike for administrators, `sub` is not one.
    pub(crate) fn account_to_sign_in(&self, name: &str) -> Option<Account> {
        self.account(name).filter(|account| account.username == name || account.subject != name)
    }

    /// Whether the state of `account` lets it sign in; its password is checked already.
    pub(crate) fn may_sign_in(&self, account: &Account) -> Result<(), Exception> {
        if !account.enabled {
            return Err(Exception::not_authorized("User is disabled."));
        }
        let validity = DAY * i64::from(self.password_policy().temporary_days);
        let expired = account.password_set.saturating_add(validity) <= self.now();
        match account.status {
            UserStatus::Unconfirmed => {
                Err(Exception::new("UserNotConfirmedException", "User is not confirmed."))
            }
            UserStatus::ResetRequired => {
                Err(Exception::new("PasswordResetRequiredException", "Password reset required for the user"))
            }
            UserStatus::ForceChangePassword if expired => Err(Exception::not_authorized(
                "Temporary password has expired and must be reset by an administrator.",
            )),
            UserStatus::Confirmed | UserStatus::ForceChangePassword => Ok(()),
        }
    }

    /// Sets the password that a user chose instead of a temporary one, if the policy accepts it.
    pub(crate) fn replace_password(&self, username: &str, password: &str) -> Result<Account, Exception> {
        self.password_policy().accept(password)?;
        let now = self.now();
        let mut directory = self.directory();
        let account = directory.known_mut(username)?;
        account.set_password(password.to_owned(), UserStatus::Confirmed, now);
        Ok(account.clone())
    }
}
