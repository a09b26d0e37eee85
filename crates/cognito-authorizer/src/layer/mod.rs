//! The Tower layer: an adapter of the engine.

mod callers;
mod context;
mod future;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "axum")]
mod readiness;
mod service;

use std::sync::Arc;

use cognito_verify::{Accept, IntoRequirement, UserPool};
use tower_layer::Layer;

#[cfg(feature = "axum")]
pub(crate) use context::{RefusalContext, WithoutToken};
pub use future::ResponseFuture;
pub use service::CognitoAuth;

use crate::{
    authorizer::{CognitoAuthorizer, Engine},
    builder::CognitoAuthBuilder,
    config::ConfigError,
    keys::KeyStatus,
    routes::RouteTable,
};

/// Lets in requests with a valid token of a user pool, and refuses all others, except where it
/// [allows anonymous requests](Self::allow_anonymous).
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

    /// Starts to build a layer for the user pool with this id, or with these settings.
    ///
    /// Name the app clients to accept with [`client`](CognitoAuthBuilder::client), or allow all with [`UserPool::any_client`], then
    /// build the layer with [`connect`](CognitoAuthBuilder::connect), [`connect_lazy`](CognitoAuthBuilder::connect_lazy) or
    /// [`with_keys`](CognitoAuthBuilder::with_keys).
    pub fn builder(user_pool: impl Into<UserPool>) -> CognitoAuthBuilder {
        CognitoAuthBuilder::with_pool(user_pool.into())
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
    /// meets one of its alternatives, so that the others have no effect; or if the layer
    /// [allows anonymous requests](Self::allow_anonymous).
    pub fn require(mut self, requirement: impl IntoRequirement) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.engine).routing.require(requirement.into_requirement());
        self.checked()
    }

    /// Lets in requests without a token, as anonymous; a token that is sent must still be valid. Handlers take
    /// `Option<AccessClaims>`, which is `None` for an anonymous request.
    ///
    /// Call it on a clone for single routes. In a route table, write [`optional`](crate::routes::RouteTableBuilder::optional) instead.
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use cognito_authorizer::{AccessClaims, CognitoAuthLayer};
    ///
    /// async fn feed(caller: Option<AccessClaims>) -> String {
    ///     caller.map_or("the public feed".to_owned(), |caller| format!("the feed of {}", caller.subject()))
    /// }
    ///
    /// # async fn example() -> Result<(), cognito_authorizer::ConfigError> {
    /// let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789").connect().await?;
    /// let app: Router = Router::new()
    ///     .route("/feed", get(feed).route_layer(auth.clone().allow_anonymous()?))
    ///     .route("/orders", get(async |_: AccessClaims| "orders").route_layer(auth));
    /// # Ok(()) }
    /// ```
    ///
    /// Extractors that need a token, such as `RequireScope`, refuse anonymous requests with 401.
    ///
    /// *Security*: only a request that presents no credentials is anonymous. An empty header, another scheme, two headers, and
    /// an expired token are refused.
    ///
    /// # Errors
    ///
    /// If the layer has a requirement, because a caller who does not meet it could omit the token; or if it has a route table.
    pub fn allow_anonymous(mut self) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.engine).routing.allow_anonymous()?;
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
        routing.check(routes.as_ref(), Some(self.engine.keys.verifier().pools()))?;
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

    /// Replaces the user pools of this layer and all its clones, from the next request on: for a service that serves many tenants,
    /// each with a pool of its own.
    ///
    /// A pool that was there before keeps its keys, if its issuer and the URL of its keys are the same. The keys of a new pool are
    /// fetched in the background; requests with its tokens wait for the first fetch, as after
    /// [`connect_lazy`](CognitoAuthBuilder::connect_lazy). Tokens of a pool that is gone are refused at once, including those in the
    /// cache, and so are tokens of an app client that the new settings do not name. A request that has already been let in is not
    /// affected.
    ///
    /// After [`with_keys`](CognitoAuthBuilder::with_keys), only pools for which keys were supplied can be set.
    ///
    /// ```
    /// use cognito_authorizer::{CognitoAuthLayer, ConfigError, UserPool};
    ///
    /// /// Called whenever a tenant signs up or leaves.
    /// fn tenants_changed(auth: &CognitoAuthLayer, pool_ids: &[String]) -> Result<(), ConfigError> {
    ///     auth.set_user_pools(pool_ids.iter().map(|id| UserPool::new(id).client("4example23456789")))
    /// }
    ///
    /// # async fn example() -> Result<(), ConfigError> {
    /// # let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
    /// # let auth = builder.map_user_pools(|pool| pool.jwks_url("http://127.0.0.1:1/jwks.json")).connect_lazy()?;
    /// tenants_changed(&auth, &["ap-south-1_abcdefghi".into(), "eu-west-1_Ab12Cd34E".into()])?;
    /// assert_eq!(auth.status().pools.len(), 2);
    /// // There must be at least one pool. The pools stay as they are.
    /// assert!(tenants_changed(&auth, &[]).is_err());
    /// assert_eq!(auth.status().pools.len(), 2);
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example())?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the builder would refuse these pools, by themselves or with this layer's requirement and route table. All problems are
    /// reported at once, and the old pools stay in place.
    ///
    /// *Security*: clones of the layer may have other requirements, which are not checked against the new pools. An alternative of
    /// theirs that names a user pool may then always be met.
    pub fn set_user_pools(&self, pools: impl IntoIterator<Item = UserPool>) -> Result<(), ConfigError> {
        self.engine.set_user_pools(pools)
    }

    /// The status of each pool's keys, for example for a page about the service. `readiness` is a handler for a probe.
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
