//! Mints a token of a local pool, through the endpoint of its console page.

use serde::Deserialize;
use serde_json::{Map, json};

use crate::{
    error::{CommandError, TokenError},
    http::{HttpClient, SecureUrl},
    secret::Secret,
    style::printable,
    token::{advice::fix, options::Token},
};

/// A minted token.
#[derive(Debug)]
pub(super) struct Minted {
    pub(super) token: Secret,
    pub(super) warnings: Vec<String>,
}

/// Requests the token from the pool. The request has no secret of a user or an app client.
pub(super) async fn mint(options: &Token, url: &str, http: HttpClient) -> Result<Minted, CommandError> {
    #[derive(Deserialize)]
    struct ConsoleResponse {
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
    let response = http.post(&url, &headers, order.to_string()).await;
    let response = response.map_err(|problem| TokenError::PoolUnreachable { problem })?;
    let not_a_pool = || TokenError::NotAPool { url: url.as_str().to_owned(), status: response.status };
    let read: ConsoleResponse = serde_json::from_slice(&response.body).map_err(|_| not_a_pool())?;
    match (read.token, read.error) {
        (_, Some(code)) => Err(TokenError::Refused {
            url: url.as_str().to_owned(),
            fix: fix(&code, &read.message),
            code: printable(&code),
            message: printable(&read.message),
        }
        .into()),
        (Some(token), None) => Ok(Minted { token: token.into(), warnings: read.warnings }),
        // The pool refuses a `Host` that is not its own, with a message.
        (None, None) if response.status == 421 => Err(TokenError::Refused {
            url: url.as_str().to_owned(),
            code: "421".to_owned(),
            message: printable(&read.message),
            fix: "",
        }
        .into()),
        (None, None) => Err(not_a_pool().into()),
    }
}
