//! The `Authorization` header with any bytes: either it is exactly one token, or the request is refused.

use std::sync::LazyLock;

use axum::{Router, body::Body, routing::get};
use cognito_authorizer::{Refusal, identity::IdentityError};
use http::{HeaderValue, Request, Response, StatusCode, header};
use proptest::{collection::vec, prelude::*};
use tower::ServiceExt;

use super::{case::Setup, table::WORLD};

static GOOD: LazyLock<String> = LazyLock::new(|| WORLD.access().sign());
static APP: LazyLock<Router> = LazyLock::new(|| {
    Router::new().route("/", get(|| async { "let in" })).route_layer(WORLD.layer(Setup::Access))
});

/// The answer to a request with these values of `Authorization`.
fn answer(values: &[Vec<u8>]) -> Response<Body> {
    let mut request = Request::new(Body::empty());
    for value in values {
        let value = HeaderValue::from_bytes(value).expect("bytes that a header can have");
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(APP.clone().oneshot(request)).expect("no error")
}

/// A second implementation of the rule: optional blanks, an optional `Bearer` in any case with spaces, and one token.
fn is_the_good_token(value: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(value) else { return false };
    let text = text.trim_matches([' ', '\t']);
    let token = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("bearer ") => text[7..].trim_start_matches(' '),
        _ => text,
    };
    token == GOOD.as_str()
}

/// Bytes that a header can have.
fn header_bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(b'\t'), 0x20..=0x7E_u8, 0x80..=0xFF_u8], 0..60)
}

/// Headers put together from pieces, the good token among them.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(GOOD.as_bytes().to_vec()),
        4 => proptest::sample::select(vec!["Bearer", "bearer", "BEARER", "Basic", "Bearer ", "a.b.c"]).prop_map(Vec::from),
        4 => proptest::sample::select(vec![" ", "  ", "\t", ",", ", ", "=", "\"", ";"]).prop_map(Vec::from),
        1 => header_bytes(),
    ];
    vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_but_the_one_token_is_let_in(values in vec(prop_oneof![3 => pieces(), 1 => header_bytes()], 0..3)) {
        let response = answer(&values);
        let expected = values.len() == 1 && is_the_good_token(&values[0]);
        prop_assert_eq!(response.status() == StatusCode::OK, expected);
        if !expected {
            prop_assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            let challenge = response.headers()[header::WWW_AUTHENTICATE].to_str().expect("visible ASCII");
            prop_assert!(challenge.starts_with("Bearer ") && challenge.matches('"').count().is_multiple_of(2));
            let refusal = response.extensions().get::<Refusal>().expect("the reason");
            let several = matches!(refusal, Refusal::Identity(IdentityError::SeveralHeaders));
            prop_assert_eq!(several, values.len() > 1);
            let shown = [refusal.to_string(), format!("{refusal:?}")].concat();
            prop_assert!(!shown.contains(GOOD.as_str()));
        }
    }

    #[test]
    fn blanks_and_case_around_the_token_do_not_matter(before in "[ \t]{0,4}", scheme in "(?i)(bearer ){0,1}", more in " {0,4}", after in "[ \t]{0,4}") {
        let more = if scheme.is_empty() { "" } else { &*more };
        let value = format!("{before}{scheme}{more}{}{after}", GOOD.as_str()).into_bytes();
        prop_assert_eq!(answer(&[value]).status(), StatusCode::OK);
    }
}
