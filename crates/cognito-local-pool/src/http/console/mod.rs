//! The page of the pool, `GET /` in a browser, with its endpoints: minting and decoding tokens, the last events.
//!
//! A page of another origin must neither mint a token nor read one, so nothing here has CORS headers, and
//! [`guard`] looks at `Host`, `Origin` and `Sec-Fetch-Site`.

mod activity;
mod decoded;
mod explain_with;
mod explained;
mod forms;
mod frame;
mod lists;
mod mint;
mod order;
mod view;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};

use super::login::browser::{Browser, same_origin};
use super::{Shared, refuse, single};
use view::View;

/// The routes of the page, without the page itself.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/token", post(mint::token))
        .route("/console/decode", post(explained::decode))
        .route("/console/activity", get(activity::list))
        .route_layer(from_fn(guard))
}

/// `GET /` for a browser. For programs, this is the path of the API, which takes POST only.
pub(super) async fn page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if !accepts_html(&headers) {
        return refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "the API is at this path by POST; a browser gets a page about the pool here",
        );
    }
    if !headers.contains_key(HOST) {
        return no_host();
    }
    let browser = Browser::of(&shared, &headers);
    let response = View::new(&shared.pool, &browser).page(StatusCode::OK);
    browser.answer(response)
}

/// Refuses a request that a page of another origin caused.
///
/// Such a page can send a form or a request without a preflight, and the browser adds `Origin` to it. A program sends
/// no `Origin`; it must send JSON, which neither a form nor a request without a preflight can do.
async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !headers.contains_key(HOST) {
        return no_host();
    }
    let site = single(headers, "sec-fetch-site");
    // Another port of this machine is `same-site`, and another origin all the same.
    let foreign = match site {
        Some(site) => !["same-origin", "none"].contains(&site),
        None => headers.contains_key("sec-fetch-site"), // It is there twice, or not text.
    };
    if foreign || !same_origin(headers) {
        return refuse(
            StatusCode::FORBIDDEN,
            "the console of a local pool answers its own page and programs, and no page of another origin",
        );
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}

fn no_host() -> Response {
    refuse(StatusCode::MISDIRECTED_REQUEST, "a request to the console of a local pool needs a `Host`")
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|range| {
        range.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/html"))
    })
}

/// The answer to a form that was not on a page of this pool in this browser.
fn forged() -> Response {
    refuse(
        StatusCode::FORBIDDEN,
        "the form did not come from the page of this pool, or its cookie is gone; load the page again and repeat \
         (a program sends JSON with `Content-Type: application/json`)",
    )
}
