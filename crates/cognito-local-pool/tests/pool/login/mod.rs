//! Managed login over real HTTP, with a browser that keeps cookies and fills in forms.

mod attacks;
mod authorize;
mod browser;
mod code;
mod levels;
mod logout;
mod openid_connect;
mod pages;
mod revoke;
mod sign_up;
mod steps;
mod tokens;
mod user_info;

use cognito_local_pool::{AppClient, LocalPoolBuilder, OAuthFlow, User};

use crate::support::builder;

pub(crate) use browser::{Browser, form, hidden_fields, parameter};

pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";
/// [`CALLBACK`] in a query.
pub(crate) const CALLBACK_ENCODED: &str = "http%3A%2F%2Flocalhost%3A3000%2Fcallback";
/// The verifier and the challenge of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn with_scopes(client: AppClient) -> AppClient {
    ["openid", "email", "profile", "aws.cognito.signin.user.admin", "orders/read"]
        .into_iter()
        .fold(client, AppClient::allow_scope)
}

/// The pool with `spa` (code and implicit), `site` (code, two secrets), `implicit` and `rotating` beside the others.
pub(crate) fn builder_with_login() -> LocalPoolBuilder {
    builder()
        .app_client(
            with_scopes(AppClient::public("spa"))
                .callback_url(CALLBACK)
                .callback_url("https://app.example/cb?from=pool")
                .callback_url("myapp://signed-in")
                .logout_url("http://localhost:3000/")
                .allow_oauth_flow(OAuthFlow::Code)
                .allow_oauth_flow(OAuthFlow::Implicit),
        )
        .app_client(
            with_scopes(AppClient::confidential("site", "old-secret"))
                .second_secret("new-secret")
                .callback_url(CALLBACK),
        )
        .app_client(
            with_scopes(AppClient::public("implicit"))
                .callback_url(CALLBACK)
                .allow_oauth_flow(OAuthFlow::Implicit),
        )
        .app_client(
            with_scopes(AppClient::public("rotating"))
                .callback_url(CALLBACK)
                .refresh_token_rotation(std::time::Duration::from_secs(10)),
        )
        .user(User::new("new", "temporary").must_change_password())
        .user(User::new("gone", "password").disabled())
        .user(User::new("early", "password").unconfirmed().attribute("email", "early@example.com"))
        .user(User::new("careful", "password").software_token("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
}

/// The query of an authorization request with `more` in it.
pub(crate) fn query(client: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!("&{more}") };
    format!("client_id={client}&redirect_uri={CALLBACK_ENCODED}&response_type=code{more}")
}
