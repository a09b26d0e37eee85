//! Calls of administrators about users, such as [`AdminCreateUser`][aws].
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html

use serde::Deserialize;
use serde_json::json;

use super::request::{Attribute, Constraints, attributes};
use super::{Answer, caller, shape};
use crate::directory::{Account, Enabled, Invitation};
use crate::exception::Exception;
use crate::pool::LocalPool;

/// A call about one user.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserRequest {
    user_pool_id: Option<String>,
    username: Option<String>,
}

impl UserRequest {
    /// The user of this user name, alias or `sub`.
    pub(super) fn account(&self, pool: &LocalPool) -> Result<Account, Exception> {
        let constraints = Constraints::default();
        named(pool, constraints, self.user_pool_id.as_deref(), self.username.as_deref())
    }
}

/// The user that a call names. `constraints` are those of the call's other members.
pub(super) fn named(
    pool: &LocalPool,
    mut constraints: Constraints,
    pool_id: Option<&str>,
    username: Option<&str>,
) -> Result<Account, Exception> {
    let pool_id = constraints.required("userPoolId", pool_id);
    let username = constraints.username(username);
    constraints.finish()?;
    caller::check_pool(pool, pool_id)?;
    // `PreventUserExistenceErrors` is about app clients; administrators may know which users exist.
    pool.account(username).ok_or_else(Exception::no_such_user)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateUser {
    user_pool_id: Option<String>,
    username: Option<String>,
    user_attributes: Option<Vec<Attribute>>,
    temporary_password: Option<String>,
    message_action: Option<String>,
}

/// `AdminCreateUser`: a user with a temporary password, given or made up.
pub(super) fn create_user(pool: &LocalPool, request: &CreateUser) -> Answer {
    let mut constraints = Constraints::default();
    let pool_id = constraints.required("userPoolId", request.user_pool_id.as_deref());
    let username = constraints.username(request.username.as_deref());
    constraints.finish()?;
    caller::check_pool(pool, pool_id)?;
    let invitation = match request.message_action.as_deref() {
        None => Invitation::Send,
        Some("RESEND") => Invitation::Resend,
        Some("SUPPRESS") => Invitation::Suppress,
        Some(_) => {
            return Err(Exception::invalid_parameter(
                "1 validation error detected: Value at 'messageAction' failed to satisfy constraint: Member must \
                 satisfy enum value set: [RESEND, SUPPRESS]",
            ));
        }
    };
    let password = request.temporary_password.clone().filter(|password| !password.is_empty());
    let account =
        pool.invite(username, password, &attributes(request.user_attributes.as_ref()), invitation)?;
    Ok(json!({ "User": shape::user(&account, "Attributes", None) }))
}

/// `AdminGetUser`.
pub(super) fn get_user(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    let mut user = shape::user(&account, "UserAttributes", None);
    user.extend(shape::factors(&account));
    Ok(user.into())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetPassword {
    user_pool_id: Option<String>,
    username: Option<String>,
    password: Option<String>,
    #[serde(default)]
    permanent: Option<bool>,
}

/// `AdminSetUserPassword`: a permanent or a temporary password.
pub(super) fn set_user_password(pool: &LocalPool, request: &SetPassword) -> Answer {
    let mut constraints = Constraints::default();
    let password = constraints.required("password", request.password.as_deref());
    let (pool_id, username) = (request.user_pool_id.as_deref(), request.username.as_deref());
    let account = named(pool, constraints, pool_id, username)?;
    if request.permanent.unwrap_or_default() {
        pool.replace_password(&account.username, password)?;
    } else {
        pool.set_temporary_password(&account.username, password)?;
    }
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdminUpdateAttributes {
    user_pool_id: Option<String>,
    username: Option<String>,
    user_attributes: Option<Vec<Attribute>>,
}

/// `AdminUpdateUserAttributes`, which can say that an address is verified.
pub(super) fn update_user_attributes(pool: &LocalPool, request: &AdminUpdateAttributes) -> Answer {
    let (pool_id, username) = (request.user_pool_id.as_deref(), request.username.as_deref());
    let account = named(pool, Constraints::default(), pool_id, username)?;
    pool.set_attributes(&account.username, &attributes(request.user_attributes.as_ref()))?;
    Ok(json!({}))
}

/// `AdminConfirmSignUp`: confirms a sign-up without the code.
pub(super) fn confirm_sign_up(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    pool.confirm_sign_up_without_code(&account.username)?;
    Ok(json!({}))
}

/// `AdminDisableUser`: the user cannot sign in, and existing sign-ins end.
pub(super) fn disable_user(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    pool.set_enabled(&account.username, Enabled::No)?;
    Ok(json!({}))
}

/// `AdminEnableUser`.
pub(super) fn enable_user(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    pool.set_enabled(&account.username, Enabled::Yes)?;
    Ok(json!({}))
}

/// `AdminUserGlobalSignOut`.
pub(super) fn sign_out_user(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    pool.sign_out_user(&account);
    Ok(json!({}))
}

/// `AdminDeleteUser`.
pub(super) fn delete_user(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    pool.remove_user(&account);
    Ok(json!({}))
}
