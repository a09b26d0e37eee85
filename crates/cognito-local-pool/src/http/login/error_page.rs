//! The error page, for a request whose client or URL cannot be trusted.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use super::page::Frame;
use super::texts;
use crate::http::{Shared, refusals};
use crate::managed_login::PageError;
use crate::parameters::Parameters;
use crate::pool::LocalPool;

/// `GET /error?error=…`: the page of an error by its name. Nothing else of the query is shown.
pub(super) async fn error(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(query.as_bytes()).unwrap_or_default();
    show(&shared.pool, PageError::of(parameters.get("error")))
}

/// The page, with the problem and how to fix it.
pub(super) fn show(pool: &LocalPool, error: PageError) -> Response {
    let (what, fix) = match error {
        PageError::InvalidRequest => (
            "The request is not complete, or not clear.",
            "Send `client_id` and a URL that is registered for it, and no parameter twice. \
             `/oauth2/authorize` takes `redirect_uri`; `/logout` takes `logout_uri`, or `redirect_uri` with `response_type`.",
        ),
        PageError::UnknownClient => {
            ("No app client has this id.", "Compare `client_id` with the app clients of the pool.")
        }
        PageError::RedirectMismatch => (
            "The redirect URL is not registered for this app client.",
            "Register exactly the `redirect_uri` of the request as a callback URL of the app client; \
             scheme, port and a final `/` count.",
        ),
        PageError::LogoutMismatch => (
            "The sign-out URL is not registered for this app client.",
            "Register exactly the `logout_uri` of the request as a sign-out URL of the app client; \
             scheme, port and a final `/` count.",
        ),
        PageError::Forged => (
            "The form did not come from this page, or its cookie is gone.",
            "Allow cookies, go back to the application, and sign in again.",
        ),
    };
    let status = if error == PageError::Forged { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
    let frame = Frame { texts: texts::of(None), pool_id: pool.id(), redirect_uri: None, status };
    let content = html! {
        p.bad role="alert" { (what) }
        p { @for (index, part) in fix.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        } }
        p.soft { code { (error.code()) } }
    };
    let page = frame.page("An error was encountered with the requested page", &content);
    refusals::note(page, Some(error.code()))
}
