//! The Cognito resources that a definition declares.

use std::fmt;

use crate::model::value::{PoolRef, Value};

/// A user pool of the definition.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UserPoolResource {
    /// The logical id, which other stacks of the definition may have too.
    pub logical_id: String,
    /// The name that [`Import::bind`](crate::Import::bind) takes, which is unique in the definition: `Customers.Pool` in
    /// a nested stack.
    pub full_name: String,
    /// Its id, or the symbol for it until it is bound.
    pub pool: PoolRef,
    /// `UserPoolName`, if it is known.
    pub name: Option<String>,
    /// `UsernameAttributes`: `email`, `phone_number`.
    pub username_attributes: Vec<String>,
    /// `AliasAttributes`: `email`, `phone_number`, `preferred_username`.
    pub alias_attributes: Vec<String>,
    /// `AdminCreateUserConfig.AllowAdminCreateUserOnly`: users cannot sign themselves up. False if it is omitted.
    pub admin_creates_users_only: bool,
    /// `Policies.PasswordPolicy`; Cognito's default if it is omitted.
    pub password_policy: Option<PasswordPolicy>,
}

/// `PasswordPolicyType` of a user pool. Omitted settings are not required, or have Cognito's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the members of Cognito's type")]
pub struct PasswordPolicy {
    /// `MinimumLength`
    pub minimum_length: Option<u32>,
    /// `TemporaryPasswordValidityDays`
    pub temporary_password_validity_days: Option<u32>,
    /// `PasswordHistorySize`
    pub password_history_size: Option<u32>,
    /// `RequireLowercase`
    pub require_lowercase: bool,
    /// `RequireUppercase`
    pub require_uppercase: bool,
    /// `RequireNumbers`
    pub require_numbers: bool,
    /// `RequireSymbols`
    pub require_symbols: bool,
}

/// An app client of the definition.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AppClient {
    /// The logical id, which other stacks of the definition may have too.
    pub logical_id: String,
    /// The name that [`Import::bind`](crate::Import::bind) takes, which is unique in the definition: `Customers.Client`
    /// in a nested stack.
    pub full_name: String,
    /// Its id, or the symbol for it until it is bound.
    pub id: Value,
    /// `ClientName`, if it is known.
    pub name: Option<String>,
    /// The pool it belongs to, if that is known.
    pub pool: Option<PoolRef>,
    /// `AllowedOAuthScopes`
    pub scopes: Vec<String>,
    /// `AllowedOAuthFlows`: `code`, `implicit`, `client_credentials`.
    pub oauth_flows: Vec<String>,
    /// `ExplicitAuthFlows`
    pub auth_flows: Vec<String>,
    /// `CallbackURLs`. Parts that are known only after a deployment are written as `${…}`.
    pub callback_urls: Vec<String>,
    /// `LogoutURLs`, as [`callback_urls`](Self::callback_urls).
    pub logout_urls: Vec<String>,
    /// `GenerateSecret`
    pub has_secret: bool,
}

/// A resource server of the definition.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ResourceServer {
    /// The logical id.
    pub logical_id: String,
    /// `Identifier`: the part before the `/` of its scopes.
    pub identifier: String,
    /// `Name`, if it is known.
    pub name: Option<String>,
    /// The pool it belongs to, if that is known.
    pub pool: Option<PoolRef>,
    /// Its scopes.
    pub scopes: Vec<ResourceServerScope>,
}

/// A scope of a resource server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceServerScope {
    /// `ScopeName`: the part after the `/`.
    pub name: String,
    /// `ScopeDescription`
    pub description: Option<String>,
}

impl ResourceServer {
    /// The scopes as tokens carry them: `{identifier}/{name}`.
    pub fn full_scopes(&self) -> impl Iterator<Item = String> + '_ {
        self.scopes.iter().map(|scope| format!("{}/{}", self.identifier, scope.name))
    }
}

/// A group of a user pool of the definition.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PoolGroup {
    /// The logical id.
    pub logical_id: String,
    /// `GroupName`
    pub name: String,
    /// The pool it belongs to, if that is known.
    pub pool: Option<PoolRef>,
}

/// A user of a user pool of the definition. `Debug` omits the name, which is often an e-mail address.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PoolUser {
    /// The logical id.
    pub logical_id: String,
    /// `Username`
    pub name: String,
    /// The pool it belongs to, if that is known.
    pub pool: Option<PoolRef>,
}

impl fmt::Debug for PoolUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolUser")
            .field("logical_id", &self.logical_id)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}
