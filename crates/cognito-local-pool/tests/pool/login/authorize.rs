//! `/oauth2/authorize`: the rows of its parameters and of its answers.

use std::time::Duration;

use super::browser::{location, parameter, parameters, problem};
use super::{Browser, CALLBACK, CHALLENGE, builder_with_login, query};
use crate::support::{NOW, Token, get};

#[tokio::test]
async fn a_request_that_is_wrong_goes_back_with_the_error_of_cognito() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let invalid = "error=invalid_request";
    let scope = "error=invalid_request&error_description=invalid_scope";
    let with = |more: &str| query("spa", more);
    let without_type = query("spa", "").replace("&response_type=code", "");
    let cases = [
        (without_type.clone(), invalid),
        (format!("{without_type}&response_type="), invalid),
        (format!("{without_type}&response_type=id_token"), invalid),
        (query("implicit", ""), "error=unauthorized_client"),
        (query("site", "").replace("=code", "=token"), "error=unauthorized_client"),
        (with(&format!("code_challenge={CHALLENGE}")), invalid),
        (with("code_challenge_method=S256"), invalid),
        (with(&format!("code_challenge={CHALLENGE}&code_challenge_method=plain")), invalid),
        (with("code_challenge=short&code_challenge_method=S256"), invalid),
        (with("scope=orders/write"), scope),
        (with("scope=openid+orders/none"), scope),
        (with("scope=email"), scope),
        (with("resource=orders"), invalid),
        (with("resource=http://orders.example/"), invalid),
        (with("resource=https://orders.example/%23part"), invalid),
        (with("prompt=sometimes"), invalid),
        (with("prompt=none+login"), invalid),
        (with("prompt=none"), "error=login_required"),
    ];
    for (query, expected) in cases {
        let response = get(&server, &format!("/oauth2/authorize?{query}&state=x%26y")).await;
        assert_eq!(location(&response), format!("{CALLBACK}?{expected}&state=x%26y"), "{query}");
        let without_state = get(&server, &format!("/oauth2/authorize?{query}")).await;
        assert_eq!(location(&without_state), format!("{CALLBACK}?{expected}"), "{query}");
    }
    for provider in ["identity_provider=Google", "idp_identifier=x"] {
        let response = get(&server, &format!("/oauth2/authorize?{}", with(provider))).await;
        assert_eq!(parameter(&location(&response), "error"), "invalid_request");
    }
}

#[tokio::test]
async fn a_client_or_a_url_that_is_not_registered_gets_a_page_and_no_redirect() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let good = query("spa", "");
    let url = |url: &str| format!("client_id=spa&response_type=code&redirect_uri={url}");
    let mut cases = vec![
        (String::new(), "invalid_request"),
        ("client_id=spa&response_type=code".to_owned(), "invalid_request"),
        (good.replace("client_id=spa&", ""), "invalid_request"),
        (format!("{good}&client_id=spa"), "invalid_request"),
        (format!("{good}&state=a&state=b"), "invalid_request"),
        (format!("{good}&redirect_uri=https://evil.example/"), "invalid_request"),
        (format!("{good}&state={}", "x".repeat(8 * 1024)), "invalid_request"),
        (query("none", ""), "unauthorized_client"),
        // A client without managed login has no URL.
        (query("web", ""), "redirect_mismatch"),
    ];
    cases.extend(
        [
            "https://evil.example/",
            "//evil.example",
            "javascript:alert(1)",
            "http://localhost:3000/callback/",
            "http://localhost:3000/callback%3Fx=1",
            "http://localhost:3000/callback%23",
            "http://localhost:3000/callback%0d%0aX:1",
            "http://LOCALHOST:3000/callback",
            "http://localhost:3001/callback",
            "http://127.0.0.1:3000/callback",
            "http://localhost:3000/callback@evil.example",
            "%20http://localhost:3000/callback",
        ]
        .map(|bad| (url(bad), "redirect_mismatch")),
    );
    for path in ["/oauth2/authorize", "/login", "/signup"] {
        for (query, code) in &cases {
            let response = get(&server, &format!("{path}?{query}")).await;
            assert_eq!((response.status, response.header("location")), (400, None), "{path} {query}");
            assert!(response.body.contains(&format!("<code>{code}</code>")), "{query}: {}", response.body);
            assert!(!response.body.contains("evil"), "{}", response.body);
        }
    }
}

#[tokio::test]
async fn without_a_session_the_browser_goes_to_the_page_with_the_same_parameters() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let query =
        query("spa", "scope=openid&state=a+b&nonce=n&login_hint=ada&lang=de&identity_provider=COGNITO");
    let response = get(&server, &format!("/oauth2/authorize?{query}")).await;
    let location = location(&response);
    assert_eq!(location, format!("/login?{query}"));
    let page = get(&server, &location).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<html lang=\"de\">") && page.body.contains("Passwort"), "{}", page.body);
    assert!(page.body.contains(" value=\"ada\""), "the hint is filled in: {}", page.body);
}

