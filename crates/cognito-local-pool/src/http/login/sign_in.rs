//! `/login`: name and password, and the steps that a user may have to take after them.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::browser::Browser;
use super::forms::{SignInPage, StepPage};
use super::page::FormState;
use super::{Opened, error_page, redirect};
use crate::clock::seconds;
use crate::directory::{Account, UserStatus};
use crate::exception::Exception;
use crate::http::{Shared, client_auth, refusals};
use crate::managed_login::{PageError, Pending, Prompt, SESSION, Step};
use crate::parameters::Parameters;
use crate::pool::LocalPool;

/// `GET /login`: the page, unless the browser is signed in.
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
    let browser = Browser::of(&shared, &headers);
    match browser.session(pool).filter(|_| opened.request.prompt != Prompt::Login) {
        Some(session) => redirect(&pool.authorize(&opened.request, &session)),
        None if opened.request.prompt == Prompt::None => {
            redirect(&opened.request.refuse("login_required", None))
        }
        None => {
            let hint = opened.request.login_hint.clone().unwrap_or_default();
            Visit { pool, opened: &opened, browser }.ask_password(&hint, None)
        }
    }
}

/// `POST /login`: a password, or the answer to a step.
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
    match form.get("session") {
        Some(name) => visit.take_step(name, &form),
        None => visit.check_password(&form),
    }
}

/// One request of a browser on its way through a sign-in.
pub(super) struct Visit<'a> {
    pub(super) pool: &'a LocalPool,
    pub(super) opened: &'a Opened,
    pub(super) browser: Browser,
}

