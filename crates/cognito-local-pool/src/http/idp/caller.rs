//! The caller: an app client with its secret, or an administrator of this pool.

use serde::Deserialize;

use super::request::{Attribute, Constraints, required};
use crate::client::AppClient;
use crate::exception::Exception;
use crate::pool::LocalPool;

/// The app client of this id.
pub(super) fn client<'a>(pool: &'a LocalPool, id: &str) -> Result<&'a AppClient, Exception> {
    pool.client(id).ok_or_else(|| {
        Exception::new("ResourceNotFoundException", format!("User pool client {id} does not exist."))
    })
}

/// A call of an app client for a user without an access token: sign-up and forgotten passwords. Each call reads the
/// members that it has.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AboutUser {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) confirmation_code: Option<String>,
    pub(super) user_attributes: Option<Vec<Attribute>>,
}

impl AboutUser {
    /// The name of the user, once `others` have read the other required members and the client has shown its secret.
    pub(super) fn checked<'a, T>(
        &'a self,
        pool: &LocalPool,
        others: impl FnOnce(&'a Self, &mut Constraints) -> T,
    ) -> Result<(&'a str, T), Exception> {
        let mut constraints = Constraints::default();
        let id = constraints.required("clientId", self.client_id.as_deref());
        let username = constraints.username(self.username.as_deref());
        let others = others(self, &mut constraints);
        constraints.finish()?;
        check_secret_hash(client(pool, id)?, self.secret_hash.as_deref(), &[username])?;
        Ok((username, others))
    }

    pub(super) fn required_password<'a>(&'a self, constraints: &mut Constraints) -> &'a str {
        constraints.required("password", self.password.as_deref())
    }

    pub(super) fn required_code<'a>(&'a self, constraints: &mut Constraints) -> &'a str {
        constraints.required("confirmationCode", self.confirmation_code.as_deref())
    }
}

/// As [`check_pool`], for calls that need no other member.
pub(super) fn check_pool_of(pool: &LocalPool, id: Option<&str>) -> Result<(), Exception> {
    let [id] = required([("userPoolId", id)])?;
    check_pool(pool, id)
}

/// Whether the id of a pool is that of this one.
pub(super) fn check_pool(pool: &LocalPool, id: &str) -> Result<(), Exception> {
    if id == pool.id() {
        return Ok(());
    }
    Err(Exception::new("ResourceNotFoundException", format!("User pool {id} does not exist.")))
}

/// A client with a secret must send its hash with one of the user's names; a client without a secret must not send one.
pub(super) fn check_secret_hash(
    client: &AppClient,
    hash: Option<&str>,
    names: &[&str],
) -> Result<(), Exception> {
    if !client.has_secret() && hash.is_some() {
        return Err(Exception::not_authorized(format!(
            "Client {} is not configured for secret but secret hash was received",
            client.id()
        )));
    }
    check_secret_hash_if_any(client, hash, names)
}

/// As [`check_secret_hash`], for challenges and refreshes, where AWS ignores the hash of a client without a secret.
pub(super) fn check_secret_hash_if_any(
    client: &AppClient,
    hash: Option<&str>,
    names: &[&str],
) -> Result<(), Exception> {
    let id = client.id();
    match hash {
        _ if !client.has_secret() => Ok(()),
        None => Err(Exception::not_authorized(format!(
            "Client {id} is configured with secret but SECRET_HASH was not received"
        ))),
        Some(hash) if names.iter().any(|name| client.accepts_secret_hash(name, hash)) => Ok(()),
        Some(_) => Err(Exception::not_authorized(format!("Unable to verify secret hash for client {id}"))),
    }
}

/// Checks the secret itself, which calls about refresh tokens take instead of a hash. `kind` is the exception to use.
pub(super) fn check_secret(
    client: &AppClient,
    secret: Option<&str>,
    kind: &'static str,
) -> Result<(), Exception> {
    let id = client.id();
    match secret {
        _ if client.accepts_secret(secret) => Ok(()),
        None => Err(Exception::new(
            kind,
            format!("Client {id} is configured for secret but secret was not received"),
        )),
        Some(_) if !client.has_secret() => Err(Exception::new(
            kind,
            format!("Client {id} is not configured for secret but secret was received"),
        )),
        Some(_) => Err(Exception::new(kind, format!("Unable to verify secret for client {id}"))),
    }
}
