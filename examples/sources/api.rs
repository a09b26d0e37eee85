//! The routes, and the sources of the token.

use axum::{Router, routing::get};
use cognito_authorizer::{
    CognitoAuthLayer, RequireScope, Standard,
    identity::{IdentitySource, IdentitySourceError},
    scopes,
};

/// The origin of the web app, whose requests may use the cookie.
pub(crate) const WEB_APP: &str = "https://app.example.com";

scopes! {
    ReadOrders = "orders/read";
    WriteOrders = "orders/write";
}

/// A request has its token in one of these sources. With tokens in two, it is refused.
pub(crate) fn profile() -> Result<Standard, IdentitySourceError> {
    Ok(Standard::new().identity_sources([
        IdentitySource::default(),
        // Browsers also add cookies to requests that other sites cause. Such requests are refused, unless their method is safe.
        IdentitySource::cookie("__Host-token")?.trusted_origin(WEB_APP)?,
        // The load balancer sends the pool's access token. It is verified like any other, so a client gains nothing by setting the
        // header itself.
        IdentitySource::header("x-amzn-oidc-accesstoken")?,
    ]))
}

pub(crate) fn router(auth: CognitoAuthLayer) -> Router {
    Router::new().route("/orders", get(list).post(create)).route_layer(auth)
}

async fn list(caller: RequireScope<ReadOrders>) -> String {
    format!("the orders of {}\n", caller.subject())
}

async fn create(caller: RequireScope<WriteOrders>) -> String {
    format!("an order by {}\n", caller.subject())
}
