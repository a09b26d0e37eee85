//! The endpoints of a user pool, as an [`axum::Router`].

mod client_auth;
mod console;
mod cors;
mod discovery;
mod host;
mod idp;
mod login;
mod refusals;
mod revoke;
mod security_headers;
mod token;
mod user_info;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

pub(crate) use host::Reach;

use crate::pool::LocalPool;

/// No request that a pool answers is larger.
const MAX_BODY: usize = 64 * 1024;

/// The state that the handlers share.
#[derive(Clone)]
struct Shared {
    pool: LocalPool,
    jwks_fetches: Arc<AtomicUsize>,
    reach: Reach,
    scheme: Scheme,
}

/// By which scheme clients reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    #[cfg(feature = "tls")]
    Https,
}

impl Scheme {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            #[cfg(feature = "tls")]
            Self::Https => "https",
        }
    }

    /// The attribute of cookies that a browser sends only over this scheme.
    fn cookie_attribute(self) -> &'static str {
        match self {
            Self::Http => "",
            #[cfg(feature = "tls")]
            Self::Https => "; Secure",
        }
    }
}

/// The routes; `jwks_fetches` counts the JWK Sets that were served.
pub(crate) fn router(
    pool: &LocalPool,
    jwks_fetches: Arc<AtomicUsize>,
    reach: Reach,
    scheme: Scheme,
) -> Router {
    // A pool's id is letters, digits, `_` and `-`: nothing in it means anything to the router.
    let well_known = |document: &str| format!("/{}/.well-known/{document}", pool.id());
    let shared = Shared { pool: pool.clone(), jwks_fetches, reach, scheme };
    // The page of the pool has the path of the API, and is not open to scripts of other origins.
    let api = cors::open(post(idp::call).layer(middleware::from_fn(cors::guard_administration)));
    let routes = Router::new()
        .route(&well_known("jwks.json"), cors::open(get(discovery::jwks)))
        .route(&well_known("openid-configuration"), cors::open(get(discovery::metadata)))
        .route(
            &format!("/.well-known/oauth-authorization-server/{}", pool.id()),
            cors::open(get(discovery::metadata)),
        )
        .route("/oauth2/token", cors::open(post(token::token)))
        .route("/oauth2/revoke", cors::open(post(revoke::revoke)))
        .route("/oauth2/userInfo", cors::open(get(user_info::user_info).post(user_info::user_info)))
        .route("/", api.get(console::page))
        .merge(console::routes())
        .merge(login::routes());
    routes
        .fallback(async || refuse(StatusCode::NOT_FOUND, "nothing is served at this path"))
        .method_not_allowed_fallback(async || {
            refuse(StatusCode::METHOD_NOT_ALLOWED, "nothing is served at this path by this method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(shared.clone(), tell_state))
        .layer(middleware::from_fn_with_state(shared.clone(), host::guard))
        .layer(middleware::from_fn_with_state(shared.clone(), refusals::record))
        .with_state(shared)
}

impl LocalPool {
    /// The endpoints of this pool, to be nested in or merged into another service.
    ///
    /// - `GET /{poolId}/.well-known/jwks.json` and `/{poolId}/.well-known/openid-configuration`; the same metadata at
    ///   `/.well-known/oauth-authorization-server/{poolId}` (RFC 8414), which MCP clients ask for first
    /// - `GET /oauth2/authorize` with the pages `/login` and `/signup`, `GET /logout` and `GET /error`: [managed login]
    /// - `POST /oauth2/token` with `authorization_code`, `refresh_token`, `client_credentials` or token exchange (the
    ///   [token endpoint])
    /// - `GET /oauth2/userInfo` and `POST /oauth2/revoke`
    /// - `GET /` with `Accept: text/html`: a page about the pool, which mints and decodes tokens and shows the last
    ///   sign-ins, codes and refusals. `POST /console/token` mints a token for a program: JSON with `as` (a user) or
    ///   `client` (a machine), `scopes`, `groups`, `claims`, `expired` and `id`. Both refuse requests of other origins.
    /// - `POST /` with `X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth` or another call of the [API]:
    ///   - `InitiateAuth` with `USER_SRP_AUTH`, `USER_PASSWORD_AUTH`, `USER_AUTH` (`PASSWORD_SRP`, `PASSWORD`) or
    ///     `REFRESH_TOKEN_AUTH`; `RespondToAuthChallenge`; `GetTokensFromRefreshToken`, `RevokeToken`, `GetDerivedToken`
    ///   - `GetUser`, `UpdateUserAttributes`, `ChangePassword`, `GlobalSignOut`, `DeleteUser`, `AssociateSoftwareToken`,
    ///     `VerifySoftwareToken`, `SetUserMFAPreference`
    ///   - `SignUp`, `ConfirmSignUp`, `ResendConfirmationCode`, `ForgotPassword`, `ConfirmForgotPassword`
    ///   - of administrators, with any signature: `AdminInitiateAuth`, `AdminRespondToAuthChallenge`,
    ///     `AdminCreateUser`, `AdminGetUser`, `AdminSetUserPassword`, `AdminResetUserPassword`, `AdminConfirmSignUp`,
    ///     `AdminUpdateUserAttributes`, `AdminEnableUser`, `AdminDisableUser`, `AdminDeleteUser`,
    ///     `AdminUserGlobalSignOut`, `AdminAddUserToGroup`, `AdminRemoveUserFromGroup`, `AdminListGroupsForUser`
    ///   - `DescribeUserPool`, `DescribeUserPoolClient`, `ListUserPoolClients`, `ListUsers`, `ListGroups`,
    ///     `ListUsersInGroup`, `ListResourceServers`
    ///
    /// A call that is not in this list is refused with the names of those that are.
    ///
    /// Paths and the cookies of managed login are absolute, so the router belongs at the root. A request whose `Host`
    /// is neither `localhost`, `127.0.0.1`, `[::1]` nor the host of the issuer is refused.
    ///
    /// [managed login]: https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-endpoints.html
    /// [token endpoint]: https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
    /// [API]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html
    pub fn router(&self) -> Router {
        router(self, Arc::default(), Reach::ThisMachine, Scheme::Http)
    }
}

impl Shared {
    fn count_jwks_fetch(&self) {
        self.jwks_fetches.fetch_add(1, Ordering::Relaxed);
    }
}

/// Passes the changes of the request to the builder's closure before the answer is sent.
async fn tell_state(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let changes = shared.pool.tells_state() && !request.uri().path().contains("/.well-known/");
    let response = next.run(request).await;
    if changes {
        // The closure may write a file. If it panics, the answer is sent all the same.
        let _ = tokio::task::spawn_blocking(move || shared.pool.tell_state()).await;
    }
    response
}

fn refuse(status: StatusCode, message: &str) -> Response {
    json_response(status, &json!({ "message": message }))
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let response = (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    let reason =
        ["error_description", "message", "error"].into_iter().find_map(|name| body.get(name)?.as_str());
    refusals::note(response, reason.filter(|_| !status.is_success()))
}

/// The one value of a header; none if it is missing, repeated or not text.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
