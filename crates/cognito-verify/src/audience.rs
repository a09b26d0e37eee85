//! Checks the app client and the audience of a token.

use crate::{
    claim_rules::ClaimRules, json::OneOrMany, pool::Pool, registered::Registered, rejected::Rejected,
    required_claim::RequiredClaim, token_use::TokenUse,
};

/// The app client that the token was issued to, if the pool accepts it and the token is for this API: by the rules of user pools and
/// of REST APIs.
pub(crate) fn check_by_user_pool<'c>(
    claims: &'c Registered<'_>,
    token_use: TokenUse,
    pool: &Pool,
    rules: ClaimRules,
) -> Result<&'c str, Rejected> {
    let rejected = || Rejected::Client { pool: pool.id().clone() };
    match (token_use, &claims.aud) {
        (TokenUse::Access, audience) => {
            let client = claims.client_id.as_ref();
            let client = &*client.ok_or(Rejected::Missing { claim: RequiredClaim::ClientId })?.0;
            if !pool.lets_in(client) {
                return Err(rejected());
            }
            check_resource(audience.as_ref(), pool)?;
            let Some(audience) = audience.as_ref().filter(|_| !has_resources(pool)) else {
                return Ok(client);
            };
            // A pre token generation trigger can set `aud` to an app client, and to nothing else ("Pre token generation Lambda
            // trigger", Amazon Cognito developer guide).
            let is_client = |name: &str| name == client || pool.lists(name);
            if rules == ClaimRules::RestApi || audience.iter().any(is_client) {
                Ok(client)
            } else {
                Err(Rejected::Resource)
            }
        }
        (TokenUse::Id, None) => Err(Rejected::Missing { claim: RequiredClaim::Audience }),
        (TokenUse::Id, Some(audience)) => {
            audience.iter().find(|client| pool.lets_in(client)).ok_or_else(rejected)
        }
    }
}

/// The same by the rules of a JWT authorizer: `client_id` counts only without `aud`.
pub(crate) fn check_by_jwt<'c>(claims: &'c Registered<'_>, pool: &Pool) -> Result<&'c str, Rejected> {
    let rejected = || Rejected::Client { pool: pool.id().clone() };
    let client_id = claims.client_id.as_ref().map(|client| &*client.0);
    let client = match (&claims.aud, client_id) {
        (Some(audience), client_id) => {
            // What accepts clients without naming them applies to the token's app client, not to names of other APIs.
            let is_client = |name: &str| claims.is_id() || client_id == Some(name);
            let is_named = |name: &&str| {
                pool.lists(name) || pool.names_resource(name) || is_client(name) && pool.lets_in(name)
            };
            let named = audience.iter().find(is_named);
            named.map(|name| client_id.unwrap_or(name)).ok_or_else(rejected)?
        }
        (None, Some(client_id)) if pool.lets_in(client_id) => client_id,
        (None, Some(_)) => return Err(rejected()),
        (None, None) => return Err(Rejected::Missing { claim: RequiredClaim::Audience }),
    };
    if !claims.is_id() {
        check_resource(claims.aud.as_ref(), pool)?;
    }
    Ok(client)
}

fn has_resources(pool: &Pool) -> bool {
    pool.resources().next().is_some()
}

/// Whether the audience of an access token names this API, if the pool has names of it.
fn check_resource(audience: Option<&OneOrMany<'_>>, pool: &Pool) -> Result<(), Rejected> {
    match audience {
        None if pool.requires_audience() => Err(Rejected::NoAudience { pool: pool.id().clone() }),
        Some(audience) if has_resources(pool) && !audience.iter().any(|name| pool.names_resource(name)) => {
            Err(Rejected::Resource)
        }
        _ => Ok(()),
    }
}
