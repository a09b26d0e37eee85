//! The cookies of a browser, and whether a form is its own.

use axum::http::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use crate::http::{Scheme, Shared, single};
use crate::managed_login::{BrowserSession, SESSION};
use crate::parameters::Parameters;
use crate::pool::LocalPool;
use crate::random;

/// The length of a value that [`random::secret`] made.
const SECRET_LENGTH: usize = 43;

/// A browser by its cookies.
///
/// Cookies do not tell ports apart, so their names have the id of the pool: two pools on one machine leave each other
/// alone.
pub(in crate::http) struct Browser {
    pool_id: String,
    /// The cookie that forms are bound to.
    form: String,
    /// The id of a session that the cookie names, good or not.
    session: Option<String>,
    scheme: Scheme,
    /// Cookies to set.
    set: Vec<String>,
}

impl Browser {
    /// The browser that sent these headers. It gets a cookie for forms if it has none.
    pub(in crate::http) fn of(shared: &Shared, headers: &HeaderMap) -> Self {
        let mut browser = Self {
            pool_id: shared.pool.id().to_owned(),
            form: String::new(),
            session: None,
            scheme: shared.scheme,
            set: Vec::new(),
        };
        browser.session = cookie(headers, &browser.session_cookie());
        match cookie(headers, &browser.form_cookie()) {
            Some(form) => browser.form = form,
            None => browser.renew_form(),
        }
        browser
    }

    /// The value that forms and waiting sign-ins are bound to.
    pub(in crate::http) fn form(&self) -> &str {
        &self.form
    }

    /// The session that the browser is in.
    pub(super) fn session(&self, pool: &LocalPool) -> Option<BrowserSession> {
        pool.session(self.session.as_deref()?)
    }

    /// The id that the browser had before it signed in.
    pub(super) fn session_id(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Puts the browser into a session. Forms that were open before are no longer accepted.
    pub(super) fn enter(&mut self, id: &str) {
        self.set_cookie(&self.session_cookie(), id, &format!("; Max-Age={SESSION}"));
        self.renew_form();
    }

    /// Takes the browser out of its session.
    pub(super) fn leave(&mut self, pool: &LocalPool) {
        if let Some(id) = &self.session {
            pool.end_session(id);
        }
        self.set_cookie(&self.session_cookie(), "", "; Max-Age=0");
    }

    /// Whether `form` was on a page of this pool in this browser, and came from there.
    pub(in crate::http) fn sent(&self, pool: &LocalPool, headers: &HeaderMap, form: &Parameters) -> bool {
        let token = form.get("_csrf").unwrap_or_default();
        same_origin(headers) && pool.managed_login().accepts_csrf(&self.form, token)
    }

    /// The response with the cookies.
    pub(in crate::http) fn answer(self, mut response: Response) -> Response {
        for cookie in self.set {
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
        }
        response
    }

    fn renew_form(&mut self) {
        self.form = random::secret();
        self.set_cookie(&self.form_cookie(), &self.form.clone(), "");
    }

    fn set_cookie(&mut self, name: &str, value: &str, lifetime: &str) {
        let secure = self.scheme.cookie_attribute();
        self.set.push(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lifetime}"));
    }

    fn session_cookie(&self) -> String {
        format!("cognito-{}", self.pool_id)
    }

    fn form_cookie(&self) -> String {
        format!("XSRF-TOKEN-{}", self.pool_id)
    }
}

/// The value of a cookie that could be one of this pool's; none if there are two of this name. A server on another port of this
/// machine can set a second one with a longer path, which browsers send first.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(found, _)| *found == name);
    let (Some((_, value)), None) = (found.next(), found.next()) else { return None };
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    (value.len() == SECRET_LENGTH && plain).then(|| value.to_owned())
}

/// Whether `Origin` is this server, or there is no `Origin`.
pub(in crate::http) fn same_origin(headers: &HeaderMap) -> bool {
    if !headers.contains_key(ORIGIN) {
        return true;
    }
    let origin = single(headers, ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
    let host = single(headers, HOST.as_str());
    origin.is_some_and(|(_, origin)| host.is_some_and(|host| origin.eq_ignore_ascii_case(host)))
}
