//! The MCP endpoint behind the layer, and the metadata beside it.

use std::{error::Error, sync::Arc};

use axum::{Router, middleware};
use cognito_authorizer::{
    CognitoAuthLayer, Standard, UserPool, protected_resource::ProtectedResource, scope,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};

use crate::{
    local_pool::{CLIENT, ServedPool},
    tool_scopes,
    tools::{FIRST_SCOPE, Orders, SCOPES},
};

/// The server. `resource` is its public URL, which clients ask tokens for (RFC 8707).
pub(crate) async fn router(pool: &ServedPool, resource: &str) -> Result<Router, Box<dyn Error>> {
    let settings = UserPool::new(pool.pool.id())
        .issuer(pool.pool.issuer())
        .client(CLIENT)
        // Tokens for another server, or for none in particular, are refused even if they are from the same client.
        .resource(resource);
    // The metadata names the pool and the scopes of all tools. Every challenge names the metadata (RFC 9728).
    let description = SCOPES
        .into_iter()
        .fold(ProtectedResource::new(resource).name("Orders"), |api, (_, scope)| api.scope(scope));
    let auth = CognitoAuthLayer::builder(settings)
        .profile(Standard::new().protected_resource(description))
        // The challenge names the first scope. The client asks for others when a tool needs them.
        .require(scope(FIRST_SCOPE))
        .connect()
        .await?;
    let metadata = auth.protected_resource_metadata()?;
    let config = StreamableHttpServerConfig::default();
    let service = StreamableHttpService::new(|| Ok(Orders), Arc::new(LocalSessionManager::default()), config);

    Ok(Router::new()
        .route_service("/mcp", service)
        // The last layer is the outermost: the token is checked first, then the scope of the tool.
        .layer(middleware::from_fn(tool_scopes::require))
        .layer(auth)
        // Added after the layer, so open. Some clients request the path at the root first.
        .route_service(metadata.path(), metadata.clone())
        .route_service("/.well-known/oauth-protected-resource", metadata))
}
