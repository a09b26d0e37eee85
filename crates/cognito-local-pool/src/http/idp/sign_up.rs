//! Self-service sign-up: [`SignUp`][aws], `ConfirmSignUp` and `ResendConfirmationCode`.
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html

use serde::Deserialize;
use serde_json::json;

use super::request::{Attribute, Constraints, attributes};
use super::{Answer, caller, own, shape};
use crate::directory::NewUser;
use crate::pool::LocalPool;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SignUp {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
    password: Option<String>,
    user_attributes: Option<Vec<Attribute>>,
}

/// `SignUp`.
pub(super) fn sign_up(pool: &LocalPool, request: &SignUp) -> Answer {
    let mut constraints = Constraints::default();
    let client = constraints.required("clientId", request.client_id.as_deref());
    let username = constraints.username(request.username.as_deref());
    let password = constraints.required("password", request.password.as_deref());
    constraints.finish()?;
    caller::client_for(pool, client, request.secret_hash.as_deref(), username)?;
    let attributes = attributes(request.user_attributes.as_ref());
    own::check_writable(&attributes)?;
    let (username, password) = (username.to_owned(), password.to_owned());
    let (account, sent) = pool.sign_up(NewUser { username, password, attributes })?;
    let delivery = shape::delivery(sent.destination.as_ref(), &account.username);
    Ok(json!({ "CodeDeliveryDetails": delivery, "UserConfirmed": false, "UserSub": account.subject }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Confirm {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
    confirmation_code: Option<String>,
}

/// `ConfirmSignUp`.
pub(super) fn confirm(pool: &LocalPool, request: &Confirm) -> Answer {
    let mut constraints = Constraints::default();
    let client = constraints.required("clientId", request.client_id.as_deref());
    let username = constraints.username(request.username.as_deref());
    let code = constraints.required("confirmationCode", request.confirmation_code.as_deref());
    constraints.finish()?;
    caller::client_for(pool, client, request.secret_hash.as_deref(), username)?;
    pool.confirm_sign_up(username, code)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resend {
    client_id: Option<String>,
    secret_hash: Option<String>,
    username: Option<String>,
}

/// `ResendConfirmationCode`. For a user who does not exist, it answers as if a code had been sent.
pub(super) fn resend(pool: &LocalPool, request: &Resend) -> Answer {
    let mut constraints = Constraints::default();
    let client = constraints.required("clientId", request.client_id.as_deref());
    let username = constraints.username(request.username.as_deref());
    constraints.finish()?;
    caller::client_for(pool, client, request.secret_hash.as_deref(), username)?;
    let destination = match pool.account(username) {
        Some(account) => pool.resend_sign_up_code(&account.username)?.destination,
        None => None,
    };
    Ok(json!({ "CodeDeliveryDetails": shape::delivery(destination.as_ref(), username) }))
}
