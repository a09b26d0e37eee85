//! Self-service sign-up: [`SignUp`][aws], `ConfirmSignUp` and `ResendConfirmationCode`.
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html

use serde_json::json;

use super::caller::AboutUser;
use super::request::attributes;
use super::{Answer, own, shape};
use crate::directory::NewUser;
use crate::pool::LocalPool;

/// `SignUp`.
pub(super) fn sign_up(pool: &LocalPool, request: &AboutUser) -> Answer {
    let (username, password) = request.checked(pool, AboutUser::required_password)?;
    let attributes = attributes(request.user_attributes.as_ref());
    own::check_writable(&attributes)?;
    let (username, password) = (username.to_owned(), password.to_owned());
    let (account, sent) = pool.sign_up(NewUser { username, password, attributes })?;
    let delivery = shape::delivery(sent.destination.as_ref(), &account.username);
    Ok(json!({ "CodeDeliveryDetails": delivery, "UserConfirmed": false, "UserSub": account.subject }))
}

/// `ConfirmSignUp`.
pub(super) fn confirm(pool: &LocalPool, request: &AboutUser) -> Answer {
    let (username, code) = request.checked(pool, AboutUser::required_code)?;
    pool.confirm_sign_up(username, code)?;
    Ok(json!({}))
}

/// `ResendConfirmationCode`. For a user who does not exist, it answers as if a code had been sent.
pub(super) fn resend(pool: &LocalPool, request: &AboutUser) -> Answer {
    let (username, ()) = request.checked(pool, |_, _| ())?;
    let destination = match pool.account(username) {
        Some(account) => pool.resend_sign_up_code(&account.username)?.destination,
        None => None,
    };
    Ok(json!({ "CodeDeliveryDetails": shape::delivery(destination.as_ref(), username) }))
}
