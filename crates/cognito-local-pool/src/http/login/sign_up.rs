//! `/signup`: where the pool lets users sign themselves up.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::browser::Browser;
use super::forms::SignUpPage;
use super::page::FormState;
use super::sign_in::{Visit, status_of};
use super::{Opened, error_page};
use crate::directory::NewUser;
use crate::exception::Exception;
use crate::http::{Shared, client_auth, refusals};
use crate::managed_login::PageError;
use crate::parameters::Parameters;

/// `GET /signup`.
pub(super) async fn page(
    State(shared): State<Shared>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let pool = &shared.pool;
    let opened = match Opened::of(pool, query.as_deref()) {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let visit = Visit { pool, opened: &opened, browser: Browser::of(&shared, &headers) };
    if pool.allows_self_sign_up() {
        visit.ask_sign_up(&Parameters::default(), None)
    } else {
        visit.ask_password("", Some(&not_permitted()))
    }
}

/// `POST /signup`: adds the user, and asks for the code.
pub(super) async fn submit(
    State(shared): State<Shared>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let pool = &shared.pool;
    let opened = match Opened::of(pool, query.as_deref()) {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let Some(form) = client_auth::form(&headers, &body) else {
        return error_page::show(pool, PageError::InvalidRequest);
    };
    let browser = Browser::of(&shared, &headers);
    if !browser.sent(pool, &headers, &form) {
        return error_page::show(pool, PageError::Forged);
    }
    let visit = Visit { pool, opened: &opened, browser };
    let attributes = ["email", "phone_number"].into_iter();
    let attributes = attributes.filter_map(|name| Some((name.to_owned(), form.owned(name)?))).collect();
    let new = NewUser {
        username: form.owned("username").unwrap_or_default(),
        password: form.owned("password").unwrap_or_default(),
        attributes,
    };
    match pool.sign_up(new) {
        Ok((account, _)) => visit.confirm(&account),
        Err(refused) => visit.ask_sign_up(&form, Some(&refused)),
    }
}

fn not_permitted() -> Exception {
    Exception::not_authorized("SignUp is not permitted for this user pool")
}

impl Visit<'_> {
    fn ask_sign_up(self, given: &Parameters, problem: Option<&Exception>) -> Response {
        let names = self.pool.directory().names().clone();
        let value = |name: &str| given.get(name).unwrap_or_default();
        let page = SignUpPage {
            names: &names,
            username: value("username"),
            email: value("email"),
            phone: value("phone_number"),
            problem: problem.map(Exception::message),
        };
        let csrf = self.pool.managed_login().csrf_token(self.browser.form());
        let state = FormState { query: &self.opened.request.query, csrf: &csrf };
        let response = page.show(&self.opened.frame(self.pool), &state, status_of(problem));
        self.browser.answer(refusals::note(response, problem.map(Exception::message)))
    }
}
