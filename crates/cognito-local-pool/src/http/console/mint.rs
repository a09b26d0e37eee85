//! `POST /console/token`: a token on demand, for the page or for a program.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::order::{Order, Unminted};
use super::view::{Shown, View};
use super::{explained, forged};
use crate::http::login::browser::Browser;
use crate::http::{Shared, client_auth, json_response, refuse, single};
use crate::pool::LocalPool;

pub(super) async fn token(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let pool = &shared.pool;
    if is_json(&headers) {
        return to_program(pool, &body);
    }
    let Some(form) = client_auth::form(&headers, &body) else {
        return refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send JSON with `Content-Type: application/json`, such as {\"as\": \"ada\", \"scopes\": [\"orders/read\"]}",
        );
    };
    let browser = Browser::of(&shared, &headers);
    if !browser.sent(pool, &headers, &form) {
        return forged();
    }
    let minted = Order::from_form(&form).and_then(|order| order.mint(pool));
    let view = View::new(pool, &browser).with_order(&form);
    let response = match minted {
        Ok(minted) => {
            let lines = explained::lines(pool, &minted.token, None).await;
            let shown = Shown { token: &minted.token, warnings: &minted.warnings, lines: &lines };
            view.with_token(&shown).page(StatusCode::OK)
        }
        Err(why) => view.with_problem(&why.message).page(StatusCode::BAD_REQUEST),
    };
    browser.answer(response)
}

fn to_program(pool: &LocalPool, body: &[u8]) -> Response {
    match Order::from_json(body).and_then(|order| order.mint(pool)) {
        Ok(minted) => json_response(
            StatusCode::OK,
            &json!({ "token": minted.token, "token_use": minted.token_use, "warnings": minted.warnings }),
        ),
        Err(Unminted { code, message }) => {
            json_response(StatusCode::BAD_REQUEST, &json!({ "error": code, "message": message }))
        }
    }
}

/// No form can be sent as JSON, and a script of another origin needs a preflight for it, which is not answered here.
fn is_json(headers: &HeaderMap) -> bool {
    let media_type = single(headers, CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
    media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}
