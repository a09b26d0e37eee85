//! The routes of the function, as in any axum service.

use axum::{Router, routing::get};
use cognito_authorizer::{CognitoAuthLayer, RequireScope, scopes};

scopes! {
    pub(crate) ReadOrders = "orders/read";
}

pub(crate) fn router(auth: CognitoAuthLayer) -> Router {
    Router::new().route("/orders", get(list_orders)).route_layer(auth).route("/health", get(async || "ok\n"))
}

async fn list_orders(caller: RequireScope<ReadOrders>) -> String {
    format!("the orders of {}\n", caller.subject())
}
