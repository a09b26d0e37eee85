//! The same router four times: without a layer, with a layer that does nothing, with a value for the handler, and protected.

use std::sync::Arc;

use axum::{Extension, Router, routing::get};
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

/// A router whose layer checks nothing: it puts the same value into the extensions of each request, and the handler takes it. No layer
/// that tells the handler who the caller is can do less.
pub fn with_value() -> Router {
    let caller: Arc<str> = "ada".into();
    Router::new().route("/", get(handler_of_value)).route_layer(Extension(caller))
}

/// A router that this project protects. Its handler takes the caller's claims.
pub fn protected(auth: CognitoAuthLayer) -> Router {
    Router::new().route("/", get(handler)).route_layer(auth)
}

async fn open_handler() -> &'static str {
    "let in"
}

async fn handler_of_value(Extension(caller): Extension<Arc<str>>) -> &'static str {
    if caller.is_empty() { "nobody" } else { "let in" }
}

async fn handler(caller: AccessClaims) -> &'static str {
    if caller.subject().is_empty() { "nobody" } else { "let in" }
}
