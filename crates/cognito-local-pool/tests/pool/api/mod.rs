//! The API over a real socket, as SDKs call it.

mod admin;
mod challenges;
mod choice;
mod describe;
mod flows;
mod forgot;
mod groups;
mod initiate_auth;
mod levels;
mod own;
mod refresh;
mod sign_up;
mod srp;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cognito_local_pool::{LocalPoolBuilder, PoolServer};
use serde_json::{Value, json};

use crate::support::{ID, Response, send};

/// Sends a call with this body.
async fn call(server: &PoolServer, operation: &str, body: &Value) -> Response {
    let target = format!("X-Amz-Target: AWSCognitoIdentityProviderService.{operation}");
    let headers = ["Content-Type: application/x-amz-json-1.1", target.as_str()];
    send(server, "POST /", &headers, &body.to_string()).await
}

/// The answer of a call that must be good.
async fn good(server: &PoolServer, operation: &str, body: Value) -> Value {
    let response = call(server, operation, &body).await;
    assert_eq!(response.status, 200, "{operation}: {}", response.body);
    assert_eq!(response.header("content-type"), Some("application/x-amz-json-1.1"));
    response.json()
}

/// Kind and message of a call that must be refused.
async fn refused(server: &PoolServer, operation: &str, body: Value) -> String {
    refusal(&call(server, operation, &body).await)
}

/// Kind and message of a refusal, which the body and the headers must agree on.
fn refusal(response: &Response) -> String {
    assert_eq!(response.status, 400, "{}", response.body);
    assert_eq!(response.header("content-type"), Some("application/x-amz-json-1.1"));
    let body = response.json();
    let (kind, message) = (body["__type"].as_str().unwrap(), body["message"].as_str().unwrap());
    assert_eq!(response.header("x-amzn-ErrorType"), Some(kind));
    assert_eq!(response.header("x-amzn-ErrorMessage"), Some(message.trim_end()));
    format!("{kind}: {message}")
}

async fn serve(builder: LocalPoolBuilder) -> PoolServer {
    builder.build().unwrap().serve("127.0.0.1:0").await.unwrap()
}

/// A request about a user by an administrator.
fn about(username: &str) -> Value {
    json!({"UserPoolId": ID, "Username": username})
}

/// `body` with more members.
fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn password_auth(username: &str, password: &str) -> Value {
    json!({
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": "web",
        "AuthParameters": {"USERNAME": username, "PASSWORD": password},
    })
}

/// The tokens of a sign-in with a password.
async fn sign_in(server: &PoolServer, username: &str, password: &str) -> Value {
    good(server, "InitiateAuth", password_auth(username, password)).await["AuthenticationResult"].clone()
}

/// `SECRET_HASH` of the client `m2m` of the tests' pool.
fn secret_hash(name: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"its:secret+%");
    STANDARD.encode(hmac::sign(&key, format!("{name}m2m").as_bytes()))
}

const INCORRECT: &str = "NotAuthorizedException: Incorrect username or password.";
const NO_USER: &str = "UserNotFoundException: User does not exist.";
