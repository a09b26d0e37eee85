//! The routes, and the span of each request with its caller.

use axum::{
    Router,
    extract::{MatchedPath, Request},
    routing::get,
};
use cognito_authorizer::{
    AccessClaims, CognitoAuthLayer, ConfigError,
    identity::{CallerFields, SubjectField},
};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Level, Span, field::Empty};

/// The API. `auth` lets in access tokens.
pub(crate) fn router(auth: CognitoAuthLayer) -> Result<Router, ConfigError> {
    let auth = auth.log_callers(CallerFields::new().subject(SubjectField::Hashed));
    let read = auth.clone().require("orders/read")?;
    Ok(Router::new()
        .route("/orders", get(async || "the orders\n").route_layer(read))
        .route("/feed", get(feed).route_layer(auth.allow_anonymous()?))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        ))
}

/// The caller's fields are empty until the layer has verified the token.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    tracing::info_span!(
        "request",
        method = %request.method(),
        http.route = route,
        cognito.client_id = Empty,
        cognito.token_use = Empty,
        cognito.subject = Empty
    )
}

async fn feed(caller: Option<AccessClaims>) -> &'static str {
    if caller.is_some() { "your feed\n" } else { "the public feed\n" }
}
