//! Password resets: [`ForgotPassword`][aws], `ConfirmForgotPassword` and `AdminResetUserPassword`.
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgotPassword.html

use serde_json::json;

use super::admin::UserRequest;
use super::caller::AboutUser;
use super::{Answer, shape};
use crate::pool::LocalPool;

/// `ForgotPassword`. For a user who does not exist or is disabled, it answers as if a code had been sent.
pub(super) fn forgot(pool: &LocalPool, request: &AboutUser) -> Answer {
    let (username, ()) = request.checked(pool, |_, _| ())?;
    let destination = pool.forgot_password(username)?;
    Ok(json!({ "CodeDeliveryDetails": shape::delivery(destination.as_ref(), username) }))
}

/// `ConfirmForgotPassword`.
pub(super) fn confirm(pool: &LocalPool, request: &AboutUser) -> Answer {
    let (username, (code, password)) = request.checked(pool, |request, constraints| {
        (request.required_code(constraints), request.required_password(constraints))
    })?;
    pool.confirm_forgot_password(username, code, password)?;
    Ok(json!({}))
}

/// `AdminResetUserPassword`: the user cannot sign in before choosing a new password with the code that is sent.
pub(super) fn reset_by_administrator(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    pool.require_password_reset(&account.username)?;
    Ok(json!({}))
}
