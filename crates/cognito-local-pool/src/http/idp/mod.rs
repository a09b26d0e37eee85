//! Cognito's [API][aws] by AWS JSON 1.1: signing in and up, what users do with their access tokens, and the calls of
//! administrators that tests use.
//!
//! Signatures are not checked: anyone who can reach a local pool can administer it.
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html

mod admin;
mod caller;
mod derived;
mod describe;
mod factor;
mod factors;
mod filter;
mod forgot;
mod groups;
mod initiate;
mod own;
mod page;
mod refresh;
mod request;
mod respond;
mod shape;
mod sign_up;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Shared, refusals, single};
use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::random;

/// The body of an answer, or the refusal.
type Answer = Result<Value, Exception>;
type Operation = fn(&LocalPool, &[u8]) -> Answer;

/// The longest message in a header; the limit of some HTTP clients for all headers is 8 KiB.
const MAX_HEADER: usize = 2048;
/// The prefix of an operation's name in `X-Amz-Target`.
const SERVICE: &str = "AWSCognitoIdentityProviderService.";

/// The operations of a local pool, by name.
const OPERATIONS: [(&str, Operation); 40] = [
    ("AdminAddUserToGroup", |pool, body| read(pool, body, groups::add_user)),
    ("AdminConfirmSignUp", |pool, body| read(pool, body, admin::confirm_sign_up)),
    ("AdminCreateUser", |pool, body| read(pool, body, admin::create_user)),
    ("AdminDeleteUser", |pool, body| read(pool, body, admin::delete_user)),
    ("AdminDisableUser", |pool, body| read(pool, body, admin::disable_user)),
    ("AdminEnableUser", |pool, body| read(pool, body, admin::enable_user)),
    ("AdminGetUser", |pool, body| read(pool, body, admin::get_user)),
    ("AdminInitiateAuth", |pool, body| read(pool, body, initiate::by_administrator)),
    ("AdminListGroupsForUser", |pool, body| read(pool, body, groups::of_user)),
    ("AdminRemoveUserFromGroup", |pool, body| read(pool, body, groups::remove_user)),
    ("AdminResetUserPassword", |pool, body| read(pool, body, forgot::reset_by_administrator)),
    ("AdminRespondToAuthChallenge", |pool, body| read(pool, body, respond::by_administrator)),
    ("AdminSetUserPassword", |pool, body| read(pool, body, admin::set_user_password)),
    ("AdminUpdateUserAttributes", |pool, body| read(pool, body, admin::update_user_attributes)),
    ("AdminUserGlobalSignOut", |pool, body| read(pool, body, admin::sign_out_user)),
    ("AssociateSoftwareToken", |pool, body| read(pool, body, factors::associate)),
    ("ChangePassword", |pool, body| read(pool, body, own::change_password)),
    ("ConfirmForgotPassword", |pool, body| read(pool, body, forgot::confirm)),
    ("ConfirmSignUp", |pool, body| read(pool, body, sign_up::confirm)),
    ("DeleteUser", |pool, body| read(pool, body, own::delete_user)),
    ("DescribeUserPool", |pool, body| read(pool, body, describe::user_pool)),
    ("DescribeUserPoolClient", |pool, body| read(pool, body, describe::user_pool_client)),
    ("ForgotPassword", |pool, body| read(pool, body, forgot::forgot)),
    ("GetDerivedToken", |pool, body| read(pool, body, derived::derived_token)),
    ("GetTokensFromRefreshToken", |pool, body| read(pool, body, refresh::tokens_from_refresh_token)),
    ("GetUser", |pool, body| read(pool, body, own::get_user)),
    ("GlobalSignOut", |pool, body| read(pool, body, own::global_sign_out)),
    ("InitiateAuth", |pool, body| read(pool, body, initiate::by_user)),
    ("ListGroups", |pool, body| read(pool, body, groups::list)),
    ("ListResourceServers", |pool, body| read(pool, body, describe::resource_servers)),
    ("ListUserPoolClients", |pool, body| read(pool, body, describe::user_pool_clients)),
    ("ListUsers", |pool, body| read(pool, body, describe::users)),
    ("ListUsersInGroup", |pool, body| read(pool, body, groups::users_in)),
    ("ResendConfirmationCode", |pool, body| read(pool, body, sign_up::resend)),
    ("RespondToAuthChallenge", |pool, body| read(pool, body, respond::by_user)),
    ("RevokeToken", |pool, body| read(pool, body, refresh::revoke_token)),
    ("SetUserMFAPreference", |pool, body| read(pool, body, factors::set_preference)),
    ("SignUp", |pool, body| read(pool, body, sign_up::sign_up)),
    ("UpdateUserAttributes", |pool, body| read(pool, body, own::update_attributes)),
    ("VerifySoftwareToken", |pool, body| read(pool, body, factors::verify)),
];

