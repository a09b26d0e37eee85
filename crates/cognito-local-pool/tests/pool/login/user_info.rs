//! `/oauth2/userInfo`.

use cognito_local_pool::{LocalPool, PoolServer};
use serde_json::{Value, json};

use super::builder_with_login;
use crate::support::{Response, send};

async fn ask(server: &PoolServer, authorization: Option<&str>) -> Response {
    let line = authorization.map(|value| format!("Authorization: {value}"));
    let headers: Vec<&str> = line.as_deref().into_iter().collect();
    send(server, "GET /oauth2/userInfo", &headers, "").await
}

async fn claims(pool: &LocalPool, server: &PoolServer, scopes: &[&str]) -> Value {
    let signed_in = pool.sign_in("ada").through("spa").scopes(scopes.iter().copied()).issue().unwrap();
    let response = ask(server, Some(&format!("Bearer {}", signed_in.access_token()))).await;
    assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
    response.json()
}

#[tokio::test]
async fn the_scopes_say_which_attributes_are_shown_and_all_are_texts() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut all = claims(&pool, &server, &["openid", "orders/read"]).await;
    assert!(all["sub"].is_string());
    all["sub"] = Value::Null;
    assert_eq!(
        all,
        json!({"sub": null, "username": "ada", "email": "ada@example.com", "email_verified": "true", "custom:role": "chief"})
    );
    let email = claims(&pool, &server, &["openid", "email"]).await;
    assert!(email["email"].is_string() && email["custom:role"].is_null());
    let profile = claims(&pool, &server, &["openid", "profile"]).await;
    assert!(profile["custom:role"].is_string() && profile["email"].is_null());
}

#[tokio::test]
async fn a_request_without_a_token_is_400_and_a_bad_token_401() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let bearer = |token: String| format!("Bearer {token}");
    let minted = || pool.access_token("ada").scope("openid");
    for authorization in [None, Some("Basic x"), Some("Bearer"), Some("Bearer ")] {
        let response = ask(&server, authorization).await;
        assert_eq!(response.status, 400, "{authorization:?}");
        assert_eq!(
            response.header("www-authenticate"),
            Some(
                "Bearer error=\"invalid_request\", error_description=\"Bad OAuth2 request at UserInfo Endpoint\""
            )
        );
    }
    let format = "Access token format is not valid";
    let scope = "Access token does not contain the 'openid' scope";
    let ended = "Access token is expired or user has globally signed out, disabled, or been deleted";
    let by_api = pool.sign_in("ada").through("web").issue().unwrap();
    let cases = [
        ("x".to_owned(), format),
        (minted().forged().sign(), format),
        (pool.id_token("ada").sign(), scope),
        (by_api.access_token().to_owned(), scope),
        (pool.access_token("ada").scope("orders/read").sign(), scope),
        (pool.machine_token("m2m").sign(), scope),
        (minted().expired().sign(), ended),
        (pool.access_token("gone").scope("openid").sign(), ended),
        (pool.access_token("nobody").scope("openid").sign(), ended),
    ];
    for (token, why) in cases {
        let response = ask(&server, Some(&bearer(token))).await;
        assert_eq!(response.status, 401, "{why}");
        assert_eq!(response.json(), json!({"error": "invalid_token", "error_description": why}));
        assert_eq!(
            response.header("www-authenticate"),
            Some(
                "Bearer error=\"invalid_token\", error_description=\"Access token is expired, disabled, or deleted, or \
                 the user has globally signed out.\""
            )
        );
    }
    let good = bearer(minted().sign());
    let line = format!("Authorization: {good}");
    assert_eq!(send(&server, "POST /oauth2/userInfo", &[&line], "").await.status, 200);
}
