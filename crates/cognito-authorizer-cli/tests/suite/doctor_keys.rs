//! `doctor` about keys that are elsewhere, or another pool's.

use std::time::Duration;

use axum::http::StatusCode;
use cognito_authorizer_cli::system_time;
use cognito_local_pool::{LocalPool, TlsIdentity};
use expect_test::expect;

use crate::{
    doctor::{DISCOVERY, KEYS, discovery, examine, keys, serve},
    support::{NOW, POOL, pool, run, run_by},
};

/// A discovery document that names the keys at this URL.
fn discovery_with_keys_at(url: &str) -> (&'static str, StatusCode, String) {
    (DISCOVERY, StatusCode::OK, format!(r#"{{"issuer":"ISSUER","jwks_uri":"{url}"}}"#))
}

/// The keys of another pool.
fn other_keys() -> (&'static str, StatusCode, String) {
    let pool = LocalPool::builder("eu-west-1_Zz98Yy76X").key_id("local-key").build().unwrap();
    (KEYS, StatusCode::OK, pool.jwks())
}

#[tokio::test]
async fn keys_elsewhere_are_compared() {
    let elsewhere = serve(&[keys()]).await;
    let url = format!("{elsewhere}{KEYS}");
    let ran = examine(&serve(&[discovery_with_keys_at(&url), keys()]).await, &[]).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
    expect![[r"
        User pool eu-west-1_Ab12Cd34E
          · TLS          none: a loopback address
          ✓ discovery    the issuer is the pool's; its keys are also at
                         ELSEWHERE/.well-known/jwks.json
          ✓ keys         1 key can be used: local-key
          ✓ clock        within 2 s of the pool's

        Nothing is wrong.
    "]]
    .assert_eq(&ran.out.replace(&elsewhere, "ELSEWHERE"));
}

#[tokio::test]
async fn another_pool_s_keys_are_never_called_good() {
    let elsewhere = serve(&[keys()]).await;
    let url = format!("{elsewhere}{KEYS}");
    let ran = examine(&serve(&[discovery_with_keys_at(&url), other_keys()]).await, &[]).await;
    assert_eq!(ran.exit, 1, "{ran:?}");
    expect![[r#"
        User pool eu-west-1_Ab12Cd34E
          · TLS          none: a loopback address
          ✗ discovery    the discovery document names the keys at
                         ELSEWHERE/.well-known/jwks.json, which are others:
                         those here are another pool's
          ✓ keys         1 key can be used: local-key
          ✓ clock        within 2 s of the pool's

        1 problem found.
        → Tokens of the pool will be refused: set
          `.jwks_url("ELSEWHERE/.well-known/jwks.json")` instead of
          ISSUER/.well-known/jwks.json.
    "#]]
    .assert_eq(&ran.out.replace(&elsewhere, "ELSEWHERE"));
}

#[tokio::test]
async fn keys_that_cannot_be_compared_are_not_called_good() {
    for (url, problem) in [
        ("http://127.0.0.1:1/keys", "could not be reached"),
        ("http://cognito.invalid/keys", "requested without TLS"),
        ("keys", "not an absolute URL"),
    ] {
        let ran = examine(&serve(&[discovery_with_keys_at(url), keys()]).await, &[]).await;
        let says = ran.one_line();
        assert!(ran.exit == 0 && says.contains(problem) && !says.contains("Nothing is wrong"), "{ran:?}");
        assert!(says.contains("No problem found, but not everything could be checked."), "{ran:?}");
    }
}

/// The keys may be at an emulator or a VPC endpoint, while services only compare the issuer.
#[tokio::test]
async fn keys_apart_from_the_issuer_are_examined_without_it() {
    let issuer = format!("https://cognito-idp.eu-west-1.amazonaws.com/{POOL}");
    let document = |issuer: &str| (DISCOVERY, StatusCode::OK, format!(r#"{{"issuer":"{issuer}"}}"#));
    let apart = async |documents: &[_], options: &[&str]| {
        let server = serve(documents).await;
        let url = format!("{server}{KEYS}");
        let ran = run_by(&system_time, &[&["doctor", POOL, "--jwks-url", &url], options].concat(), "").await;
        (ran.exit, ran.one_line())
    };
    let (exit, says) = apart(&[document(&issuer), keys()], &[]).await;
    assert!(exit == 0 && says.contains("the server of the keys has the pool's issuer"), "{says}");
    assert!(says.contains("Nothing is wrong"), "{says}");

    let other = issuer.replace(POOL, "eu-west-1_Zz98Yy76X");
    let (exit, says) = apart(&[document(&other), keys()], &[]).await;
    assert!(exit == 1 && says.contains("These are the keys of the user pool eu-west-1_Zz98Yy76X"), "{says}");

    // The issuer is on another machine of a compose network, which this one cannot reach.
    let compose = format!("http://cognito.invalid:9229/{POOL}");
    let (exit, says) = apart(&[keys()], &["--issuer", &compose]).await;
    assert!(exit == 0 && says.contains("nothing says whether the keys are this pool's"), "{says}");
    assert!(!says.contains("Nothing is wrong"), "{says}");

    let (exit, says) = apart(&[document(&compose), keys()], &["--issuer", &compose]).await;
    assert!(exit == 0 && says.contains("Nothing is wrong"), "{says}");
}

#[tokio::test]
async fn a_url_of_another_pool_is_a_problem() {
    let server = serve(&[]).await;
    let issuer = format!("{server}/eu-west-1_Zz98Yy76X");
    let ran = run_by(&system_time, &["doctor", POOL, "--issuer", &issuer], "").await;
    let expected = "the URL is that of the user pool eu-west-1_Zz98Yy76X, not of eu-west-1_Ab12Cd34E";
    assert!(ran.exit == 1 && ran.one_line().contains(expected), "{ran:?}");
}

#[tokio::test]
async fn plain_http_needs_the_option_that_names_the_host() {
    let issuer = format!("http://cognito.invalid:9229/{POOL}");
    let ran = run(&["doctor", POOL, "--issuer", &issuer], "").await;
    let option = "--dangerous-allow-http cognito.invalid";
    assert!(ran.exit == 2 && ran.messages.contains(option), "{ran:?}");
    let token = pool().access_token("ada").sign();
    let ran = run(&["explain", "--pool", POOL, "--issuer", &issuer], &token).await;
    assert!(ran.exit == 2 && ran.messages.contains(option), "{ran:?}");
    // With the option it is requested, and does not exist: `.invalid` never does (RFC 2606 §2).
    // The time-out is longer than that of the name service, which may not answer.
    let allowed = ["--dangerous-allow-http", "cognito.invalid", "--timeout", "30"];
    let ran = run(&[&["doctor", POOL, "--issuer", &issuer], &allowed[..]].concat(), "").await;
    assert!(ran.exit == 3 && ran.one_line().contains("could not be reached"), "{ran:?}");
    let ran = run(&[&["explain", "--pool", POOL, "--issuer", &issuer], &allowed[..]].concat(), &token).await;
    assert_eq!(ran.exit, 3, "{ran:?}");
}

#[tokio::test]
async fn https_on_a_port_of_plain_http_is_recognised() {
    let issuer = serve(&[discovery(), keys()]).await.replace("http:", "https:");
    let ran = examine(&issuer, &[]).await;
    assert!(
        ran.exit == 3 && ran.one_line().contains("The server does not speak TLS on this port"),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn plain_http_on_a_port_of_https_is_recognised() {
    let identity = TlsIdentity::generate(std::time::UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs()));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}/{POOL}", listener.local_addr().unwrap());
    let _server = pool().serve_tls_on(listener, &identity.unwrap()).unwrap();
    let ran = examine(&issuer, &[]).await;
    assert!(ran.exit == 3 && ran.one_line().contains("give an `https` URL"), "{ran:?}");
}
