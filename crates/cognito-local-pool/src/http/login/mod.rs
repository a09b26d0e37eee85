//! The pages of managed login: `/oauth2/authorize`, `/login`, `/signup`, `/logout` and `/error`.
//!
//! They are rendered here and need no script. Each form carries a token that belongs to a cookie of the browser, and a
//! sign-in starts a session under a new id.

mod authorize;
pub(super) mod browser;
mod error_page;
mod forms;
mod logout;
mod page;
mod sign_in;
mod sign_up;
mod texts;
mod visit;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Shared, refusals};
use crate::parameters::Parameters;

/// The routes of managed login.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/oauth2/authorize", get(authorize::authorize))
        .route("/login", get(sign_in::page).post(sign_in::submit))
        .route("/signup", get(sign_up::page).post(sign_up::submit))
        .route("/logout", get(logout::logout))
        .route("/error", get(error_page::error))
}

/// 302, and no `Referer` with what the URL carries.
fn redirect(location: &str) -> Response {
    let (_, query) = location.split_once('?').unwrap_or_default();
    let error = Parameters::parse(query.as_bytes()).ok().and_then(|query| query.owned("error"));
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response(); // Registered URLs are visible ASCII.
    };
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    refusals::note((StatusCode::FOUND, headers).into_response(), error.as_deref())
}
