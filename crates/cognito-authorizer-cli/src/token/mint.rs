//! Mints a token of a local pool, by the endpoint of its page.

use serde::Deserialize;
use serde_json::{Map, json};

use crate::{
    error::CommandError,
    http::{Http, SecureUrl},
    secret::Secret,
    style::printable,
    token::{
        error::{TokenError, fix},
        options::Token,
    },
};

/// A minted token.
#[derive(Debug)]
pub(super) struct Minted {
    pub(super) token: Secret,
    pub(super) warnings: Vec<String>,
}

/// Asks the pool for the token. Nothing that is sent is a secret of a user or a client.
pub(super) async fn mint(options: &Token, url: &str, http: Http) -> Result<Minted, CommandError> {
    #[derive(Deserialize)]
    struct Answer {
        token: Option<String>,
        error: Option<String>,
        #[serde(default)]
        message: String,
        #[serde(default)]
        warnings: Vec<String>,
    }

    let url = SecureUrl::of_this_machine_or(url, options.minting.allow_host.as_deref())
        .map_err(|problem| TokenError::NotLocal { url: printable(url), problem })?
        .join("/console/token");
    let claims: Map<_, _> =
        options.minting.claims.iter().map(|claim| (claim.name.clone(), claim.value.clone())).collect();
    let order = json!({
        "as": options.minting.user.as_ref().map(Secret::reveal),
        "client": options.client,
        "scopes": options.scopes,
        "groups": options.minting.groups,
        "claims": claims,
        "expired": options.minting.expired,
        "id": options.id,
    });
    let headers = [("content-type", "application/json")];
    let answer = http.post(&url, &headers, order.to_string()).await;
    let answer = answer.map_err(|problem| TokenError::PoolUnreachable { problem })?;
    let not_a_pool = || TokenError::NotAPool { url: url.as_str().to_owned(), status: answer.status };
    let read: Answer = serde_json::from_slice(&answer.body).map_err(|_| not_a_pool())?;
    match (read.token, read.error) {
        (_, Some(code)) => Err(TokenError::Refused {
            url: url.as_str().to_owned(),
            fix: fix(&code, &read.message),
            code: printable(&code),
            message: printable(&read.message),
        }
        .into()),
        (Some(token), None) => Ok(Minted { token: token.into(), warnings: read.warnings }),
        // A pool that is not reached by this host says so in a message.
        (None, None) if answer.status == 421 => Err(TokenError::Refused {
            url: url.as_str().to_owned(),
            code: "421".to_owned(),
            message: printable(&read.message),
            fix: "",
        }
        .into()),
        (None, None) => Err(not_a_pool().into()),
    }
}
