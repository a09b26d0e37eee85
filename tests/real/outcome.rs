//! The results of requests as lines of a table, and altered tokens.

use axum::{Router, body::Body};
use cognito_authorizer::Refusal;
use http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt;

/// A request: its sender, method, path and token.
pub(super) type Sent<'t> = (&'t str, Method, &'t str, Option<&'t str>);

/// A line for each request: the router's answer, and the reason from the response's extensions.
pub(super) async fn reasons(router: &Router, requests: &[Sent<'_>]) -> String {
    let mut lines = String::new();
    for (who, method, path, token) in requests {
        let mut request = Request::builder().method(method).uri(*path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        let reason = response.extensions().get::<Refusal>().map_or("", Refusal::code);
        lines += line(who, method, path, response.status(), reason).as_str();
    }
    lines
}

/// A line for each request: the server's answer, with the error and the scope of its challenge.
pub(super) async fn answers(url: &str, requests: &[Sent<'_>]) -> String {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut lines = String::new();
    for (who, method, path, token) in requests {
        let mut request = client.request(method.clone(), format!("{url}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        let challenge = challenge(response.headers());
        lines += line(who, method, path, response.status(), &challenge).as_str();
    }
    lines
}

fn line(who: &str, method: &Method, path: &str, status: StatusCode, why: &str) -> String {
    let space = if why.is_empty() { "" } else { " " };
    format!("{who} · {method} {path} · {}{space}{why}\n", status.as_u16())
}

/// The challenge without realm and description.
fn challenge(headers: &HeaderMap) -> String {
    let Some(challenge) = headers.get(header::WWW_AUTHENTICATE) else { return String::new() };
    let challenge = challenge.to_str().expect("visible ASCII");
    let parameters = challenge.strip_prefix("Bearer ").expect("the scheme and a parameter");
    let kept = parameters
        .split(", ")
        .filter(|parameter| !parameter.starts_with("realm=") && !parameter.starts_with("error_description="));
    ["Bearer"].into_iter().chain(kept).collect::<Vec<_>>().join(" ")
}

/// The token with another letter in the middle of its payload.
pub(super) fn other_payload(token: &str) -> String {
    let [header, payload, signature] = parts(token);
    format!("{header}.{}.{signature}", flipped(payload))
}

/// The token with another letter in the middle of its signature.
pub(super) fn other_signature(token: &str) -> String {
    let [header, payload, signature] = parts(token);
    format!("{header}.{payload}.{}", flipped(signature))
}

/// The header and payload of one token with the signature of another.
pub(super) fn signed_as(token: &str, other: &str) -> String {
    let ([header, payload, _], [_, _, signature]) = (parts(token), parts(other));
    format!("{header}.{payload}.{signature}")
}

pub(super) fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().expect("three parts")
}

fn flipped(part: &str) -> String {
    let (before, after) = part.split_at(part.len() / 2);
    let letter = if after.starts_with('A') { 'B' } else { 'A' };
    before.chars().chain([letter]).chain(after.chars().skip(1)).collect()
}
