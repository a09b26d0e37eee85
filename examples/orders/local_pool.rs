//! A user pool in this process.

use std::error::Error;

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, UserPool};
use cognito_local_pool::{AppClient, LocalPool, OAuthFlow, PoolError, PoolServer, ResourceServer, User};

use crate::settings::{Address, Pool, SettingError};

const POOL: &str = "ap-south-1_LocalPool";
/// The app client with which users sign in.
pub(crate) const WEB_APP: &str = "4example23456789";
/// The scopes that this app client may ask for.
pub(crate) const SCOPES: [&str; 3] = ["orders/read", "orders/write", "user_management_lambdas/api"];
/// The app client of a machine, and its secret, which protects only this pool.
pub(crate) const MACHINE: &str = "7machine23456789";
pub(crate) const MACHINE_SECRET: &str = "local-secret";

/// A pool that is served for as long as the program runs.
pub(crate) struct ServedPool {
    pub(crate) pool: LocalPool,
    pub(crate) url: String,
    /// Ends when it is dropped.
    _server: PoolServer,
}

/// A layer for the pool of the settings, to be finished; and the pool, if it is one in this process.
pub(crate) async fn authorizer(
    pool: Pool,
    api: &str,
) -> Result<(CognitoAuthBuilder, Option<ServedPool>), Box<dyn Error>> {
    match pool {
        Pool::Cognito(pool) => Ok((pool.authorizer(), None)),
        Pool::Local { listen } => {
            let pool = start(&listen, api).await?;
            Ok((pool.authorizer(), Some(pool)))
        }
    }
}

/// Starts a pool for the page at `api`. The socket is bound first, because the issuer in every token has its port.
pub(crate) async fn start(listen: &Address, api: &str) -> Result<ServedPool, Box<dyn Error>> {
    let listener = listen.bind().await?;
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        let problem = format!(
            "`{address}` can be reached from other machines, and anyone who reaches it can get tokens"
        );
        return Err(SettingError { variable: "POOL_LISTEN", problem, fix: "listen on `127.0.0.1`" }.into());
    }
    let pool = pool(format!("http://{address}/{POOL}"), api)?;
    let server = pool.serve_on(listener.into_std()?)?;
    Ok(ServedPool { pool, url: server.url(), _server: server })
}

fn pool(issuer: String, api: &str) -> Result<LocalPool, PoolError> {
    // The page may be opened under either name of this machine.
    let pages = [format!("{api}/"), format!("{}/", api.replace("127.0.0.1", "localhost"))];
    let web_app = AppClient::public(WEB_APP).allow_oauth_flow(OAuthFlow::Code).allow_scope("openid");
    let web_app = SCOPES.into_iter().fold(web_app, AppClient::allow_scope);
    let web_app =
        pages.into_iter().fold(web_app, |client, page| client.callback_url(page.clone()).logout_url(page));
    LocalPool::builder(POOL)
        .issuer(issuer)
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .resource_server(ResourceServer::new("user_management_lambdas").scope("api"))
        .app_client(web_app)
        .app_client(
            AppClient::confidential(MACHINE, MACHINE_SECRET).allow_scope("user_management_lambdas/api"),
        )
        .user(User::new("ada", "Ada-1815").group("ops").attribute("email", "ada@example.com"))
        .user(User::new("bob", "Bob-1815"))
        .build()
}

impl ServedPool {
    /// A layer for this pool, to be finished.
    pub(crate) fn authorizer(&self) -> CognitoAuthBuilder {
        let pool = UserPool::new(self.pool.id()).issuer(self.pool.issuer());
        CognitoAuthLayer::builder(pool.client(WEB_APP).client(MACHINE))
    }

    /// The `curl` line with which ada signs in.
    pub(crate) fn sign_in_of_ada(&self) -> String {
        format!(
            "curl -H 'Content-Type: application/x-amz-json-1.1' \
             -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' \
             -d '{{\"AuthFlow\":\"USER_PASSWORD_AUTH\",\"ClientId\":\"{WEB_APP}\",\
             \"AuthParameters\":{{\"USERNAME\":\"ada\",\"PASSWORD\":\"Ada-1815\"}}}}' {}",
            self.url
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;

    #[tokio::test]
    async fn the_pool_listens_only_on_loopback() {
        let refused =
            start(&settings::Address::for_test("0.0.0.0:0"), "http://127.0.0.1:3000").await.err().unwrap();
        assert!(refused.to_string().starts_with("POOL_LISTEN: "), "{refused}");
    }
}
