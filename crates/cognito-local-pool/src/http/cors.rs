//! Cross-origin requests (Fetch standard §3.3): the endpoints that a page's script asks are open to every origin, as
//! Cognito's are. They go by tokens, secrets and passwords in the request, and never by a cookie. The pages of managed
//! login are not open.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::single;
use crate::exception::Exception;

/// The calls of the sign-in API that AWS answers without a signature: what a page calls for its user. Of a page of any
/// other website, a call of an administrator would create users and set passwords.
const CALLS_OF_PAGES: [&str; 32] = [
    "AssociateSoftwareToken",
    "ChangePassword",
    "CompleteWebAuthnRegistration",
    "ConfirmDevice",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "DeleteUser",
    "DeleteUserAttributes",
    "DeleteWebAuthnCredential",
    "ForgetDevice",
    "ForgotPassword",
    "GetDevice",
    "GetTokensFromRefreshToken",
    "GetUser",
    "GetUserAttributeVerificationCode",
    "GetUserAuthFactors",
    "GlobalSignOut",
    "InitiateAuth",
    "ListDevices",
    "ListWebAuthnCredentials",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RevokeToken",
    "SetUserMFAPreference",
    "SetUserSettings",
    "SignUp",
    "StartWebAuthnRegistration",
    "UpdateAuthEventFeedback",
    "UpdateDeviceStatus",
    "UpdateUserAttributes",
    "VerifySoftwareToken",
    "VerifyUserAttribute",
];

/// The headers that a script may read, beside those that it always may.
const EXPOSED: &str = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date,WWW-Authenticate";
/// How long a browser may remember the answer to a preflight, in seconds.
const MAX_AGE: &str = "7200";

/// Opens an endpoint to scripts of every origin: it answers preflights, and its responses may be read.
pub(super) fn open<S>(endpoint: MethodRouter<S>) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    endpoint.options(preflight).layer(map_response(allow))
}

async fn preflight(headers: HeaderMap) -> Response {
    let mut response = StatusCode::OK.into_response();
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET,POST"));
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    answer.insert(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    // `*` would leave `Authorization` out.
    let asked = single(&headers, ACCESS_CONTROL_REQUEST_HEADERS.as_str()).filter(|asked| is_list(asked));
    if let Some(asked) = asked.and_then(|asked| HeaderValue::from_str(asked).ok()) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked);
    }
    response
}

async fn allow(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    response
}

/// Refuses the calls of administrators to pages: a browser says so by `Origin`.
pub(super) async fn guard_administration(request: Request, next: Next) -> Response {
    let target = single(request.headers(), "x-amz-target").unwrap_or_default();
    let call = target.rsplit('.').next().unwrap_or_default();
    if !request.headers().contains_key(ORIGIN) || call.is_empty() || CALLS_OF_PAGES.contains(&call) {
        return next.run(request).await;
    }
    Exception::new(
        "AccessDeniedException",
        "a local pool answers the calls of administrators to programs, and to no page in a browser",
    )
    .into_response()
}

/// Names of headers between commas.
fn is_list(text: &str) -> bool {
    text.len() <= 1024 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_, ".contains(c))
}
