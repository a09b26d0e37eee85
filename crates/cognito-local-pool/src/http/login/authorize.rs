//! `GET /oauth2/authorize`: to the page, or straight back.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::browser::Browser;
use super::{Opened, redirect};
use crate::http::Shared;
use crate::managed_login::Prompt;

pub(super) async fn authorize(
    State(shared): State<Shared>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let pool = &shared.pool;
    let opened = match Opened::of(pool, query.as_deref()) {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let request = &opened.request;
    let session = Browser::of(&shared, &headers).session(pool);
    redirect(&match (request.prompt, session) {
        (Prompt::None, None) => request.refuse("login_required", None),
        (Prompt::Unset | Prompt::None, Some(session)) => pool.authorize(request, &session),
        (Prompt::Login, _) | (Prompt::Unset, None) => format!("/login?{}", request.query),
    })
}
