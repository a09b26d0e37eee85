//! `doctor` against servers on this machine.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::get};
use cognito_authorizer_cli::system_time;
use cognito_local_pool::LocalPool;
use expect_test::{Expect, expect};

use crate::support::{POOL, Ran, pool, run, run_by};

/// Serves documents on a free port: path, status, body. `ISSUER` in a body becomes the issuer's URL.
pub(crate) async fn serve(documents: &[(&'static str, StatusCode, String)]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let router = documents.iter().fold(Router::new(), |router, (path, status, body)| {
        let answer = (*status, body.replace("ISSUER", &issuer));
        router.route(path, get(async move || answer))
    });
    tokio::spawn(async { axum::serve(listener, router).await });
    issuer
}

pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(crate) const KEYS: &str = "/.well-known/jwks.json";

pub(crate) fn discovery() -> (&'static str, StatusCode, String) {
    (DISCOVERY, StatusCode::OK, r#"{"issuer":"ISSUER","jwks_uri":"ISSUER/.well-known/jwks.json"}"#.to_owned())
}

pub(crate) fn keys() -> (&'static str, StatusCode, String) {
    (KEYS, StatusCode::OK, pool().jwks())
}

pub(crate) async fn examine(issuer: &str, options: &[&str]) -> Ran {
    let mut arguments = vec!["doctor", POOL, "--issuer", issuer];
    arguments.extend(options);
    let mut ran = run_by(&system_time, &arguments, "").await;
    ran.out = ran.out.replace(issuer, "ISSUER");
    ran
}

async fn check(documents: &[(&'static str, StatusCode, String)], exit: u8, expected: Expect) {
    let ran = examine(&serve(documents).await, &[]).await;
    expected.assert_eq(&ran.out);
    assert_eq!(ran.exit, exit, "{ran:?}");
}

#[tokio::test]
async fn nothing_is_wrong_with_a_good_pool() {
    check(
        &[discovery(), keys()],
        0,
        expect![[r#"
        User pool eu-west-1_Ab12Cd34E
          · TLS          none: a loopback address
          ✓ discovery    the issuer is the pool's
          ✓ keys         1 key can be used: local-key
          ✓ clock        within 2 s of the pool's

        Nothing is wrong.
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_pool_that_does_not_exist_has_neither_document() {
    check(
        &[],
        1,
        expect![[r#"
            User pool eu-west-1_Ab12Cd34E
              · TLS          none: a loopback address
              ✗ discovery    ISSUER/.well-known/openid-configuration answers
                             with status 404
              ✗ keys         the JWK Set is answered with status 404
              ✓ clock        within 2 s of the pool's

            2 problems found.
            → Is the pool's id right, in upper and lower case too, and does the pool still
              exist?
            → Without keys, no token can be verified.
        "#]],
    )
    .await;
}

#[tokio::test]
async fn another_issuer_than_expected_is_what_tokens_will_have() {
    let other = (DISCOVERY, StatusCode::OK, r#"{"issuer":"https://idp.example/a"}"#.to_owned());
    check(
        &[other, keys()],
        1,
        expect![[r#"
            User pool eu-west-1_Ab12Cd34E
              · TLS          none: a loopback address
              ✗ discovery    the pool says that its issuer is https://idp.example/a, and
                             ISSUER is expected
              ✓ keys         1 key can be used: local-key
              ✓ clock        within 2 s of the pool's

            1 problem found.
            → Its tokens will have that issuer: set `.issuer("https://idp.example/a")`,
              exactly so, and `.jwks_url("ISSUER/.well-known/jwks.json")`,
              or the keys are looked for below the issuer.
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_unusable_key_is_reported_with_the_reason() {
    let mut jwks: serde_json::Value = serde_json::from_str(&pool().jwks()).unwrap();
    let mut small = jwks["keys"][0].clone();
    small["kid"] = "small".into();
    small["n"] = "AQAB".into();
    jwks["keys"].as_array_mut().unwrap().push(small.clone());
    check(
        &[discovery(), (KEYS, StatusCode::OK, jwks.to_string())],
        0,
        expect![[r#"
            User pool eu-west-1_Ab12Cd34E
              · TLS          none: a loopback address
              ✓ discovery    the issuer is the pool's
              ✓ keys         1 key can be used: local-key
              · keys         key 2 is not used: it is not a valid RSA key of 2048 to 8192
                             bits
              ✓ clock        within 2 s of the pool's

            Nothing is wrong.
        "#]],
    )
    .await;

    let jwks = serde_json::json!({ "keys": [small] });
    check(
        &[discovery(), (KEYS, StatusCode::OK, jwks.to_string())],
        1,
        expect![[r#"
            User pool eu-west-1_Ab12Cd34E
              · TLS          none: a loopback address
              ✓ discovery    the issuer is the pool's
              · keys         key 1 is not used: it is not a valid RSA key of 2048 to 8192
                             bits
              ✗ keys         none of 1 key can be used
              ✓ clock        within 2 s of the pool's

            1 problem found.
            → Every token will be refused. Amazon Cognito's keys are RSA, for RS256, with a
              `kid`: is this another server?
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_sign_in_page_is_not_a_pool() {
    let page = |path| (path, StatusCode::OK, "<html>Please sign in</html>".to_owned());
    check(
        &[page(DISCOVERY), page(KEYS)],
        1,
        expect![[r#"
            User pool eu-west-1_Ab12Cd34E
              · TLS          none: a loopback address
              ✗ discovery    the response is not a discovery document
              ✗ keys         it is not a JWK Set, which is a JSON object with the member
                             `keys`
              ✓ clock        within 2 s of the pool's

            2 problems found.
            → Another server answers instead of the pool. Is it a proxy, or a sign-in page
              of your network?
            → Another server answers instead of the pool. Is it a proxy, or a sign-in page
              of your network? Or is the URL wrong?
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let issuer = serve(&[(DISCOVERY, StatusCode::FOUND, String::new()), keys()]).await;
    let ran = examine(&issuer, &[]).await;
    assert!(ran.exit == 3 && ran.one_line().contains("answers with a redirect (status 302)"), "{ran:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let issuer = serve(&[discovery(), (KEYS, StatusCode::OK, " ".repeat(150_001))]).await;
    let ran = examine(&issuer, &[]).await;
    assert!(ran.exit == 3 && ran.one_line().contains("answers with more than 150000 bytes"), "{ran:?}");
}

#[tokio::test]
async fn an_unreachable_pool_is_distinguished_from_a_bad_one() {
    let ran = examine("http://127.0.0.1:1", &[]).await;
    expect![[r#"
        User pool eu-west-1_Ab12Cd34E
          ✗ discovery    ISSUER/.well-known/openid-configuration could not
                         be reached: Connection refused (os error 111)
          ✗ keys         ISSUER/.well-known/jwks.json could not be reached:
                         Connection refused (os error 111)

        The pool could not be reached.
        → Is the pool running, and on this port? `cognito-authorizer pool` starts one.
    "#]]
    .assert_eq(&ran.out);
    assert_eq!(ran.exit, 3);
}

#[tokio::test]
async fn a_clock_that_is_wrong_refuses_good_tokens() {
    let issuer = serve(&[discovery(), keys()]).await;
    let arguments = ["doctor", POOL, "--issuer", &issuer];
    let minutes = Duration::from_secs(600);
    let behind = run_by(&|| system_time() - minutes, &arguments, "").await;
    assert!(behind.exit == 1 && behind.one_line().contains("be refused as not yet valid"), "{behind:?}");
    let ahead = run_by(&|| system_time() + minutes, &arguments, "").await;
    assert!(ahead.exit == 1 && ahead.one_line().contains("be refused as expired"), "{ahead:?}");
    let right = run_by(&system_time, &arguments, "").await;
    assert!(right.exit == 0 && right.out.contains("✓ clock        within 2 s of the pool's"), "{right:?}");
}

#[tokio::test]
async fn json_reports_the_same() {
    let issuer = serve(&[discovery()]).await;
    let ran = examine(&issuer, &["--json"]).await;
    expect![[r#"
        {
          "findings": [
            {
              "advice": null,
              "level": "note",
              "subject": "TLS",
              "text": "none: a loopback address"
            },
            {
              "advice": null,
              "level": "good",
              "subject": "discovery",
              "text": "the issuer is the pool's"
            },
            {
              "advice": "Without keys, no token can be verified.",
              "level": "problem",
              "subject": "keys",
              "text": "the JWK Set is answered with status 404"
            },
            {
              "advice": null,
              "level": "good",
              "subject": "clock",
              "text": "within 2 s of the pool's"
            }
          ],
          "state": "problems",
          "user_pool_id": "eu-west-1_Ab12Cd34E"
        }
    "#]]
    .assert_eq(&ran.out);
    assert_eq!(ran.exit, 1);
}

#[tokio::test]
async fn a_pool_without_a_region_needs_an_issuer() {
    let ran = run(&["doctor", "local_1a2b3c4d"], "").await;
    assert!(ran.exit == 2 && ran.messages.contains("`--issuer URL`"), "{ran:?}");
}

#[tokio::test]
async fn the_local_pool_is_healthy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}/{POOL}", listener.local_addr().unwrap());
    let pool = LocalPool::builder(POOL).issuer(&issuer).key_id("local-key").build().unwrap();
    let _server = pool.serve_on(listener).unwrap();
    let ran = examine(&issuer, &[]).await;
    assert!(ran.exit == 0 && ran.out.contains("Nothing is wrong"), "{ran:?}");
}

/// Another name of this machine is another issuer, which the tokens do not have.
#[tokio::test]
async fn a_local_pool_that_is_asked_by_another_name_says_which_issuer_to_set() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}/{POOL}", listener.local_addr().unwrap());
    let pool = LocalPool::builder(POOL).issuer(&issuer).key_id("local-key").build().unwrap();
    let _server = pool.serve_on(listener).unwrap();
    let localhost = issuer.replace("127.0.0.1", "localhost");
    let ran = run_by(&system_time, &["doctor", POOL, "--issuer", &localhost], "").await;
    assert_eq!(ran.exit, 1, "{ran:?}");
    let says = ran.one_line();
    assert!(says.contains("1 key can be used: local-key"), "it is reached: {says}");
    assert!(says.contains(&format!("its issuer is {issuer}, and {localhost} is expected")), "{says}");
    assert!(says.contains(&format!("set `.issuer(\"{issuer}\")`, exactly so")), "{says}");

    let token = pool.access_token("ada").sign();
    let explain = ["explain", "--any-client", "--pool", POOL, "--issuer"];
    let ran = run_by(&system_time, &[&explain[..], &[&localhost]].concat(), &token).await;
    assert_eq!(ran.exit, 1, "{ran:?}");
    let says = ran.one_line();
    assert!(
        says.contains(&format!("tell the service `.issuer(\"{issuer}\")`; here: --issuer {issuer}")),
        "{says}"
    );
    let ran = run_by(&system_time, &[&explain[..], &[&issuer]].concat(), &token).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
}
