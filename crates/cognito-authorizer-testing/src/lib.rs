//! Layers of `cognito-authorizer` that accept the tokens of a [`LocalPool`], for tests.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use cognito_authorizer::{RequireScope, scopes};
//! use cognito_authorizer_testing::LocalPoolExt as _;
//! use cognito_local_pool::{AppClient, LocalPool};
//! use tower::ServiceExt as _;
//!
//! scopes! { pub ReadOrders = "orders/read"; }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = LocalPool::builder("ap-south-1_abcdefghi").app_client(AppClient::public("4example23456789")).build()?;
//! let orders = get(async |_: RequireScope<ReadOrders>| "the orders");
//! let app: Router = Router::new().route("/orders", orders).route_layer(pool.layer()?);
//!
//! for (scope, status) in [("orders/read", 200), ("orders/write", 403)] {
//!     let token = pool.access_token("ada").scope(scope).sign();
//!     let request = Request::get("/orders").header("Authorization", format!("Bearer {token}")).body(Body::empty())?;
//!     assert_eq!(app.clone().oneshot(request).await?.status(), status);
//! }
//! # Ok(()) }
//! ```
//!
//! Name this crate and `cognito-local-pool` under `[dev-dependencies]`. They are separate crates because the pool signs tokens, which must
//! not be possible in a service, and because the pool shares no code with the verifier that it tests.

// Labels each item with the feature that enables it, where docs.rs or `.ci/run docs` builds the pages.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
mod keys;

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, ConfigError, KeySet, UserPool, keys::Jwks};
use cognito_local_pool::LocalPool;

use crate::{clock::PoolTime, keys::PoolKeys};

/// Layers that accept the tokens of a [`LocalPool`]: for tests.
///
/// *Security*: a local pool signs a token for every caller. A service that accepts its tokens is open.
pub trait LocalPoolExt: sealed::Sealed {
    /// A layer with default settings that accepts the tokens of the pool's app clients and uses the pool's clock. It has the keys that
    /// the pool publishes now, and needs no async runtime.
    ///
    /// # Errors
    ///
    /// If the pool's id or issuer is one that a layer does not accept, such as an issuer that is not a URL.
    fn layer(&self) -> Result<CognitoAuthLayer, ConfigError>;

    /// A builder with the same settings, to which you add your own. Finish it with `.connect().await`, or with the keys of
    /// [`key_sets`](Self::key_sets).
    ///
    /// A connected layer fetches the keys from the pool in this process, without a socket, so it also accepts the keys after
    /// [`LocalPool::rotate`]:
    ///
    /// ```
    /// use cognito_authorizer::{RouteTable, scope};
    /// use cognito_authorizer_testing::LocalPoolExt as _;
    /// use cognito_local_pool::LocalPool;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = LocalPool::builder("ap-south-1_abcdefghi").build()?;
    /// let table = RouteTable::builder().require("GET /orders", scope("orders/read")).build()?;
    /// let auth = pool.authorizer().routes(table).connect().await?;
    ///
    /// pool.rotate();
    /// let verified = auth.authorizer().verify(&pool.access_token("ada").sign()).await?;
    /// assert_eq!(verified.username(), Some("ada"));
    /// # Ok(()) }
    /// ```
    fn authorizer(&self) -> CognitoAuthBuilder;

    /// The keys that the pool publishes now, for [`CognitoAuthBuilder::with_keys`].
    ///
    /// # Errors
    ///
    /// If a key cannot be used, which no key of a local pool should be.
    fn key_sets(&self) -> Result<[(String, KeySet); 1], ConfigError>;
}

impl LocalPoolExt for LocalPool {
    fn layer(&self) -> Result<CognitoAuthLayer, ConfigError> {
        self.authorizer().with_keys(self.key_sets()?)
    }

    fn authorizer(&self) -> CognitoAuthBuilder {
        let mut clients = self.client_ids().peekable();
        let pool = UserPool::new(self.id()).issuer(self.issuer());
        // A pool without app clients signs for any that a test names.
        let pool =
            if clients.peek().is_none() { pool.any_client() } else { clients.fold(pool, UserPool::client) };
        CognitoAuthLayer::builder(pool).keys(Jwks::from_source(PoolKeys::of(self))).clock(PoolTime::of(self))
    }

    fn key_sets(&self) -> Result<[(String, KeySet); 1], ConfigError> {
        Ok([(self.id().to_owned(), KeySet::from_json(self.jwks().as_bytes())?)])
    }
}

mod sealed {
    /// Implemented only by the pool, so that methods can be added.
    #[expect(unnameable_types, reason = "nothing else can implement it")]
    pub trait Sealed {}

    impl Sealed for cognito_local_pool::LocalPool {}
}

#[cfg(test)]
mod tests;
