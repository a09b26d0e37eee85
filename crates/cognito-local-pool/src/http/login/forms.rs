//! The forms on the pages.

use axum::response::Response;
use maud::{Markup, html};

use super::page::{Form, Frame};
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

/// The field of the name by which a user signs in or up.
fn name_field(names: &SignInNames, texts: &'static Texts, username: &str, form: &Form<'_>) -> Markup {
    let field = NameField::of(names, texts);
    html! {
        label for="username" { (field.label) }
        input id="username" name="username" type=(field.kind) value=(username) autocomplete="username"
            autocapitalize="none" spellcheck="false" maxlength="128" required autofocus[username.is_empty()]
            aria-describedby=[form.described()];
    }
}

/// The first page.
pub(super) struct SignInPage<'a> {
    pub(super) names: &'a SignInNames,
    pub(super) username: &'a str,
    pub(super) can_sign_up: bool,
}

impl SignInPage<'_> {
    pub(super) fn show(&self, frame: &Frame<'_>, form: &Form<'_>) -> Response {
        let texts = frame.texts;
        let fields = html! {
            (name_field(self.names, texts, self.username, form))
            label for="password" { (texts.password) }
            input id="password" name="password" type="password" autocomplete="current-password" maxlength="256"
                required autofocus[!self.username.is_empty()] aria-describedby=[form.described()];
            button type="submit" { (texts.sign_in) }
        };
        let content = html! {
            (form.markup("/login", None, &fields))
            @if self.can_sign_up {
                p.other { a href={ "/signup?" (form.query) } { (texts.new_account) } }
            }
        };
        frame.page(texts.sign_in, &content)
    }
}

/// A page for the next step of a user who has entered a password or signed up.
pub(super) struct StepPage<'a> {
    /// Names the sign-in that waits.
    pub(super) session: &'a str,
    pub(super) username: &'a str,
}

impl StepPage<'_> {
    /// `NEW_PASSWORD_REQUIRED`.
    pub(super) fn new_password(&self, frame: &Frame<'_>, form: &Form<'_>) -> Response {
        let texts = frame.texts;
        let fields = html! {
            // For password managers; the pool does not read it.
            input type="hidden" name="username" value=(self.username) autocomplete="username";
            (form.new_password_field("new_password", texts.new_password))
            (form.new_password_field("repeat_password", texts.repeat_password))
            button type="submit" { (texts.change_password) }
        };
        let lead = html! { p.soft { (texts.new_password_lead) } };
        self.page(frame, form, texts.new_password_title, &lead, &fields)
    }

    /// `SOFTWARE_TOKEN_MFA`.
    pub(super) fn software_token(&self, frame: &Frame<'_>, form: &Form<'_>) -> Response {
        let texts = frame.texts;
        let fields = html! {
            (form.code_field(texts))
            button type="submit" { (texts.proceed) }
        };
        self.page(frame, form, texts.code_title, &html! { p.soft { (texts.code_lead) } }, &fields)
    }

    /// The code of a sign-up; `destination` is shown in part.
    pub(super) fn confirm(
        &self,
        frame: &Frame<'_>,
        form: &Form<'_>,
        destination: Option<&str>,
        notice: Option<&str>,
    ) -> Response {
        let texts = frame.texts;
        let lead = html! {
            @if let Some(notice) = notice {
                p.good role="status" { (notice) }
            }
            p.soft {
                @if let Some(destination) = destination {
                    (texts.confirm_lead) " " code { (destination) } ". "
                }
                (texts.no_mail)
            }
        };
        let fields = html! {
            (form.code_field(texts))
            button type="submit" { (texts.confirm) }
            // Without the code: a field that is required would keep the form from being sent.
            button.plain type="submit" name="resend" value="1" formnovalidate { (texts.resend) }
        };
        self.page(frame, form, texts.confirm_title, &lead, &fields)
    }

    fn page(
        &self,
        frame: &Frame<'_>,
        form: &Form<'_>,
        title: &str,
        lead: &Markup,
        fields: &Markup,
    ) -> Response {
        let fields = html! {
            input type="hidden" name="session" value=(self.session);
            (fields)
        };
        frame.page(title, &form.markup("/login", Some(lead), &fields))
    }
}

/// The page to sign up.
pub(super) struct SignUpPage<'a> {
    pub(super) names: &'a SignInNames,
    pub(super) username: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: &'a str,
}

impl SignUpPage<'_> {
    pub(super) fn show(&self, frame: &Frame<'_>, form: &Form<'_>) -> Response {
        let texts = frame.texts;
        let needs = |attribute| self.names.alias.contains(&attribute);
        let fields = html! {
            (name_field(self.names, texts, self.username, form))
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
            (form.new_password_field("password", texts.password))
            button type="submit" { (texts.sign_up) }
        };
        let content = html! {
            (form.markup("/signup", None, &fields))
            p.other { a href={ "/login?" (form.query) } { (texts.have_account) } }
        };
        frame.page(texts.sign_up, &content)
    }
}
