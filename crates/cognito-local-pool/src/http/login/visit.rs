//! One request of a browser on its way through a sign-in.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::browser::Browser;
use super::page::{Form, Frame};
use super::texts::{self, Texts};
use super::{error_page, redirect};
use crate::exception::Exception;
use crate::http::{Shared, client_auth, refusals};
use crate::managed_login::{AuthorizationRequest, BrowserSession, PageError, Refused};
use crate::parameters::Parameters;
use crate::pool::LocalPool;

/// A request with the parameters of an authorization request, which are checked, and the browser that sent it.
///
/// As an extractor, it answers a request that cannot be authorized.
pub(super) struct Visit {
    pub(super) pool: LocalPool,
    pub(super) request: AuthorizationRequest,
    pub(super) browser: Browser,
    pub(super) texts: &'static Texts,
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let (pool, query) = (shared.pool.clone(), parts.uri.query().unwrap_or_default());
        let request = AuthorizationRequest::parse(&pool, query).map_err(|refused| match refused {
            Refused::Page(error) => error_page::show(&pool, error),
            Refused::Redirect(location) => redirect(&location),
        })?;
        let parameters = Parameters::parse(query.as_bytes()).unwrap_or_default();
        let (browser, texts) = (Browser::of(shared, &parts.headers), texts::of(parameters.get("lang")));
        Ok(Self { pool, request, browser, texts })
    }
}

/// A form of a page that was shown to this browser.
pub(super) struct Submitted {
    pub(super) visit: Visit,
    pub(super) form: Parameters,
}

impl FromRequest<Shared> for Submitted {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, shared).await?;
        let headers = parts.headers.clone();
        let body = Bytes::from_request(Request::from_parts(parts, body), shared).await;
        let body = body.map_err(IntoResponse::into_response)?;
        let Some(form) = client_auth::form(&headers, &body) else {
            return Err(error_page::show(&visit.pool, PageError::InvalidRequest));
        };
        if !visit.browser.sent(&visit.pool, &headers, &form) {
            return Err(error_page::show(&visit.pool, PageError::Forged));
        }
        Ok(Self { visit, form })
    }
}

impl Visit {
    /// The session that the browser is in, if the request accepts how and when the user signed in.
    pub(super) fn session(&self) -> Option<BrowserSession> {
        let met = |session: &BrowserSession| {
            self.request.is_met_by(session.factors, session.auth_time, self.pool.now())
        };
        self.browser.session(&self.pool).filter(met)
    }

    /// Answers with a page that has a form, and says there why the last one was refused.
    pub(super) fn show(
        self,
        problem: Option<&Exception>,
        page: impl FnOnce(&Frame<'_>, &Form<'_>) -> Response,
    ) -> Response {
        let (pool, problem) = (&self.pool, problem.map(Exception::message));
        let csrf = pool.managed_login().csrf_token(self.browser.form());
        let frame = Frame {
            texts: self.texts,
            pool_id: pool.id(),
            redirect_uri: Some(&self.request.redirect_uri),
            // A form that was refused is the client's mistake.
            status: if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK },
        };
        let response = page(&frame, &Form { query: &self.request.query, csrf: &csrf, problem });
        self.browser.answer(refusals::note(response, problem))
    }
}
