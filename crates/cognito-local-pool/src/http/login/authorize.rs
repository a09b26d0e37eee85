//! `GET /oauth2/authorize`: to the page, or straight back.

use axum::response::Response;

use super::redirect;
use super::visit::Visit;
use crate::managed_login::Prompt;

pub(super) async fn authorize(visit: Visit) -> Response {
    let Visit { pool, request, .. } = &visit;
    redirect(&match (request.prompt, visit.session()) {
        (Prompt::None, None) => request.refuse("login_required", None),
        (Prompt::Unset | Prompt::None, Some(session)) => pool.authorize(request, &session),
        (Prompt::Login, _) | (Prompt::Unset, None) => format!("/login?{}", request.query),
    })
}
