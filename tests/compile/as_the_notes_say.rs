//! The code that the notes of the other cases suggest. It compiles.

use axum::{
    Router,
    middleware::from_extractor,
    routing::{get, post},
};
use cognito_authorizer::{AccessClaims, CognitoAuthLayer, ConfigError, KeySet, Requirement, RequireGroup, RequireScope, RouteTable, TokenUse, all_of, any_of, group, groups, scope, scopes, token_use};

scopes! { pub ReadOrders = "orders/read" }
groups! { pub Operators = "ops" }

pub async fn connected() -> Result<Router, ConfigError> {
    let auth = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789").connect().await?;
    let read = get(|| async {}).route_layer(auth.clone().require("orders/read")?);
    Ok(Router::new().route("/orders", read).route_layer(auth))
}

pub fn lazy() -> Result<Router, ConfigError> {
    let auth = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789").connect_lazy()?;
    Ok(Router::new().route("/", get(|| async {})).layer(auth))
}

pub fn with_keys(keys: KeySet) -> Result<Router, ConfigError> {
    let pool = "eu-west-1_Ab12Cd34E";
    let auth = CognitoAuthLayer::builder(pool).client("4example23456789").with_keys([(pool, keys)])?;
    Ok(Router::new().route("/", get(|| async {})).layer(auth))
}

async fn required(_: RequireScope<ReadOrders>, _: RequireGroup<Operators>) {}

async fn optional(caller: Option<AccessClaims>) -> &'static str {
    match caller {
        Some(caller) if caller.scopes().contains("orders/read") => "all orders",
        Some(caller) if caller.is_in_group("ops") => "orders to check",
        _ => "the public orders",
    }
}

pub fn extractors() -> Router {
    let guarded = post(|| async {}).route_layer(from_extractor::<RequireScope<ReadOrders>>());
    Router::new().route("/required", get(required)).route("/optional", get(optional)).route("/guarded", guarded)
}

pub fn requirements() {
    let _ = RouteTable::builder()
        .require("GET /text", "orders/read")
        .require("GET /scope", scope("orders/read"))
        .require("GET /group", group("ops"))
        .require("GET /use", token_use(TokenUse::Id))
        .require("GET /marker", ReadOrders)
        .require("GET /group-marker", Operators)
        .require("GET /any", any_of(["orders/read", "orders/admin"]))
        .require("GET /all", all_of(["orders/read", "orders/admin"]))
        .require("GET /valid", Requirement::nothing());
}
