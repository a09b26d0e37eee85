//! A user of the running pool.

use aws_lc_rs::{constant_time, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::code::Code;
use super::wrong_codes::WrongCodes;
use crate::user::{self, User, UserStatus};

/// The secret of an associated app.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CandidateToken {
    /// In Base32.
    pub(super) secret: String,
    /// Whether the user has entered a code of the app.
    pub(super) verified: bool,
}

/// A user of the pool: name, password, attributes and state. It has no `Debug`, so that it cannot be logged.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) username: String,
    pub(crate) subject: String,
    pub(crate) status: UserStatus,
    pub(crate) enabled: bool,
    pub(crate) groups: Vec<String>,
    /// The secret of the authenticator app in Base32, if there is one.
    pub(crate) software_token: Option<String>,
    /// The secret of an associated app whose code is not yet required at a sign-in.
    pub(crate) candidate_token: Option<CandidateToken>,
    /// The time step of the app's last code. That code and earlier ones are no longer accepted.
    pub(crate) software_token_step: Option<i64>,
    /// In seconds since 1970, like all times here.
    pub(crate) created: i64,
    pub(crate) modified: i64,
    /// When the temporary password was set.
    pub(crate) password_set: i64,
    /// Tokens of sign-ins up to this time are signed out.
    pub(crate) signed_out: Option<i64>,
    pub(super) codes: Vec<Code>,
    /// Starts anew with each run.
    #[serde(skip)]
    pub(super) wrong_codes: WrongCodes,
    password: String,
    attributes: Vec<(String, String)>,
}

impl Account {
    pub(crate) fn new(username: String, subject: String, password: String, now: i64) -> Self {
        Self {
            username,
            subject,
            status: UserStatus::Confirmed,
            enabled: true,
            groups: Vec::new(),
            software_token: None,
            candidate_token: None,
            software_token_step: None,
            created: now,
            modified: now,
            password_set: now,
            signed_out: None,
            codes: Vec::new(),
            wrong_codes: WrongCodes::default(),
            password,
            attributes: Vec::new(),
        }
    }

    /// The account of a configured user.
    pub(super) fn of(user: &User, username: String, subject: String, now: i64) -> Self {
        let mut account = Self {
            status: user.status,
            enabled: user.enabled,
            groups: user.groups.clone(),
            software_token: user.software_token.clone(),
            ..Self::new(username, subject, user.password.clone(), now)
        };
        for (name, value) in &user.attributes {
            account.set_attribute(name, value);
        }
        account
    }

    /// The password itself, which SRP needs.
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Sets the password and the resulting status. The caller checks the password policy.
    pub(crate) fn set_password(&mut self, password: String, status: UserStatus, now: i64) {
        self.password = password;
        self.status = status;
        self.password_set = now;
        self.modified = now;
    }

    /// Whether `given` is the password, compared in constant time.
    pub(crate) fn accepts_password(&self, given: &str) -> bool {
        same_text(&self.password, given)
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Adds an attribute, or replaces its value.
    pub(crate) fn set_attribute(&mut self, name: &str, value: &str) {
        match self.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.attributes.push((name.to_owned(), value.to_owned())),
        }
    }

    /// The size of its texts, in bytes.
    pub(super) fn size(&self) -> usize {
        size(&self.username, &self.password, &self.attributes)
    }

    pub(crate) fn remove_attribute(&mut self, name: &str) {
        self.attributes.retain(|(known, _)| known != name);
    }

    /// The attributes as texts, without `sub`.
    pub(crate) fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }

    /// The attributes as an ID token has them: all strings except for the two booleans, each of which is present if the
    /// address is.
    pub(crate) fn attribute_claims(&self) -> Vec<(String, Value)> {
        let unverified = [("email", "email_verified"), ("phone_number", "phone_number_verified")]
            .into_iter()
            .filter(|(address, verified)| {
                self.attribute(address).is_some() && self.attribute(verified).is_none()
            })
            .map(|(_, verified)| (verified.to_owned(), Value::Bool(false)));
        let given = self.attributes.iter().map(|(name, value)| {
            let value =
                if user::is_boolean(name) { Value::Bool(value == "true") } else { value.as_str().into() };
            (name.clone(), value)
        });
        unverified.chain(given).collect()
    }
}

/// The size of a user's texts, in bytes.
pub(super) fn size(username: &str, password: &str, attributes: &[(String, String)]) -> usize {
    let attributes = attributes.iter().flat_map(|(name, value)| [name, value]).map(String::len);
    [username.len(), password.len()].into_iter().chain(attributes).fold(0, usize::saturating_add)
}

/// Compares two secrets by their hashes, so that the time reveals neither length nor content.
pub(super) fn same_text(known: &str, given: &str) -> bool {
    let hash = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
    constant_time::verify_slices_are_equal(hash(known).as_ref(), hash(given).as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_unverified_until_it_is_verified() {
        let verified = |account: &Account| {
            let claims = account.attribute_claims();
            claims.into_iter().find(|(name, _)| name == "email_verified").map(|(_, value)| value)
        };
        let mut ada = Account::new("ada".into(), "s".into(), "x".into(), 0);
        assert_eq!(verified(&ada), None);
        ada.set_attribute("email", "ada@example.com");
        assert_eq!(verified(&ada), Some(Value::Bool(false)));
        ada.set_attribute("email_verified", "true");
        assert_eq!(verified(&ada), Some(Value::Bool(true)));
        assert_eq!(ada.attribute_claims().len(), 2);
    }

    #[test]
    fn a_password_is_accepted_whole() {
        let ada = Account::new("ada".into(), "s".into(), "secret".into(), 0);
        assert!(ada.accepts_password("secret"));
        for other in ["", "Secret", "secret ", "secre"] {
            assert!(!ada.accepts_password(other), "{other:?}");
        }
    }
}
