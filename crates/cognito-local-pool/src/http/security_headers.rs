//! The security headers of every page.

use aws_lc_rs::digest;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The headers of a page under this content security policy.
///
/// A policy that is not a header value, as it could be with a URL in it, is replaced by one that allows nothing.
pub(super) fn of_page(policy: &str) -> [(HeaderName, HeaderValue); 6] {
    let strictest = || HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // With `no-referrer`, a browser would send `Origin: null` with the forms.
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_str(policy).unwrap_or_else(|_| strictest())),
    ]
}

/// The source of a policy that allows exactly this style or script.
pub(super) fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref()))
}
