//! The pre token generation trigger, which changes scopes, claims and groups before tokens are signed.

mod additions;
mod event;
mod source;

pub use additions::TokenAdditions;
pub use event::{AccessTokenChanges, IdTokenChanges, TokenEvent};
pub(crate) use event::{Changes, ClaimChanges, Occasion, Subject, TriggerFailed};
pub use source::TriggerSource;

use std::sync::Arc;

/// The closure of [`on_token`](crate::LocalPoolBuilder::on_token).
pub(crate) type OnToken = Arc<dyn Fn(&mut TokenEvent) + Send + Sync>;

/// Whether the claim is one that Cognito lets no trigger change ([Pre token generation][aws]).
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
pub(crate) fn is_reserved_claim(name: &str) -> bool {
    const RESERVED: [&str; 19] = [
        "acr",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "azp",
        "client_id",
        "device_key",
        "event_id",
        "exp",
        "iat",
        "identities",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "origin_jti",
        "sub",
        "token_use",
    ];
    let changeable = ["cognito:groups", "cognito:roles", "cognito:preferred_role"].contains(&name);
    RESERVED.contains(&name)
        || ["scope", "username", "version"].contains(&name)
        || (name.starts_with("cognito:") && !changeable)
}