impl Visit<'_> {
    fn check_password(self, form: &Parameters) -> Response {
        let (name, password) =
            (form.get("username").unwrap_or_default(), form.get("password").unwrap_or_default());
        match self.pool.authenticate(name, password) {
            Ok(account) => self.go_on(&account),
            // The password was right: this tells nothing to anyone who does not have it.
            Err(refused) if refused.kind() == "UserNotConfirmedException" => {
                match self.pool.account_to_sign_in(name) {
                    Some(account) => self.confirm(&account),
                    None => self.ask_password(name, Some(&refused)),
                }
            }
            Err(refused) => self.ask_password(name, Some(&refused)),
        }
    }

    /// The next step of a user who gave the password, or the way back to the client.
    fn go_on(self, account: &Account) -> Response {
        if account.status == UserStatus::ForceChangePassword {
            self.wait(account, Step::NewPassword)
        } else if account.software_token.is_some() {
            self.wait(account, Step::SoftwareToken)
        } else {
            self.complete(account)
        }
    }

    /// Asks for the code of a sign-up, and makes one if there is none that is still good.
    pub(super) fn confirm(self, account: &Account) -> Response {
        if account.live_code(self.pool.now()).is_none() {
            let _ = self.pool.resend_sign_up_code(&account.username); // Or it is confirmed by now.
        }
        self.wait(account, Step::Confirm)
    }

    fn wait(self, account: &Account, step: Step) -> Response {
        let client = self.pool.client(&self.opened.request.client_id);
        let validity = match step {
            Step::Confirm => SESSION, // A message takes its time.
            Step::NewPassword | Step::SoftwareToken => {
                client.map_or(0, |client| seconds(client.auth_session()))
            }
        };
        let pending = Pending::new(self.browser.form(), account, step);
        let expires = self.pool.now().saturating_add(validity);
        let name = self.pool.managed_login().wait(pending, expires);
        self.ask_step(account, step, &name, None, None)
    }

    fn take_step(self, name: &str, form: &Parameters) -> Response {
        let now = self.pool.now();
        let pending = self.pool.managed_login().waiting(name, self.browser.form(), now).cloned();
        let known = pending.and_then(|pending| Some((self.pool.account(&pending.holder.username)?, pending)));
        let known = known.filter(|(account, pending)| pending.is_of(account));
        let Some((account, pending)) = known else {
            let expired = Exception::not_authorized(self.opened.frame(self.pool).texts.expired);
            return self.ask_password("", Some(&expired));
        };
        let taken = match pending.step {
            Step::Confirm if form.get("resend").is_some() => {
                let sent = self.pool.resend_sign_up_code(&pending.holder.username);
                let notice = sent.is_ok().then(|| self.opened.frame(self.pool).texts.resent);
                return self.ask_step(&account, pending.step, name, sent.err().as_ref(), notice);
            }
            Step::Confirm => {
                self.pool.confirm_sign_up(&pending.holder.username, form.get("code").unwrap_or_default())
            }
            Step::NewPassword => self.new_password(&account, form),
            Step::SoftwareToken => self.software_token(&account, form),
        };
        // What ended the user's right to sign in meanwhile ends this sign-in.
        let taken = taken.and_then(|account| self.pool.may_sign_in(&account).map(|()| account));
        match taken {
            Ok(account) => {
                self.pool.managed_login().stop_waiting(name);
                match pending.step {
                    Step::SoftwareToken => self.complete(&account),
                    Step::Confirm | Step::NewPassword => self.go_on(&account),
                }
            }
            Err(refused) if self.pool.may_sign_in(&account).is_err() && pending.step != Step::Confirm => {
                self.ask_password("", Some(&refused))
            }
            Err(refused) => {
                if self.pool.managed_login().may_guess_again(name, now) {
                    self.ask_step(&account, pending.step, name, Some(&refused), None)
                } else {
                    self.ask_password("", Some(&refused))
                }
            }
        }
    }

    fn new_password(&self, account: &Account, form: &Parameters) -> Result<Account, Exception> {
        let password = form.get("new_password").unwrap_or_default();
        if form.get("repeat_password") != Some(password) {
            let differ = self.opened.frame(self.pool).texts.passwords_differ;
            return Err(Exception::invalid_parameter(differ));
        }
        self.pool.replace_password(&account.username, password)
    }

    fn software_token(&self, account: &Account, form: &Parameters) -> Result<Account, Exception> {
        self.pool.use_software_token(&account.username, form.get("code").unwrap_or_default())?;
        Ok(account.clone())
    }

    /// The user is signed in: a session under a new id, and back to the client.
    fn complete(mut self, account: &Account) -> Response {
        let (id, session) = self.pool.start_session(account, self.browser.session_id());
        self.browser.enter(&id);
        let location = self.pool.authorize(&self.opened.request, &session);
        self.browser.answer(redirect(&location))
    }

    pub(super) fn ask_password(self, username: &str, problem: Option<&Exception>) -> Response {
        let names = self.pool.directory().names().clone();
        let page = SignInPage {
            names: &names,
            username,
            problem: problem.map(Exception::message),
            can_sign_up: self.pool.allows_self_sign_up(),
        };
        let csrf = self.pool.managed_login().csrf_token(self.browser.form());
        let state = FormState { query: &self.opened.request.query, csrf: &csrf };
        let status = status_of(problem);
        let response = page.show(&self.opened.frame(self.pool), &state, status);
        self.browser.answer(refusals::note(response, problem.map(Exception::message)))
    }

    fn ask_step(
        self,
        account: &Account,
        step: Step,
        name: &str,
        problem: Option<&Exception>,
        notice: Option<&str>,
    ) -> Response {
        // The name that the user knows, where the user name is a made-up one.
        let names = self.pool.directory().names().clone();
        let known_as = names.username.iter().find_map(|attribute| account.attribute(attribute.name()));
        let page = StepPage {
            session: name,
            username: known_as.unwrap_or(&account.username),
            problem: problem.map(Exception::message),
            notice,
        };
        let csrf = self.pool.managed_login().csrf_token(self.browser.form());
        let state = FormState { query: &self.opened.request.query, csrf: &csrf };
        let (frame, status) = (self.opened.frame(self.pool), status_of(problem));
        let response = match step {
            Step::NewPassword => page.new_password(&frame, &state, status),
            Step::SoftwareToken => page.software_token(&frame, &state, status),
            Step::Confirm => {
                let destination = account.destination().map(|destination| destination.masked());
                page.confirm(&frame, &state, destination.as_deref(), status)
            }
        };
        self.browser.answer(refusals::note(response, problem.map(Exception::message)))
    }
}

/// A form that was refused is the client's mistake.
pub(super) fn status_of(problem: Option<&Exception>) -> StatusCode {
    if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK }
}
