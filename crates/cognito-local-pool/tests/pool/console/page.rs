//! What the page shows.

use cognito_local_pool::{AppClient, ExplainLine, ExplainOutcome, ResourceServer, User};

use super::submit;
use crate::login::{Browser, builder_with_login};
use crate::support::{builder, get, pool, send};

#[tokio::test]
async fn a_browser_gets_the_page_and_a_program_does_not() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for accept in ["*/*", "application/json", "text/plain", "text/htmlx"] {
        let response = send(&server, "GET /", &[&format!("Accept: {accept}")], "").await;
        assert_eq!(response.status, 405, "{accept}");
    }
    assert_eq!(get(&server, "/").await.status, 405);
    let page = Browser::new(&server).open("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_runs_one_script() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let page = Browser::new(&server).open("/").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.body.matches("<script>").count(), 1);
    for outside in ["src=", "<link", "<img", "<iframe", " style=", "onclick"] {
        assert!(!page.body.contains(outside), "{outside}");
    }
}

#[tokio::test]
async fn the_page_shows_what_the_pool_has_and_no_secret() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let page = Browser::new(&server).open("/").await.body;
    for text in [
        "m2m",
        "orders/admin",
        "ada@example.com",
        "CONFIRMED",
        "FORCE_CHANGE_PASSWORD",
        "disabled",
        "ops",
        "http://localhost:3000/callback",
        "client_credentials",
        "ap-south-1_abcdefghi",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for secret in ["its:secret", "her-password", "old-secret", "new-secret", "GEZDGNBV", "temporary"] {
        assert!(!page.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn every_field_has_a_label() {
    let pool = pool();
    pool.explain_with(["GET /orders"], |_| async { Vec::new() });
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let page = Browser::new(&server).open("/").await.body;
    let fields = ["as", "client", "scopes", "groups", "claims", "token", "route"];
    for id in fields {
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        assert!(page.contains(&format!("<label for=\"{id}\">")), "{id}");
    }
    // Those of the choices are inside their labels.
    let visible = page.matches("<input").count() - page.matches("type=\"hidden\"").count();
    let (choices, areas) =
        (page.matches("<label class=\"choice\"><input").count(), page.matches("<textarea").count());
    assert_eq!(visible + areas + page.matches("<select").count(), fields.len() + choices);
}

#[tokio::test]
async fn html_in_names_is_shown_as_text() {
    let evil = "<script>alert(1)</script>";
    let pool = builder()
        .resource_server(ResourceServer::new("<b>").scope("<i>"))
        .app_client(AppClient::public("html").allow_scope("<b>/<i>"))
        .user(User::new(evil, "x").group("<u>'\"").attribute("email", "<i>@<i>"))
        .build()
        .unwrap();
    pool.explain_with([evil], |request| async move {
        vec![ExplainLine::new(ExplainOutcome::Note, request.route().unwrap_or_default())]
    });
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let minting = [("as", evil), ("scopes", "\"><script>"), ("claims", "{\"a\":\"<script>\"}")];
    let token = pool.access_token(evil).claim(evil, evil).sign();
    let pages = [
        browser.open("/").await,
        submit(&mut browser, "/console/token", &minting).await,
        submit(
            &mut browser,
            "/console/token",
            &[("as", "</textarea><script>"), ("claims", "</textarea><script>")],
        )
        .await,
        submit(&mut browser, "/console/decode", &[("token", &token), ("route", evil)]).await,
        submit(&mut browser, "/console/decode", &[("token", "</textarea><script>")]).await,
        send(&server, "POST /", &["X-Amz-Target: a.<script>"], "{}").await,
        browser.open("/").await,
        browser.get("/console/activity").await,
    ];
    for page in pages {
        assert_eq!(page.body.matches("<script").count(), page.body.matches("<script>\"use strict\"").count());
        assert!(!page.body.contains("<u>") && !page.body.contains("<i>"), "{}", page.body);
    }
}

#[tokio::test]
async fn a_pasted_token_is_taken_apart() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    for (token, text) in [
        (pool.access_token("ada").sign(), "Signed by this pool, and not expired."),
        (
            format!("Bearer {}", pool.access_token("ada").expired().sign()),
            "Signed by this pool, and expired.",
        ),
        (pool.access_token("ada").forged().sign(), "Not signed by a key of this pool"),
    ] {
        let page = submit(&mut browser, "/console/decode", &[("token", &token)]).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains(text), "{}", page.body);
        assert!(page.body.contains("&quot;username&quot;: &quot;ada&quot;"), "{}", page.body);
    }
    let page = submit(&mut browser, "/console/decode", &[("token", "not a token")]).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("role=\"alert\" id=\"problem\">That is not a token"), "{}", page.body);
}

#[tokio::test]
async fn a_closure_explains_the_token_for_a_route() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    assert!(browser.open("/").await.body.contains("Decode a token"));
    pool.explain_with(["GET /orders/{id}"], |request| async move {
        let known = request.jwks().contains("\"keys\"") && request.token().starts_with("eyJ");
        let outcome = if known { ExplainOutcome::Passed } else { ExplainOutcome::Failed };
        vec![
            ExplainLine::new(outcome, format!("asked for {}", request.route().unwrap_or("no route"))),
            ExplainLine::new(ExplainOutcome::NotReached, "the rest"),
        ]
    });
    let page = browser.open("/").await.body;
    assert!(
        page.contains("Explain a token") && page.contains("<option value=\"GET /orders/{id}\">"),
        "{page}"
    );
    let token = pool.access_token("ada").sign();
    let fields = [("token", &*token), ("route", "GET /orders/7")];
    let page = submit(&mut browser, "/console/decode", &fields).await.body;
    assert!(page.contains("✓ passed </span>asked for GET /orders/7"), "{page}");
    assert!(
        page.contains("not reached </span>the rest") && page.contains("value=\"GET /orders/7\""),
        "{page}"
    );
    let page = submit(&mut browser, "/console/token", &[("as", "ada")]).await.body;
    assert!(page.contains("✓ passed </span>asked for no route"), "{page}");
}
