//! Refresh tokens: [`REFRESH_TOKEN_AUTH`][flow], [`GetTokensFromRefreshToken`][get] and [`RevokeToken`][revoke].
//!
//! [flow]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
//! [get]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
//! [revoke]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html

use serde::Deserialize;
use serde_json::json;

use super::factor::authentication_result;
use super::request::{AuthParameters, required};
use super::{Answer, caller};
use crate::client::AppClient;
use crate::exception::Exception;
use crate::grants::{RefreshRefused, Revocation};
use crate::issuing::RefreshFailed;
use crate::pool::LocalPool;
use crate::trigger::{Occasion, TriggerFailed, TriggerSource};

/// `REFRESH_TOKEN_AUTH` of `InitiateAuth`, which gives no new refresh token.
pub(super) fn refresh_token_auth(
    pool: &LocalPool,
    client: &AppClient,
    parameters: &AuthParameters,
) -> Answer {
    let token = parameters.required("REFRESH_TOKEN")?;
    // AWS refuses a refresh token before it looks at the hash.
    let grant = pool.find_grant(client, token)?;
    // SDKs that know only the tokens compute the hash with `sub`.
    let names = [grant.holder.username.as_str(), &grant.holder.subject];
    caller::check_secret_hash_if_any(client, parameters.get("SECRET_HASH"), &names)?;
    let refreshed = pool.refresh(client, token, TriggerSource::RefreshTokens)?;
    let result = authentication_result(refreshed.tokens, None);
    Ok(json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TokensRequest {
    refresh_token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    #[serde(default)]
    client_metadata: AuthParameters,
}

/// `GetTokensFromRefreshToken`, which gives a new refresh token if the client rotates them.
pub(super) fn tokens_from_refresh_token(pool: &LocalPool, request: &TokensRequest) -> Answer {
    let [token, client] = required([
        ("refreshToken", request.refresh_token.as_deref()),
        ("clientId", request.client_id.as_deref()),
    ])?;
    let client = caller::client(pool, client)?;
    caller::check_secret(client, request.client_secret.as_deref(), "NotAuthorizedException")?;
    let client_metadata = request.client_metadata.metadata();
    let occasion = Occasion { source: TriggerSource::RefreshTokens, client_metadata };
    let refreshed = pool.refresh(client, token, occasion)?;
    let result = authentication_result(refreshed.tokens, refreshed.refresh_token);
    Ok(json!({ "AuthenticationResult": result }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RevokeRequest {
    token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// `RevokeToken`: ends a refresh token and all tokens that came from the same sign-in. A token that is not known, or
/// revoked already, is not an error.
pub(super) fn revoke_token(pool: &LocalPool, request: &RevokeRequest) -> Answer {
    let [token, client] =
        required([("token", request.token.as_deref()), ("clientId", request.client_id.as_deref())])?;
    let client = caller::client(pool, client)?;
    caller::check_secret(client, request.client_secret.as_deref(), "UnauthorizedException")?;
    if !client.can_revoke() {
        return Err(Exception::new(
            "UnsupportedOperationException",
            format!("Token revocation is not enabled for client {}", client.id()),
        ));
    }
    if token.split('.').count() == 3 {
        return Err(Exception::new("UnsupportedTokenTypeException", "Unsupported token type"));
    }
    match pool.revoke(client, token) {
        Revocation::Revoked | Revocation::Unknown => Ok(json!({})),
        Revocation::OtherClient => {
            Err(Exception::new("UnauthorizedException", "The token was issued to another client"))
        }
    }
}

impl From<RefreshRefused> for Exception {
    fn from(refused: RefreshRefused) -> Self {
        match refused {
            RefreshRefused::Unknown => Self::not_authorized("Invalid Refresh Token"),
            RefreshRefused::Expired => Self::not_authorized("Refresh Token has expired"),
            RefreshRefused::Revoked => Self::not_authorized("Refresh Token has been revoked"),
            RefreshRefused::Reused => {
                Self::new("RefreshTokenReuseException", "Refresh token has been invalidated by rotation")
            }
        }
    }
}

impl From<RefreshFailed> for Exception {
    fn from(failed: RefreshFailed) -> Self {
        match failed {
            RefreshFailed::Refused(refused) => refused.into(),
            RefreshFailed::Trigger(failed) => failed.into(),
        }
    }
}

impl From<TriggerFailed> for Exception {
    fn from(failed: TriggerFailed) -> Self {
        let message = format!("PreTokenGeneration failed with error {}.", failed.message);
        Self::new("UserLambdaValidationException", message)
    }
}
