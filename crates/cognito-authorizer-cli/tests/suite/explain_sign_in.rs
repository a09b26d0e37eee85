//! `explain` about who acts for the user, and how and when the user signed in.

use serde_json::json;

use crate::support::{KeysFile, NOW, POOL, pool, run};

/// The step, what follows from it, and the exit code, for a token with these claims.
async fn explained(claims: serde_json::Value, options: &[&str]) -> (u8, String) {
    let pool = pool();
    let mut token = pool.access_token("ada");
    for (name, value) in claims.as_object().expect("claims") {
        token = token.claim(name.as_str(), value.clone());
    }
    let ran = KeysFile::of(&pool).explain(&token.sign(), options).await;
    (ran.exit, ran.one_line())
}

#[tokio::test]
async fn a_level_is_shown_among_the_claims_and_met_by_itself_and_those_above() {
    let strong = ["--acr", "urn:cognito:loa:3"];
    for level in ["urn:cognito:loa:3", "urn:cognito:loa:4"] {
        let (exit, text) = explained(json!({ "acr": level }), &strong).await;
        assert_eq!(exit, 0, "{text}");
        assert!(text.contains(&format!("acr {level} ")), "{text}");
        assert!(text.contains("acr urn:cognito:loa:3 or urn:cognito:loa:4: met"), "{text}");
    }
    for (claims, found) in [
        (json!({ "acr": "urn:cognito:loa:2" }), "the token has acr urn:cognito:loa:2"),
        (json!({ "acr": "gold" }), "the token has acr gold"),
        (json!({}), "the token has no `acr`"),
    ] {
        let (exit, text) = explained(claims, &strong).await;
        assert_eq!(exit, 1, "{text}");
        let required = "✗ requirement acr urn:cognito:loa:3 or urn:cognito:loa:4 is required";
        let advice = "with `acr_values=urn:cognito:loa:3 urn:cognito:loa:4` in the authorization request";
        for part in [required, found, advice] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    let ran = run(&["explain", "--pool", POOL, "--acr", "urn:cognito:loa:5"], "a.b.c").await;
    assert!(ran.exit == 2 && ran.messages.contains("urn:cognito:loa:5"), "{ran:?}");
}

#[tokio::test]
async fn a_sign_in_is_recent_or_not_by_the_claim_auth_time() {
    let recent = ["--signed-in-within", "300"];
    let (exit, text) = explained(json!({ "auth_time": NOW - 300 }), &recent).await;
    assert_eq!(exit, 0, "{text}");
    for claims in [json!({ "auth_time": NOW - 301 }), json!({ "auth_time": NOW + 60 })] {
        let (exit, text) = explained(claims, &recent).await;
        assert_eq!(exit, 1, "{text}");
        assert!(
            text.contains("sign-in within 300 s is required") && text.contains("`max_age=300`"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_actor_is_shown_among_the_claims_and_required_or_refused() {
    let delegated = || json!({ "act": { "sub": "7gateway23456789" } });
    for (claims, options, exit, part) in [
        (delegated(), &["--actor", "7gateway23456789"][..], 0, "actor 7gateway23456789: met"),
        (delegated(), &["--actor", "other", "--actor", "7gateway23456789"], 0, "met"),
        (delegated(), &["--actor", "other"], 1, "`act` names who acts for the user"),
        (delegated(), &["--no-actor"], 1, "`act` names who acts for the user"),
        (json!({}), &["--no-actor"], 0, "no actor: met"),
        (json!({}), &["--actor", "7gateway23456789"], 1, "The token was not delegated."),
    ] {
        let is_delegated = claims.get("act").is_some();
        let (ended, text) = explained(claims, options).await;
        assert_eq!(ended, exit, "{options:?}: {text}");
        assert!(text.contains(part), "{part} is not in {text}");
        assert_eq!(
            text.contains("act 7gateway23456789") || text.contains(r#"{"sub":"7gateway23456789"}"#),
            is_delegated,
            "{text}"
        );
    }
}
