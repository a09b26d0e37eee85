//! The users of a pool.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base32;
use crate::error::PoolError;
use crate::{random, syntax};

/// The most groups that a user may be in.
const MAX_GROUPS: usize = 100;

/// The longest name of a custom attribute in Cognito, without `custom:`.
const MAX_CUSTOM_NAME: usize = 20;

/// The standard attributes of a user pool (`OpenID` Connect Core §5.1), besides `sub`.
const STANDARD_ATTRIBUTES: [&str; 19] = [
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// A user with a password, groups and attributes.
///
/// `Debug` shows the names of the attributes, and neither the user name nor the password.
#[derive(Clone)]
pub struct User {
    pub(crate) name: String,
    pub(crate) password: String,
    subject: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) status: UserStatus,
    pub(crate) enabled: bool,
    pub(crate) software_token: Option<String>,
}

impl User {
    /// A confirmed user. The password is kept as it is and must not be empty; no password policy applies.
    #[must_use]
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        let (name, password) = (name.into(), password.into());
        Self {
            name,
            password,
            subject: None,
            groups: Vec::new(),
            attributes: Vec::new(),
            status: UserStatus::Confirmed,
            enabled: true,
            software_token: None,
        }
    }

    /// The password is a temporary one: the user must choose another at the first sign-in
    /// (`FORCE_CHANGE_PASSWORD`).
    #[must_use]
    pub fn must_change_password(mut self) -> Self {
        self.status = UserStatus::ForceChangePassword;
        self
    }

    /// The user signed up and has not confirmed it, so cannot sign in yet (`UNCONFIRMED`).
    #[must_use]
    pub fn unconfirmed(mut self) -> Self {
        self.status = UserStatus::Unconfirmed;
        self
    }

    /// The user is disabled: no sign-in, and refresh tokens give nothing.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// The user has an authenticator app with this secret in Base32, and must enter its code at each sign-in
    /// (`SOFTWARE_TOKEN_MFA`).
    #[must_use]
    pub fn software_token(mut self, secret: impl Into<String>) -> Self {
        self.software_token = Some(secret.into());
        self
    }

    /// Sets `sub`. By default it is derived from the ids of the pool and the user: the same in every run.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Adds the user to a group, which becomes one of `cognito:groups`.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.push(name.into());
        self
    }

    /// Sets an attribute: a standard one such as `email`, or `custom:…`.
    ///
    /// `email_verified` and `phone_number_verified` are `true` or `false`; where there is an address and they
    /// are not set, they are `false`.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// `sub` of this user in the pool `pool_id`.
    pub(crate) fn subject_in(&self, pool_id: &str) -> String {
        self.subject.clone().unwrap_or_else(|| subject_of(&self.name, pool_id))
    }

    pub(crate) fn check(&self) -> Result<(), PoolError> {
        let user = || self.name.clone();
        if !syntax::is_name(&self.name) {
            return Err(PoolError::Username { name: user() });
        }
        if self.password.is_empty() {
            return Err(PoolError::EmptyPassword { user: user() });
        }
        if self.subject.as_deref() == Some("") {
            return Err(PoolError::EmptySubject { user: user() });
        }
        if let Some(group) = self.groups.iter().find(|group| !syntax::is_name(group)) {
            return Err(PoolError::GroupName { name: group.clone() });
        }
        if self.groups.len() > MAX_GROUPS {
            return Err(PoolError::TooManyGroups {
                user: user(),
                count: self.groups.len(),
                most: MAX_GROUPS,
            });
        }
        if self.software_token.as_deref().is_some_and(|secret| base32::decode(secret).is_none()) {
            return Err(PoolError::SoftwareToken { user: user() });
        }
        self.attributes.iter().try_for_each(|(name, value)| {
            if !is_attribute(name) {
                return Err(PoolError::Attribute { user: user(), name: name.clone() });
            }
            if is_boolean(name) && value != "true" && value != "false" {
                return Err(PoolError::NotBoolean { user: user(), name: name.clone() });
            }
            Ok(())
        })
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes: Vec<&str> = self.attributes.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("User").field("attributes", &attributes).finish_non_exhaustive()
    }
}

/// `UserStatus` of Cognito's API, without those that only federation or imports have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum UserStatus {
    Confirmed,
    Unconfirmed,
    /// The password is temporary.
    ForceChangePassword,
    /// An administrator reset the password: a new one needs a code.
    ResetRequired,
}

impl UserStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::Unconfirmed => "UNCONFIRMED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ResetRequired => "RESET_REQUIRED",
        }
    }
}

/// The `sub` of a user without a configured one. It depends only on the names, so it is the same in each run.
pub(crate) fn subject_of(name: &str, pool_id: &str) -> String {
    random::stable_uuid(&[pool_id, name])
}

/// Whether a user can have an attribute of this name: a standard one, or one with `custom:`.
pub(crate) fn is_attribute(name: &str) -> bool {
    let custom = name
        .strip_prefix("custom:")
        .is_some_and(|rest| rest.chars().count() <= MAX_CUSTOM_NAME && syntax::is_name(rest));
    custom || STANDARD_ATTRIBUTES.contains(&name)
}

pub(crate) fn is_boolean(attribute: &str) -> bool {
    matches!(attribute, "email_verified" | "phone_number_verified")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_who_it_is_nor_the_password() {
        let user = User::new("ada", "her-password").group("ops").attribute("email", "ada@example.com");
        assert_eq!(format!("{user:?}"), r#"User { attributes: ["email"], .. }"#);
    }
}
