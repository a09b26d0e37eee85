//! What people paste, and what `explain` makes of it.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{CognitoAuthLayer, KeySet, UnixTime, clock::ManualClock};
use cognito_local_pool::{LocalPool, PoolServer};
use expect_test::expect;
use http::Request;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{KeysFile, NOW, POOL, Ran, WEB_APP, explain, member, other_pool, pool, run};

const OTHER: &str = "us-east-1_Zz98Yy76X";

/// Explains with a pool whose keys are fetched, and says how many times they were.
async fn fetched(presented: &str, server: &PoolServer, options: &[&str]) -> (Ran, usize) {
    let (url, before) = (server.jwks_url(), server.jwks_fetches());
    let arguments = [&["explain", "--pool", POOL, "--any-client", "--jwks-url", &url], options].concat();
    let ran = explain(presented, &arguments).await;
    (ran, server.jwks_fetches() - before)
}

/// A JWT that no user pool made.
fn jwt(header: &serde_json::Value, claims: &serde_json::Value) -> String {
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), "c2ln".repeat(80))
}

#[tokio::test]
async fn the_response_of_a_token_endpoint_may_be_pasted_whole() {
    let pool = pool();
    let keys = KeysFile::of(&pool);
    let response = json!({
        "access_token": pool.access_token("ada").sign(),
        "id_token": pool.id_token("ada").sign(),
        "refresh_token": "r",
        "expires_in": 3600,
        "token_type": "Bearer",
    });
    let text = format!("{response:#}\n");
    let ran = keys.explain(&text, &["--any-client"]).await;
    assert!(ran.exit == 0 && ran.out.contains("`access_token` of a JSON response"), "{ran:?}");
    let ran = keys.explain(&text, &["--any-client", "--accept", "id"]).await;
    assert!(ran.exit == 0 && ran.out.contains("`id_token` of a JSON response"), "{ran:?}");
    let api = json!({ "AuthenticationResult": { "AccessToken": response["access_token"] } }).to_string();
    let ran = keys.explain(&api, &["--any-client"]).await;
    assert!(ran.exit == 0 && ran.out.contains("`AccessToken` of a JSON response"), "{ran:?}");
    let ran = keys.explain(r#"{"error":"invalid_grant"}"#, &[]).await;
    assert!(ran.exit == 2 && ran.messages.contains("the JSON has no token"), "{ran:?}");
}

#[tokio::test]
async fn the_headers_of_a_request_may_be_pasted() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    for text in [
        format!(
            "GET /orders HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer {token}\r\nAccept: */*\r\n"
        ),
        format!(
            "curl https://api.example/orders \\\n  -H 'Accept: */*' \\\n  -H 'Authorization: Bearer {token}' \\\n  -v"
        ),
        format!("> Authorization: bearer {token}"),
        format!("x-amzn-oidc-accesstoken: {token}"),
    ] {
        let ran = keys.explain(&text, &["--any-client"]).await;
        assert!(ran.exit == 0 && ran.out.contains("in the header "), "{ran:?}");
    }
}

#[tokio::test]
async fn a_tab_after_bearer_is_refused_as_the_middleware_refuses_it() {
    let pool = pool();
    let token = pool.access_token("ada").sign();
    let ran = KeysFile::of(&pool).explain(&format!("Bearer\t{token}"), &["--any-client"]).await;
    assert!(ran.exit == 1 && ran.one_line().contains("There is a tab after `Bearer`"), "{ran:?}");
}

#[tokio::test]
async fn a_token_of_another_issuer_is_recognised_before_keys_are_fetched() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let header = json!({ "alg": "RS256", "kid": "k" });
    for (issuer, says) in [
        ("https://accounts.google.com", "This is a token of Google (https://accounts.google.com)"),
        ("https://dev-1.eu.auth0.com/", "This is a token of Auth0 (https://dev-1.eu.auth0.com/)"),
        ("https://idp.example", "This token names the issuer https://idp.example, which is not a trusted"),
        ("https://cognito-identity.amazonaws.com", "This is a token of a Cognito identity pool"),
    ] {
        let token = jwt(&header, &json!({ "iss": issuer, "sub": "1" }));
        let (ran, fetches) = fetched(&token, &server, &[]).await;
        assert!(ran.exit == 1 && ran.one_line().starts_with(says), "{ran:?}");
        assert_eq!(fetches, 0, "{issuer}");
    }
}

