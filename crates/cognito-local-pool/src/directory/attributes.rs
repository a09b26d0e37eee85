//! Changes of attributes while the pool runs.

use super::account::Account;
use super::sign_up::{MAX_ATTRIBUTES, check_attribute};
use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::user;

impl LocalPool {
    /// Sets attributes of a user; an empty value removes the attribute. A changed address becomes unverified, unless
    /// `attributes` also says that it is verified.
    pub(crate) fn set_attributes(
        &self,
        username: &str,
        attributes: &[(String, String)],
    ) -> Result<Account, Exception> {
        let now = self.now();
        let mut directory = self.directory();
        let mut account = directory.known(username)?.clone();
        // The flags come last, because a changed address resets them.
        let (flags, others): (Vec<_>, Vec<_>) =
            attributes.iter().partition(|(name, _)| user::is_boolean(name));
        for (name, value) in others {
            set(&mut account, name, value)?;
        }
        for (name, value) in flags {
            check_attribute(name, value)?;
            account.set_attribute(name, value);
        }
        if account.attributes().len() > MAX_ATTRIBUTES {
            return Err(Exception::invalid_parameter("Too many attributes"));
        }
        account.modified = now;
        directory.update(account.clone())?;
        Ok(account)
    }
}

fn set(account: &mut Account, name: &str, value: &str) -> Result<(), Exception> {
    let verified = match name {
        "email" => Some("email_verified"),
        "phone_number" => Some("phone_number_verified"),
        _ => None,
    };
    if value.is_empty() && user::is_attribute(name) {
        account.remove_attribute(name);
        if let Some(flag) = verified {
            account.remove_attribute(flag);
        }
        return Ok(());
    }
    check_attribute(name, value)?;
    if account.attribute(name) != Some(value) {
        account.set_attribute(name, value);
        if let Some(flag) = verified {
            account.set_attribute(flag, "false");
        }
    }
    Ok(())
}
