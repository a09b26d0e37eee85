//! The users of a pool.

use std::fmt;

use aws_lc_rs::constant_time;
use serde_json::Value;

use crate::error::PoolError;
use crate::{random, syntax};

/// The most groups that a user may be in.
const MAX_GROUPS: usize = 100;

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
/// `Debug` shows which attributes there are, and neither who it is nor the password.
#[derive(Clone)]
pub struct User {
    name: String,
    password: String,
    subject: Option<String>,
    groups: Vec<String>,
    attributes: Vec<(String, String)>,
}

impl User {
    /// A confirmed user. The password is kept as it is and must not be empty; no password policy applies.
    #[must_use]
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        let (name, password) = (name.into(), password.into());
        Self { name, password, subject: None, groups: Vec::new(), attributes: Vec::new() }
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

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn accepts_password(&self, given: &str) -> bool {
        constant_time::verify_slices_are_equal(self.password.as_bytes(), given.as_bytes()).is_ok()
    }

    pub(crate) fn groups(&self) -> &[String] {
        &self.groups
    }

    /// `sub` of this user in the pool `pool_id`.
    pub(crate) fn subject_in(&self, pool_id: &str) -> String {
        self.subject.clone().unwrap_or_else(|| subject_of(&self.name, pool_id))
    }

    /// The attributes as they stand in an ID token: all strings, but for the two booleans.
    pub(crate) fn attribute_claims(&self) -> impl Iterator<Item = (&str, Value)> {
        let unverified = ["email", "phone_number"].into_iter().filter(|name| self.has(name)).map(|name| {
            (if name == "email" { "email_verified" } else { "phone_number_verified" }, Value::Bool(false))
        });
        let given = self.attributes.iter().map(|(name, value)| {
            let value =
                if is_boolean(name) { Value::Bool(value == "true") } else { Value::from(value.as_str()) };
            (name.as_str(), value)
        });
        unverified.chain(given)
    }

    fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|(name, _)| name == attribute)
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
        self.attributes.iter().try_for_each(|(name, value)| {
            let custom = name.strip_prefix("custom:").is_some_and(|rest| !rest.is_empty());
            if !custom && !STANDARD_ATTRIBUTES.contains(&name.as_str()) {
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

/// The `sub` of a user who has none of their own; a pool knows it before the user exists.
pub(crate) fn subject_of(name: &str, pool_id: &str) -> String {
    random::stable_uuid(&[pool_id, name])
}

fn is_boolean(attribute: &str) -> bool {
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

    #[test]
    fn an_address_is_unverified_until_the_test_says_otherwise() {
        let verified = |user: User| {
            user.attribute_claims()
                .filter(|(name, _)| *name == "email_verified")
                .map(|(_, value)| value)
                .last()
        };
        let user = User::new("ada", "x").attribute("email", "ada@example.com");
        assert_eq!(verified(user.clone()), Some(Value::Bool(false)));
        assert_eq!(verified(user.attribute("email_verified", "true")), Some(Value::Bool(true)));
        assert_eq!(verified(User::new("ada", "x")), None);
    }
}
