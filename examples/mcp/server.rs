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
        // A token for another server is refused, even if the same client got it, and so is one for no server.
        .resource(resource);
    // The metadata names the pool and the scopes of all tools. Every challenge leads to it (RFC 9728).
    let description = SCOPES
        .into_iter()
        .fold(ProtectedResource::new(resource).name("Orders"), |api, (_, scope)| api.scope(scope));
    let auth = CognitoAuthLayer::builder(settings)
        .profile(Standard::new().protected_resource(description))
        // The challenge names the scope to begin with. The client asks for more when a tool needs more.
        .require(scope(FIRST_SCOPE))
        .connect()
        .await?;
    let metadata = auth.protected_resource_metadata()?;
    let config = StreamableHttpServerConfig::default();
    let service = StreamableHttpService::new(|| Ok(Orders), Arc::new(LocalSessionManager::default()), config);

    Ok(Router::new()
        .route_service("/mcp", service)
        // From the inside out: the scope of the tool, then the token.
        .layer(middleware::from_fn(tool_scopes::require))
        .layer(auth)
        // Added after the layer, so open. Some clients look at the root first.
        .route_service(metadata.path(), metadata.clone())
        .route_service("/.well-known/oauth-protected-resource", metadata))
}
