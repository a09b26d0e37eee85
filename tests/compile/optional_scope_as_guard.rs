//~ `Option<RequireScope<ReadOrders>>` would let in callers who do not meet the requirement
//~ a requirement cannot be optional
//~ take `RequireScope<ReadOrders>` without `Option`
//~ take `Option<AccessClaims>` and check `caller.scopes()`

use axum::{Router, middleware::from_extractor, routing::get};
use cognito_authorizer::{RequireScope, scopes};

scopes! { ReadOrders = "orders/read" }

pub fn app() -> Router {
    Router::new().route("/", get(|| async {})).route_layer(from_extractor::<Option<RequireScope<ReadOrders>>>())
}
