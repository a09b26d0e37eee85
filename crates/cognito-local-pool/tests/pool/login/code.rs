//! `authorization_code` at the token endpoint.

use std::time::Duration;

use cognito_local_pool::PoolServer;
use serde_json::json;

use super::browser::location;
use super::{Browser, CALLBACK, CHALLENGE, VERIFIER, builder_with_login, parameter, query};
use crate::support::{NOW, Response, Token, token_request};

/// A code for `spa`, or another client, with PKCE.
async fn code(server: &PoolServer, client: &str) -> String {
    let challenge = format!("code_challenge={CHALLENGE}&code_challenge_method=S256");
    parameter(&Browser::new(server).sign_in(&query(client, &challenge)).await, "code")
}

fn exchange(client: &str, code: &str) -> String {
    format!(
        "grant_type=authorization_code&client_id={client}&redirect_uri={CALLBACK}&code={code}&code_verifier={VERIFIER}"
    )
}

async fn outcome(server: &PoolServer, basic: Option<&str>, form: &str) -> String {
    let response = token_request(server, basic, form).await;
    match response.status {
        200 => "tokens".to_owned(),
        400 => response.json()["error"].as_str().unwrap().to_owned(),
        status => panic!("{status} {}", response.body),
    }
}

#[tokio::test]
async fn a_code_gives_the_tokens_of_the_sign_in() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let asked = format!(
        "scope=openid+email+orders/read&nonce=n-1&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let url = Browser::new(&server).sign_in(&query("spa", &asked)).await;
    pool.clock().advance(Duration::from_secs(299));
    let response = token_request(&server, None, &exchange("spa", &parameter(&url, "code"))).await;
    assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
    let body = response.json();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "expires_in", "id_token", "refresh_token", "token_type"]);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3600)));

    let compact = body["access_token"].as_str().unwrap();
    let (access, id) = (Token::of(compact), Token::of(body["id_token"].as_str().unwrap()));
    assert!(access.signed_by(&pool, &pool.access_key_id()) && id.signed_by(&pool, &pool.id_key_id()));
    assert_eq!(
        access.names(),
        "auth_time client_id cognito:groups event_id exp iat iss jti origin_jti scope sub token_use username version"
    );
    assert_eq!(access.claim("scope"), "openid email orders/read");
    assert_eq!((access.claim("client_id"), access.claim("username")), (json!("spa"), json!("ada")));
    assert_eq!((access.claim("auth_time"), access.claim("iat")), (json!(NOW), json!(NOW + 299)));
    // `email` narrows the attributes: no `custom:role`.
    assert_eq!(
        id.names(),
        "at_hash aud auth_time cognito:groups cognito:username email email_verified event_id exp iat iss jti nonce \
         origin_jti sub token_use"
    );
    assert_eq!((id.claim("aud"), id.claim("nonce")), (json!("spa"), json!("n-1")));
    assert_eq!(id.claim("email_verified"), true);
    assert_eq!(id.claim("origin_jti"), access.claim("origin_jti"));
    assert_eq!(id.claim("at_hash"), half_hash(compact));
}

/// The left half of the SHA-256 in base64url.
fn half_hash(text: &str) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

#[tokio::test]
async fn a_code_is_good_once_and_for_five_minutes() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let first = exchange("spa", &code(&server, "spa").await);
    assert_eq!(outcome(&server, None, &first).await, "tokens");
    assert_eq!(outcome(&server, None, &first).await, "invalid_grant");
    let late = exchange("spa", &code(&server, "spa").await);
    pool.clock().advance(Duration::from_secs(300));
    assert_eq!(outcome(&server, None, &late).await, "invalid_grant");
    assert_eq!(outcome(&server, None, &exchange("spa", "guess")).await, "invalid_grant");
}

#[tokio::test]
async fn a_failed_exchange_uses_the_code_up() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let without = |form: &str, name: &str| {
        let kept: Vec<&str> = form.split('&').filter(|pair| !pair.starts_with(name)).collect();
        kept.join("&")
    };
    let verifier = format!("code_verifier={VERIFIER}");
    let wrong = [
        |form: &str, _: &dyn Fn(&str, &str) -> String| form.replace("/callback", "/other"),
        |form: &str, without: &dyn Fn(&str, &str) -> String| without(form, "redirect_uri"),
        |form: &str, without: &dyn Fn(&str, &str) -> String| without(form, "code_verifier"),
        |form: &str, _: &dyn Fn(&str, &str) -> String| form.replace("code_verifier=d", "code_verifier=e"),
        |form: &str, _: &dyn Fn(&str, &str) -> String| form.replace("client_id=spa", "client_id=rotating"),
    ];
    for (index, spoil) in wrong.into_iter().enumerate() {
        let good = exchange("spa", &code(&server, "spa").await);
        assert!(good.contains(&verifier));
        assert_eq!(outcome(&server, None, &spoil(&good, &without)).await, "invalid_grant", "{index}");
        assert_eq!(outcome(&server, None, &good).await, "invalid_grant", "{index}: the code is used up");
    }
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let url = Browser::new(&server).sign_in(&query("spa", "")).await;
    assert_eq!(outcome(&server, None, &exchange("spa", &parameter(&url, "code"))).await, "invalid_grant");
    let url = Browser::new(&server).sign_in(&query("spa", "")).await;
    let plain = exchange("spa", &parameter(&url, "code")).replace(&format!("&code_verifier={VERIFIER}"), "");
    assert_eq!(outcome(&server, None, &plain).await, "tokens");
}

