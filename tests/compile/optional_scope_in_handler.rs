//~ Option<RequireScope<ReadOrders>>

// axum ends the compiler's search at its `impl FromRequestParts for Option<T>` (`do_not_recommend`), so that our note is not
// reached; the documentation of `RequireScope` has it.

use axum::{Router, routing::get};
use cognito_authorizer::{RequireScope, scopes};

scopes! { ReadOrders = "orders/read" }

async fn orders(_: Option<RequireScope<ReadOrders>>) {}

pub fn app() -> Router {
    Router::new().route("/orders", get(orders))
}
