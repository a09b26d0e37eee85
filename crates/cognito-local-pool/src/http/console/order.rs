//! An order for a token, as JSON or as a form, and the minted token.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::{AppClient, OAuthFlow, STANDARD_SCOPES};
use crate::journal::Event;
use crate::parameters::Parameters;
use crate::pool::LocalPool;
use crate::token::TokenBuilder;

/// An order for a token.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Order {
    /// The user; `None` for the token of a machine.
    #[serde(rename = "as")]
    user: Option<String>,
    client: Option<String>,
    scopes: Vec<String>,
    groups: Vec<String>,
    claims: Map<String, Value>,
    expired: bool,
    id: bool,
}

/// A minted token, and possible mistakes in the order.
pub(super) struct Minted {
    pub(super) token: String,
    pub(super) token_use: &'static str,
    pub(super) warnings: Vec<String>,
}

/// Why no token is minted: a name for programs, and a text.
#[derive(Debug)]
pub(super) struct Unminted {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Unminted {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl Order {
    /// Reads JSON. The message of an error repeats nothing of the body.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, Unminted> {
        let unreadable = |line: usize, column: usize| {
            Unminted::new(
                "invalid_request",
                format!(
                    "the body cannot be read: line {line}, column {column}; send a JSON object with `as` (a user) or \
                     `client` (a machine), and `scopes`, `groups`, `claims`, `expired`, `id` where they are needed"
                ),
            )
        };
        // An array would be read as the members in their order.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(unreadable(1, 1));
        }
        serde_json::from_slice(body).map_err(|error| unreadable(error.line(), error.column()))
    }

    /// Reads the form of the page: scopes and groups between spaces, claims as a JSON object.
    pub(super) fn from_form(form: &Parameters) -> Result<Self, Unminted> {
        let words = |name: &str| -> Vec<String> {
            form.get(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
        };
        let claims = form.get("claims").unwrap_or("{}");
        let claims = serde_json::from_str(claims).map_err(|_| {
            Unminted::new(
                "invalid_claims",
                "the claims are not a JSON object; write for example {\"tenant\": \"a\"}",
            )
        })?;
        let user = form.get("as").map(str::trim).filter(|user| !user.is_empty()).map(str::to_owned);
        Ok(Self {
            user,
            client: form.owned("client"),
            scopes: words("scopes"),
            groups: words("groups"),
            claims,
            expired: form.get("expired").is_some(),
            id: form.get("use") == Some("id"),
        })
    }

    /// Mints the token, and records that.
    pub(super) fn mint(self, pool: &LocalPool) -> Result<Minted, Unminted> {
        if let Some(unknown) = self.client.as_deref().filter(|id| pool.client(id).is_none()) {
            return Err(Unminted::new(
                "unknown_client",
                format!(
                    "the pool has no app client `{unknown}`{}",
                    those(pool.clients().iter().map(AppClient::id))
                ),
            ));
        }
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(Unminted::new(
                "invalid_scope",
                format!("`{}` is not a scope; one reads like `orders/read`", scope.escape_debug()),
            ));
        }
        let (subject, token) = match (&self.user, &self.client) {
            (Some(user), client) => {
                let client = client.as_deref().or(client_of_users(pool));
                let username = Self::username(pool, user)?;
                let token = if self.id { pool.id_token(&username) } else { pool.access_token(&username) };
                let token = client.into_iter().fold(token, TokenBuilder::client);
                (username, token)
            }
            (None, _) if self.id => {
                return Err(Unminted::new("user_needed", "a machine has no ID token; name a user with `as`"));
            }
            (None, Some(client)) => (client.clone(), pool.machine_token(client)),
            (None, None) => {
                let message =
                    "name a user with `as`, or an app client with `client` for the token of a machine";
                return Err(Unminted::new("user_needed", message));
            }
        };
        let warnings = self.warnings(pool);
        let token = self.scopes.into_iter().fold(token, TokenBuilder::scope);
        let token = self.groups.into_iter().fold(token, TokenBuilder::group);
        let token = self.claims.into_iter().fold(token, |token, (name, value)| token.claim(name, value));
        let token = if self.expired { token.expired() } else { token };
        let token_use = if self.id { "id" } else { "access" };
        pool.record(Event::Minted { subject, token_use });
        Ok(Minted { token: token.sign(), token_use, warnings })
    }

    fn username(pool: &LocalPool, name: &str) -> Result<String, Unminted> {
        if let Some(account) = pool.account(name) {
            return Ok(account.username);
        }
        let known: Vec<String> = pool.directory().iter().map(|account| account.username.clone()).collect();
        let message = format!("the pool has no user `{name}`{}", those(known.iter().map(String::as_str)));
        Err(Unminted::new("unknown_user", message))
    }

    /// Mistakes that a test may want, and a person does not.
    fn warnings(&self, pool: &LocalPool) -> Vec<String> {
        let known = |scope: &str| {
            STANDARD_SCOPES.contains(&scope) || pool.scopes().iter().any(|known| known == scope)
        };
        let unknown = self.scopes.iter().filter(|scope| !known(scope));
        unknown
            .map(|scope| {
                format!("the pool does not define the scope `{scope}`; the token has it all the same")
            })
            .collect()
    }
}

/// The app client that a user's token is for unless one is named: the first that is not for machines.
pub(super) fn client_of_users(pool: &LocalPool) -> Option<&str> {
    let mut clients = pool.clients().iter();
    let client = clients.find(|client| !client.allows_flow(OAuthFlow::ClientCredentials));
    client.or(pool.first_client()).map(AppClient::id)
}

/// The end of a message: what exists instead.
fn those<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 10;
    let names: Vec<&str> = names.take(MOST + 1).collect();
    match names.get(..MOST) {
        _ if names.is_empty() => "; it has none".to_owned(),
        Some(first) if names.len() > MOST => format!("; it has {} and others", first.join(", ")),
        _ => format!("; it has {}", names.join(", ")),
    }
}

/// The characters of RFC 6749 §3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}