#[tokio::test]
async fn a_wrong_pool_is_seen_without_a_network() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let issuer = format!("https://cognito-idp.us-east-1.amazonaws.com/{OTHER}");
    let token = other_pool(OTHER, &issuer).access_token("ada").sign();
    let (ran, fetches) = fetched(&token, &server, &[]).await;
    assert_eq!((ran.exit, fetches), (1, 0), "{ran:?}");
    let (_, steps) = ran.out.split_once("The check").unwrap();
    let kid = steps.split("kid ").nth(1).unwrap().lines().next().unwrap();
    expect![[r#"
        , step by step
          ✓ source       from standard input
          ✓ form         3 segments, 1,059 bytes
          ✓ header       alg RS256, kid KID
          ✗ key          not looked up: the token's `iss` is
                         https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Zz98Yy76X,
                         and trusted is user pool eu-west-1_Ab12Cd34E
    "#]]
    .assert_eq(&format!("{}\n", steps.replace(kid, "KID").split("\n  · not").next().unwrap()));
    assert!(ran.one_line().contains("run again with: --pool us-east-1_Zz98Yy76X"), "{ran:?}");
    let (ran, _) = fetched(&token, &server, &["--json"]).await;
    assert_eq!(member(&ran.out, "recognised"), "other_user_pool");
}

#[tokio::test]
async fn credentials_that_are_not_jwts_of_a_pool_are_recognised() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let encrypted = URL_SAFE_NO_PAD.encode(r#"{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}"#);
    let oidc_data = jwt(
        &json!({ "typ": "JWT", "alg": "ES256", "kid": "k", "signer": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/b" }),
        &json!({ "sub": "1", "iss": format!("https://cognito-idp.eu-west-1.amazonaws.com/{POOL}") }),
    );
    for (presented, code, says) in [
        (format!("{encrypted}.a.b.c.d"), "refresh_token", "This is a refresh token of Amazon Cognito"),
        (
            "ya29.a0AfB_byDexample".to_owned(),
            "opaque_credential",
            "This looks like an access token of Google",
        ),
        (format!("x-amzn-oidc-data: {oidc_data}"), "load_balancer_data", "`x-amzn-oidc-accesstoken`"),
    ] {
        let (ran, fetches) = fetched(&presented, &server, &[]).await;
        assert!(ran.exit == 1 && ran.one_line().contains(says) && fetches == 0, "{ran:?}");
        let (ran, _) = fetched(&presented, &server, &["--json"]).await;
        assert_eq!(member(&ran.out, "recognised"), code);
    }
}

#[tokio::test]
async fn a_refresh_token_of_a_local_pool_is_recognised() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let url = server.url();
    let sign_in =
        ["token", "--username", "ada", "--password-env", "PASSWORD", "--client", WEB_APP, "--endpoint"];
    let tokens = run(&[&sign_in[..], &[&url, "--json"]].concat(), "").await;
    let (ran, fetches) = fetched(&member(&tokens.out, "refresh_token"), &server, &[]).await;
    let says = ran.one_line();
    assert!(ran.exit == 1 && says.starts_with("This looks like a refresh token of a local pool."), "{says}");
    assert!(says.contains("is only for the token endpoint") && fetches == 0, "{says}");
}

#[tokio::test]
async fn claims_are_left_out_on_demand() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    for (options, shown) in [(&[][..], true), (&["--no-claims"], false)] {
        let ran = keys.explain(&token, options).await;
        assert_eq!(ran.out.contains("username         ada"), shown, "{ran:?}");
        let ran = keys.explain(&token, &[options, &["--json"]].concat()).await;
        assert_eq!(ran.out.contains(r#""username": "ada""#), shown, "{ran:?}");
    }
}

proptest! {
    // Each case runs the command.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

    /// What `explain` makes of the text around a token never changes what the middleware says about the header.
    #[test]
    fn explain_and_the_middleware_agree_about_a_header(
        before in "(Bearer|bearer|BEARER|Basic|Token)?[ \t,]{0,2}",
        after in "([ \t,.]{0,2}(a|Bearer|=|%41|[.]e30)?)?",
        is_good in any::<bool>(),
    ) {
        static POOL_AND_KEYS: LazyLock<(LocalPool, KeysFile)> = LazyLock::new(|| {
            let pool = pool();
            let keys = KeysFile::of(&pool);
            (pool, keys)
        });
        let (pool, keys) = &*POOL_AND_KEYS;
        let token = if is_good { pool.access_token("ada").sign() } else { "a.b.c".to_owned() };
        let value = format!("{before}{token}{after}");
        let layer = CognitoAuthLayer::builder(cognito_authorizer::UserPool::new(POOL).any_client());
        let layer = layer.clock(ManualClock::at(UnixTime::from_secs(NOW)));
        let layer = layer.with_keys([(POOL, KeySet::from_json(pool.jwks().as_bytes()).unwrap())]).unwrap();
        let (request, ()) = Request::builder().header("authorization", &value).body(()).unwrap().into_parts();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let decided = runtime.block_on(layer.authorizer().authorize(&request));
        let expected = decided.as_ref().err().map(|refused| u64::from(refused.response().status().as_u16()));

        let options = ["--any-client", "--profile", "standard", "--json"];
        let ran = runtime.block_on(keys.explain(&format!("Authorization: {value}"), &options));
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        prop_assert_eq!(report["answer"]["status"].as_u64(), expected, "{:?} {}", value, ran.out);
    }
}

/// The token is signed by the pool, so its own words about the issuer are no longer a guess.
#[tokio::test]
async fn a_signed_token_is_not_called_another_issuer_s() {
    let pool = pool();
    let token = pool.access_token("ada").issuer("https://accounts.google.com").sign();
    let ran = KeysFile::of(&pool).explain(&token, &[]).await;
    assert!(ran.exit == 1 && !ran.out.contains("Google") && ran.out.contains("✗ issuer"), "{ran:?}");
}
