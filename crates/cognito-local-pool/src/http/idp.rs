//! Cognito's API by AWS JSON 1.1: [`InitiateAuth`][aws], and the errors that an SDK expects.
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, single};
use crate::client::AppClient;
use crate::exception::Exception;
use crate::grant::Grant;
use crate::grants::RefreshRefused;
use crate::issuing::{RefreshFailed, UserTokens};
use crate::pool::LocalPool;
use crate::random;
use crate::trigger::{TriggerFailed, TriggerSource};

/// Flows that Cognito has and a local pool does not.
const OTHER_FLOWS: [&str; 5] =
    ["USER_SRP_AUTH", "USER_AUTH", "CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH"];

impl IntoResponse for Exception {
    fn into_response(self) -> Response {
        let mut response =
            amz_json(StatusCode::BAD_REQUEST, &json!({ "__type": self.kind(), "message": self.message() }));
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(self.kind()));
        // A message may repeat what the client sent; what no header can carry stays in the body alone.
        if let Ok(message) = HeaderValue::from_str(self.message()) {
            headers.insert(HeaderName::from_static("x-amzn-errormessage"), message);
        }
        response
    }
}

pub(super) async fn call(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match single(&headers, "x-amz-target") {
        Some("AWSCognitoIdentityProviderService.InitiateAuth") => initiate_auth(&shared.pool, &body),
        _ => Err(Exception::new("UnknownOperationException", "a local pool answers `InitiateAuth` alone")),
    };
    match answer {
        Ok(body) => amz_json(StatusCode::OK, &body),
        Err(error) => error.into_response(),
    }
}

fn amz_json(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/x-amz-json-1.1".to_owned()),
        (HeaderName::from_static("x-amzn-requestid"), random::uuid()),
    ];
    (status, headers, body.to_string()).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InitiateAuth {
    auth_flow: Option<String>,
    client_id: Option<String>,
    #[serde(default)]
    auth_parameters: HashMap<String, String>,
}

impl InitiateAuth {
    fn parameter(&self, name: &str) -> Result<&str, Exception> {
        let value = self.auth_parameters.get(name).filter(|value| !value.is_empty());
        value
            .map(String::as_str)
            .ok_or_else(|| Exception::invalid_parameter(format!("Missing required parameter {name}")))
    }

    fn secret_hash(&self) -> Option<&str> {
        self.auth_parameters.get("SECRET_HASH").map(String::as_str)
    }
}

fn initiate_auth(pool: &LocalPool, body: &[u8]) -> Result<Value, Exception> {
    let request: InitiateAuth = serde_json::from_slice(body).map_err(|_| {
        Exception::new("SerializationException", "the body is not an InitiateAuth request in JSON")
    })?;
    let flow = request.auth_flow.as_deref().ok_or_else(|| must_not_be_null("authFlow"))?;
    let client_id = request.client_id.as_deref().ok_or_else(|| must_not_be_null("clientId"))?;
    let client = pool.client(client_id).ok_or_else(|| {
        Exception::new("ResourceNotFoundException", format!("User pool client {client_id} does not exist."))
    })?;
    match flow {
        "USER_PASSWORD_AUTH" => password(pool, client, &request),
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => refresh(pool, client, &request),
        flow if OTHER_FLOWS.contains(&flow) => {
            Err(Exception::invalid_parameter(format!("{flow} flow not enabled for this client")))
        }
        _ => Err(Exception::invalid_parameter(
            "1 validation error detected: Value at 'authFlow' failed to satisfy constraint: Member must satisfy enum \
             value set: [USER_PASSWORD_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN]",
        )),
    }
}

fn must_not_be_null(member: &str) -> Exception {
    Exception::invalid_parameter(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

fn password(pool: &LocalPool, client: &AppClient, request: &InitiateAuth) -> Result<Value, Exception> {
    let username = request.parameter("USERNAME")?;
    let password = request.parameter("PASSWORD")?;
    check_secret_hash(client, request.secret_hash(), &[username])?;
    let account = pool.authenticate(username, password)?;
    let grant = Grant::api(&account.username, client.id(), pool.now());
    let tokens = pool.issue_to_user(client, &grant, TriggerSource::Authentication)?;
    Ok(result(&tokens, Some(pool.keep_grant(client, grant))))
}

fn refresh(pool: &LocalPool, client: &AppClient, request: &InitiateAuth) -> Result<Value, Exception> {
    let token = request.parameter("REFRESH_TOKEN")?;
    let grant = pool.find_grant(client, token)?;
    // SDKs that have only the tokens make the hash with `sub`.
    let subject = pool.account(&grant.username).map(|account| account.subject).unwrap_or_default();
    check_secret_hash(client, request.secret_hash(), &[&grant.username, &subject])?;
    let refreshed = pool.refresh(client, token, TriggerSource::RefreshTokens)?;
    Ok(result(&refreshed.tokens, refreshed.refresh_token))
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

/// A client with a secret must prove it for one of the names by which the user is known.
fn check_secret_hash(client: &AppClient, hash: Option<&str>, names: &[&str]) -> Result<(), Exception> {
    let id = client.id();
    match (client.has_secret(), hash) {
        (false, None) => Ok(()),
        (false, Some(_)) => Err(Exception::not_authorized(format!(
            "Client {id} is not configured for secret but secret hash was received"
        ))),
        (true, None) => Err(Exception::not_authorized(format!(
            "Client {id} is configured with secret but SECRET_HASH was not received"
        ))),
        (true, Some(hash)) if names.iter().any(|name| client.accepts_secret_hash(name, hash)) => Ok(()),
        (true, Some(_)) => {
            Err(Exception::not_authorized(format!("Unable to verify secret hash for client {id}")))
        }
    }
}

fn result(tokens: &UserTokens, refresh_token: Option<String>) -> Value {
    let mut result = json!({
        "AccessToken": tokens.access,
        "ExpiresIn": tokens.expires_in,
        "TokenType": "Bearer",
    });
    if let Some(members) = result.as_object_mut() {
        let optional = [("IdToken", tokens.id.clone()), ("RefreshToken", refresh_token)];
        for (name, token) in optional {
            members.extend(token.map(|token| (name.to_owned(), token.into())));
        }
    }
    json!({ "AuthenticationResult": result, "ChallengeParameters": {} })
}
