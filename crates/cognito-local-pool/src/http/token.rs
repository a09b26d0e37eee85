//! The [token endpoint][aws]: `authorization_code`, `refresh_token` and `client_credentials` (RFC 6749 §4.1.3, §6, §4.4), and
//! token exchange (RFC 8693).
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::client_auth::{self, NotAClient};
use super::{Shared, json_response};
use crate::access_token::TokenUse;
use crate::client::{AppClient, OAuthFlow, STANDARD_SCOPES};
use crate::exchange::{Audience, ExchangeRefused, ExchangeRequest, Presented};
use crate::issuing::{RefreshFailed, UserTokens};
use crate::parameters::Parameters;
use crate::pool::LocalPool;
use crate::trigger::{Occasion, TriggerFailed, TriggerSource};

/// `grant_type` of token exchange (RFC 8693 §2.1).
pub(super) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Types of tokens (RFC 8693 §3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// Why no token is issued (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
enum OAuthError {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
    /// RFC 8693 §2.2.2.
    InvalidTarget,
    /// The pre token generation trigger refused.
    Trigger(TriggerFailed),
}

impl OAuthError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::Trigger(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidTarget => "invalid_target",
        }
    }

    fn body(&self) -> Value {
        match self {
            Self::Trigger(failed) => json!({
                "error": self.code(),
                "error_description": format!("PreTokenGeneration failed with error {}.", failed.message),
            }),
            _ => json!({ "error": self.code() }),
        }
    }
}

impl From<NotAClient> for OAuthError {
    fn from(why: NotAClient) -> Self {
        match why {
            NotAClient::Malformed => Self::InvalidRequest,
            NotAClient::Unknown => Self::InvalidClient,
        }
    }
}

impl From<TriggerFailed> for OAuthError {
    fn from(failed: TriggerFailed) -> Self {
        Self::Trigger(failed)
    }
}

pub(super) async fn token(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    // Cognito answers 400 to all of them, including failed client authentication.
    let response = match grant(&shared.pool, &headers, &body) {
        Ok(tokens) => json_response(StatusCode::OK, &tokens),
        Err(error) => json_response(StatusCode::BAD_REQUEST, &error.body()),
    };
    // RFC 6749 §5.1: a response with a token must not be stored.
    ([(CACHE_CONTROL, "no-store")], response).into_response()
}

fn grant(pool: &LocalPool, headers: &HeaderMap, body: &[u8]) -> Result<Value, OAuthError> {
    let form = client_auth::form(headers, body).ok_or(OAuthError::InvalidRequest)?;
    let grant = match form.get("grant_type").ok_or(OAuthError::InvalidRequest)? {
        "authorization_code" => authorization_code,
        "client_credentials" => client_credentials,
        "refresh_token" => refresh_token,
        TOKEN_EXCHANGE => token_exchange,
        _ => return Err(OAuthError::UnsupportedGrantType),
    };
    // Before a code is used up: after a failed client authentication, the client can retry with the same code.
    let client = client_auth::client(pool, headers, &form)?;
    grant(pool, client, &form)
}

/// The tokens of a code that the browser brought back. The code is used up, even if the exchange fails.
fn authorization_code(pool: &LocalPool, client: &AppClient, form: &Parameters) -> Result<Value, OAuthError> {
    if !client.allows_flow(OAuthFlow::Code) {
        return Err(OAuthError::UnauthorizedClient);
    }
    let code = form.get("code").ok_or(OAuthError::InvalidRequest)?;
    let (redirect_uri, verifier) = (form.get("redirect_uri"), form.get("code_verifier"));
    let exchanged = pool.exchange_code(client, code, redirect_uri, verifier);
    let (tokens, refresh_token) = exchanged.map_err(|_| OAuthError::InvalidGrant)?;
    Ok(answer(tokens, Some(refresh_token)))
}

/// All custom scopes of the client, or the requested ones if the client is allowed all of them.
fn client_credentials(pool: &LocalPool, client: &AppClient, form: &Parameters) -> Result<Value, OAuthError> {
    if !client.allows_flow(OAuthFlow::ClientCredentials) {
        return Err(OAuthError::UnauthorizedClient);
    }
    let scopes = machine_scopes(pool, client, form.get("scope"))?;
    let client_metadata = client_metadata(form)?;
    let occasion = Occasion { source: TriggerSource::ClientCredentials, client_metadata };
    let (access, expires_in) = pool.issue_to_machine(client, &scopes, occasion)?;
    Ok(json!({ "access_token": access, "expires_in": expires_in, "token_type": "Bearer" }))
}

