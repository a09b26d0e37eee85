//! The Tower layer: an adapter of the engine.

mod context;
mod future;
mod service;

use std::sync::Arc;

use cognito_verify::{Accept, IntoRequirement, UserPool};
use tower_layer::Layer;

#[cfg(feature = "axum")]
pub(crate) use context::RefusalContext;
pub use future::ResponseFuture;
pub use service::CognitoAuth;

use crate::{
    authorizer::{CognitoAuthorizer, Engine},
    builder::CognitoAuthBuilder,
    config::ConfigError,
    keys::KeyStatus,
    routes::RouteTable,
};

/// Lets in requests with a valid token of a user pool, and refuses all others.
///
/// The layer works with any [`tower` service](tower_service::Service) that takes `http` requests, whatever their body type.
/// It is cheap to clone, and clones share their keys.
///
/// # In an axum router
///
/// `.route_layer(auth)` protects the routes that are added before it. Routes that are added after it are open, and unknown
/// paths get the router's 404.
///
/// ```no_run
/// use axum::{Router, routing::{get, post}};
/// use cognito_authorizer::{CognitoAuthLayer, scope};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789").connect().await?;
///
/// let app: Router = Router::new()
///     .route("/orders", post(|| async {}).route_layer(auth.clone().require(scope("orders/write"))?))
///     .route("/orders", get(|| async {}).route_layer(auth.require(scope("orders/read"))?))
///     .route("/health", get(|| async { "ok" }));
/// # Ok(()) }
/// ```
///
/// *Security*: `route_layer` protects routes but not fallbacks. These handlers run without a token:
///
/// - with `Router::route_layer`, the handler of `Router::fallback`, including that of a nested router;
/// - with `MethodRouter::route_layer`, the handler of `MethodRouter::fallback`.
///
/// `.layer(auth)` protects fallbacks too. Without a token, unknown paths then get 401 instead of 404.
///
/// ```
/// use axum::{Router, routing::get};
/// use cognito_authorizer::CognitoAuthLayer;
///
/// fn protect(auth: CognitoAuthLayer) -> Router {
///     Router::new()
///         .route("/orders", get(|| async { "orders" }).fallback(|| async { "another method" }))
///         .fallback(|| async { "another path" })
///         .layer(auth) // protects all three handlers
///         .route("/health", get(|| async { "ok" })) // open, as it is added after the layer
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer protects nothing until it is added, by `.route_layer(auth)` or `.layer(auth)`"]
pub struct CognitoAuthLayer {
    pub(crate) engine: Arc<Engine>,
}

impl CognitoAuthLayer {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine: Arc::new(engine) }
    }

    /// Starts to build a layer for the user pool with this id.
    ///
    /// Name the app clients to accept with [`client`](CognitoAuthBuilder::client) or [`any_client`](CognitoAuthBuilder::any_client),
    /// then build the layer with [`connect`](CognitoAuthBuilder::connect), [`connect_lazy`](CognitoAuthBuilder::connect_lazy) or
    /// [`with_keys`](CognitoAuthBuilder::with_keys).
    pub fn builder(user_pool_id: impl Into<String>) -> CognitoAuthBuilder {
        CognitoAuthBuilder::with_pool(UserPool::new(user_pool_id))
    }

    /// Adds a requirement: tokens must meet it and those set before.
    ///
    /// On a clone, it sets the requirement of one method, as in API Gateway: `get(h).route_layer(auth.clone().require(scope("a/b"))?)`.
    /// The text of a scope, `"a/b"`, and a type made by [`scopes!`](crate::scopes) or [`groups!`](crate::groups) are requirements
    /// too; see [`IntoRequirement`].
    ///
    /// # Errors
    ///
    /// If the requirement has an invalid scope or group; if no token that the layer lets in can meet it; or if every such token
    /// meets one of its alternatives, so that the others have no effect.
    pub fn require(mut self, requirement: impl IntoRequirement) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.engine).routing.require(requirement.into_requirement());
        self.checked()
    }

    /// Accepts tokens of this use, instead of those that the layer accepted before.
    ///
    /// # Errors
    ///
    /// If such tokens cannot meet what the layer requires: an ID token has no scopes.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.engine).routing.accept = Some(accept.into());
        self.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let routing = &self.engine.routing;
        let routes = routing.routes.as_ref().map(|routes| routes.load_full());
        routing.check(routes.as_ref(), self.engine.verifier.pools())?;
        Ok(self)
    }

    /// Decides about requests and tokens as this layer does, where no Tower service is called: for forward auth, a WebSocket or
    /// a queue. It shares the layer's keys, cached tokens, route table and log.
    ///
    /// It has the requirement that the layer has now; a later [`require`](Self::require) on the layer does not change it.
    pub fn authorizer(&self) -> CognitoAuthorizer {
        CognitoAuthorizer::new(self.engine.clone())
    }

    /// Replaces the route table of this layer and all its clones, from the next request on. A request that has already started
    /// is decided by the old table.
    ///
    /// # Errors
    ///
    /// If the layer was built without [`routes`](CognitoAuthBuilder::routes), or no token that the layer accepts can meet the
    /// requirement of a row. The old table then stays in place.
    pub fn set_routes(&self, table: RouteTable) -> Result<(), ConfigError> {
        self.engine.set_routes(table)
    }

    /// The status of each pool's keys, for example for a readiness probe.
    #[must_use]
    pub fn status(&self) -> KeyStatus {
        self.engine.keys.status()
    }

    /// Fetches the keys of all pools now, whatever the schedule says, and returns their status. Keys given to
    /// [`with_keys`](CognitoAuthBuilder::with_keys) do not change.
    pub async fn refresh(&self) -> KeyStatus {
        self.engine.keys.refresh().await
    }
}

impl<S> Layer<S> for CognitoAuthLayer {
    type Service = CognitoAuth<S>;

    fn layer(&self, inner: S) -> CognitoAuth<S> {
        CognitoAuth::new(inner, self.engine.clone())
    }
}
