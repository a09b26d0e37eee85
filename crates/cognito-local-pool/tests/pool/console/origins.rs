//! Refused requests: from pages of other origins, and under a host name that is not this pool's.

use serde_json::json;

use super::{mint, submit};
use crate::login::{Browser, form, hidden_fields};
use crate::support::{pool, send};

const JSON: &str = "Content-Type: application/json";
const ORDER: &str = "{\"as\":\"ada\"}";

#[tokio::test]
async fn a_script_of_another_origin_mints_nothing() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for headers in [
        &["Origin: https://evil.example"][..],
        &["Origin: http://localhost:3000"],
        &["Origin: http://127.0.0.1:9229"],
        &["Origin: null"],
        &["Origin: http://localhost:9229", "Origin: http://localhost:9229"],
        &["Origin: http://localhost:9229", "Sec-Fetch-Site: cross-site"],
        &["Sec-Fetch-Site: cross-site"],
        &["Sec-Fetch-Site: same-site"],
        &["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"],
    ] {
        for media_type in
            [JSON, "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded"]
        {
            let headers = [headers, &[media_type]].concat();
            let response = send(&server, "POST /console/token", &headers, ORDER).await;
            assert_eq!(response.status, 403, "{headers:?}");
            assert!(!response.body.contains("eyJ"), "{headers:?}");
            assert_eq!(response.header("access-control-allow-origin"), None, "{headers:?}");
        }
        let response = send(&server, "GET /console/activity", headers, "").await;
        assert_eq!(response.status, 403, "{headers:?}");
    }
}

#[tokio::test]
async fn no_preflight_is_answered() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let headers = [
        "Origin: https://evil.example",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type",
    ];
    for path in ["/console/token", "/console/decode", "/console/activity"] {
        let response = send(&server, &format!("OPTIONS {path}"), &headers, "").await;
        assert!(matches!(response.status, 403 | 405), "{path}: {}", response.status);
        assert_eq!(response.header("access-control-allow-origin"), None, "{path}");
    }
    // The page shares its path with the API, which is open.
    let headers = ["Accept: text/html", "Origin: https://evil.example"];
    let page = send(&server, "GET /", &headers, "").await;
    assert_eq!((page.status, page.header("access-control-allow-origin")), (200, None));
    assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"));
}

#[tokio::test]
async fn a_request_without_origin_needs_a_type_that_no_form_has() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    assert_eq!(mint(&server, &json!({ "as": "ada" })).await.status, 200);
    for headers in [
        &[][..],
        &["Content-Type: text/plain"],
        &["Content-Type: text/plain; application/json"],
        &["Content-Type: multipart/form-data; boundary=x"],
        &["Content-Type: application/json", "Content-Type: text/plain"],
    ] {
        let response = send(&server, "POST /console/token", headers, ORDER).await;
        assert_eq!(response.status, 415, "{headers:?}: {}", response.body);
    }
    let headers = ["Content-Type: application/x-www-form-urlencoded"];
    let response = send(&server, "POST /console/token", &headers, "as=ada").await;
    assert_eq!(response.status, 403, "{}", response.body);
}

#[tokio::test]
async fn the_page_s_own_script_and_a_person_are_answered() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for headers in [
        &["Origin: http://localhost:9229", "Sec-Fetch-Site: same-origin", JSON][..],
        &["Host: 127.0.0.1:9229", "Origin: http://127.0.0.1:9229", JSON],
    ] {
        assert_eq!(send(&server, "POST /console/token", headers, ORDER).await.status, 200, "{headers:?}");
    }
}

#[tokio::test]
async fn a_rebound_name_reaches_neither_the_page_nor_the_mint() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for host in ["evil.example:9229", "localhost.evil.example", "evil.example"] {
        let (host_line, origin) = (format!("Host: {host}"), format!("Origin: http://{host}"));
        let headers = [&*host_line, &*origin, "Sec-Fetch-Site: same-origin", JSON, "Accept: text/html"];
        for request in ["POST /console/token", "POST /console/decode", "GET /console/activity", "GET /"] {
            let response = send(&server, request, &headers, ORDER).await;
            assert_eq!(response.status, 421, "{request} {host}");
            assert!(!response.body.contains("eyJ"), "{request} {host}");
        }
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_mints_and_decodes_nothing() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for path in ["/console/token", "/console/decode"] {
        let mut browser = Browser::new(&server);
        let csrf = hidden_fields(&browser.open("/").await.body).remove(0).1;
        let others = hidden_fields(&Browser::new(&server).open("/").await.body).remove(0).1;
        let body = |token: &str| {
            let pairs = [("_csrf", token), ("as", "ada"), ("client", "web"), ("token", "e30.e30.x")];
            form(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
        };
        for (headers, body, what) in [
            (vec![], body(""), "no token"),
            (vec![], body("guess"), "a guess"),
            (vec![], body(&others), "the token of another browser"),
            (vec!["Origin: https://evil.example"], body(&csrf), "another origin"),
            (vec!["Origin: null"], body(&csrf), "a sandboxed frame"),
            (vec!["Sec-Fetch-Site: cross-site"], body(&csrf), "another site"),
        ] {
            let response = browser.post(path, &headers, &body).await;
            assert_eq!(response.status, 403, "{path}: {what}");
            assert!(!response.body.contains("eyJ"), "{path}: {what}");
        }
        // The token without the cookie that it belongs to.
        assert_eq!(Browser::new(&server).post(path, &[], &body(&csrf)).await.status, 403, "{path}");
        assert_eq!(browser.post(path, &[], &body(&csrf)).await.status, 200, "{path}");
    }
    let mut browser = Browser::new(&server);
    assert_eq!(submit(&mut browser, "/console/token", &[("as", "ada")]).await.status, 200);
}
