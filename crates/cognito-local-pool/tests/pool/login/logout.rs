//! `/logout` in both of its forms.

use serde_json::json;

use super::browser::{location, parameters};
use super::{Browser, CALLBACK, CALLBACK_ENCODED, builder_with_login, parameter, query};
use crate::support::{send, token_request};

const LOGOUT: &str = "/logout?client_id=spa&logout_uri=http%3A%2F%2Flocalhost%3A3000%2F";

#[tokio::test]
async fn a_sign_out_ends_the_session_and_leads_to_the_registered_url() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    let mut copy = Browser { cookies: browser.cookies.clone(), ..Browser::new(&server) };
    assert_eq!(location(&browser.get(LOGOUT).await), "http://localhost:3000/");
    assert!(browser.session().is_none());
    for browser in [&mut browser, &mut copy] {
        let response = browser.get(&format!("/oauth2/authorize?{}", query("spa", ""))).await;
        assert!(location(&response).starts_with("/login?"), "the session is gone from the pool too");
    }
    // Without a session it leads there all the same.
    assert_eq!(location(&browser.get(LOGOUT).await), "http://localhost:3000/");
}

#[tokio::test]
async fn a_global_sign_out_ends_tokens_and_not_the_session_of_the_browser() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    let before = pool.sign_in("ada").through("spa").issue().unwrap();
    let target = "X-Amz-Target: AWSCognitoIdentityProviderService.GlobalSignOut";
    let body = json!({"AccessToken": before.access_token()}).to_string();
    assert_eq!(send(&server, "POST /", &[target], &body).await.status, 200);
    let bearer = |token: &str| format!("Authorization: Bearer {token}");
    let user_info =
        async |token: &str| send(&server, "GET /oauth2/userInfo", &[&bearer(token)], "").await.status;
    assert_eq!(user_info(before.access_token()).await, 401);

    let again = browser.get(&format!("/oauth2/authorize?{}", query("spa", ""))).await;
    let form = format!(
        "grant_type=authorization_code&client_id=spa&redirect_uri={CALLBACK}&code={}",
        parameter(&location(&again), "code")
    );
    let tokens = token_request(&server, None, &form).await.json();
    assert_eq!(user_info(tokens["access_token"].as_str().unwrap()).await, 200);
}

#[tokio::test]
async fn a_sign_out_can_lead_to_the_next_sign_in() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    let next = query("spa", "scope=openid&state=s");
    let url = location(&browser.get(&format!("/logout?{next}")).await);
    assert_eq!(url, format!("/login?{next}"));
    assert!(browser.session().is_none());
    assert_eq!(browser.get(&url).await.status, 200);
    // Other errors of the request are reported on the page that follows.
    let url = location(&browser.get(&format!("/logout?client_id=spa&redirect_uri={CALLBACK_ENCODED}")).await);
    let back = location(&browser.get(&url).await);
    assert_eq!(parameters(&back, '?')["error"], "invalid_request");
}

#[tokio::test]
async fn a_sign_out_to_elsewhere_is_a_page_and_leaves_the_session() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    for (query, code) in [
        ("", "invalid_request"),
        ("client_id=spa", "invalid_request"),
        ("client_id=none&logout_uri=http://localhost:3000/", "unauthorized_client"),
        ("client_id=spa&logout_uri=https://evil.example/", "logout_mismatch"),
        ("client_id=spa&logout_uri=http://localhost:3000", "logout_mismatch"),
        // A callback URL is not a sign-out URL, and vice versa.
        ("client_id=spa&logout_uri=http://localhost:3000/callback", "logout_mismatch"),
        ("client_id=spa&redirect_uri=http://localhost:3000/&response_type=code", "redirect_mismatch"),
        ("client_id=site&logout_uri=http://localhost:3000/", "logout_mismatch"),
        (
            "client_id=spa&logout_uri=http://localhost:3000/&logout_uri=https://evil.example/",
            "invalid_request",
        ),
    ] {
        let response = browser.get(&format!("/logout?{query}")).await;
        assert_eq!((response.status, response.header("location")), (400, None), "{query}");
        assert!(response.body.contains(&format!("<code>{code}</code>")), "{query}: {}", response.body);
        assert!(!response.body.contains("evil"), "{query}");
        assert!(browser.session().is_some(), "{query}");
    }
}
