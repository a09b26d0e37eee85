//! Users who sign up themselves and confirm this with a code.

use super::account::Account;
use super::code::{CodePurpose, SentCode};
use super::names::SignInAttribute;
use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::user::UserStatus;
use crate::{random, syntax, user};

/// The longest value of an attribute in Cognito, in characters.
const MAX_ATTRIBUTE: usize = 2048;
/// The most attributes of a user: the standard ones and 50 custom ones.
pub(super) const MAX_ATTRIBUTES: usize = 75;

/// The user who signs up.
pub(crate) struct NewUser {
    /// A user name, or a value of a username attribute.
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl LocalPool {
    /// Adds an unconfirmed user, and sends the code that confirms it (`SignUp`).
    pub(crate) fn sign_up(&self, new: NewUser) -> Result<(Account, SentCode), Exception> {
        if !self.allows_self_sign_up() {
            return Err(Exception::no_self_sign_up());
        }
        if new.attributes.iter().any(|(name, _)| user::is_boolean(name)) {
            // Otherwise anyone could claim an address, and sign in by it as an alias.
            return Err(Exception::not_writable());
        }
        self.password_policy().accept(&new.password)?;
        let mut account = self.new_account(&new.username, new.password, &new.attributes)?;
        account.status = UserStatus::Unconfirmed;
        let sent = account.new_code(CodePurpose::ConfirmSignUp, self.now());
        self.directory().create(account.clone())?;
        self.tell_code(&sent);
        Ok((account, sent))
    }

    /// A user with a new `sub`, checked as `SignUp` and `AdminCreateUser` do, and not yet in the directory.
    pub(crate) fn new_account(
        &self,
        name: &str,
        password: String,
        attributes: &[(String, String)],
    ) -> Result<Account, Exception> {
        if !syntax::is_name(name) {
            return Err(Exception::invalid_parameter(
                "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must satisfy \
                 regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+",
            ));
        }
        let subject = random::uuid();
        let names = self.directory().names().clone();
        let as_attribute = names.username_attribute_of(name);
        let mut account = match as_attribute {
            Some(attribute) => {
                let mut account = Account::new(subject.clone(), subject, password, self.now());
                account.set_attribute(attribute.name(), name);
                account
            }
            None if !names.username.is_empty() => {
                let expected = match names.expected() {
                    "an email address" => "an email",
                    "a phone number" => "a phone number",
                    _ => "either an email or a phone number",
                };
                return Err(Exception::invalid_parameter(format!("Username should be {expected}.")));
            }
            None => Account::new(name.to_owned(), subject, password, self.now()),
        };
        if names.alias.contains(&SignInAttribute::Email) && syntax::is_email(name) {
            return Err(Exception::invalid_parameter(
                "Username cannot be of email format, since user pool is configured for email alias.",
            ));
        }
        if names.alias.contains(&SignInAttribute::PhoneNumber) && syntax::is_phone_number(name) {
            return Err(Exception::invalid_parameter(
                "Username cannot be of phone number format, since user pool is configured for phone number alias.",
            ));
        }
        for (attribute, value) in attributes {
            check_attribute(attribute, value)?;
            account.set_attribute(attribute, value);
        }
        if account.attributes().len() > MAX_ATTRIBUTES {
            return Err(Exception::invalid_parameter("Too many attributes"));
        }
        Ok(account)
    }

    /// Confirms a sign-up by its code, and the address to which the code went (`ConfirmSignUp`).
    pub(crate) fn confirm_sign_up(&self, name: &str, code: &str) -> Result<Account, Exception> {
        let now = self.now();
        let mut directory = self.directory();
        // The refusal must not reveal whether the user exists.
        let unknown = || Exception::code_mismatch();
        let account = directory.find_mut(name).ok_or_else(unknown)?;
        if account.status != UserStatus::Unconfirmed {
            return Err(Exception::not_authorized(format!(
                "User cannot be confirmed. Current status is {}",
                account.status.name()
            )));
        }
        account.use_code(CodePurpose::ConfirmSignUp, code, now)?;
        let mut confirmed = account.clone();
        confirmed.status = UserStatus::Confirmed;
        confirmed.modified = now;
        if let Some(destination) = confirmed.destination() {
            confirmed.set_attribute(verified_by(destination.attribute), "true");
        }
        directory.check_aliases(&confirmed)?;
        if let Some(account) = directory.find_mut(&confirmed.username) {
            *account = confirmed.clone();
        }
        Ok(confirmed)
    }

    /// Sends the code of a sign-up again (`ResendConfirmationCode`).
    pub(crate) fn resend_sign_up_code(&self, name: &str) -> Result<SentCode, Exception> {
        let now = self.now();
        let sent = {
            let mut directory = self.directory();
            let unknown =
                || Exception::new("UserNotFoundException", "Username/client id combination not found.");
            let account = directory.find_mut(name).ok_or_else(unknown)?;
            if account.status != UserStatus::Unconfirmed {
                return Err(Exception::invalid_parameter("User is already confirmed."));
            }
            account.new_code(CodePurpose::ConfirmSignUp, now)
        };
        self.tell_code(&sent);
        Ok(sent)
    }
}

fn verified_by(attribute: &str) -> &'static str {
    if attribute == "email" { "email_verified" } else { "phone_number_verified" }
}

/// Whether a client may set this attribute to this value.
pub(crate) fn check_attribute(name: &str, value: &str) -> Result<(), Exception> {
    let invalid = |message: String| Err(Exception::invalid_parameter(message));
    if !user::is_attribute(name) {
        return invalid(format!(
            "Attributes did not conform to the schema: {name}: Attribute does not exist in the schema.\n"
        ));
    }
    if value.chars().count() > MAX_ATTRIBUTE {
        return invalid(format!(
            "Attributes did not conform to the schema: {name}: String must be no longer than {MAX_ATTRIBUTE} characters.\n"
        ));
    }
    match name {
        "email" if !syntax::is_email(value) => invalid("Invalid email address format.".to_owned()),
        "phone_number" if !syntax::is_phone_number(value) => {
            invalid("Invalid phone number format.".to_owned())
        }
        name if user::is_boolean(name) && value != "true" && value != "false" => {
            invalid(format!("Invalid value for attribute {name}: it is `true` or `false`."))
        }
        _ => Ok(()),
    }
}
