//! The definition, the layer made of it, and the handler behind it.

use std::{error::Error, net::TcpListener};

use apigateway_definition::{ApiDefinition, Import, Problems};
use axum::{Router, http::Method, routing::post};
use cognito_authorizer::{AccessClaims, CognitoAuthLayer};
use cognito_local_pool::{LocalPool, PoolServer};
use tower_http::cors::{Any, CorsLayer};

use super::pool::{self, POOL};

/// The API as it was deployed. A service of your own reads its file with `Import::from_path`.
const DEFINITION: &str = include_str!("serverless.yml");

/// The service, and the pool whose tokens it lets in.
pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) pool: LocalPool,
    pub(crate) pool_server: PoolServer,
}

impl Service {
    /// Starts the pool at `listener`, and makes the service. The keys are fetched before it is done.
    pub(crate) async fn start(listener: TcpListener) -> Result<Self, Box<dyn Error>> {
        let definition = definition()?;
        // The issuer stands in every token and names the port, so the socket comes before the pool.
        let issuer = format!("http://{}/{POOL}", listener.local_addr()?);
        let pool = pool::of(&definition, issuer)?;
        let pool_server = pool.serve_on(listener)?;
        let auth = CognitoAuthLayer::builder_from(&definition)?
            // Without these two, the pool is AWS's.
            .issuer(pool.issuer())
            .jwks_url(pool_server.jwks_url())
            .connect()
            .await?;
        Ok(Self { router: router(auth), pool, pool_server })
    }
}

/// What was deployed, with the id that stands for the pool here.
fn definition() -> Result<ApiDefinition, Problems> {
    let import = Import::new().file("serverless.yml", DEFINITION).bind("UserPool", POOL);
    Ok(import.read()?.definition)
}

/// The layer is around everything: a request that the definition has no route for gets no further.
fn router(auth: CognitoAuthLayer) -> Router {
    // What `cors: true` of the definition has API Gateway answer.
    let cors =
        CorsLayer::new().allow_origin(Any).allow_methods([Method::POST, Method::OPTIONS]).allow_headers(Any);
    Router::new().route("/my_path", post(my_path)).layer(cors).layer(auth)
}

/// Machines have a `client_id` and no user.
async fn my_path(caller: AccessClaims) -> String {
    format!("called by {}\n", caller.username().unwrap_or_else(|| caller.client_id()))
}
