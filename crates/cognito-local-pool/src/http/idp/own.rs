//! Calls that a user authorizes with an access token, such as [`GetUser`][get].
//!
//! [get]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html

use serde::Deserialize;
use serde_json::{Value, json};

use super::request::{Attribute, attributes, required};
use super::{Answer, shape};
use crate::access_token::AccessTokenRefused;
use crate::client::API_SIGN_IN_SCOPE;
use crate::directory::Account;
use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::user;

/// A request that has only an access token.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SignedInRequest {
    access_token: Option<String>,
}

impl SignedInRequest {
    /// The user of the access token.
    pub(super) fn signed_in(&self, pool: &LocalPool) -> Result<Account, Exception> {
        signed_in(pool, self.access_token.as_deref())
    }
}

/// `GetUser`.
pub(super) fn get_user(pool: &LocalPool, request: &SignedInRequest) -> Answer {
    let account = request.signed_in(pool)?;
    let mut user = shape::factors(&account);
    user.insert("Username".to_owned(), account.username.as_str().into());
    user.insert("UserAttributes".to_owned(), shape::attributes(&account, None));
    Ok(user.into())
}

/// `GlobalSignOut`: ends all tokens of the user, though not the browser's session with managed login.
pub(super) fn global_sign_out(pool: &LocalPool, request: &SignedInRequest) -> Answer {
    let account = request.signed_in(pool)?;
    pool.sign_out_user(&account);
    Ok(json!({}))
}

/// `DeleteUser`.
pub(super) fn delete_user(pool: &LocalPool, request: &SignedInRequest) -> Answer {
    let account = request.signed_in(pool)?;
    pool.remove_user(&account);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangePassword {
    access_token: Option<String>,
    previous_password: Option<String>,
    proposed_password: Option<String>,
}

/// `ChangePassword`.
pub(super) fn change_password(pool: &LocalPool, request: &ChangePassword) -> Answer {
    let [proposed] = required([("proposedPassword", request.proposed_password.as_deref())])?;
    let account = signed_in(pool, request.access_token.as_deref())?;
    // AWS's message uses this name for `PreviousPassword`.
    let missing = || Exception::invalid_parameter("Missing required parameter OldPassword");
    let previous =
        request.previous_password.as_deref().filter(|given| !given.is_empty()).ok_or_else(missing)?;
    if !account.accepts_password(previous) {
        return Err(Exception::not_authorized("Incorrect username or password."));
    }
    pool.replace_password(&account.username, proposed)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateAttributes {
    access_token: Option<String>,
    user_attributes: Option<Vec<Attribute>>,
}

/// `UpdateUserAttributes`. A changed address is not verified, and no code is sent for it.
pub(super) fn update_attributes(pool: &LocalPool, request: &UpdateAttributes) -> Answer {
    let account = signed_in(pool, request.access_token.as_deref())?;
    let attributes = attributes(request.user_attributes.as_ref());
    check_writable(&attributes)?;
    pool.set_attributes(&account.username, &attributes)?;
    Ok(json!({ "CodeDeliveryDetailsList": Value::Array(Vec::new()) }))
}

/// Whether users may write these attributes. Only an administrator can say that an address is verified.
pub(super) fn check_writable(attributes: &[(String, String)]) -> Result<(), Exception> {
    if attributes.iter().any(|(name, _)| user::is_boolean(name)) {
        return Err(Exception::not_writable());
    }
    if attributes.iter().any(|(name, _)| name == "sub") {
        return Err(Exception::invalid_parameter("Cannot modify the non-mutable attribute sub"));
    }
    Ok(())
}

/// The user of an access token, if the token is valid and has the scope for these calls.
pub(super) fn signed_in(pool: &LocalPool, token: Option<&str>) -> Result<Account, Exception> {
    let [token] = required([("accessToken", token)])?;
    let checked = pool.check_access_token(token)?;
    if !checked.has_scope(API_SIGN_IN_SCOPE) {
        return Err(Exception::not_authorized("Access Token does not have required scopes"));
    }
    Ok(checked.account)
}

impl From<AccessTokenRefused> for Exception {
    fn from(refused: AccessTokenRefused) -> Self {
        Self::not_authorized(match refused {
            AccessTokenRefused::NotOurs | AccessTokenRefused::NotOfUser => "Invalid Access Token",
            AccessTokenRefused::Expired => "Access Token has expired",
            AccessTokenRefused::SignedOut => "Access Token has been revoked",
            AccessTokenRefused::Disabled => "User is disabled.",
            AccessTokenRefused::NoUser => {
                return Self::no_such_user();
            }
        })
    }
}
