//! The advice for every way in which a token is refused.

use std::{collections::BTreeSet, time::Duration};

use cognito_local_pool::LocalPool;
use serde_json::json;

use crate::support::{KeysFile, NOW, POOL, WEB_APP, member, other_pool, pool};

/// A token as presented, the options, the step that refuses it, and the advice.
struct Case {
    presented: String,
    options: &'static [&'static str],
    step: &'static str,
    hint: &'static str,
}

fn case(
    presented: impl Into<String>,
    options: &'static [&'static str],
    step: &'static str,
    hint: &'static str,
) -> Case {
    Case { presented: presented.into(), options, step, hint }
}

#[expect(clippy::too_many_lines, reason = "a table, a refusal a row")]
fn cases(pool: &LocalPool) -> Vec<Case> {
    let access = || pool.access_token("ada");
    let good = access().sign();
    let (header, rest) = good.split_once('.').unwrap();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, tail) = good.split_at(76);
    let other_last = if signature.starts_with('A') { "B" } else { "A" };
    vec![
        case(
            format!("Bearer Bearer {good}"),
            &[],
            "identity_source",
            "Something puts `Bearer` in front of a value",
        ),
        case("Basic dXNlcjpwYXNz", &[], "identity_source", "Send the access token: `Authorization: Bearer"),
        case(format!("{head}\n{tail}"), &[], "identity_source", "tr -d '[:space:]'"),
        case(
            format!("{good}, {good}"),
            &[],
            "identity_source",
            "Send one token, in one `Authorization` header",
        ),
        case(
            "e.e.e.e.e",
            &[],
            "form",
            "Five segments are an encrypted token, such as Cognito's refresh token",
        ),
        case("0f8fad5b-d9cb-469f-a165-70867728950e", &[], "form", "This looks like the `code` of a sign-in"),
        case("TOKEN", &[], "form", "This is not a JWT"),
        case(signed, &[], "form", "The signature is missing"),
        case(format!("{good}.e30"), &[], "form", "Send the access token as it was received"),
        case("e".repeat(17_000), &[], "form", "allow about 10,000 bytes for all headers"),
        case(format!("%65{good}"), &[], "header", "it was encoded for a URL"),
        case(format!("{header}=.{rest}"), &[], "header", "It has characters of plain base64"),
        case(
            format!("{}….a.b", header.get(..20).unwrap()),
            &[],
            "identity_source",
            "It was shortened for display",
        ),
        case(format!("{header}A.{rest}"), &[], "header", "A character was lost, added or changed"),
        case(access().header("alg", "none").sign(), &[], "header", "anyone can write one"),
        case(
            access().header("alg", "HS256").sign(),
            &[],
            "header",
            "signed with a shared secret, as test tools do",
        ),
        case(
            access().header("alg", "ES256").sign(),
            &[],
            "header",
            "`alg` is `ES256`, and Cognito signs with RS256",
        ),
        case(
            access().without_header("kid").sign(),
            &[],
            "header",
            "Every token of a user pool names its key",
        ),
        case(
            access().header("crit", json!(["exp"])).sign(),
            &[],
            "header",
            "No user pool issues such a token",
        ),
        case(access().raw_header("[]").sign(), &[], "header", "No user pool issues such a token"),
        case(
            access().header("kid", "k".repeat(300)).sign(),
            &[],
            "header",
            "No user pool issues such a token",
        ),
        case(
            access().header("kid", "other").sign(),
            &[],
            "key",
            "The file of keys may be older than the token",
        ),
        case(
            other_pool(
                "us-east-1_Zz98Yy76X",
                "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Zz98Yy76X",
            )
            .access_token("ada")
            .sign(),
            &[],
            "key",
            "your service trusts, run again with: --pool us-east-1_Zz98Yy76X",
        ),
        case(
            other_pool("local_1a2b3c4d", "http://127.0.0.1:9229/local_1a2b3c4d").access_token("ada").sign(),
            &[],
            "key",
            "--pool local_1a2b3c4d --issuer http://127.0.0.1:9229/local_1a2b3c4d",
        ),
        case(access().forged().sign(), &[], "signature", "Something was changed after the pool signed it"),
        case(
            format!("{signed}.{other_last}{}", signature.get(1..).unwrap()),
            &[],
            "signature",
            "Something was changed after the pool signed it",
        ),
        case(
            good.get(..good.len() - 2).unwrap(),
            &[],
            "signature",
            "The signature has 340 characters, and Cognito's have 342: the token was cut off",
        ),
        case(access().raw_payload([0xff]).sign(), &[], "claim_set", "A character was lost, added or changed"),
        case(access().raw_payload("[]").sign(), &[], "claim_set", "it is not of Cognito's shape"),
        case(access().without_claim("iss").sign(), &[], "issuer", "it is not of Cognito's shape"),
        case(access().without_claim("exp").sign(), &[], "times", "it is not of Cognito's shape"),
        case(
            pool.id_token("ada").without_claim("sub").sign(),
            &["--accept", "id"],
            "subject",
            "not of Cognito's shape",
        ),
        case(
            access().issuer("https://idp.example/").sign(),
            &[],
            "issuer",
            "The token's `iss` is https://idp.example/, and exactly https://cognito-idp.eu-west-1.amazonaws.com/",
        ),
        case(
            access().issuer(format!("https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL}")).sign(),
            &[],
            "issuer",
            "--issuer https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E",
        ),
        case(access().expired().sign(), &[], "times", "Get a fresh token: with the refresh token"),
        case(
            access().claim("exp", NOW - 10).sign(),
            &[],
            "times",
            "If fresh tokens are refused too, this machine's clock is ahead",
        ),
        case(
            access().claim("iat", NOW + 90).sign(),
            &[],
            "times",
            "This machine's clock is behind the pool's. Set it right (NTP)",
        ),
        case(
            access().claim("token_use", "refresh").sign(),
            &[],
            "token_use",
            "Send an access token or an ID token",
        ),
        case(
            pool.id_token("ada").sign(),
            &["--scope", "orders/read"],
            "token_use",
            "This is an ID token, and the route requires the scope orders/read, which only access tokens have: send the \
             access token",
        ),
        case(
            pool.id_token("ada").sign(),
            &[],
            "token_use",
            "the service must be configured so: `.accept(TokenUse::Id)`",
        ),
        case(good.clone(), &["--accept", "id"], "token_use", "This is an access token: send the ID token"),
        case(
            good.clone(),
            &["--client", "other", "--client", "another"],
            "client",
            "issued to the app client 4example23456789, and accepted is other and another",
        ),
        case(
            access().claim("aud", "https://other.example").sign(),
            &["--resource", "https://api.example"],
            "client",
            "The token is for https://other.example, not for this API. Ask for the token with `resource=` this API's identifier",
        ),
        case(
            access().claim("aud", json!(["orders", "payments"])).sign(),
            &["--audience", "billing"],
            "client",
            "The token is for orders, payments, not for this API",
        ),
        case(
            good.clone(),
            &["--audience", "orders"],
            "client",
            "The service accepts only tokens that name it in `aud`",
        ),
        case(
            access().claim("iat", 1_699_990_000).sign(),
            &["--max-token-age", "600"],
            "times",
            "The service limits the age of tokens by itself: `.max_token_age(…)`",
        ),
        case(
            access().claim("cnf", json!({ "jkt": "x" })).sign(),
            &[],
            "claim_set",
            "It is bound to a key (DPoP, mutual TLS)",
        ),
        case(
            access().acr("urn:cognito:loa:1").sign(),
            &["--acr", "urn:cognito:loa:3", "--signed-in-within", "300"],
            "requirement",
            "Have the user sign in again, with `acr_values=urn:cognito:loa:3 urn:cognito:loa:4` in the authorization request",
        ),
        case(
            access().actor("proxy").sign(),
            &["--no-actor"],
            "requirement",
            "The token was delegated by token exchange",
        ),
        case(
            good.clone(),
            &["--actor", "proxy", "--actor", "gateway"],
            "requirement",
            "The token was not delegated",
        ),
        case(
            good.clone(),
            &["--scope", "orders/read"],
            "requirement",
            "The scope is only aws.cognito.signin.user.admin: the token is from an API sign-in",
        ),
        case(
            access().scope("Orders/Read").sign(),
            &["--scope", "orders/read"],
            "requirement",
            "The token has Orders/Read, which is similar but not the same",
        ),
        case(
            access().scope("read").sign(),
            &["--scope", "orders/read"],
            "requirement",
            "with their resource server in front",
        ),
        case(
            access().without_claim("scope").sign(),
            &["--scope", "orders/read"],
            "requirement",
            "The token has no scopes. Allow the app client orders/read",
        ),
        case(
            access().scope("openid").scope("orders/list").sign(),
            &["--scope", "orders/read", "--scope", "orders/write"],
            "requirement",
            "The token has: openid, orders/list. Allow the app client orders/read or orders/write",
        ),
        case(
            pool.access_token("bob").sign(),
            &["--group", "ops"],
            "requirement",
            "The token has no groups (`cognito:groups`)",
        ),
        case(good, &["--group", "dev"], "requirement", "The user is in: ops. Add them to the group"),
    ]
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    let pool = pool();
    let keys = KeysFile::of(&pool);
    let mut steps = BTreeSet::new();
    for Case { presented, options, step, hint } in cases(&pool) {
        let ran = keys.explain(&presented, options).await;
        assert_eq!(ran.exit, 1, "{hint}: {ran:?}");
        assert!(ran.one_line().contains(hint), "{hint}\n{}", ran.out);

        let json: Vec<&str> = options.iter().copied().chain(["--json"]).collect();
        let ran = keys.explain(&presented, &json).await;
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let failed = report["steps"].as_array().unwrap().iter().find(|step| step["outcome"] == "failed");
        assert_eq!(failed.unwrap()["step"], step, "{hint}");
        steps.insert(step);
    }
    let all = cognito_verify::Check::ALL.map(cognito_verify::Check::code);
    assert_eq!(steps, all.into_iter().chain(["identity_source", "requirement"]).collect());
}

