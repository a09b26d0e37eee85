//! The configuration of a local pool, as a TOML file has it.

mod app_client;
mod error;
mod token_additions;

use std::collections::BTreeMap;

use cognito_local_pool::{
    AcrLevel, LocalPool, LocalPoolBuilder, PasswordPolicy, ResourceServer, SignInAttribute, User,
};
use serde::Deserialize;

use self::token_additions::TokenAdditionsTable;
pub(super) use self::{
    app_client::{AppClientTable, AuthFlowName, FlowName},
    error::SettingsError,
};
use crate::secret::Secret;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    pub(super) id: String,
    pub(super) issuer: Option<String>,
    pub(super) self_sign_up: bool,
    pub(super) username_attributes: Vec<SignInName>,
    pub(super) alias_attributes: Vec<SignInName>,
    pub(super) password_policy: Option<PasswordPolicyTable>,
    acr_names: BTreeMap<AcrLevelName, String>,
    token_additions: Vec<TokenAdditionsTable>,
    pub(super) resource_server: Vec<ResourceServerTable>,
    pub(super) app_client: Vec<AppClientTable>,
    pub(super) user: Vec<UserTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceServerTable {
    pub(super) identifier: String,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserTable {
    pub(super) name: String,
    pub(super) password: Secret,
    subject: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// The secret of an authenticator app, in Base32.
    software_token: Option<Secret>,
}

/// An authentication level by its key in `AcrConfiguration`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
enum AcrLevelName {
    Level1,
    Level2,
    Level3,
    Level4,
}

/// An attribute that users can sign in with.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum SignInName {
    Email,
    PhoneNumber,
    PreferredUsername,
}

/// The members of Cognito's `PasswordPolicyType`, with Cognito's defaults.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the members of Cognito's type")]
pub(super) struct PasswordPolicyTable {
    pub(super) minimum_length: Option<usize>,
    pub(super) temporary_password_validity_days: Option<u32>,
    #[serde(default = "yes")]
    pub(super) require_lowercase: bool,
    #[serde(default = "yes")]
    pub(super) require_uppercase: bool,
    #[serde(default = "yes")]
    pub(super) require_numbers: bool,
    #[serde(default = "yes")]
    pub(super) require_symbols: bool,
}

fn yes() -> bool {
    true
}

/// An empty pool.
impl Default for Settings {
    fn default() -> Self {
        Self {
            id: "ap-south-1_LocalPool".to_owned(),
            issuer: None,
            self_sign_up: false,
            username_attributes: Vec::new(),
            alias_attributes: Vec::new(),
            password_policy: None,
            acr_names: BTreeMap::new(),
            token_additions: Vec::new(),
            resource_server: Vec::new(),
            app_client: Vec::new(),
            user: Vec::new(),
        }
    }
}

impl Settings {
    pub(super) fn parse(text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
            let line = before.matches('\n').count() + 1;
            SettingsError::Toml { line, column, problem: error.message().trim_end().replace('\n', "; ") }
        })
    }

    /// Builds the pool. `issuer` is used if the file has none, and `complete` adds what a file cannot configure.
    pub(super) fn build(
        &self,
        issuer: &str,
        complete: impl FnOnce(LocalPoolBuilder) -> LocalPoolBuilder,
    ) -> Result<LocalPool, SettingsError> {
        let issuer = self.issuer.as_deref().unwrap_or(issuer);
        let mut pool = LocalPool::builder(&self.id).issuer(issuer);
        if self.self_sign_up {
            pool = pool.allow_self_sign_up();
        }
        for name in &self.username_attributes {
            pool = pool.username_attribute((*name).into());
        }
        for name in &self.alias_attributes {
            pool = pool.alias_attribute((*name).into());
        }
        if let Some(policy) = &self.password_policy {
            pool = pool.password_policy(policy.build());
        }
        for (level, name) in &self.acr_names {
            pool = pool.acr_name((*level).into(), name);
        }
        for server in &self.resource_server {
            let scopes = server.scopes.iter();
            pool = pool
                .resource_server(scopes.fold(ResourceServer::new(&server.identifier), ResourceServer::scope));
        }
        for client in &self.app_client {
            pool = pool.app_client(client.build()?);
        }
        for additions in &self.token_additions {
            pool = pool.token_additions(additions.build()?);
            let known = |id: &String| self.app_client.iter().any(|client| client.id == *id);
            if let Some(client) = additions.client.as_ref().filter(|id| !known(id)) {
                return Err(SettingsError::AdditionsClient { client: client.clone() });
            }
        }
        pool = self.user.iter().fold(pool, |pool, user| pool.user(user.build()));
        complete(pool).build().map_err(SettingsError::Pool)
    }

    /// Adds a user, or sets the password of an existing one.
    pub(super) fn set_user(&mut self, name: &str, password: Secret, groups: &[String]) {
        match self.user.iter_mut().find(|user| user.name == name) {
            Some(user) => user.password = password,
            None => self.user.push(UserTable::new(name, password, groups.to_vec())),
        }
    }
}

