//! The last sign-ins, codes and refusals, as the page shows them.

use serde_json::json;

use super::mint;
use crate::login::{Browser, builder_with_login, query};
use crate::support::{get, initiate_auth, pool, send, token_request};

#[tokio::test]
async fn sign_ins_and_tokens_are_shown_without_tokens_or_passwords() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let location = browser.sign_in(&query("spa", "scope=openid")).await;
    let auth = json!({ "USERNAME": "ada", "PASSWORD": "her-password" });
    let body = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "web", "AuthParameters": auth });
    let tokens = initiate_auth(&server, &body).await.json();
    token_request(&server, Some("m2m:its%3Asecret%2B%25"), "grant_type=client_credentials").await;
    mint(&server, &json!({ "as": "ada", "id": true })).await;
    let events = get(&server, "/console/activity").await;
    assert_eq!(events.status, 200);
    for text in [
        "<b>ada</b> on the login page",
        "<b>ada</b> through <code>web</code>: sign-in by the API",
        "machine <code>m2m</code>: client credentials",
        "ID token of <b>ada</b>",
        "2026-01-01T00:00:00Z",
    ] {
        assert!(events.body.contains(text), "{text}: {}", events.body);
    }
    let code = crate::login::parameter(&location, "code");
    let access = tokens["AuthenticationResult"]["AccessToken"].as_str().unwrap();
    for secret in ["her-password", "eyJ", "its:secret", &code, access] {
        assert!(!events.body.contains(secret), "{secret}: {}", events.body);
    }
    let newest = events.body.find("minted").unwrap();
    assert!(newest < events.body.find("on the login page").unwrap(), "newest first");
}

#[tokio::test]
async fn the_code_of_a_sign_up_is_shown_and_a_temporary_password_is_not() {
    let pool = builder_with_login().allow_self_sign_up().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let call = async |name: &str, body: serde_json::Value| {
        let target = format!("X-Amz-Target: AWSCognitoIdentityProviderService.{name}");
        let headers = ["Content-Type: application/x-amz-json-1.1", &*target];
        let response = send(&server, "POST /", &headers, &body.to_string()).await;
        assert_eq!(response.status, 200, "{}", response.body);
    };
    call("SignUp", json!({ "ClientId": "web", "Username": "grace", "Password": "Grace-1906" })).await;
    call("ForgotPassword", json!({ "ClientId": "web", "Username": "ada" })).await;
    let invited = json!({
        "UserPoolId": pool.id(), "Username": "alan", "TemporaryPassword": "Alan-1912!", "DesiredDeliveryMediums": ["EMAIL"],
        "UserAttributes": [{ "Name": "email", "Value": "alan@example.com" }],
    });
    call("AdminCreateUser", invited).await;
    let events = get(&server, "/console/activity").await.body;
    let shown = |user: &str, what: &str| {
        let code = pool.sent_code(user).unwrap();
        format!("<b>{user}</b>, {what}: <code class=\"big\">{code}</code>")
    };
    for text in [
        shown("grace", "to confirm the sign-up"),
        shown("ada", "to choose a new password"),
        "<b>alan</b>, invitation: the temporary password is not shown here".to_owned(),
    ] {
        assert!(events.contains(&text), "{text}: {events}");
    }
    assert!(!events.contains("Alan-1912!") && !events.contains("Grace-1906"), "{events}");
    // The page shows them without a script, too.
    assert!(Browser::new(&server).open("/").await.body.contains(&shown("grace", "to confirm the sign-up")));
}

#[tokio::test]
async fn refusals_are_shown_with_their_reason() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let auth = json!({ "USERNAME": "ada", "PASSWORD": "swordfish-1" });
    let body = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "web", "AuthParameters": auth });
    initiate_auth(&server, &body).await;
    token_request(&server, Some("m2m:swordfish-2"), "grant_type=client_credentials").await;
    let token = pool().access_token("ada").forged().sign();
    send(&server, "GET /oauth2/userInfo", &[&format!("Authorization: Bearer {token}")], "").await;
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    browser.submit(&page, &[("username", "ada"), ("password", "swordfish-3")]).await;
    browser.get(&format!("/login?{}", query("spa", "scope=nonsense"))).await;
    browser.get("/oauth2/authorize?client_id=spa&response_type=code&redirect_uri=https://evil.example").await;
    send(&server, "GET /nothing?token=swordfish-4", &[], "").await;
    send(&server, &format!("GET /{token}"), &[], "").await;
    send(&server, "GET /favicon.ico", &[], "").await;
    send(&server, "GET /login", &["Host: evil.example"], "").await;
    mint(&server, &json!({ "as": "eve" })).await;
    let events = get(&server, "/console/activity").await.body;
    for text in [
        "<code>InitiateAuth</code> 400 NotAuthorizedException: Incorrect username or password.",
        "<code>POST /oauth2/token</code> 400 invalid_client",
        "<code>GET /oauth2/userInfo</code> 401 Access token format is not valid",
        "<code>POST /login</code> 400 Incorrect username or password.",
        "<code>GET /login</code> 302 invalid_request",
        "<code>GET /oauth2/authorize</code> 400 redirect_mismatch",
        "<code>GET /nothing</code> 404 nothing is served at this path",
        "<code>GET /…</code> 404",
        "<code>GET /login</code> 421 this local pool is not reached by that `Host`",
        "<code>POST /console/token</code> 400 the pool has no user `eve`",
    ] {
        assert!(events.contains(text), "{text}: {events}");
    }
    for secret in ["swordfish", "eyJ", "favicon"] {
        assert!(!events.contains(secret), "{secret}: {events}");
    }
}

#[tokio::test]
async fn the_list_of_events_is_bounded() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for _ in 0..120 {
        get(&server, &format!("/{}", "a/".repeat(2000))).await;
    }
    let events = get(&server, "/console/activity").await.body;
    assert_eq!(events.matches("<li>").count(), 100);
    assert!(events.len() < 100 * 600, "{}", events.len());
}
