//! The layer.

use std::sync::Arc;

use cognito_verify::{Accept, Requirement, UserPool};
use tower_layer::Layer;

use crate::{
    builder::CognitoAuthBuilder,
    config::ConfigError,
    keys::KeyStatus,
    routes::RouteTable,
    routing::Routes,
    service::{Authorizer, CognitoAuth},
};

/// Lets in requests whose token a user pool has signed, and answers all others.
///
/// The layer goes around any [`tower` service](tower_service::Service) that takes `http` requests, whatever their body.
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
/// *Security*: `route_layer` protects routes and not fallbacks. These handlers are called without a token:
///
/// - that of `Router::fallback`, with `Router::route_layer`; also that of a nested router;
/// - that of `MethodRouter::fallback`, with `MethodRouter::route_layer`.
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
#[must_use]
pub struct CognitoAuthLayer {
    pub(crate) authorizer: Arc<Authorizer>,
}

impl CognitoAuthLayer {
    pub(crate) fn new(authorizer: Authorizer) -> Self {
        Self { authorizer: Arc::new(authorizer) }
    }

    /// Starts a layer for the user pool with this id.
    ///
    /// What must follow is which app clients are let in, [`client`](CognitoAuthBuilder::client) or
    /// [`any_client`](CognitoAuthBuilder::any_client), and one of the three verbs that finish it:
    /// [`connect`](CognitoAuthBuilder::connect), [`connect_lazy`](CognitoAuthBuilder::connect_lazy) or
    /// [`with_keys`](CognitoAuthBuilder::with_keys).
    pub fn builder(user_pool_id: impl Into<String>) -> CognitoAuthBuilder {
        CognitoAuthBuilder::with_pool(UserPool::new(user_pool_id))
    }

    /// Asks for more than the layer asks for so far: both must be met.
    ///
    /// On a clone it is the per-method form of API Gateway: `get(h).route_layer(auth.clone().require(scope("a/b"))?)`.
    ///
    /// # Errors
    ///
    /// If the requirement has a scope or a group that no token can have, or none of the tokens that the layer lets in can
    /// meet it.
    pub fn require(mut self, requirement: Requirement) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.authorizer).routing.require(requirement);
        self.checked()
    }

    /// Lets in tokens for this use instead of those that the layer lets in so far.
    ///
    /// # Errors
    ///
    /// If such tokens cannot meet what the layer requires: an ID token has no scopes.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.authorizer).routing.accept = Some(accept.into());
        self.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let routing = &self.authorizer.routing;
        let routes = routing.routes.as_ref().map(|routes| routes.load_full());
        routing.check(routes.as_ref())?;
        Ok(self)
    }

    /// Replaces the route table, for this layer and all its clones, from the next request on. Requests that are under way
    /// end by the table with which they began.
    ///
    /// # Errors
    ///
    /// If the layer was built without [`routes`](CognitoAuthBuilder::routes), or a row can be met by none of the tokens that
    /// are let in. The old table then stays.
    pub fn set_routes(&self, table: RouteTable) -> Result<(), ConfigError> {
        let routing = &self.authorizer.routing;
        let slot = routing.routes.as_ref().ok_or(ConfigError::NoRouteTable)?;
        let routes = Arc::new(Routes::new(table));
        routing.check(Some(&routes))?;
        slot.store(routes);
        Ok(())
    }

    /// How the keys of each pool are doing; for a readiness probe.
    #[must_use]
    pub fn status(&self) -> KeyStatus {
        self.authorizer.keys.status()
    }

    /// Fetches the keys of all pools now, whatever the schedule says, and returns how they are doing then. Keys given to
    /// [`with_keys`](CognitoAuthBuilder::with_keys) stay as they are.
    pub async fn refresh(&self) -> KeyStatus {
        self.authorizer.keys.refresh().await
    }
}

impl<S> Layer<S> for CognitoAuthLayer {
    type Service = CognitoAuth<S>;

    fn layer(&self, inner: S) -> CognitoAuth<S> {
        CognitoAuth::new(inner, self.authorizer.clone())
    }
}
