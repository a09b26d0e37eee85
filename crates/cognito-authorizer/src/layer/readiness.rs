//! The answer to a readiness probe.

use std::future::{Ready, ready};

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header::CACHE_CONTROL};

use super::CognitoAuthLayer;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

impl CognitoAuthLayer {
    /// A handler for a readiness probe: 200 while every pool has keys, and 503 otherwise, as requests would then get 503 too.
    ///
    /// The route must be open, so add it after the layer. The body is one word, and reveals nothing about pools, keys or callers; use
    /// [`status`](Self::status) for a page that does.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use cognito_authorizer::CognitoAuthLayer;
    ///
    /// fn router(auth: CognitoAuthLayer) -> Router {
    ///     Router::new()
    ///         .route("/orders", get(async || "the orders"))
    ///         .route_layer(auth.clone())
    ///         .route("/readyz", get(auth.readiness()))
    /// }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    pub fn readiness(&self) -> impl Fn() -> Ready<Response> + Clone + Send + Sync + use<> + 'static {
        let layer = self.clone();
        move || {
            let (status, word) = if layer.status().is_ready() {
                (StatusCode::OK, "ready\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
            };
            ready((status, [(CACHE_CONTROL, NO_STORE)], word).into_response())
        }
    }
}
