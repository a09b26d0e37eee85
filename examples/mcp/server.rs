//! The MCP endpoint behind the layer, and the metadata beside it.

use std::{error::Error, sync::Arc};

use axum::{Router, middleware, routing::get};
use cognito_authorizer::{CognitoAuthLayer, UserPool};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};

use crate::{
    discovery::{self, Discovery},
    local_pool::{CLIENT, ServedPool},
    tool_scopes,
    tools::Orders,
};

/// The server. `resource` is its public URL, which clients ask tokens for (RFC 8707).
pub(crate) async fn router(pool: &ServedPool, resource: &str) -> Result<Router, Box<dyn Error>> {
    let settings = UserPool::new(pool.pool.id())
        .issuer(pool.pool.issuer())
        .client(CLIENT)
        // A token for another server is refused, even if the same client got it.
        .resource(resource);
    let auth = CognitoAuthLayer::builder(settings).connect().await?;
    let config = StreamableHttpServerConfig::default();
    let service = StreamableHttpService::new(|| Ok(Orders), Arc::new(LocalSessionManager::default()), config);
    let discovery = Discovery::new(resource, pool.pool.issuer());

    let mcp = Router::new()
        .route_service("/mcp", service)
        // From the inside out: the scope of the tool, then the token.
        .layer(middleware::from_fn(tool_scopes::require))
        .layer(auth)
        // A client that is refused learns where the metadata is.
        .layer(middleware::from_fn_with_state(discovery.clone(), discovery::point_to_metadata));
    let metadata = Router::new()
        .route("/.well-known/oauth-protected-resource", get(discovery::metadata))
        .route("/.well-known/oauth-protected-resource/mcp", get(discovery::metadata))
        .with_state(discovery);
    Ok(mcp.merge(metadata))
}
