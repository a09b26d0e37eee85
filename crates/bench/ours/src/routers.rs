//! The same router three times: without a layer, with a layer that does nothing, and protected.

use axum::{Router, routing::get};
use cognito_authorizer::{AccessClaims, CognitoAuthLayer};

use crate::no_op::NoOpLayer;

/// A router without a layer.
pub fn bare() -> Router {
    Router::new().route("/", get(open_handler))
}

/// A router with a layer that does nothing.
pub fn no_op() -> Router {
    bare().route_layer(NoOpLayer)
}

/// A router that this project protects. Its handler takes the caller's claims.
pub fn protected(auth: CognitoAuthLayer) -> Router {
    Router::new().route("/", get(handler)).route_layer(auth)
}

async fn open_handler() -> &'static str {
    "let in"
}

async fn handler(caller: AccessClaims) -> &'static str {
    if caller.subject().is_empty() { "nobody" } else { "let in" }
}
