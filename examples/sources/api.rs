//! The routes, and the sources of the token.

use axum::{Router, routing::get};
use cognito_authorizer::{
    CognitoAuthLayer, RequireScope, Standard,
    identity::{IdentitySource, IdentitySourceError},
    scopes,
};

/// Where the web app is served, whose requests may carry the cookie.
pub(crate) const WEB_APP: &str = "https://app.example.com";

scopes! {
    ReadOrders = "orders/read";
    WriteOrders = "orders/write";
}

/// A request has its token in one of these. With tokens in two, it is refused.
pub(crate) fn profile() -> Result<Standard, IdentitySourceError> {
    Ok(Standard::new().identity_sources([
        IdentitySource::default(),
        // Browsers add cookies also to requests that other sites cause. Those that change something are refused.
        IdentitySource::cookie("__Host-token")?.trusted_origin(WEB_APP)?,
        // The header of the load balancer has the pool's access token. It is verified like any other, so a client gains nothing by
        // setting the header itself.
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