pub(super) async fn call(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        let why = Exception::new("RequestEntityTooLargeException", "a local pool reads at most 64 KiB");
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, &why);
    };
    let answer = operation(single(&headers, "x-amz-target")).and_then(|call| call(&shared.pool, &body));
    match answer {
        Ok(body) => amz_json(StatusCode::OK, &body),
        Err(error) => error.into_response(),
    }
}

/// The operation that `X-Amz-Target` names.
fn operation(target: Option<&str>) -> Result<Operation, Exception> {
    let name = target.and_then(|target| target.strip_prefix(SERVICE));
    let found = OPERATIONS.iter().find(|(known, _)| Some(*known) == name);
    found.map(|(_, operation)| *operation).ok_or_else(|| {
        let asked = match name {
            // Other names are not repeated in the message.
            Some(name) if name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                format!("`{name}` is not a call of a local pool")
            }
            _ => format!("the header `X-Amz-Target` names no call; one reads like `{SERVICE}InitiateAuth`"),
        };
        let names: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
        Exception::new("UnknownOperationException", format!("{asked}; it has {}", names.join(", ")))
    })
}

/// Reads the request of an operation, and answers it.
fn read<R: DeserializeOwned>(pool: &LocalPool, body: &[u8], answer: fn(&LocalPool, &R) -> Answer) -> Answer {
    answer(pool, &request::parse(body)?)
}

impl IntoResponse for Exception {
    fn into_response(self) -> Response {
        refusal(StatusCode::BAD_REQUEST, &self)
    }
}

fn refusal(status: StatusCode, why: &Exception) -> Response {
    let mut response = amz_json(status, &json!({ "__type": why.kind(), "message": why.message() }));
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(why.kind()));
    // A message may repeat what the client sent. If it does not fit in a header, it is in the body only.
    let message = Some(why.message().trim_end()).filter(|message| message.len() <= MAX_HEADER);
    if let Some(Ok(message)) = message.map(HeaderValue::from_str) {
        headers.insert(HeaderName::from_static("x-amzn-errormessage"), message);
    }
    refusals::note(response, Some(&format!("{}: {}", why.kind(), why.message())))
}

fn amz_json(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/x-amz-json-1.1".to_owned()),
        (HeaderName::from_static("x-amzn-requestid"), random::uuid()),
    ];
    (status, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_listed_once_and_by_name() {
        assert!(OPERATIONS.is_sorted_by(|(one, _), (next, _)| one < next));
    }

    #[test]
    fn an_unknown_operation_is_refused_with_the_list_of_operations() {
        let why = |target| operation(target).err().map(|why| why.message().to_owned()).unwrap_or_default();
        assert_eq!(why(Some("AWSCognitoIdentityProviderService.GetUser")), "");
        let unknown = why(Some("AWSCognitoIdentityProviderService.CreateUserPool"));
        assert!(
            unknown.starts_with("`CreateUserPool` is not a call of a local pool; it has AdminAdd"),
            "{unknown}"
        );
        for target in [None, Some("GetUser"), Some("AWSCognitoIdentityProviderService.<b>")] {
            assert!(why(target).starts_with("the header `X-Amz-Target` names no call"), "{target:?}");
        }
    }
}