#[tokio::test]
async fn a_session_goes_straight_back_for_an_hour() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    pool.clock().advance(Duration::from_secs(3599));
    // Another client of the pool, too: that is single sign-on.
    for client in ["spa", "site"] {
        for path in ["/oauth2/authorize", "/login"] {
            let response = browser.get(&format!("{path}?{}", query(client, "state=s"))).await;
            let location = location(&response);
            assert!(location.starts_with(&format!("{CALLBACK}?code=")), "{location}");
            assert!(location.ends_with("&state=s"), "{location}");
        }
    }
    let silent = browser.get(&format!("/oauth2/authorize?{}", query("spa", "prompt=none"))).await;
    assert!(location(&silent).contains("?code="));
    pool.clock().advance(Duration::from_secs(1));
    let response = browser.get(&format!("/oauth2/authorize?{}", query("spa", ""))).await;
    assert!(location(&response).starts_with("/login?"));
}

#[tokio::test]
async fn a_prompt_to_log_in_asks_again_and_leaves_the_session() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    let login = query("spa", "prompt=login");
    let response = browser.get(&format!("/oauth2/authorize?{login}")).await;
    let to_page = location(&response);
    assert!(to_page.starts_with("/login?"), "{to_page}");
    assert_eq!(browser.get(&to_page).await.status, 200);
    let other_tab = browser.get(&format!("/oauth2/authorize?{}", query("spa", ""))).await;
    assert!(location(&other_tab).contains("?code="), "the session is still good");
    assert!(browser.sign_in(&login).await.contains("?code="));
}

#[tokio::test]
async fn a_session_ends_with_its_user() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    let target = "X-Amz-Target: AWSCognitoIdentityProviderService.AdminDisableUser";
    let body = serde_json::json!({"UserPoolId": crate::support::ID, "Username": "ada"}).to_string();
    let disabled = crate::support::send(&server, "POST /", &[target], &body).await;
    assert_eq!(disabled.status, 200, "{}", disabled.body);
    let response = browser.get(&format!("/oauth2/authorize?{}", query("spa", ""))).await;
    assert!(location(&response).starts_with("/login?"));
    let page = browser.get(&location(&response)).await;
    let refused = browser.submit(&page, &[("username", "ada"), ("password", "her-password")]).await;
    assert_eq!((refused.status, problem(&refused).as_str()), (400, "User is disabled."));
}

#[tokio::test]
async fn the_implicit_flow_brings_the_tokens_behind_a_fragment() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let implicit = |more: &str| query("implicit", more).replace("=code", "=token");
    let url = browser.sign_in(&implicit("scope=openid+orders/read&state=s&nonce=n")).await;
    assert!(url.starts_with(&format!("{CALLBACK}#id_token=")), "{url}");
    let found = parameters(&url, '#');
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["access_token", "expires_in", "id_token", "state", "token_type"]);
    assert_eq!([&found["token_type"], &found["expires_in"], &found["state"]], ["bearer", "3600", "s"]);
    assert_eq!(Token::of(&found["id_token"]).claim("nonce"), "n");
    assert_eq!(Token::of(&found["access_token"]).claim("scope"), "openid orders/read");

    pool.clock().advance(Duration::from_secs(100));
    let response = browser.get(&format!("/oauth2/authorize?{}", implicit("scope=orders/read"))).await;
    let found = parameters(&location(&response), '#');
    assert!(!found.contains_key("id_token") && !found.contains_key("refresh_token"), "{found:?}");
    let token = Token::of(&found["access_token"]);
    assert_eq!((token.claim("auth_time"), token.claim("iat")), (NOW.into(), (NOW + 100).into()));
}

#[tokio::test]
async fn a_registered_url_keeps_its_query_and_its_scheme() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let to = |url: &str| format!("client_id=spa&response_type=code&state=s&redirect_uri={url}");
    let url = browser.sign_in(&to("https%3A%2F%2Fapp.example%2Fcb%3Ffrom%3Dpool")).await;
    assert!(url.starts_with("https://app.example/cb?from=pool&code="), "{url}");
    let response = browser.get(&format!("/oauth2/authorize?{}", to("myapp://signed-in"))).await;
    assert!(location(&response).starts_with("myapp://signed-in?code="));
}

#[tokio::test]
async fn localhost_and_the_loopback_address_are_one_pool() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    for host in ["localhost:9229", "127.0.0.1:9229", "[::1]:9229"] {
        let mut browser = Browser { host, ..Browser::new(&server) };
        let url = browser.sign_in(&query("spa", "")).await;
        let form = format!(
            "grant_type=authorization_code&client_id=spa&redirect_uri={CALLBACK}&code={}",
            parameter(&url, "code")
        );
        // The token request goes to `localhost`.
        let tokens = crate::support::token_request(&server, None, &form).await;
        let access = Token::of(tokens.json()["access_token"].as_str().unwrap());
        assert_eq!(access.claim("iss"), pool.issuer());
    }
}