impl PasswordPolicyTable {
    fn build(&self) -> PasswordPolicy {
        let mut policy = PasswordPolicy::new();
        if let Some(length) = self.minimum_length {
            policy = policy.minimum_length(length);
        }
        if let Some(days) = self.temporary_password_validity_days {
            policy = policy.temporary_password_days(days);
        }
        for (required, without) in [
            (self.require_lowercase, PasswordPolicy::without_lowercase as fn(_) -> _),
            (self.require_uppercase, PasswordPolicy::without_uppercase),
            (self.require_numbers, PasswordPolicy::without_numbers),
            (self.require_symbols, PasswordPolicy::without_symbols),
        ] {
            if !required {
                policy = without(policy);
            }
        }
        policy
    }
}

impl SignInName {
    /// The attribute of this name, if users can sign in with it.
    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::Email, Self::PhoneNumber, Self::PreferredUsername]
            .into_iter()
            .find(|attribute| SignInAttribute::from(*attribute).name() == name)
    }
}

impl From<SignInName> for SignInAttribute {
    fn from(name: SignInName) -> Self {
        match name {
            SignInName::Email => Self::Email,
            SignInName::PhoneNumber => Self::PhoneNumber,
            SignInName::PreferredUsername => Self::PreferredUsername,
        }
    }
}

impl From<AcrLevelName> for AcrLevel {
    fn from(name: AcrLevelName) -> Self {
        match name {
            AcrLevelName::Level1 => Self::Level1,
            AcrLevelName::Level2 => Self::Level2,
            AcrLevelName::Level3 => Self::Level3,
            AcrLevelName::Level4 => Self::Level4,
        }
    }
}

