//! The pages themselves: their headers, their words, and what a keyboard and a screen reader need.

use super::browser::problem;
use super::{Browser, builder_with_login, query};
use crate::support::{get, send};

#[tokio::test]
async fn no_page_runs_a_script_or_loads_anything() {
    let server =
        builder_with_login().allow_self_sign_up().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let (login, sign_up) = (format!("/login?{}", query("spa", "")), format!("/signup?{}", query("spa", "")));
    for path in [login.as_str(), &sign_up, "/error?error=redirect_mismatch", "/oauth2/authorize"] {
        let page = get(&server, path).await;
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), Some(value), "{path} {name}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let handlers = ["onclick=", "onload=", "onerror=", "onsubmit=", "onfocus=", "javascript:"];
        let outside = ["<script", "<link", "src=", "style=", "url(", "@import", "http://", "https://"];
        for forbidden in handlers.into_iter().chain(outside) {
            assert!(!page.body.contains(forbidden), "{path} has {forbidden}: {}", page.body);
        }
        assert!(page.header("access-control-allow-origin").is_none(), "{path}");
    }
    let policy = get(&server, &login).await.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("form-action 'self' http://localhost:3000;"), "{policy}");
}

#[tokio::test]
async fn the_hash_in_the_policy_is_that_of_the_style() {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::Engine as _;
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let page = get(&server, "/error").await;
    let (_, rest) = page.body.split_once("<style>").unwrap();
    let style = rest.split("</style>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(digest(&SHA256, style.as_bytes()));
    assert!(page.header("content-security-policy").unwrap().contains(&format!("'sha256-{hash}'")));
}

#[tokio::test]
async fn each_field_has_a_label_and_says_what_it_takes() {
    let server =
        builder_with_login().allow_self_sign_up().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let login = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let refused = browser.submit(&login, &[("username", "ada"), ("password", "guess")]).await;
    let new_password = browser.submit(&login, &[("username", "new"), ("password", "temporary")]).await;
    let token = browser.submit(&login, &[("username", "careful"), ("password", "password")]).await;
    let confirm = browser.submit(&login, &[("username", "early"), ("password", "password")]).await;
    let sign_up = browser.get(&format!("/signup?{}", query("spa", ""))).await;
    for page in [&login, &refused, &new_password, &token, &confirm, &sign_up] {
        let fields: Vec<&str> = page.body.split("<input ").skip(1).collect();
        for field in fields.iter().filter(|field| !field.starts_with("type=\"hidden\"")) {
            let id = field.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(page.body.contains(&format!("<label for=\"{id}\">")), "{id} has no label");
            assert!(field.contains("autocomplete=\""), "{id}");
        }
        assert_eq!(page.body.matches("<h1>").count(), 1);
        assert!(page.body.contains("<main>") && page.body.contains("<title>"));
        assert!(page.body.matches(" autofocus").count() <= 1);
        assert!(page.body.contains("name=\"viewport\""));
    }
    assert!(refused.body.contains("role=\"alert\" id=\"problem\""));
    assert!(refused.body.contains("aria-describedby=\"problem\""));
    assert!(
        token.body.contains("autocomplete=\"one-time-code\"") && token.body.contains("inputmode=\"numeric\"")
    );
    assert!(new_password.body.contains("autocomplete=\"new-password\""));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_one_text() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    for (name, password) in
        [("ada", "guess"), ("nobody", "her-password"), ("gone", "guess"), ("early", "x"), ("ada", "")]
    {
        let response = browser.submit(&page, &[("username", name), ("password", password)]).await;
        assert_eq!(response.status, 400);
        assert_eq!(problem(&response), "Incorrect username or password.", "{name}");
        assert!(!response.body.contains("guess"), "the password is not filled in again");
    }
    assert!(browser.session().is_none());
}

#[tokio::test]
async fn an_error_page_knows_its_names_alone() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    for (query, code, status) in [
        ("?error=redirect_mismatch", "redirect_mismatch", 400),
        ("?error=logout_mismatch", "logout_mismatch", 400),
        ("?error=unauthorized_client", "unauthorized_client", 400),
        ("?error=access_denied", "access_denied", 403),
        ("?error=made+up", "invalid_request", 400),
        ("", "invalid_request", 400),
    ] {
        let page = get(&server, &format!("/error{query}")).await;
        assert_eq!(page.status, status, "{query}");
        assert!(page.body.contains(&format!("<code>{code}</code>")), "{query}: {}", page.body);
        assert!(!page.body.contains("made up"));
    }
}

#[tokio::test]
async fn pages_are_got_and_forms_are_posted() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    for request in
        ["POST /oauth2/authorize", "POST /logout", "POST /error", "PUT /login", "GET /oauth2/revoke"]
    {
        assert_eq!(send(&server, request, &[], "").await.status, 405, "{request}");
    }
}
