//! The frame of the page: its headers, its style and its script.

use std::sync::OnceLock;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::http::security_headers::{self, hash_source};

/// The only style and the only script; their hashes are in the policy.
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
pub(super) fn page(status: StatusCode, pool_id: &str, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Local user pool " (pool_id) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (content)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let isolated = [
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    (status, security_headers::of_page(policy()), isolated, page.into_string()).into_response()
}

/// One style, one script, and no other origin.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        format!(
            "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'",
            hash_source(STYLE),
            hash_source(SCRIPT)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_need_nothing_from_elsewhere() {
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('<'));
        assert!(!SCRIPT.contains("://") && !SCRIPT.contains("</") && !SCRIPT.contains("innerHTML"));
    }
}
