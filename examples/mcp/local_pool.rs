//! A user pool in this process.

use std::error::Error;

use cognito_local_pool::{AppClient, LocalPool, PoolServer, ResourceServer, User};

use crate::settings::Address;

const POOL: &str = "ap-south-1_LocalPool";
/// The app client of MCP clients: without a secret, as they run on the computers of users.
pub(crate) const CLIENT: &str = "5mcpclient23456789";

/// A pool that is served for as long as the program runs.
pub(crate) struct ServedPool {
    pub(crate) pool: LocalPool,
    /// Ends when it is dropped.
    _server: PoolServer,
}

/// Starts a pool that sends browsers back to `callback`.
pub(crate) async fn start(listen: &Address, callback: &str) -> Result<ServedPool, Box<dyn Error>> {
    let listener = listen.bind().await?;
    // MCP clients compare the issuer with the URL of the metadata, so it is the pool's own address.
    let issuer = format!("http://{}/{POOL}", listener.local_addr()?);
    let client = ["openid", "orders/read", "orders/write"]
        .into_iter()
        .fold(AppClient::public(CLIENT).callback_url(callback), AppClient::allow_scope);
    let pool = LocalPool::builder(POOL)
        .issuer(issuer)
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .app_client(client)
        .user(User::new("ada", "Ada-1815"))
        .user(User::new("bob", "Bob-1815"))
        .build()?;
    let server = pool.serve_on(listener.into_std()?)?;
    Ok(ServedPool { pool, _server: server })
}
