//! Password resets: [`ForgotPassword`][aws], `ConfirmForgotPassword` and `AdminResetUserPassword`.
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgotPassword.html

use serde::Deserialize;
use serde_json::json;

use super::admin::UserRequest;
use super::request::Constraints;
use super::{Answer, caller, shape};
use crate::pool::LocalPool;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Forgot {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
}

/// `ForgotPassword`. For a user who does not exist, it answers as if a code had been sent.
pub(super) fn forgot(pool: &LocalPool, request: &Forgot) -> Answer {
    let mut constraints = Constraints::default();
    let client = constraints.required("clientId", request.client_id.as_deref());
    let username = constraints.username(request.username.as_deref());
    constraints.finish()?;
    caller::client_for(pool, client, request.secret_hash.as_deref(), username)?;
    let destination = pool.forgot_password(username)?;
    Ok(json!({ "CodeDeliveryDetails": shape::delivery(destination.as_ref(), username) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Confirm {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
    confirmation_code: Option<String>,
    password: Option<String>,
}

/// `ConfirmForgotPassword`.
pub(super) fn confirm(pool: &LocalPool, request: &Confirm) -> Answer {
    let mut constraints = Constraints::default();
    let client = constraints.required("clientId", request.client_id.as_deref());
    let username = constraints.username(request.username.as_deref());
    let code = constraints.required("confirmationCode", request.confirmation_code.as_deref());
    let password = constraints.required("password", request.password.as_deref());
    constraints.finish()?;
    caller::client_for(pool, client, request.secret_hash.as_deref(), username)?;
    pool.confirm_forgot_password(username, code, password)?;
    Ok(json!({}))
}

/// `AdminResetUserPassword`: the user cannot sign in before choosing a new password with the code that is sent.
pub(super) fn reset_by_administrator(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    pool.require_password_reset(&account.username)?;
    Ok(json!({}))
}
