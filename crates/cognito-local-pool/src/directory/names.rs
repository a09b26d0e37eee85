//! By which names users sign in.

use crate::error::PoolError;
use crate::syntax;

/// An attribute by whose value a user can sign in.
///
/// See [Customizing sign-in attributes][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignInAttribute {
    /// `email`.
    Email,
    /// `phone_number`, with `+` and the country code.
    PhoneNumber,
    /// `preferred_username`; as an alias only.
    PreferredUsername,
}

impl SignInAttribute {
    /// The name of the attribute.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::PreferredUsername => "preferred_username",
        }
    }

    /// The attribute that says whether a value is the user's, if Cognito asks for that.
    pub(crate) fn verified_by(self) -> Option<&'static str> {
        match self {
            Self::Email => Some("email_verified"),
            Self::PhoneNumber => Some("phone_number_verified"),
            Self::PreferredUsername => None,
        }
    }

    /// Whether `text` could be a value of the attribute.
    pub(crate) fn accepts(self, text: &str) -> bool {
        match self {
            Self::Email => syntax::is_email(text),
            Self::PhoneNumber => syntax::is_phone_number(text),
            Self::PreferredUsername => syntax::is_name(text),
        }
    }
}

/// `UsernameAttributes` or `AliasAttributes` of a pool; both empty if users have only user names.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignInNames {
    /// Users sign up with one of these instead of a user name, which Cognito then makes up.
    pub(crate) username: Vec<SignInAttribute>,
    /// Users can sign in with one of these beside their user name.
    pub(crate) alias: Vec<SignInAttribute>,
}

impl SignInNames {
    pub(crate) fn check(&self) -> Result<(), PoolError> {
        if self.username.contains(&SignInAttribute::PreferredUsername) {
            return Err(PoolError::UsernameAttribute);
        }
        if !self.username.is_empty() && !self.alias.is_empty() {
            return Err(PoolError::UsernameAndAlias);
        }
        Ok(())
    }

    /// The username attribute whose value `text` could be.
    pub(crate) fn username_attribute_of(&self, text: &str) -> Option<SignInAttribute> {
        self.username.iter().copied().find(|attribute| attribute.accepts(text))
    }

    /// What the names of users are if users have no separate user names.
    pub(crate) fn expected(&self) -> &'static str {
        match (
            self.username.contains(&SignInAttribute::Email),
            self.username.contains(&SignInAttribute::PhoneNumber),
        ) {
            (true, true) => "an email address or a phone number",
            (false, true) => "a phone number",
            _ => "an email address",
        }
    }
}
