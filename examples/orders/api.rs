//! The routes, and what each requires of a token.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    routing::{get, post},
};
use cognito_authorizer::{
    AccessClaims, Claims, CognitoAuthLayer, ConfigError, IdClaims, RequireGroup, RequireScope, TokenUse,
    groups, keys::PoolStatus, scope, scopes,
};
use serde::{Deserialize, Serialize};
use tower_http::{
    cors::{Any, CorsLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    trace::{DefaultOnResponse, TraceLayer},
};
use tracing::Level;

scopes! {
    pub(crate) ReadOrders = "orders/read";
    pub(crate) WriteOrders = "orders/write";
}

groups! {
    pub(crate) Operators = "ops";
}

/// The API. `auth` lets in access tokens; each route adds what it requires.
pub(crate) fn router(auth: CognitoAuthLayer) -> Result<Router, ConfigError> {
    let manage_users = auth.clone().require(scope("user_management_lambdas/api"))?;
    let signed_in = auth.clone().accept(TokenUse::Id)?;

    let routes = Router::new()
        .route("/orders", get(list_orders).post(create_order))
        .route("/ops", get(operations))
        // Every route above needs an access token. The signature of its handler states what else.
        .route_layer(auth.clone())
        // The requirement may also be set at the route, as in API Gateway.
        .route("/my_path", post(my_path).route_layer(manage_users))
        // An ID token, which has the attributes of the user.
        .route("/me", get(me).route_layer(signed_in))
        // Open.
        .route("/health", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(auth);

    // The last layer is the outermost. That is CORS, because preflights have no token, and refusals need CORS headers too.
    Ok(routes
        .layer(
            TraceLayer::new_for_http()
                // Only the path, because queries may contain tokens, and logs are stored.
                .make_span_with(|request: &Request| {
                    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
                })
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        )
        .layer(SetSensitiveRequestHeadersLayer::new([AUTHORIZATION]))
        .layer(
            CorsLayer::new()
                .allow_origin(Any)
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([AUTHORIZATION, CONTENT_TYPE])
                .expose_headers([WWW_AUTHENTICATE, RETRY_AFTER]),
        ))
}

async fn list_orders(caller: RequireScope<ReadOrders>) -> String {
    format!("the orders of {}\n", caller.subject())
}

async fn create_order(caller: RequireScope<WriteOrders>) -> String {
    format!("an order by {}\n", caller.subject())
}

async fn operations(caller: RequireGroup<Operators>) -> String {
    format!("at your service, {}\n", caller.username().unwrap_or_else(|| caller.subject()))
}

/// Machines may call it too. They have a `client_id`, but no user.
async fn my_path(caller: AccessClaims) -> String {
    format!("called by {}\n", caller.username().unwrap_or_else(|| caller.client_id()))
}

/// The claims that the API reads from an ID token.
#[derive(Deserialize, Serialize)]
struct Profile {
    #[serde(rename(deserialize = "cognito:username"))]
    username: String,
    email: Option<String>,
    #[serde(rename(deserialize = "cognito:groups"), default)]
    groups: Vec<String>,
}

async fn me(_: IdClaims, Claims(profile): Claims<Profile>) -> Json<Profile> {
    Json(profile)
}

/// Whether this process can verify tokens: 503 while a pool has no keys.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    pools: Vec<PoolReadiness>,
}

#[derive(Serialize)]
struct PoolReadiness {
    pool: String,
    key_ids: Vec<String>,
    age_seconds: Option<u64>,
    failures: u32,
    last_error: Option<String>,
    /// In seconds since 1970.
    next_refresh: Option<i64>,
}

impl From<PoolStatus> for PoolReadiness {
    fn from(status: PoolStatus) -> Self {
        Self {
            pool: status.pool.to_string(),
            key_ids: status.key_ids,
            age_seconds: status.age.map(|age| age.as_secs()),
            failures: status.failures,
            last_error: status.last_error.map(|error| error.to_string()),
            next_refresh: status.next_refresh.map(cognito_authorizer::UnixTime::as_secs),
        }
    }
}

async fn ready(State(auth): State<CognitoAuthLayer>) -> (StatusCode, Json<Readiness>) {
    let status = auth.status();
    let ready = status.is_ready();
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Readiness { ready, pools: status.pools.into_iter().map(Into::into).collect() }))
}
