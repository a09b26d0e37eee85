//! Attacks on a browser that signs in.

use cognito_local_pool::User;

use super::browser::{form, hidden_fields, location, problem};
use super::{Browser, builder_with_login, query};

const CREDENTIALS: [(&str, &str); 2] = [("username", "ada"), ("password", "her-password")];

fn encoded(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    form(&pairs)
}

#[tokio::test]
async fn a_form_of_another_site_starts_no_session() {
    let server =
        builder_with_login().allow_self_sign_up().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    for path in ["/login", "/signup"] {
        let path = format!("{path}?{}", query("spa", ""));
        let mut browser = Browser::new(&server);
        let page = browser.get(&path).await;
        let csrf = hidden_fields(&page.body).remove(0).1;
        let good = encoded(&[("_csrf", &csrf), CREDENTIALS[0], CREDENTIALS[1]]);

        let mut other = Browser::new(&server);
        let others = hidden_fields(&other.get(&path).await.body).remove(0).1;
        let bad = [
            (vec![], encoded(&CREDENTIALS), "no token"),
            (vec![], encoded(&[("_csrf", "guess"), CREDENTIALS[0], CREDENTIALS[1]]), "a guess"),
            (
                vec![],
                encoded(&[("_csrf", &others), CREDENTIALS[0], CREDENTIALS[1]]),
                "the token of another browser",
            ),
            (vec!["Origin: https://evil.example"], good.clone(), "another origin"),
            (vec!["Origin: http://localhost:3000"], good.clone(), "another port of this machine"),
            (vec!["Origin: null"], good.clone(), "a sandboxed frame"),
        ];
        for (headers, body, what) in bad {
            let response = browser.post(&path, &headers, &body).await;
            assert_eq!((response.status, response.header("location")), (403, None), "{path}: {what}");
            assert!(browser.session().is_none(), "{path}: {what}");
        }
        // The token without the cookie that it belongs to.
        let response = Browser::new(&server).post(&path, &[], &good).await;
        assert_eq!(response.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_session_id_chosen_by_an_attacker_is_never_used() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut attacker = Browser::new(&server);
    attacker.get(&format!("/login?{}", query("spa", ""))).await;
    let mut victim = Browser { cookies: attacker.cookies.clone(), ..Browser::new(&server) };
    let planted = "A".repeat(43);
    victim.cookies.insert("cognito-ap-south-1_abcdefghi".to_owned(), planted.clone());
    assert!(victim.sign_in(&query("spa", "")).await.contains("?code="));
    assert_ne!(victim.session(), Some(planted.as_str()), "a new id at the sign-in");
    let form_cookie = "XSRF-TOKEN-ap-south-1_abcdefghi";
    assert_ne!(victim.cookies.get(form_cookie), attacker.cookies.get(form_cookie), "and a new one for forms");
    attacker.cookies.insert("cognito-ap-south-1_abcdefghi".to_owned(), planted);
    let response = attacker.get(&format!("/oauth2/authorize?{}", query("spa", ""))).await;
    assert!(location(&response).starts_with("/login?"), "the attacker is not signed in");
}

/// Cookies do not tell ports apart: a server on another port of this machine can set one that browsers send before the pool's.
#[tokio::test]
async fn two_cookies_of_one_name_are_refused() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut attacker = Browser::new(&server);
    attacker.sign_in(&query("spa", "")).await;
    let planted = attacker.session().unwrap().to_owned();
    let mut victim = Browser::new(&server);
    victim.sign_in(&query("spa", "")).await;
    let own = victim.session().unwrap().to_owned();
    let name = "cognito-ap-south-1_abcdefghi";
    let one = format!("Cookie: {name}={planted}; {name}={own}");
    let other = [format!("Cookie: {name}={own}"), format!("Cookie: {name}={planted}")];
    for cookies in [vec![one.as_str()], other.iter().map(String::as_str).collect()] {
        let path = format!("GET /oauth2/authorize?{}", query("spa", ""));
        let response = crate::support::send(&server, &path, &cookies, "").await;
        assert!(location(&response).starts_with("/login?"), "{cookies:?}");
    }
    let form = "XSRF-TOKEN-ap-south-1_abcdefghi";
    let path = format!("/login?{}", query("spa", ""));
    let mut other = Browser::new(&server);
    let csrf = hidden_fields(&other.get(&path).await.body).remove(0).1;
    let cookies = format!("Cookie: {form}={}; {form}={}", other.cookies[form], victim.cookies[form]);
    let body = encoded(&[("_csrf", &csrf), CREDENTIALS[0], CREDENTIALS[1]]);
    let headers = [cookies.as_str(), "Content-Type: application/x-www-form-urlencoded"];
    let response = crate::support::send(&server, &format!("POST {path}"), &headers, &body).await;
    assert_eq!(response.status, 403, "{}", response.head);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    browser.sign_in(&query("spa", "")).await;
    let mut stolen = Browser { cookies: browser.cookies.clone(), ..Browser::new(&server) };
    browser.sign_in(&query("spa", "prompt=login")).await;
    assert_ne!(browser.session(), stolen.session());
    let response = stolen.get(&format!("/oauth2/authorize?{}", query("spa", ""))).await;
    assert!(location(&response).starts_with("/login?"));
}

#[tokio::test]
async fn what_a_request_or_a_user_name_has_of_html_is_shown_as_text() {
    let evil = "\"><script>alert(1)</script>";
    let pool = builder_with_login()
        .allow_self_sign_up()
        .user(User::new("<b>bob</b>", "password").unconfirmed().attribute("email", "<i>@<i>"))
        .build()
        .unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let encoded_evil: String = form_urlencoded::byte_serialize(evil.as_bytes()).collect();
    let mut browser = Browser::new(&server);
    for parameter in ["login_hint", "state", "nonce", "lang", "ui_locales", "x"] {
        let query = query("spa", &format!("{parameter}={encoded_evil}"));
        for path in ["/login", "/signup"] {
            let page = browser.get(&format!("{path}?{query}")).await;
            assert_eq!(page.status, 200);
            assert!(!page.body.contains("<script"), "{}", page.body);
            let again =
                browser.submit(&page, &[("username", evil), ("password", "x"), ("email", evil)]).await;
            assert_eq!(again.status, 400);
            assert!(!again.body.contains("<script"), "{}", again.body);
            assert!(again.body.contains("&lt;script&gt;"), "it is filled in again: {}", again.body);
        }
    }
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let confirm = browser.submit(&page, &[("username", "<b>bob</b>"), ("password", "password")]).await;
    assert!(!confirm.body.contains("<b>") && !confirm.body.contains("<i>"), "{}", confirm.body);
    for path in
        [format!("/error?error={encoded_evil}"), format!("/oauth2/authorize?client_id={encoded_evil}")]
    {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 400);
        assert!(!page.body.contains("alert(1)"), "{}", page.body);
    }
}

