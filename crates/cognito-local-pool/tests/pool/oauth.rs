//! The token endpoint over real HTTP.

use std::time::Duration;

use cognito_local_pool::PoolServer;
use serde_json::{Value, json};

use crate::support::{NOW, Token, initiate_auth, pool, send, token_request};

/// The secret `its:secret+%` in a form and in a Basic header.
const SECRET: &str = "its%3Asecret%2B%25";

async fn error(server: &PoolServer, basic: Option<&str>, form: &str) -> String {
    let response = token_request(server, basic, form).await;
    assert_eq!(response.status, 400, "{}", response.body);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let body = response.json();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_machine_gets_all_its_scopes_by_basic_and_by_form() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let basic = format!("m2m:{SECRET}");
    let form = format!("grant_type=client_credentials&client_id=m2m&client_secret={SECRET}");
    for (basic, form) in [(Some(&*basic), "grant_type=client_credentials"), (None, &*form)] {
        let response = token_request(&server, basic, form).await;
        assert_eq!(response.status, 200, "{}", response.body);
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        let mut body = response.json();
        let token = Token::of(body["access_token"].as_str().unwrap());
        assert!(token.signed_by(&pool, &pool.access_key_id()));
        assert_eq!(token.names(), "auth_time client_id exp iat iss jti scope sub token_use version");
        assert_eq!(token.claim("scope"), "orders/read orders/write");
        body["access_token"] = Value::Null;
        assert_eq!(body, json!({"access_token": null, "expires_in": 600, "token_type": "Bearer"}));
    }
}

#[tokio::test]
async fn a_machine_gets_no_more_scopes_than_it_asks_for() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let basic = format!("m2m:{SECRET}");
    // The last one has a scope that no resource server defines, which Cognito ignores beside another.
    for scope in ["orders%2Fwrite+orders%2Fwrite", "Orders/write+orders/write"] {
        let form = format!("grant_type=client_credentials&scope={scope}");
        let body = token_request(&server, Some(&basic), &form).await.json();
        assert_eq!(Token::of(body["access_token"].as_str().unwrap()).claim("scope"), "orders/write");
    }
}

#[tokio::test]
async fn each_bad_request_has_the_error_of_rfc_6749() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let basic = format!("m2m:{SECRET}");
    let grant = "grant_type=client_credentials";
    let secret_too = format!("{grant}&client_secret={SECRET}");
    let cases: &[(Option<&str>, &str, &str)] = &[
        (Some(&basic), "", "invalid_request"),
        (Some(&basic), "grant_type=", "invalid_request"),
        (Some(&basic), "grant_type=password", "unsupported_grant_type"),
        (Some(&basic), &format!("{grant}&{grant}"), "invalid_request"),
        (Some(&basic), &format!("{grant}&scope=orders/admin"), "invalid_grant"),
        (Some(&basic), &format!("{grant}&scope=orders/read+orders/admin"), "invalid_grant"),
        (Some(&basic), &format!("{grant}&scope=Orders/write"), "invalid_scope"),
        (Some(&basic), &format!("{grant}&scope=orders/read+openid"), "invalid_scope"),
        (Some(&basic), &format!("{grant}&aws_client_metadata=[1]"), "invalid_request"),
        (Some(&basic), &format!("{grant}&scope=openid"), "invalid_scope"),
        (Some(&basic), &secret_too, "invalid_request"),
        (Some(&basic), &format!("{grant}&client_id=web"), "invalid_request"),
        (Some("m2m:wrong"), grant, "invalid_client"),
        (Some("m2m:"), grant, "invalid_client"),
        (Some("nobody:x"), grant, "invalid_client"),
        (Some("no colon"), grant, "invalid_client"),
        (None, grant, "invalid_request"),
        (None, &format!("{grant}&client_id=m2m"), "invalid_client"),
        (None, &format!("{grant}&client_id=m2m&client_secret=wrong"), "invalid_client"),
        (None, &format!("{grant}&client_id=web"), "unauthorized_client"),
        (None, &format!("{grant}&client_id=web&client_secret=x"), "invalid_client"),
        (None, "grant_type=refresh_token&client_id=web", "invalid_request"),
        (None, "grant_type=refresh_token&client_id=web&refresh_token=guess", "invalid_grant"),
    ];
    for (basic, form, expected) in cases {
        assert_eq!(error(&server, *basic, form).await, *expected, "{basic:?} {form}");
    }
}

#[tokio::test]
async fn a_form_must_say_that_it_is_one_and_stay_small() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let response = send(&server, "POST /oauth2/token", &["Content-Type: application/json"], "{}").await;
    assert_eq!((response.status, response.json()), (400, json!({"error": "invalid_request"})));
    let long = format!("grant_type={}", "x".repeat(64 * 1024));
    assert_eq!(token_request(&server, None, &long).await.status, 413);
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_sign_in() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let request = json!({
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": "web",
        "AuthParameters": {"USERNAME": "ada", "PASSWORD": "her-password"},
    });
    let first = initiate_auth(&server, &request).await.json()["AuthenticationResult"].clone();
    let signed_in = Token::of(first["AccessToken"].as_str().unwrap());
    pool.clock().advance(Duration::from_secs(1000));

    let refresh = first["RefreshToken"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&client_id=web&refresh_token={refresh}");
    let response = token_request(&server, None, &form).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let body = response.json();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "expires_in", "id_token", "token_type"]);
    for name in ["access_token", "id_token"] {
        let token = Token::of(body[name].as_str().unwrap());
        assert_eq!(token.claim("origin_jti"), signed_in.claim("origin_jti"));
        assert_eq!(token.claim("sub"), signed_in.claim("sub"));
        assert_eq!((token.claim("auth_time"), token.claim("iat")), (json!(NOW), json!(NOW + 1000)));
        assert_ne!(token.claim("jti"), signed_in.claim("jti"));
    }

    assert_eq!(error(&server, None, &format!("{form}&scope=orders/read")).await, "invalid_scope");
    let other = format!("grant_type=refresh_token&refresh_token={refresh}");
    let basic = format!("m2m:{SECRET}");
    assert_eq!(error(&server, Some(&basic), &other).await, "invalid_grant", "the token of another client");
    pool.clock().advance(Duration::from_secs(30 * 86_400));
    assert_eq!(error(&server, None, &form).await, "invalid_grant", "30 days are over");
}