#[tokio::test]
async fn an_accepted_token_may_still_be_of_another_app_client() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    let hint = "The app client was not compared";
    assert!(keys.explain(&token, &[]).await.out.contains(hint));
    for options in [&["--client", WEB_APP][..], &["--any-client"]] {
        assert!(!keys.explain(&token, options).await.out.contains(hint), "{options:?}");
    }
}

#[tokio::test]
async fn a_command_line_contains_no_unverified_text() {
    for issuer in [
        format!("https://idp.example/$(reboot)/{POOL}"),
        format!("https://idp.example/a;reboot;/{POOL}"),
        format!("x --issuer y/{POOL}"),
    ] {
        let token = pool().access_token("ada").issuer(&issuer).sign();
        let ran = crate::support::explain(&token, &["explain", "--json"]).await;
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(report["advice"][0]["command"], serde_json::Value::Null, "{issuer}");
        assert_eq!(member(&ran.out, "verdict"), "not_checked");
    }
}

#[tokio::test]
async fn a_token_with_a_resource_of_this_api_is_accepted() {
    let pool = pool();
    let token = pool
        .access_token("ada")
        .claim("aud", "https://api.example")
        .expires_in(Duration::from_secs(60))
        .sign();
    let ran = KeysFile::of(&pool).explain(&token, &["--resource", "https://api.example"]).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
}
