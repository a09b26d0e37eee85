//! Changes that administrators make to users while the pool runs.

use super::account::Account;
use super::code::{CodePurpose, SentCode};
use crate::exception::Exception;
use crate::grant::Holder;
use crate::pool::LocalPool;
use crate::syntax;
use crate::user::UserStatus;

/// The most groups of a user in Cognito.
const MAX_GROUPS: usize = 100;

/// Whether the temporary password of a new user is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invitation {
    Send,
    /// The user exists already and gets a new temporary password.
    Resend,
    Suppress,
}

/// Whether a user may sign in and use tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enabled {
    Yes,
    No,
}

impl LocalPool {
    /// Adds a user with a temporary password, a random one unless one is given (`AdminCreateUser`).
    pub(crate) fn invite(
        &self,
        name: &str,
        password: Option<String>,
        attributes: &[(String, String)],
        invitation: Invitation,
    ) -> Result<Account, Exception> {
        let password = match password {
            Some(given) => {
                self.password_policy().accept(&given)?;
                given
            }
            None => self.password_policy().make_up(),
        };
        let account = if invitation == Invitation::Resend {
            let username = self.directory().known(name)?.username.clone();
            self.set_temporary_password(&username, &password)?
        } else {
            let mut account = self.new_account(name, password.clone(), attributes)?;
            account.status = UserStatus::ForceChangePassword;
            // AWS words this differently in `SignUp`.
            let taken = |why: Exception| match why.message() {
                "User already exists" => Exception::new(why.kind(), "User account already exists"),
                _ => why,
            };
            self.directory().create(account.clone()).map_err(taken)?;
            account
        };
        if invitation != Invitation::Suppress {
            self.tell_code(&SentCode {
                username: account.username.clone(),
                purpose: CodePurpose::Invitation,
                code: password,
                destination: account.destination(),
            });
        }
        Ok(account)
    }

    /// Sets a password that the user must replace at the next sign-in, if the policy accepts it.
    pub(crate) fn set_temporary_password(
        &self,
        username: &str,
        password: &str,
    ) -> Result<Account, Exception> {
        self.password_policy().accept(password)?;
        let now = self.now();
        let mut directory = self.directory();
        let account = directory.known_mut(username)?;
        account.set_password(password.to_owned(), UserStatus::ForceChangePassword, now);
        Ok(account.clone())
    }

    /// Confirms a sign-up without its code; the address stays unverified (`AdminConfirmSignUp`).
    pub(crate) fn confirm_sign_up_without_code(&self, username: &str) -> Result<(), Exception> {
        let now = self.now();
        let mut directory = self.directory();
        let account = directory.known_mut(username)?;
        if account.status != UserStatus::Unconfirmed {
            return Err(Exception::not_authorized(format!(
                "User cannot be confirmed. Current status is {}",
                account.status.name()
            )));
        }
        account.status = UserStatus::Confirmed;
        account.modified = now;
        Ok(())
    }

    /// Enables or disables a user (`AdminEnableUser`, `AdminDisableUser`). All tokens, browser sessions and sign-ins under way
    /// of a disabled user end, and do not come back when the user is enabled again.
    pub(crate) fn set_enabled(&self, username: &str, enabled: Enabled) -> Result<(), Exception> {
        let now = self.now();
        let account = {
            let mut directory = self.directory();
            let account = directory.known_mut(username)?;
            account.enabled = enabled == Enabled::Yes;
            account.modified = now;
            account.clone()
        };
        match enabled {
            Enabled::No => {
                self.sign_out_user(&account);
                self.managed_login().end(&Holder::of(&account));
            }
            // Not earlier: until then, an answer to a challenge is refused because the user is disabled.
            Enabled::Yes => self.challenges().end(&account.username),
        }
        Ok(())
    }

    /// Removes a user with all tokens, browser sessions and sign-ins under way.
    pub(crate) fn remove_user(&self, account: &Account) {
        let holder = Holder::of(account);
        self.directory().remove(&holder);
        self.grants().revoke_user(&holder);
        self.managed_login().end(&holder);
        self.challenges().end(&holder.username);
    }

    pub(crate) fn add_to_group(&self, username: &str, group: &str) -> Result<(), Exception> {
        if !syntax::is_name(group) {
            return Err(Exception::invalid_parameter(
                "1 validation error detected: Value at 'groupName' failed to satisfy constraint: Member must satisfy \
                 regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+",
            ));
        }
        let mut directory = self.directory();
        let account = directory.known_mut(username)?;
        if account.groups.iter().any(|known| known == group) {
            return Ok(());
        }
        if account.groups.len() >= MAX_GROUPS {
            return Err(Exception::new(
                "LimitExceededException",
                format!("the user is in {MAX_GROUPS} groups, which is the most"),
            ));
        }
        account.groups.push(group.to_owned());
        Ok(())
    }

    pub(crate) fn remove_from_group(&self, username: &str, group: &str) -> Result<(), Exception> {
        self.directory().known_mut(username)?.groups.retain(|known| known != group);
        Ok(())
    }
}
