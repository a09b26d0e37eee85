//! The operations, and what each requires of a token. The requirement of a route is stated once: `require` checks it on each request,
//! and writes it into the document.

use axum::{Json, extract::Path, http::StatusCode};
use cognito_authorizer::{
    AccessClaims, CognitoAuthLayer, ConfigError, Requirement, group, openapi::RequireRoutes, scope, scopes,
};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

scopes! {
    ReadOrders = "orders/read";
    WriteOrders = "orders/write";
}

#[derive(OpenApi)]
#[openapi(info(title = "Orders", description = "An API that a user pool protects.", version = "1.0.0"))]
struct Document;

/// The API. `auth` lets in access tokens.
pub(crate) fn router(auth: &CognitoAuthLayer) -> Result<OpenApiRouter, ConfigError> {
    let anonymous = auth.clone().allow_anonymous()?;
    Ok(OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(list).require(auth, ReadOrders)?)
        .routes(routes!(create).require(auth, WriteOrders)?)
        .routes(routes!(cancel).require(auth, scope("orders/write").and(group("ops")))?)
        .routes(routes!(feed).require(&anonymous, Requirement::nothing())?)
        // Open: there is no layer around it, and the document names no security.
        .routes(routes!(health)))
}

/// An order.
#[derive(Serialize, ToSchema)]
struct Order {
    id: u64,
    article: String,
}

/// A new order.
#[derive(Deserialize, ToSchema)]
struct NewOrder {
    article: String,
}

/// The caller's orders.
#[utoipa::path(get, path = "/orders", responses((status = 200, description = "The orders.", body = [Order])))]
async fn list() -> Json<[Order; 1]> {
    Json([Order { id: 1, article: "tea".to_owned() }])
}

/// Orders an article.
#[utoipa::path(post, path = "/orders", request_body = NewOrder, responses((status = 201, description = "The new order.", body = Order)))]
async fn create(Json(NewOrder { article }): Json<NewOrder>) -> (StatusCode, Json<Order>) {
    (StatusCode::CREATED, Json(Order { id: 2, article }))
}

/// Cancels an order.
#[utoipa::path(delete, path = "/orders/{id}", params(("id" = u64, Path, description = "The order.")),
    responses((status = 204, description = "The order is cancelled.")))]
async fn cancel(Path(_): Path<u64>) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The public feed, or the caller's own if there is a token.
#[utoipa::path(get, path = "/feed", responses((status = 200, description = "The feed.", body = String)))]
async fn feed(caller: Option<AccessClaims>) -> &'static str {
    if caller.is_some() { "your feed\n" } else { "the public feed\n" }
}

/// Whether the service is up.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "The service is up.", body = String)))]
async fn health() -> &'static str {
    "ok\n"
}
