//! The frame of a page: its headers, its style, and the hidden fields of its forms.

use std::sync::OnceLock;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::texts::Texts;
use crate::http::security_headers;

/// The only style of the pages; its hash is in their policy.
const STYLE: &str = include_str!("style.css");

/// The parts that all pages of a request share.
pub(super) struct Frame<'a> {
    pub(super) texts: &'static Texts,
    pub(super) pool_id: &'a str,
    /// Where the browser goes after the sign-in, if the page has a form.
    pub(super) redirect_uri: Option<&'a str>,
    pub(super) status: StatusCode,
}

/// The state of a form: its hidden fields, and why it was refused.
pub(super) struct Form<'a> {
    pub(super) query: &'a str,
    pub(super) csrf: &'a str,
    pub(super) problem: Option<&'a str>,
}

impl Frame<'_> {
    /// The page.
    pub(super) fn page(&self, title: &str, content: &Markup) -> Response {
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
        (self.status, security_headers::of_page(&self.policy()), page.into_string()).into_response()
    }

    /// No script, nothing from elsewhere, no frame around it, and forms that lead here and then to the client.
    fn policy(&self) -> String {
        static STYLE_SOURCE: OnceLock<String> = OnceLock::new();
        let style = STYLE_SOURCE.get_or_init(|| security_headers::hash_source(STYLE));
        let client = self.redirect_uri.map(form_target).unwrap_or_default();
        format!(
            "default-src 'none'; style-src {style}; form-action 'self' {client}; frame-ancestors 'none'; base-uri 'none'"
        )
    }
}

/// The URLs that a form may lead to: Chromium also applies `form-action` to redirects after it.
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

impl Form<'_> {
    /// Why the last attempt failed, which screen readers say at once, and the form that leads to `path`.
    pub(super) fn markup(&self, path: &str, lead: Option<&Markup>, fields: &Markup) -> Markup {
        html! {
            @if let Some(text) = self.problem {
                p.bad role="alert" id="problem" { (text) }
            }
            @if let Some(lead) = lead { (lead) }
            form method="post" action={ (path) "?" (self.query) } {
                // The form belongs to this browser.
                input type="hidden" name="_csrf" value=(self.csrf);
                (fields)
            }
        }
    }

    /// The id of the text that describes a field after a failed attempt.
    pub(super) fn described(&self) -> Option<&'static str> {
        self.problem.map(|_| "problem")
    }

    /// The field of a code: six digits, in the keyboard for digits.
    pub(super) fn code_field(&self, texts: &Texts) -> Markup {
        html! {
            label for="code" { (texts.code) }
            input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="6"
                required autofocus aria-describedby=[self.described()];
        }
    }

    /// The field of a password that the user chooses.
    pub(super) fn new_password_field(&self, name: &str, label: &str) -> Markup {
        html! {
            label for=(name) { (label) }
            input id=(name) name=(name) type="password" autocomplete="new-password" maxlength="256" required
                autofocus[name == "new_password"] aria-describedby=[self.described()];
        }
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
