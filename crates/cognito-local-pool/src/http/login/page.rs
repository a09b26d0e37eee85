//! The frame of a page: its headers, its style, and what its forms carry.

use std::sync::OnceLock;

use aws_lc_rs::digest;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::texts::Texts;

/// The only style of the pages; its hash is in their policy.
const STYLE: &str = include_str!("style.css");

/// What all pages of a request share.
pub(super) struct Frame<'a> {
    pub(super) texts: &'static Texts,
    pub(super) pool_id: &'a str,
    /// Where the browser goes after the sign-in, if the page has a form.
    pub(super) redirect_uri: Option<&'a str>,
}

/// What each form of a page carries beside its fields.
pub(super) struct FormState<'a> {
    pub(super) query: &'a str,
    pub(super) csrf: &'a str,
}

impl Frame<'_> {
    /// The page.
    pub(super) fn page(&self, status: StatusCode, title: &str, content: &Markup) -> Response {
        let page = html! {
            (DOCTYPE)
            html lang=(self.texts.language) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (title) " · " (self.pool_id) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        h1 { (title) }
                        (content)
                    }
                    footer { (self.texts.local) " " code { (self.pool_id) } }
                }
            }
        };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            // With `no-referrer`, a browser would send `Origin: null` with the forms.
            (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (CONTENT_SECURITY_POLICY, self.policy()),
        ];
        (status, headers, page.into_string()).into_response()
    }

    /// No script, nothing from elsewhere, no frame around it, and forms that lead here and then to the client.
    fn policy(&self) -> HeaderValue {
        static STYLE_HASH: OnceLock<String> = OnceLock::new();
        let style = STYLE_HASH
            .get_or_init(|| STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()).as_ref()));
        let client = self.redirect_uri.map(form_target).unwrap_or_default();
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {client}; frame-ancestors 'none'; \
             base-uri 'none'"
        );
        let strictest = || HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        HeaderValue::from_str(&policy).unwrap_or_else(|_| strictest())
    }
}

/// Where a form may lead in the end: Chromium applies `form-action` to redirects after it, too.
fn form_target(redirect_uri: &str) -> String {
    let (scheme, rest) = redirect_uri.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let plain =
        !authority.is_empty() && authority.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
    match scheme {
        // The grammar of a policy has no IPv6 addresses.
        "http" | "https" if !plain => format!("{scheme}:"),
        "http" | "https" => format!("{scheme}://{authority}"),
        _ => format!("{scheme}:"),
    }
}

/// Hidden fields of a form that belongs to this browser.
pub(super) fn csrf_field(state: &FormState<'_>) -> Markup {
    html! { input type="hidden" name="_csrf" value=(state.csrf); }
}

/// Why the last attempt failed. Screen readers say it at once.
pub(super) fn problem(text: Option<&str>) -> Markup {
    html! {
        @if let Some(text) = text {
            p.bad role="alert" id="problem" { (text) }
        }
    }
}

/// The field of a code: six digits, in the keyboard for digits.
pub(super) fn code_field(texts: &Texts, problem: Option<&str>) -> Markup {
    html! {
        label for="code" { (texts.code) }
        input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="6"
            required autofocus aria-describedby=[problem.map(|_| "problem")];
    }
}

/// The field of a password that the user chooses.
pub(super) fn new_password_field(name: &str, label: &str, problem: Option<&str>) -> Markup {
    html! {
        label for=(name) { (label) }
        input id=(name) name=(name) type="password" autocomplete="new-password" maxlength="256" required
            autofocus[name == "new_password"] aria-describedby=[problem.map(|_| "problem")];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    #[test]
    fn a_form_may_lead_to_the_origin_of_the_client() {
        let cases = [
            ("https://app.example/cb?x=1", "https://app.example"),
            ("http://localhost:3000/cb", "http://localhost:3000"),
            ("http://localhost?x=1", "http://localhost"),
            ("http://[::1]:3000/", "http:"),
            ("https://a;script-src/", "https:"),
            ("myapp://signed-in", "myapp:"),
        ];
        for (url, expected) in cases {
            assert!(syntax::is_redirect_target(url), "{url}");
            assert_eq!(form_target(url), expected, "{url}");
        }
    }

    #[test]
    fn the_style_needs_nothing_from_elsewhere() {
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('<'));
    }
}