#[tokio::test]
async fn a_step_belongs_to_the_browser_that_began_it() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let step = browser.submit(&page, &[("username", "new"), ("password", "temporary")]).await;
    let session = hidden_fields(&step.body).into_iter().find(|(name, _)| name == "session").unwrap().1;
    let mut other = Browser::new(&server);
    let others = other.get(&format!("/login?{}", query("spa", ""))).await;
    let answers =
        [("session", session.as_str()), ("new_password", "Aa1!aaaa"), ("repeat_password", "Aa1!aaaa")];
    let response = other.submit(&others, &answers).await;
    assert_eq!(problem(&response), "Your session expired. Sign in again.");
    assert!(other.session().is_none());
}

#[tokio::test]
async fn a_form_must_be_one_and_stay_small_and_say_nothing_twice() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let path = format!("/login?{}", query("spa", ""));
    let page = browser.get(&path).await;
    let csrf = hidden_fields(&page.body).remove(0).1;
    let twice = format!("_csrf={csrf}&username=ada&username=bob&password=her-password");
    assert_eq!(browser.post(&path, &[], &twice).await.status, 400);
    let large = format!("_csrf={csrf}&username={}", "x".repeat(64 * 1024));
    assert_eq!(browser.post(&path, &[], &large).await.status, 413);
    let json =
        crate::support::send(&server, &format!("POST {path}"), &["Content-Type: application/json"], "{}")
            .await;
    assert_eq!(json.status, 400);
}
