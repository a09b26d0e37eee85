//! `POST /console/decode`: a pasted token, taken apart and explained.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::decoded::{Decoded, pasted};
use super::forged;
use super::view::{Shown, View};
use crate::explain::{ExplainLine, ExplainRequest};
use crate::http::login::browser::Browser;
use crate::http::{Shared, client_auth, refuse};
use crate::pool::LocalPool;

pub(super) async fn decode(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let pool = &shared.pool;
    let Some(form) = client_auth::form(&headers, &body) else {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send the form of the page");
    };
    let browser = Browser::of(&shared, &headers);
    if !browser.sent(pool, &headers, &form) {
        return forged();
    }
    let token = pasted(form.get("token").unwrap_or_default());
    let route = form.get("route").map(str::trim).filter(|route| !route.is_empty());
    let lines = lines(pool, token, route).await;
    let view = View::new(pool, &browser).with_route(route);
    let response = if Decoded::of(pool, token).is_some() || !(lines.is_empty() || token.is_empty()) {
        view.with_token(&Shown { token, warnings: &[], lines: &lines }).page(StatusCode::OK)
    } else {
        let problem =
            "That is not a token: a token has three parts with dots between them, and JSON in the first two.";
        view.with_problem(problem).page(StatusCode::BAD_REQUEST)
    };
    browser.answer(response)
}

/// The explanation of a token by the closure of [`LocalPool::explain_with`]; nothing without one.
pub(super) async fn lines(pool: &LocalPool, token: &str, route: Option<&str>) -> Vec<ExplainLine> {
    let Some(explainer) = pool.explainer() else { return Vec::new() };
    let request = ExplainRequest {
        token: token.to_owned(),
        route: route.map(str::to_owned),
        jwks: pool.jwks(),
        now: pool.clock().now(),
    };
    (explainer.explain)(request).await
}