#[tokio::test]
async fn a_client_that_failed_to_authenticate_may_try_again_with_either_secret() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    for secret in ["old-secret", "new-secret"] {
        let form = exchange("site", &code(&server, "site").await);
        assert_eq!(outcome(&server, None, &form).await, "invalid_client");
        assert_eq!(outcome(&server, Some("site:wrong"), &form).await, "invalid_client");
        assert_eq!(outcome(&server, Some(&format!("site:{secret}")), &form).await, "tokens", "{secret}");
        let form = exchange("site", &code(&server, "site").await);
        let by_form = format!("{form}&client_secret={secret}");
        assert_eq!(outcome(&server, None, &by_form).await, "tokens", "{secret}");
    }
}

#[tokio::test]
async fn an_exchange_that_cannot_be_one_is_named() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let code = code(&server, "spa").await;
    let form = exchange("spa", &code);
    let cases = [
        (form.replace(&format!("&code={code}"), ""), "invalid_request"),
        (format!("{form}&code={code}"), "invalid_request"),
        (form.replace("client_id=spa&", ""), "invalid_request"),
        (form.replace("client_id=spa", "client_id=implicit"), "unauthorized_client"),
        (form.replace("client_id=spa", "client_id=web"), "unauthorized_client"),
        (form.replace("client_id=spa", "client_id=none"), "invalid_client"),
    ];
    for (form, expected) in cases {
        assert_eq!(outcome(&server, None, &form).await, expected, "{form}");
    }
    assert_eq!(outcome(&server, None, &form).await, "tokens", "none of them came as far as the code");
}

async fn refresh(server: &PoolServer, client: &str, token: &str) -> Response {
    let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
    token_request(server, None, &form).await
}

#[tokio::test]
async fn a_refresh_keeps_scopes_and_sign_in_and_does_not_repeat_the_nonce() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let asked = "scope=openid+orders/read&nonce=n&resource=https://orders.example/";
    let url = browser.sign_in(&query("spa", asked)).await;
    let form = exchange("spa", &parameter(&url, "code")).replace(&format!("&code_verifier={VERIFIER}"), "");
    let first = token_request(&server, None, &form).await.json();
    let before = Token::of(first["access_token"].as_str().unwrap());
    assert_eq!(before.claim("aud"), "https://orders.example/");
    pool.clock().advance(Duration::from_secs(50));
    let again = refresh(&server, "spa", first["refresh_token"].as_str().unwrap()).await.json();
    let names: Vec<&String> = again.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "expires_in", "id_token", "token_type"], "no new refresh token");
    let (access, id) =
        (Token::of(again["access_token"].as_str().unwrap()), Token::of(again["id_token"].as_str().unwrap()));
    for same in ["scope", "aud", "origin_jti", "auth_time", "sub"] {
        assert_eq!(access.claim(same), before.claim(same), "{same}");
    }
    assert_eq!(access.claim("iat"), NOW + 50);
    assert!(id.claims().get("nonce").is_none() && id.claims().get("at_hash").is_some());

    // Without `openid` there is no ID token, now or later.
    let response = browser.get(&format!("/oauth2/authorize?{}", query("spa", "scope=orders/read"))).await;
    let form = exchange("spa", &parameter(&location(&response), "code"))
        .replace(&format!("&code_verifier={VERIFIER}"), "");
    let first = token_request(&server, None, &form).await.json();
    assert!(first.get("id_token").is_none());
    let again = refresh(&server, "spa", first["refresh_token"].as_str().unwrap()).await.json();
    assert!(again.get("id_token").is_none() && again["access_token"].is_string());
}

#[tokio::test]
async fn a_rotated_refresh_token_is_good_for_its_grace() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let form = exchange("rotating", &code(&server, "rotating").await);
    let first = token_request(&server, None, &form).await.json()["refresh_token"].clone();
    let first = first.as_str().unwrap();
    let second = refresh(&server, "rotating", first).await.json()["refresh_token"].clone();
    let second = second.as_str().unwrap();
    assert_ne!(first, second);
    pool.clock().advance(Duration::from_secs(9));
    assert_eq!(refresh(&server, "rotating", first).await.status, 200, "within the grace");
    pool.clock().advance(Duration::from_secs(1));
    let reused = refresh(&server, "rotating", first).await;
    assert_eq!((reused.status, reused.json()), (400, json!({"error": "invalid_grant"})));
    assert_eq!(refresh(&server, "rotating", second).await.status, 200);
}
