//! The page as a whole, and the token that it shows.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::decoded::{Decoded, Standing};
use super::forms::{self, Forms};
use super::{activity, frame, lists};
use crate::explain::{ExplainLine, ExplainOutcome};
use crate::http::login::browser::Browser;
use crate::parameters::Parameters;
use crate::pool::LocalPool;

/// A token that is shown.
pub(super) struct Shown<'a> {
    pub(super) token: &'a str,
    pub(super) warnings: &'a [String],
    pub(super) lines: &'a [ExplainLine],
}

/// The page for one browser.
pub(super) struct View<'a> {
    forms: Forms<'a>,
    problem: Option<&'a str>,
    shown: Option<&'a Shown<'a>>,
}

impl<'a> View<'a> {
    pub(super) fn new(pool: &'a LocalPool, browser: &Browser) -> Self {
        let csrf = pool.managed_login().csrf_token(browser.form());
        let forms = Forms { pool, csrf, order: Parameters::default(), route: None, token: None };
        Self { forms, problem: None, shown: None }
    }

    pub(super) fn with_order(mut self, form: &Parameters) -> Self {
        self.forms.order = form.clone();
        self
    }

    pub(super) fn with_route(mut self, route: Option<&'a str>) -> Self {
        self.forms.route = route;
        self
    }

    pub(super) fn with_problem(self, problem: &'a str) -> Self {
        Self { problem: Some(problem), ..self }
    }

    pub(super) fn with_token(self, shown: &'a Shown<'a>) -> Self {
        let forms = Forms { token: Some(shown.token), ..self.forms };
        Self { forms, shown: Some(shown), ..self }
    }

    pub(super) fn page(&self, status: StatusCode) -> Response {
        let pool = self.forms.pool;
        let keys = format!("/{}/.well-known/jwks.json", pool.id());
        let discovery = format!("/{}/.well-known/openid-configuration", pool.id());
        let content = html! {
            header {
                h1 { a href="/" { "Local user pool" } " " code { (pool.id()) } }
                p { "Issuer " code { (pool.issuer()) } " · " a href=(keys) { "keys" } " · " a href=(discovery) { "discovery" } }
            }
            main {
                @if let Some(problem) = self.problem {
                    section.wide aria-labelledby="problem" { p.bad role="alert" id="problem" { (problem) } }
                }
                @if let Some(shown) = self.shown { (token(pool, shown)) }
                (forms::mint(&self.forms))
                (forms::decode(&self.forms))
                section.wide aria-labelledby="activity-title" {
                    h2 id="activity-title" { "Last events" }
                    p.hint { "Sign-ins, tokens, codes and refusals, newest first. Without scripts, load the page again." }
                    div id="activity" { (activity::entries(pool)) }
                }
                (lists::clients(pool))
                (lists::scopes(pool))
                (lists::users(pool))
                (lists::groups(pool))
            }
            footer {
                p { "For tests and development on this machine. Its tokens are worth nothing elsewhere." }
            }
        };
        frame::page(status, pool.id(), &content)
    }
}

/// The token, taken apart and explained.
fn token(pool: &LocalPool, shown: &Shown<'_>) -> Markup {
    html! {
        section.wide aria-labelledby="token-title" {
            h2 id="token-title" { "Token" }
            @for warning in shown.warnings { p.bad { (warning) } }
            pre.token tabindex="0" role="group" aria-labelledby="token-title" { (shown.token) }
            @match Decoded::of(pool, shown.token) {
                Some(decoded) => {
                    @match decoded.standing {
                        Standing::Good => { p.good { "Signed by this pool, and not expired." } }
                        Standing::Expired => { p.bad { "Signed by this pool, and expired." } }
                        Standing::NotOurs => { p.bad { "Not signed by a key of this pool: anyone could have written it." } }
                    }
                    h3 id="token-header" { "Header" }
                    pre tabindex="0" role="group" aria-labelledby="token-header" { (decoded.header) }
                    h3 id="token-claims" { "Claims" }
                    pre tabindex="0" role="group" aria-labelledby="token-claims" { (decoded.claims) }
                    @if !decoded.moments.is_empty() {
                        ul {
                            @for (name, moment) in &decoded.moments { li { code { (name) } " " (moment) } }
                        }
                    }
                }
                None => { p.bad { "It cannot be taken apart." } }
            }
            @if !shown.lines.is_empty() {
                h3 { "Why a service accepts or refuses it" }
                ol.steps {
                    @for line in shown.lines { li { (mark(line.outcome)) (line.text) } }
                }
            }
        }
    }
}

/// The outcome in words, as a colour tells nothing to some readers.
fn mark(outcome: ExplainOutcome) -> Markup {
    html! {
        @match outcome {
            ExplainOutcome::Passed => { span.mark.good { "✓ passed " } }
            ExplainOutcome::Failed => { span.mark.bad { "✗ failed " } }
            ExplainOutcome::NotReached => { span.mark.soft { "· not reached " } }
            ExplainOutcome::Note => {}
        }
    }
}
