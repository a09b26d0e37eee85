//! The definition, the layer built from it, and the handler.

use std::{error::Error, net::TcpListener};

use axum::{
    Router,
    http::{
        Method,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    routing::post,
};
use cognito_authorizer::{
    AccessClaims, CognitoAuthLayer,
    apigateway_definition::{ApiDefinition, Import, Problems},
};
use cognito_local_pool::{LocalPool, PoolServer};
use tower_http::cors::{Any, CorsLayer};

use super::pool::{self, POOL};

/// The API as it was deployed. A real service reads its file with `Import::from_path`.
const DEFINITION: &str = include_str!("serverless.yml");

/// The service, and the pool whose tokens it lets in.
pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) pool: LocalPool,
    pub(crate) pool_server: PoolServer,
}

impl Service {
    /// Starts the pool at `listener`, fetches its keys, and builds the service.
    pub(crate) async fn start(listener: TcpListener) -> Result<Self, Box<dyn Error>> {
        let definition = definition()?;
        // Every token contains the issuer, which has the port, so the socket is bound before the pool is built.
        let issuer = format!("http://{}/{POOL}", listener.local_addr()?);
        let pool = pool::of(&definition, issuer)?;
        let pool_server = pool.serve_on(listener)?;
        let auth = CognitoAuthLayer::builder_from(&definition)?
            // Without this line, the layer accepts tokens of the deployed pool.
            .map_user_pools(|settings| settings.issuer(pool.issuer()).jwks_url(pool_server.jwks_url()))
            .connect()
            .await?;
        Ok(Self { router: router(auth), pool, pool_server })
    }
}

/// The definition, with the id of the local pool in place of the deployed one's.
fn definition() -> Result<ApiDefinition, Problems> {
    let import = Import::new().file("serverless.yml", DEFINITION).bind("UserPool", POOL);
    Ok(import.read()?.definition)
}

/// `auth` is around the whole router, so requests that match no route of the definition are refused.
fn router(auth: CognitoAuthLayer) -> Router {
    // As `cors: true` configures API Gateway. It goes outside `auth`, so that preflights, which carry no token, are answered, and
    // refusals have CORS headers. Without them, a browser hides the refusal from the page.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::POST])
        // By name: for browsers, `*` does not include `Authorization`.
        .allow_headers([AUTHORIZATION, CONTENT_TYPE]);
    Router::new().route("/my_path", post(my_path)).layer(auth).layer(cors)
}

/// Machines have a `client_id`, but no user.
async fn my_path(caller: AccessClaims) -> String {
    format!("called by {}\n", caller.username().unwrap_or_else(|| caller.client_id()))
}
