//! Authentication levels: `acr_values`, `max_age`, and the claims `acr` and `amr`.

use std::time::Duration;

use cognito_local_pool::{AcrLevel, LocalPool, PoolServer, SignInError};
use serde_json::json;

use super::browser::{location, parameters, problem};
use super::{Browser, CALLBACK, builder_with_login, query};
use crate::support::{NOW, Token, code, token_request};

async fn serve() -> (LocalPool, PoolServer) {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    (pool, server)
}

/// Signs in as the user with an authenticator app.
async fn sign_in_with_app(browser: &mut Browser<'_>, query: &str, code: &str) -> String {
    let page = browser.get(&format!("/login?{query}")).await;
    let step = browser.submit(&page, &[("username", "careful"), ("password", "password")]).await;
    assert_eq!(step.status, 200, "{}", step.body);
    location(&browser.submit(&step, &[("code", code)]).await)
}

/// The access and the ID token of a code, and those of a refresh.
async fn tokens(server: &PoolServer, url: &str) -> [Token; 4] {
    let code = &parameters(url, '?')["code"];
    let request = format!("grant_type=authorization_code&client_id=spa&code={code}&redirect_uri={CALLBACK}");
    let issued = token_request(server, None, &request).await.json();
    let refresh = issued["refresh_token"].as_str().unwrap();
    let request = format!("grant_type=refresh_token&client_id=spa&refresh_token={refresh}");
    let again = token_request(server, None, &request).await.json();
    [&issued["access_token"], &issued["id_token"], &again["access_token"], &again["id_token"]]
        .map(|token| Token::of(token.as_str().unwrap()))
}

#[tokio::test]
async fn tokens_say_the_level_that_was_asked_for_and_reached() {
    let (_, server) = serve().await;
    let asked = query("spa", "acr_values=urn:cognito:loa:4+urn:cognito:loa:1&scope=openid");
    let url = Browser::new(&server).sign_in(&asked).await;
    for token in tokens(&server, &url).await {
        assert_eq!((token.claim("acr"), token.claim("amr")), (json!("urn:cognito:loa:1"), json!(["pwd"])));
    }
    let url = sign_in_with_app(&mut Browser::new(&server), &asked, &code(NOW)).await;
    for token in tokens(&server, &url).await {
        assert_eq!(token.claim("acr"), "urn:cognito:loa:4");
        assert_eq!(token.claim("amr"), json!(["pwd", "otp", "mfa"]));
    }
    let plain = query("spa", "scope=openid");
    let url = sign_in_with_app(&mut Browser::new(&server), &plain, &code(NOW + 30)).await;
    for token in tokens(&server, &url).await {
        assert!(token.claims().get("acr").is_none() && token.claims().get("amr").is_none());
    }
}

#[tokio::test]
async fn a_level_that_the_user_cannot_reach_is_an_error_of_the_client() {
    let (_, server) = serve().await;
    let url = Browser::new(&server).sign_in(&query("spa", "acr_values=urn:cognito:loa:3&state=s")).await;
    let answer = parameters(&url, '?');
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("invalid_request", "s"));
    assert!(!answer.contains_key("code"), "{url}");
    for more in ["acr_values=urn:other", "max_age=-1", "max_age=x", "max_age="] {
        let refused = Browser::new(&server).get(&format!("/oauth2/authorize?{}", query("spa", more))).await;
        let url = location(&refused);
        let expected = if more == "max_age=" { None } else { Some("invalid_request") };
        assert_eq!(parameters(&url, '?').get("error").map(String::as_str), expected, "{more}: {url}");
    }
}

#[tokio::test]
async fn a_session_serves_a_request_for_its_level_and_its_age() {
    let (pool, server) = serve().await;
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    pool.clock().advance(Duration::from_secs(60));
    for (more, expected) in [
        ("", "code"),
        ("acr_values=urn:cognito:loa:1", "code"),
        ("max_age=60", "code"),
        ("max_age=59", "page"),
        ("acr_values=urn:cognito:loa:4", "page"),
        ("acr_values=urn:cognito:loa:4&prompt=none", "login_required"),
        ("max_age=0&prompt=none", "login_required"),
    ] {
        let url = location(&browser.get(&format!("/oauth2/authorize?{}", query("spa", more))).await);
        let answer = if url.starts_with("/login?") {
            // The page asks for the password, too: it does not send the browser back at once.
            let page = browser.get(&url).await;
            assert_eq!(page.status, 200, "{more}");
            "page".to_owned()
        } else {
            let answer = parameters(&url, '?');
            answer.get("error").cloned().unwrap_or_else(|| "code".to_owned())
        };
        assert_eq!(answer, expected, "{more}");
    }
    // A later sign-in is recent again.
    let page = browser.get(&format!("/login?{}", query("spa", "max_age=0"))).await;
    let refused = browser.submit(&page, &[("username", "ada"), ("password", "wrong")]).await;
    assert_eq!(problem(&refused), "Incorrect username or password.");
    let done = browser.submit(&page, &[("username", "ada"), ("password", "her-password")]).await;
    assert!(location(&done).contains("?code="));
}

#[test]
fn a_sign_in_in_the_process_has_the_level_of_its_user() {
    let builder = builder_with_login().acr_name(AcrLevel::Level4, "urn:example:gold");
    let pool = builder.build().unwrap();
    let sign_in = |user: &str, values: &str| pool.sign_in(user).through("spa").acr_values(values).issue();
    let token = Token::of(sign_in("careful", "urn:example:gold").unwrap().access_token());
    assert_eq!(
        (token.claim("acr"), token.claim("amr")),
        (json!("urn:example:gold"), json!(["pwd", "otp", "mfa"]))
    );
    let token = Token::of(sign_in("ada", "urn:cognito:loa:1").unwrap().id_token().unwrap());
    assert_eq!(token.claim("acr"), "urn:cognito:loa:1");
    let reached = sign_in("ada", "urn:example:gold").unwrap_err();
    assert!(matches!(reached, SignInError::AcrNotReached { .. }), "{reached}");
    let unknown = sign_in("careful", "urn:cognito:loa:4").unwrap_err();
    assert!(matches!(unknown, SignInError::AcrValues { .. }), "{unknown}");
}
