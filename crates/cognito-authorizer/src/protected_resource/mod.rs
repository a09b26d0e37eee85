//! This API as a protected resource: how clients find the user pool that issues tokens for it (RFC 9728).
//!
//! A client that knows only the URL of the API gets 401 with a challenge that names the *protected resource metadata*. That document
//! names the issuers of the user pools, and the scopes. MCP clients begin in this way.
//!
//! ```
//! use axum::{Router, routing::get};
//! use cognito_authorizer::{CognitoAuthLayer, KeySet, Standard, UserPool, protected_resource::ProtectedResource, scope};
//!
//! fn app(keys: KeySet) -> Result<Router, cognito_authorizer::ConfigError> {
//!     let url = "https://api.example.com/orders";
//!     let pool = UserPool::new("ap-south-1_abcdefghi").any_client().resource(url);
//!     let auth = CognitoAuthLayer::builder(pool)
//!         .profile(Standard::new().protected_resource(ProtectedResource::new(url).name("Orders")))
//!         .require(scope("orders/read"))
//!         .with_keys([("ap-south-1_abcdefghi", keys)])?;
//!     let metadata = auth.protected_resource_metadata()?;
//!     assert_eq!(metadata.path(), "/.well-known/oauth-protected-resource/orders");
//!
//!     Ok(Router::new()
//!         .route("/orders", get(async || "orders"))
//!         .layer(auth)
//!         .route_service(metadata.path(), metadata.clone())) // added after the layer, so open
//! }
//! ```

mod metadata;
mod resource;
mod url;

pub use metadata::ProtectedResourceMetadata;
pub use resource::ProtectedResource;
pub(crate) use url::check_metadata_url;
