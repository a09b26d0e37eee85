//! What a local pool has: in TOML, or from elsewhere.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use cognito_local_pool::{AppClient, LocalPool, PoolError, ResourceServer, User};
use serde::Deserialize;

use crate::secret::Secret;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    #[serde(default = "default_id")]
    pub(super) id: String,
    issuer: Option<String>,
    #[serde(default)]
    pub(super) resource_server: Vec<ResourceServerTable>,
    #[serde(default)]
    pub(super) app_client: Vec<AppClientTable>,
    #[serde(default)]
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
pub(super) struct AppClientTable {
    pub(super) id: String,
    pub(super) secret: Option<Secret>,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
    access_token_minutes: Option<u32>,
    id_token_minutes: Option<u32>,
    refresh_token_days: Option<u32>,
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
}

/// A pool with nothing in it.
impl Default for Settings {
    fn default() -> Self {
        Self {
            id: default_id(),
            issuer: None,
            resource_server: Vec::new(),
            app_client: Vec::new(),
            user: Vec::new(),
        }
    }
}

fn default_id() -> String {
    "ap-south-1_LocalPool".to_owned()
}

/// Why the file does not hold. The text never repeats a line of it: there may be a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SettingsError {
    #[error("line {line}, column {column}: {problem}")]
    Toml { line: usize, column: usize, problem: String },
    #[error("{}", in_words_of_the_file(.0))]
    Pool(PoolError),
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

    /// The pool that listens on `address`.
    pub(super) fn build(&self, address: SocketAddr) -> Result<LocalPool, SettingsError> {
        let issuer = self.issuer.clone().unwrap_or_else(|| format!("http://{address}/{}", self.id));
        let mut pool = LocalPool::builder(&self.id).issuer(issuer);
        for server in &self.resource_server {
            let scopes = server.scopes.iter();
            pool = pool
                .resource_server(scopes.fold(ResourceServer::new(&server.identifier), ResourceServer::scope));
        }
        pool = self.app_client.iter().fold(pool, |pool, client| pool.app_client(client.build()));
        pool = self.user.iter().fold(pool, |pool, user| pool.user(user.build()));
        pool.build().map_err(SettingsError::Pool)
    }
}

impl AppClientTable {
    pub(super) fn new(id: &str, secret: Option<Secret>, scopes: Vec<String>) -> Self {
        let id = id.to_owned();
        Self {
            id,
            secret,
            scopes,
            access_token_minutes: None,
            id_token_minutes: None,
            refresh_token_days: None,
        }
    }

    /// The scopes that resource servers define: those that a machine can get.
    pub(super) fn custom_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str).filter(|scope| scope.contains('/'))
    }

    fn build(&self) -> AppClient {
        let mut client = match &self.secret {
            Some(secret) => AppClient::confidential(&self.id, secret.reveal()),
            None => AppClient::public(&self.id),
        };
        client = self.scopes.iter().fold(client, AppClient::allow_scope);
        if let Some(minutes) = self.access_token_minutes {
            client = client.access_token_lifetime(MINUTE * minutes);
        }
        if let Some(minutes) = self.id_token_minutes {
            client = client.id_token_lifetime(MINUTE * minutes);
        }
        if let Some(days) = self.refresh_token_days {
            client = client.refresh_token_lifetime(DAY * days);
        }
        client
    }
}

impl UserTable {
    pub(super) fn new(name: &str, password: Secret, groups: Vec<String>) -> Self {
        Self { name: name.to_owned(), password, subject: None, groups, attributes: BTreeMap::new() }
    }

    fn build(&self) -> User {
        let mut user = User::new(&self.name, self.password.reveal());
        if let Some(subject) = &self.subject {
            user = user.subject(subject);
        }
        user = self.groups.iter().fold(user, User::group);
        self.attributes.iter().fold(user, |user, (name, value)| user.attribute(name, value))
    }
}

/// The errors of the library name its methods; here the same settings are keys of a file.
fn in_words_of_the_file(error: &PoolError) -> String {
    match error {
        PoolError::UnknownScope { client, scope } => format!(
            "the app client `{client}` is allowed `{scope}`, which no resource server has; add it to a \
             `[[resource_server]]`, or remove it"
        ),
        PoolError::EmptySecret { client } => {
            format!("the app client `{client}` has an empty secret; give it one, or leave `secret` out")
        }
        PoolError::EmptySubject { user } => {
            format!("the user `{user}` has an empty subject; give one, or leave `subject` out")
        }
        PoolError::Attribute { user, name } => format!(
            "the user `{user}` cannot have the attribute `{name}`; use a standard one such as `email`, or \
             `custom:{name}` (`subject` and `groups` stand beside `attributes`)"
        ),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let address = "127.0.0.1:9229".parse().unwrap();
        match Settings::parse(text).and_then(|settings| settings.build(address)) {
            Ok(pool) => panic!("{pool:?} was built"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_pool() {
        let settings = Settings::parse("").unwrap();
        let pool = settings.build("127.0.0.1:9229".parse().unwrap()).unwrap();
        assert_eq!(pool.issuer(), "http://127.0.0.1:9229/ap-south-1_LocalPool");
    }

    #[test]
    fn the_issuer_of_the_file_counts() {
        let settings = Settings::parse("issuer = 'https://idp.example/a'").unwrap();
        assert_eq!(settings.build("127.0.0.1:1".parse().unwrap()).unwrap().issuer(), "https://idp.example/a");
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (text, expected) in [
            ("id = \"x\"\nscope = 1", "line 2, column 1: unknown field `scope`"),
            ("id = ", "line 1, column 6: "),
            ("[[user]]\nname = \"ada\"", "line 1, column 1: missing field `password`"),
            ("id = \"eu-west-1\"", "`eu-west-1` is not a user pool id"),
            ("[[app_client]]\nid = \"a\"\nscopes = [\"r/s\"]", "add it to a `[[resource_server]]`"),
            ("[[app_client]]\nid = \"a\"\nsecret = \"\"", "leave `secret` out"),
            ("[[app_client]]\nid = \"a\"\naccess_token_minutes = 1", "access tokens of the app client `a`"),
            ("[[app_client]]\nid = \"a\"\naccess_token_minutes = -1", "line 3, column 24: "),
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