/// The scopes of a machine, by the rules that were observed on Cognito: a standard scope and an undefined one alone are
/// `invalid_scope`, one of another client is `invalid_grant`, and an undefined one beside others is ignored.
fn machine_scopes(
    pool: &LocalPool,
    client: &AppClient,
    asked: Option<&str>,
) -> Result<Vec<String>, OAuthError> {
    let allowed: Vec<&str> = client.custom_scopes().collect();
    let asked: Vec<&str> = asked.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()).collect();
    if asked.is_empty() {
        return Ok(allowed.into_iter().map(str::to_owned).collect());
    }
    let mut scopes: Vec<String> = Vec::new();
    for scope in asked {
        if STANDARD_SCOPES.contains(&scope) {
            return Err(OAuthError::InvalidScope);
        }
        if !pool.scopes().iter().any(|known| known == scope) {
            continue;
        }
        if !allowed.contains(&scope) {
            return Err(OAuthError::InvalidGrant);
        }
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if scopes.is_empty() { Err(OAuthError::InvalidScope) } else { Ok(scopes) }
}

/// New access and ID tokens of the same sign-in, and with rotation a new refresh token.
fn refresh_token(pool: &LocalPool, client: &AppClient, form: &Parameters) -> Result<Value, OAuthError> {
    let token = form.get("refresh_token").ok_or(OAuthError::InvalidRequest)?;
    let grant = pool.find_grant(client, token).map_err(|_| OAuthError::InvalidGrant)?;
    // RFC 6749 §6: no scope beyond those of the sign-in. Narrowing is not offered by Cognito.
    let mut asked = form.get("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty());
    if asked.any(|asked| !grant.has_scope(asked)) {
        return Err(OAuthError::InvalidScope);
    }
    let client_metadata = client_metadata(form)?;
    let occasion = Occasion { source: TriggerSource::RefreshTokens, client_metadata };
    match pool.refresh(client, token, occasion) {
        Ok(refreshed) => Ok(answer(refreshed.tokens, refreshed.refresh_token)),
        Err(RefreshFailed::Refused(_)) => Err(OAuthError::InvalidGrant),
        Err(RefreshFailed::Trigger(failed)) => Err(failed.into()),
    }
}

/// A token for another service, made from a user's token.
fn token_exchange(pool: &LocalPool, client: &AppClient, form: &Parameters) -> Result<Value, OAuthError> {
    let required = |name: &str| form.get(name).ok_or(OAuthError::InvalidRequest);
    let subject = Presented {
        token: required("subject_token")?,
        token_use: token_use(required("subject_token_type")?)?,
    };
    let actor = match (form.get("actor_token"), form.get("actor_token_type")) {
        (None, None) => None,
        (Some(token), Some(kind)) => Some(Presented { token, token_use: token_use(kind)? }),
        _ => return Err(OAuthError::InvalidRequest),
    };
    if form.get("requested_token_type").is_some_and(|requested| requested != ACCESS_TOKEN) {
        return Err(OAuthError::InvalidRequest);
    }
    let audience = match (form.get("audience"), form.get("resource")) {
        (None, None) => None,
        (Some(name), None) => Some(Audience::Service(name)),
        (None, Some(id)) => Some(Audience::ResourceServer(id)),
        (Some(_), Some(_)) => return Err(OAuthError::InvalidRequest),
    };
    let scopes = form.get("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()).collect();
    let exchanged = pool.exchange(client, &ExchangeRequest { subject, actor, scopes, audience })?;
    Ok(json!({
        "access_token": exchanged.token,
        "expires_in": exchanged.expires_in,
        "issued_token_type": ACCESS_TOKEN,
        "scope": exchanged.scopes.join(" "),
        "token_type": "Bearer",
    }))
}

fn token_use(kind: &str) -> Result<TokenUse, OAuthError> {
    match kind {
        ACCESS_TOKEN => Ok(TokenUse::Access),
        ID_TOKEN => Ok(TokenUse::Id),
        _ => Err(OAuthError::InvalidRequest),
    }
}

impl From<ExchangeRefused> for OAuthError {
    fn from(refused: ExchangeRefused) -> Self {
        match refused {
            ExchangeRefused::Flow(_) => Self::UnauthorizedClient,
            // RFC 8693 §2.2.2: a token that is not good makes the request invalid.
            ExchangeRefused::Subject | ExchangeRefused::Actor => Self::InvalidRequest,
            ExchangeRefused::Scopes => Self::InvalidScope,
            ExchangeRefused::Audience | ExchangeRefused::ResourceServer => Self::InvalidTarget,
        }
    }
}

fn answer(tokens: UserTokens, refresh_token: Option<String>) -> Value {
    let mut answer = json!({
        "access_token": tokens.access,
        "expires_in": tokens.expires_in,
        "token_type": "Bearer",
    });
    if let Some(members) = answer.as_object_mut() {
        let optional = [("id_token", tokens.id), ("refresh_token", refresh_token)];
        for (name, token) in optional {
            members.extend(token.map(|token| (name.to_owned(), token.into())));
        }
    }
    answer
}

/// `aws_client_metadata`: a JSON object of texts for the trigger.
fn client_metadata(form: &Parameters) -> Result<BTreeMap<String, String>, OAuthError> {
    let metadata = form.get("aws_client_metadata").map(serde_json::from_str).transpose();
    metadata.map(Option::unwrap_or_default).map_err(|_| OAuthError::InvalidRequest)
}
