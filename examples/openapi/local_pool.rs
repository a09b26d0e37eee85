//! A user pool in this process.

use std::error::Error;

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, UserPool};
use cognito_local_pool::{AppClient, LocalPool, OAuthFlow, PoolServer, ResourceServer, User};

use crate::settings::Address;

const POOL: &str = "ap-south-1_LocalPool";
/// The app client of Swagger UI: without a secret, as it runs in the browser.
pub(crate) const CLIENT: &str = "5swaggerui23456789";

/// A pool that is served for as long as the program runs.
pub(crate) struct ServedPool {
    pub(crate) pool: LocalPool,
    pub(crate) url: String,
    /// Ends when it is dropped.
    _server: PoolServer,
}

/// Starts a pool that sends browsers back to the Swagger UI of `api`, under either name of this machine.
pub(crate) async fn start(listen: &Address, api: &str) -> Result<ServedPool, Box<dyn Error>> {
    let listener = listen.bind().await?;
    let issuer = format!("http://{}/{POOL}", listener.local_addr()?);
    let client = AppClient::public(CLIENT)
        .allow_oauth_flow(OAuthFlow::Code)
        .allow_scope("orders/read")
        .allow_scope("orders/write")
        .callback_url(format!("{api}/docs/oauth2-redirect.html"))
        .callback_url(format!("{}/docs/oauth2-redirect.html", api.replace("127.0.0.1", "localhost")));
    let pool = LocalPool::builder(POOL)
        .issuer(issuer)
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .app_client(client)
        .user(User::new("ada", "Ada-1815").group("ops"))
        .user(User::new("bob", "Bob-1815"))
        .build()?;
    let server = pool.serve_on(listener.into_std()?)?;
    Ok(ServedPool { pool, url: server.url(), _server: server })
}

impl ServedPool {
    /// A layer for this pool, to be finished.
    pub(crate) fn authorizer(&self) -> CognitoAuthBuilder {
        CognitoAuthLayer::builder(UserPool::new(self.pool.id()).issuer(self.pool.issuer()).client(CLIENT))
    }
}
