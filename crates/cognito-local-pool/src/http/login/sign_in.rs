//! `/login`: name and password, and the steps that a user may have to take after them.

use axum::response::Response;

use super::forms::{SignInPage, StepPage};
use super::redirect;
use super::visit::{Submitted, Visit};
use crate::clock::seconds;
use crate::directory::Account;
use crate::exception::Exception;
use crate::managed_login::{LoginStep, PendingLogin, Prompt, SESSION};
use crate::parameters::Parameters;
use crate::user::UserStatus;

/// `GET /login`: the page, unless the browser is signed in.
pub(super) async fn page(visit: Visit) -> Response {
    let Visit { pool, request, .. } = &visit;
    match visit.session().filter(|_| request.prompt != Prompt::Login) {
        Some(session) => redirect(&pool.authorize(request, &session)),
        None if request.prompt == Prompt::None => redirect(&request.refuse("login_required", None)),
        None => {
            let hint = request.login_hint.clone().unwrap_or_default();
            visit.ask_password(&hint, None)
        }
    }
}

/// `POST /login`: a password, or the answer to a step.
pub(super) async fn submit(Submitted { visit, form }: Submitted) -> Response {
    match form.get("session") {
        Some(name) => visit.take_step(name, &form),
        None => visit.check_password(&form),
    }
}

impl Visit {
    fn check_password(self, form: &Parameters) -> Response {
        let (name, password) =
            (form.get("username").unwrap_or_default(), form.get("password").unwrap_or_default());
        match self.pool.authenticate(name, password) {
            Ok(account) => self.go_on(&account),
            // The password was right, so this reveals nothing to other people.
            Err(refused) if refused.kind() == "UserNotConfirmedException" => {
                match self.pool.account_to_sign_in(name) {
                    Some(account) => self.confirm(&account),
                    None => self.ask_password(name, Some(&refused)),
                }
            }
            Err(refused) => self.ask_password(name, Some(&refused)),
        }
    }

    /// The next step of a user who has entered the password, or the redirect to the client.
    fn go_on(self, account: &Account) -> Response {
        if account.status == UserStatus::ForceChangePassword {
            self.wait(account, LoginStep::NewPassword)
        } else if account.software_token.is_some() {
            self.wait(account, LoginStep::SoftwareToken)
        } else {
            self.complete(account)
        }
    }

    /// Requests the code of a sign-up, and creates one if there is no valid one.
    pub(super) fn confirm(self, account: &Account) -> Response {
        if account.live_code(self.pool.now()).is_none() {
            let _ = self.pool.resend_sign_up_code(&account.username); // Or it is confirmed by now.
        }
        self.wait(account, LoginStep::Confirm)
    }

    fn wait(self, account: &Account, step: LoginStep) -> Response {
        let client = self.pool.client(&self.request.client_id);
        let validity = match step {
            LoginStep::Confirm => SESSION, // A message takes its time.
            LoginStep::NewPassword | LoginStep::SoftwareToken => {
                client.map_or(0, |client| seconds(client.auth_session))
            }
        };
        let pending = PendingLogin::new(self.browser.form(), account, step);
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
            let expired = Exception::not_authorized(self.texts.expired);
            return self.ask_password("", Some(&expired));
        };
        let taken = match pending.step {
            LoginStep::Confirm if form.get("resend").is_some() => {
                let sent = self.pool.resend_sign_up_code(&pending.holder.username);
                let notice = sent.is_ok().then_some(self.texts.resent);
                return self.ask_step(&account, pending.step, name, sent.err().as_ref(), notice);
            }
            LoginStep::Confirm => {
                self.pool.confirm_sign_up(&pending.holder.username, form.get("code").unwrap_or_default())
            }
            LoginStep::NewPassword => self.new_password(&account, form),
            LoginStep::SoftwareToken => self.software_token(&account, form),
        };
        // If the user may no longer sign in, this sign-in ends.
        let taken = taken.and_then(|account| self.pool.may_sign_in(&account).map(|()| account));
        match taken {
            Ok(account) => {
                self.pool.managed_login().stop_waiting(name);
                match pending.step {
                    LoginStep::SoftwareToken => self.complete(&account),
                    LoginStep::Confirm | LoginStep::NewPassword => self.go_on(&account),
                }
            }
            Err(refused)
                if self.pool.may_sign_in(&account).is_err() && pending.step != LoginStep::Confirm =>
            {
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
            let differ = self.texts.passwords_differ;
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
        let location = self.pool.authorize(&self.request, &session);
        self.browser.answer(redirect(&location))
    }

    pub(super) fn ask_password(self, username: &str, problem: Option<&Exception>) -> Response {
        let names = self.pool.directory().names().clone();
        let can_sign_up = self.pool.allows_self_sign_up();
        self.show(problem, |frame, form| {
            SignInPage { names: &names, username, can_sign_up }.show(frame, form)
        })
    }

    fn ask_step(
        self,
        account: &Account,
        step: LoginStep,
        name: &str,
        problem: Option<&Exception>,
        notice: Option<&str>,
    ) -> Response {
        // The name that the user knows, if the user name is a generated one.
        let names = self.pool.directory().names().clone();
        let known_as = names.username.iter().find_map(|attribute| account.attribute(attribute.name()));
        let page = StepPage { session: name, username: known_as.unwrap_or(&account.username) };
        self.show(problem, |frame, form| match step {
            LoginStep::NewPassword => page.new_password(frame, form),
            LoginStep::SoftwareToken => page.software_token(frame, form),
            LoginStep::Confirm => {
                let destination = account.destination().map(|destination| destination.masked());
                page.confirm(frame, form, destination.as_deref(), notice)
            }
        })
    }
}