impl UserTable {
    pub(super) fn new(name: &str, password: Secret, groups: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            password,
            subject: None,
            groups,
            attributes: BTreeMap::new(),
            software_token: None,
        }
    }

    fn build(&self) -> User {
        let mut user = User::new(&self.name, self.password.reveal());
        if let Some(subject) = &self.subject {
            user = user.subject(subject);
        }
        if let Some(secret) = &self.software_token {
            user = user.software_token(secret.reveal());
        }
        user = self.groups.iter().fold(user, User::group);
        self.attributes.iter().fold(user, |user, (name, value)| user.attribute(name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(settings: &Settings) -> Result<LocalPool, SettingsError> {
        settings.build("http://127.0.0.1:9229/ap-south-1_LocalPool", |pool| pool)
    }

    fn error(text: &str) -> String {
        match Settings::parse(text).and_then(|settings| build(&settings)) {
            Ok(pool) => panic!("{pool:?} was built"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_pool() {
        let settings = Settings::parse("").unwrap();
        let pool = build(&settings).unwrap();
        assert_eq!(pool.issuer(), "http://127.0.0.1:9229/ap-south-1_LocalPool");
    }

    #[test]
    fn the_issuer_of_the_file_takes_precedence() {
        let settings = Settings::parse("issuer = 'https://idp.example/a'").unwrap();
        assert_eq!(build(&settings).unwrap().issuer(), "https://idp.example/a");
    }

    #[test]
    fn an_error_has_the_line_or_the_fix() {
        for (text, expected) in [
            ("id = \"x\"\nscope = 1", "line 2, column 1: unknown field `scope`"),
            ("id = ", "line 1, column 6: "),
            ("[[user]]\nname = \"ada\"", "line 1, column 1: missing field `password`"),
            ("id = \"eu-west-1\"", "`eu-west-1` is not a user pool id"),
            ("[[app_client]]\nid = \"a\"\nscopes = [\"r/s\"]", "add it to a `[[resource_server]]`"),
            ("[[app_client]]\nid = \"a\"\nsecret = \"\"", "leave `secret` out"),
            ("[[app_client]]\nid = \"a\"\naccess_token_minutes = 1", "access tokens of the app client `a`"),
            ("[[app_client]]\nid = \"a\"\naccess_token_minutes = -1", "line 3, column 24: "),
            ("[[app_client]]\nid = \"a\"\nflows = [\"code\"]", "add `callback_urls`"),
            ("[[app_client]]\nid = \"a\"\ncallback_urls = [\"https://a/b\"]", "add `scopes = [\"openid\"]`"),
            ("[[app_client]]\nid = \"a\"\nflows = [\"client_credentials\"]", "give it `secret`"),
            (
                "[[app_client]]\nid = \"a\"\nflows = [\"password\"]",
                "line 3, column 10: unknown variant `password`",
            ),
            ("[[app_client]]\nid = \"a\"\nflows = []", "leave `flows` out"),
            ("[[app_client]]\nid = \"a\"\nauth_flows = []", "leave `auth_flows` out"),
            (
                "[[app_client]]\nid = \"a\"\nauth_flows = [\"ALLOW_CUSTOM_AUTH\"]",
                "unknown variant `ALLOW_CUSTOM_AUTH`",
            ),
            ("[[app_client]]\nid = \"a\"\nsecond_secret = \"b\"", "without `secret`"),
            ("[[app_client]]\nid = \"a\"\ncallback_urls = [\"http://a/b\"]", "is not a callback URL"),
            ("[[app_client]]\nid = \"a\"\nlogout_urls = [\"a\"]", "is not a sign-out URL"),
            ("[[app_client]]\nid = \"a\"\nrefresh_token_rotation_seconds = 61", "choose at most 60s"),
            ("[password_policy]\nminimum_length = 5", "choose 6 to 99"),
            ("[password_policy]\ntemporary_password_validity_days = 0", "choose 1 to 365"),
            ("[acr_names]\nlevel4 = \"a b\"", "cannot be the name of an authentication level"),
            ("[acr_names]\nlevel5 = \"a\"", "line 2, column 1: unknown variant `level5`"),
            ("[[user]]\nname = \"a\"\npassword = \"b\"\nsoftware_token = \"!\"", "is not Base32"),
            ("username_attributes = [\"preferred_username\"]", "use `alias_attributes`"),
            ("username_attributes = [\"email\"]\nalias_attributes = [\"email\"]", "one or the other"),
            ("username_attributes = [\"nickname\"]", "unknown variant `nickname`"),
            ("[[token_additions]]\nscopes = [\"a/b\"]", "either `user` or `client`"),
            ("[[token_additions]]\nuser = \"a\"\nclient = \"b\"", "either `user` or `client`"),
            ("[[token_additions]]\nclient = \"b\"", "the app client `b`, which does not exist"),
            ("[[token_additions]]\nuser = \"a\"\nclaims = { exp = 1 }", "the claim `exp`"),
            ("[[token_additions]]\nuser = \"a\"\nclaims = { a = 1979-05-27 }", "write a date as a string"),
            ("[[user]]\nname = \"a\"\npassword = \"b\"\nsubject = \"\"", "leave `subject` out"),
            ("[[user]]\nname = \"a\"\npassword = \"b\"\nattributes = { sub = \"c\" }", "beside `attributes`"),
        ] {
            let error = error(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_what_may_be_a_password() {
        for text in [
            "[[user]]\nname = \"ada\"\npassword = 18151815",
            "[[user]]\nname = \"ada\"\npassword = [\"18151815\"]",
            "[[user]]\nname = \"ada\"\npassword = \"18151815\" x",
            "[[user]]\nname = \"ada\"\npassword = \"18151815",
            "[[app_client]]\nid = \"a\"\nsecret = 18151815",
            "[[app_client]]\nid = \"a\"\nsecret = 18151815-03-04",
        ] {
            let error = error(text);
            assert!(!error.contains("1815") && error.starts_with("line "), "{text}: {error}");
        }
        let shown = format!("{:?}", Settings::parse("[[user]]\nname='ada'\npassword='Ada-1815'").unwrap());
        assert!(!shown.contains("1815"), "{shown}");
    }
}
