//! What is on the pages.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::page::{FormState, Frame, code_field, csrf_field, new_password_field, problem};
use super::texts::Texts;
use crate::directory::{SignInAttribute, SignInNames};

/// How the page calls the name of a user, and how browsers fill it in.
struct NameField {
    label: &'static str,
    kind: &'static str,
}

impl NameField {
    fn of(names: &SignInNames, texts: &'static Texts) -> Self {
        let has = |attribute| names.username.contains(&attribute);
        let (label, kind) = match (has(SignInAttribute::Email), has(SignInAttribute::PhoneNumber)) {
            (true, true) => (texts.email_or_phone, "text"),
            (true, false) => (texts.email, "email"),
            (false, true) => (texts.phone, "tel"),
            (false, false) => (texts.username, "text"),
        };
        Self { label, kind }
    }
}

/// The first page.
pub(super) struct SignInPage<'a> {
    pub(super) names: &'a SignInNames,
    pub(super) username: &'a str,
    pub(super) problem: Option<&'a str>,
    pub(super) can_sign_up: bool,
}

impl SignInPage<'_> {
    pub(super) fn show(&self, frame: &Frame<'_>, state: &FormState<'_>, status: StatusCode) -> Response {
        let (texts, field) = (frame.texts, NameField::of(self.names, frame.texts));
        let described = self.problem.map(|_| "problem");
        let content = html! {
            (problem(self.problem))
            form method="post" action={ "/login?" (state.query) } {
                (csrf_field(state))
                label for="username" { (field.label) }
                input id="username" name="username" type=(field.kind) value=(self.username) autocomplete="username"
                    autocapitalize="none" spellcheck="false" maxlength="128" required
                    autofocus[self.username.is_empty()] aria-describedby=[described];
                label for="password" { (texts.password) }
                input id="password" name="password" type="password" autocomplete="current-password" maxlength="256"
                    required autofocus[!self.username.is_empty()] aria-describedby=[described];
                button type="submit" { (texts.sign_in) }
            }
            @if self.can_sign_up {
                p.other { a href={ "/signup?" (state.query) } { (texts.new_account) } }
            }
        };
        frame.page(status, texts.sign_in, &content)
    }
}

/// A page that asks for one more thing of a user who gave a password, or signed up.
pub(super) struct StepPage<'a> {
    /// Names the sign-in that waits.
    pub(super) session: &'a str,
    pub(super) username: &'a str,
    pub(super) problem: Option<&'a str>,
    pub(super) notice: Option<&'a str>,
}

impl StepPage<'_> {
    /// `NEW_PASSWORD_REQUIRED`.
    pub(super) fn new_password(
        &self,
        frame: &Frame<'_>,
        state: &FormState<'_>,
        status: StatusCode,
    ) -> Response {
        let texts = frame.texts;
        let content = html! {
            (problem(self.problem))
            p.soft { (texts.new_password_lead) }
            form method="post" action={ "/login?" (state.query) } {
                (self.hidden(state))
                // For password managers; the pool does not read it.
                input type="hidden" name="username" value=(self.username) autocomplete="username";
                (new_password_field("new_password", texts.new_password, self.problem))
                (new_password_field("repeat_password", texts.repeat_password, self.problem))
                button type="submit" { (texts.change_password) }
            }
        };
        frame.page(status, texts.new_password_title, &content)
    }

    /// `SOFTWARE_TOKEN_MFA`.
    pub(super) fn software_token(
        &self,
        frame: &Frame<'_>,
        state: &FormState<'_>,
        status: StatusCode,
    ) -> Response {
        let texts = frame.texts;
        let content = html! {
            (problem(self.problem))
            p.soft { (texts.code_lead) }
            form method="post" action={ "/login?" (state.query) } {
                (self.hidden(state))
                (code_field(texts, self.problem))
                button type="submit" { (texts.proceed) }
            }
        };
        frame.page(status, texts.code_title, &content)
    }

    /// The code of a sign-up; `destination` is shown in part.
    pub(super) fn confirm(
        &self,
        frame: &Frame<'_>,
        state: &FormState<'_>,
        destination: Option<&str>,
        status: StatusCode,
    ) -> Response {
        let texts = frame.texts;
        let content = html! {
            (problem(self.problem))
            @if let Some(notice) = self.notice {
                p.good role="status" { (notice) }
            }
            p.soft {
                @if let Some(destination) = destination {
                    (texts.confirm_lead) " " code { (destination) } ". "
                }
                (texts.no_mail)
            }
            form method="post" action={ "/login?" (state.query) } {
                (self.hidden(state))
                (code_field(texts, self.problem))
                button type="submit" { (texts.confirm) }
                // Without the code: a field that is required would keep the form from being sent.
                button.plain type="submit" name="resend" value="1" formnovalidate { (texts.resend) }
            }
        };
        frame.page(status, texts.confirm_title, &content)
    }

    fn hidden(&self, state: &FormState<'_>) -> Markup {
        html! {
            (csrf_field(state))
            input type="hidden" name="session" value=(self.session);
        }
    }
}

/// The page to sign up.
pub(super) struct SignUpPage<'a> {
    pub(super) names: &'a SignInNames,
    pub(super) username: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: &'a str,
    pub(super) problem: Option<&'a str>,
}

impl SignUpPage<'_> {
    pub(super) fn show(&self, frame: &Frame<'_>, state: &FormState<'_>, status: StatusCode) -> Response {
        let (texts, field) = (frame.texts, NameField::of(self.names, frame.texts));
        let described = self.problem.map(|_| "problem");
        let needs = |attribute| self.names.alias.contains(&attribute);
        let content = html! {
            (problem(self.problem))
            form method="post" action={ "/signup?" (state.query) } {
                (csrf_field(state))
                label for="username" { (field.label) }
                input id="username" name="username" type=(field.kind) value=(self.username) autocomplete="username"
                    autocapitalize="none" spellcheck="false" maxlength="128" required autofocus
                    aria-describedby=[described];
                @if self.names.username.is_empty() {
                    label for="email" { (texts.email) }
                    input id="email" name="email" type="email" value=(self.email) autocomplete="email"
                        maxlength="320" required;
                }
                @if needs(SignInAttribute::PhoneNumber) {
                    label for="phone_number" { (texts.phone) }
                    input id="phone_number" name="phone_number" type="tel" value=(self.phone) autocomplete="tel"
                        maxlength="16";
                }
                (new_password_field("password", texts.password, self.problem))
                button type="submit" { (texts.sign_up) }
            }
            p.other { a href={ "/login?" (state.query) } { (texts.have_account) } }
        };
        frame.page(status, texts.sign_up, &content)
    }
}
