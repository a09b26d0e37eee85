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
use crate::client::{API_SIGN_IN_SCOPE, AppClient};
use crate::issue::{Session, SignIn};
use crate::pool::LocalPool;
use crate::random;
use crate::sessions::NotRefreshed;
use crate::user::User;

/// Flows that Cognito has and a local pool does not.
const OTHER_FLOWS: [&str; 5] =
    ["USER_SRP_AUTH", "USER_AUTH", "CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH"];

/// An AWS exception: all of them are 400 here.
struct ApiError {
    kind: &'static str,
    message: String,
}

impl ApiError {
    fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    fn not_authorized(message: impl Into<String>) -> Self {
        Self::new("NotAuthorizedException", message)
    }

    fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response =
            amz_json(StatusCode::BAD_REQUEST, &json!({ "__type": self.kind, "message": self.message }));
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(self.kind));
        // A message may repeat what the client sent; what no header can carry stays in the body alone.
        if let Ok(message) = HeaderValue::from_str(&self.message) {
            headers.insert(HeaderName::from_static("x-amzn-errormessage"), message);
        }
        response
    }
}

pub(super) async fn call(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match single(&headers, "x-amz-target") {
        Some("AWSCognitoIdentityProviderService.InitiateAuth") => initiate_auth(&shared.pool, &body),
        _ => Err(ApiError::new("UnknownOperationException", "a local pool answers `InitiateAuth` alone")),
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
    fn parameter(&self, name: &str) -> Result<&str, ApiError> {
        let value = self.auth_parameters.get(name).filter(|value| !value.is_empty());
        value
            .map(String::as_str)
            .ok_or_else(|| ApiError::invalid_parameter(format!("Missing required parameter {name}")))
    }

    fn secret_hash(&self) -> Option<&str> {
        self.auth_parameters.get("SECRET_HASH").map(String::as_str)
    }
}

fn initiate_auth(pool: &LocalPool, body: &[u8]) -> Result<Value, ApiError> {
    let request: InitiateAuth = serde_json::from_slice(body).map_err(|_| {
        ApiError::new("SerializationException", "the body is not an InitiateAuth request in JSON")
    })?;
    let flow = request.auth_flow.as_deref().ok_or_else(|| must_not_be_null("authFlow"))?;
    let client_id = request.client_id.as_deref().ok_or_else(|| must_not_be_null("clientId"))?;
    let client = pool.client(client_id).ok_or_else(|| {
        ApiError::new("ResourceNotFoundException", format!("User pool client {client_id} does not exist."))
    })?;
    match flow {
        "USER_PASSWORD_AUTH" => password(pool, client, &request),
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => refresh(pool, client, &request),
        flow if OTHER_FLOWS.contains(&flow) => {
            Err(ApiError::invalid_parameter(format!("{flow} flow not enabled for this client")))
        }
        _ => Err(ApiError::invalid_parameter(
            "1 validation error detected: Value at 'authFlow' failed to satisfy constraint: Member must satisfy enum \
             value set: [USER_PASSWORD_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN]",
        )),
    }
}

fn must_not_be_null(member: &str) -> ApiError {
    ApiError::invalid_parameter(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

fn password(pool: &LocalPool, client: &AppClient, request: &InitiateAuth) -> Result<Value, ApiError> {
    let username = request.parameter("USERNAME")?;
    let password = request.parameter("PASSWORD")?;
    check_secret_hash(client, request.secret_hash(), &[username])?;
    // PreventUserExistenceErrors: a user who does not exist is told apart by nothing.
    let user = pool
        .user(username)
        .filter(|user| user.accepts_password(password))
        .ok_or_else(|| ApiError::not_authorized("Incorrect username or password."))?;
    let scopes = vec![API_SIGN_IN_SCOPE.to_owned()];
    let session =
        Session::new(user.name().to_owned(), client.id().to_owned(), scopes, SignIn::Api, pool.now());
    let refresh_token = pool.keep_session(client, session.clone());
    Ok(result(pool, client, &session, Some(refresh_token)))
}

fn refresh(pool: &LocalPool, client: &AppClient, request: &InitiateAuth) -> Result<Value, ApiError> {
    let token = request.parameter("REFRESH_TOKEN")?;
    let session = pool.find_session(client, token).map_err(|why| {
        ApiError::not_authorized(match why {
            NotRefreshed::Unknown => "Invalid Refresh Token",
            NotRefreshed::Expired => "Refresh Token has expired",
        })
    })?;
    // SDKs that have only the tokens make the hash with `sub`.
    let subject =
        pool.user(&session.username).map(|user: &User| user.subject_in(pool.id())).unwrap_or_default();
    check_secret_hash(client, request.secret_hash(), &[&session.username, &subject])?;
    Ok(result(pool, client, &session, None))
}

/// A client with a secret must prove it for one of the names by which the user is known.
fn check_secret_hash(client: &AppClient, hash: Option<&str>, names: &[&str]) -> Result<(), ApiError> {
    let id = client.id();
    match (client.has_secret(), hash) {
        (false, None) => Ok(()),
        (false, Some(_)) => Err(ApiError::not_authorized(format!(
            "Client {id} is not configured for secret but secret hash was received"
        ))),
        (true, None) => Err(ApiError::not_authorized(format!(
            "Client {id} is configured with secret but SECRET_HASH was not received"
        ))),
        (true, Some(hash)) if names.iter().any(|name| client.accepts_secret_hash(name, hash)) => Ok(()),
        (true, Some(_)) => {
            Err(ApiError::not_authorized(format!("Unable to verify secret hash for client {id}")))
        }
    }
}

fn result(pool: &LocalPool, client: &AppClient, session: &Session, refresh_token: Option<String>) -> Value {
    let tokens = pool.issue_to_user(client, session);
    let mut result = json!({
        "AccessToken": tokens.access,
        "ExpiresIn": tokens.expires_in,
        "IdToken": tokens.id,
        "TokenType": "Bearer",
    });
    if let (Some(token), Some(members)) = (refresh_token, result.as_object_mut()) {
        members.insert("RefreshToken".to_owned(), token.into());
    }
    json!({ "AuthenticationResult": result, "ChallengeParameters": {} })
}
