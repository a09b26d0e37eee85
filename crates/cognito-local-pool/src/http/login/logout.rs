//! `GET /logout`: ends the session of the browser, and sends it to a sign-out URL or to the sign-in page.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::browser::Browser;
use super::{error_page, redirect};
use crate::http::Shared;
use crate::managed_login::{AuthorizationRequest, PageError, Refused};
use crate::parameters::Parameters;
use crate::pool::LocalPool;

pub(super) async fn logout(
    State(shared): State<Shared>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let pool = &shared.pool;
    match target(pool, &query.unwrap_or_default()) {
        Ok(location) => {
            let mut browser = Browser::of(&shared, &headers);
            browser.leave(pool);
            browser.answer(redirect(&location))
        }
        Err(error) => error_page::show(pool, error),
    }
}

/// The destination: `logout_uri`, or the sign-in page for an authorization request.
fn target(pool: &LocalPool, query: &str) -> Result<String, PageError> {
    let parameters = Parameters::parse(query.as_bytes()).map_err(|_| PageError::InvalidRequest)?;
    let client_id = parameters.get("client_id").ok_or(PageError::InvalidRequest)?;
    let client = pool.client(client_id).ok_or(PageError::UnknownClient)?;
    match parameters.get("logout_uri") {
        Some(url) if client.has_logout_url(url) => Ok(url.to_owned()),
        Some(_) => Err(PageError::LogoutMismatch),
        None => match AuthorizationRequest::parse(pool, query) {
            Ok(request) => Ok(format!("/login?{}", request.query)),
            // The sign-in page reports other errors of the request.
            Err(Refused::Redirect(_)) => Ok(format!("/login?{}", parameters.to_query())),
            Err(Refused::Page(error)) => Err(error),
        },
    }
}
