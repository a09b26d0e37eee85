//! Decisions about tokens, key sets and API definitions, one line each. They must not depend on the features of `serde_json` that
//! a program enables: `raw_value` and `arbitrary_precision` represent values as maps with special names, which a client can also
//! send.

use std::{fmt::Write, time::UNIX_EPOCH};

use apigateway_definition::Import;
use cognito_authorizer::{CognitoAuthorizer, KeySet, Verified, backend::RestApiClaims};
use cognito_authorizer_testing::LocalPoolExt as _;
use cognito_local_pool::{AppClient, Clock, LocalPool};

/// 2026-01-01T00:00:00Z.
const NOW: u64 = 1_767_225_600;

/// JSON that replaces a value: the maps with special names, and numbers whose digits those features keep.
const VALUES: [&str; 14] = [
    r#"{"$serde_json::private::Number":"1767229200"}"#,
    r#"{"$serde_json::private::Number":1767229200}"#,
    r#"{"$serde_json::private::RawValue":"1767229200"}"#,
    r#"{"$serde_json::private::RawValue":"\"orders/read\""}"#,
    r#"{"$serde_json::private::RawValue":"[\"ops\"]"}"#,
    r#"{"$serde_json::private::RawValue":1}"#,
    r#"[{"$serde_json::private::RawValue":"\"ops\""}]"#,
    "1767229200.5",
    "1.7672292e9",
    "17672292e2",
    "1e400",
    "123456789012345678901234567890",
    "-0",
    "null",
];

/// The payload of a good access token.
const PAYLOAD: [(&str, &str); 9] = [
    ("iss", r#""https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi""#),
    ("sub", r#""11111111-2222-3333-4444-555555555555""#),
    ("token_use", r#""access""#),
    ("client_id", r#""web""#),
    ("scope", r#""orders/read""#),
    ("cognito:groups", r#"["ops"]"#),
    ("username", r#""ada""#),
    ("iat", "1767225600"),
    ("exp", "1767229200"),
];

/// Claims that the good token does not have.
const FURTHER: [&str; 4] = ["nbf", "aud", "auth_time", "custom:limit"];

const HEADER: [&str; 4] = ["alg", "kid", "typ", "crit"];

/// An OpenAPI document with one route that needs a token.
const DEFINITION: &str = r#"{"openapi":"3.0.1","info":{"title":"orders","version":"1"},
"components":{"securitySchemes":{"pool":{"type":"apiKey","name":"Authorization","in":"header",
"x-amazon-apigateway-authtype":"cognito_user_pools","x-amazon-apigateway-authorizer":{"type":"cognito_user_pools",
"providerARNs":["arn:aws:cognito-idp:ap-south-1:123456789012:userpool/ap-south-1_abcdefghi"]}}}},
"paths":{"/orders":{"get":{"security":SECURITY,"x-amazon-apigateway-integration":{"type":"mock"}}}}}"#;

fn object(members: &[(&str, &str)]) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The claims of a verified token that a feature could change.
fn read(verified: &Verified) -> String {
    let scopes: Vec<_> = verified.scopes().iter().collect();
    let groups: Vec<_> = verified.groups().collect();
    let (expiry, claims) = (verified.expiry().as_secs(), RestApiClaims::of(verified));
    let limit = claims.map(|claims| claims.get("custom:limit").map(str::to_owned));
    format!("let in: {scopes:?} {groups:?} {:?} until {expiry}, {limit:?}", verified.username())
}

async fn decision(authorizer: &CognitoAuthorizer, token: String) -> String {
    match authorizer.verify(&token).await {
        Ok(verified) => read(&verified),
        Err(refusal) => format!("refused: {}", refusal.code()),
    }
}

async fn decisions() -> Result<String, Box<dyn std::error::Error>> {
    let clock = Clock::fixed(UNIX_EPOCH + std::time::Duration::from_secs(NOW));
    let pool = LocalPool::builder("ap-south-1_abcdefghi").clock(clock).app_client(AppClient::public("web"));
    let pool = pool.key_id("the-key").build()?;
    let authorizer = pool.layer()?.authorizer();
    let mut lines = String::new();

    let good = pool.access_token("ada").raw_payload(object(&PAYLOAD)).sign();
    writeln!(lines, "the good token: {}", decision(&authorizer, good).await)?;
    for claim in PAYLOAD.iter().map(|(name, _)| *name).chain(FURTHER) {
        for value in VALUES {
            let mut payload: Vec<_> = PAYLOAD.into_iter().filter(|(name, _)| *name != claim).collect();
            payload.push((claim, value));
            let token = pool.access_token("ada").raw_payload(object(&payload)).sign();
            writeln!(lines, "{claim} {value}: {}", decision(&authorizer, token).await)?;
        }
    }
    for value in VALUES {
        let token = pool.access_token("ada").raw_payload(value).sign();
        writeln!(lines, "payload {value}: {}", decision(&authorizer, token).await)?;
    }

    let header = [("alg", r#""RS256""#), ("kid", r#""the-key""#)];
    let good = pool.access_token("ada").raw_header(object(&header)).sign();
    let is_good = decision(&authorizer, good).await;
    writeln!(lines, "the good header: {}", is_good.split(':').next().unwrap_or_default())?;
    for name in HEADER {
        for value in VALUES {
            let mut header: Vec<_> = header.into_iter().filter(|(found, _)| *found != name).collect();
            header.push((name, value));
            let token = pool.access_token("ada").raw_header(object(&header)).sign();
            let decision = decision(&authorizer, token).await;
            writeln!(
                lines,
                "header {name} {value}: {}",
                decision.split(" until").next().unwrap_or_default()
            )?;
        }
    }

    let jwks = pool.jwks();
    for (member, found) in
        [("keys", "\"keys\":["), ("kty", "\"RSA\""), ("e", "\"AQAB\""), ("alg", "\"RS256\"")]
    {
        for value in VALUES {
            let changed = match member {
                "keys" => format!("{{\"keys\":{value}}}"),
                _ => jwks.replace(found, value),
            };
            let keys = KeySet::from_json(changed.as_bytes()).map(|keys| keys.key_ids().count());
            let changes = if changed == jwks { "nothing" } else { member };
            writeln!(
                lines,
                "key set {changes} {value}: {}",
                keys.map_or_else(|e| e.to_string(), |n| format!("{n} keys"))
            )?;
        }
    }

    for security in ["[{\"pool\":[]}]", "[]"].into_iter().chain(VALUES) {
        let text = DEFINITION.replace("SECURITY", security);
        let decision = match Import::new().file("orders.json", text).read() {
            Ok(imported) => {
                imported.definition.routes().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            }
            Err(_) => "refused".to_owned(),
        };
        writeln!(lines, "definition {security}: {decision}")?;
    }
    Ok(lines)
}

#[tokio::test]
async fn features_of_serde_json_change_no_decision() {
    let found = decisions().await.expect("pools and layers by good settings");
    let expected = include_str!("decisions.txt");
    let changed = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert_eq!(changed, None, "all of them:\n{found}");
    assert_eq!(found.lines().count(), expected.lines().count(), "all of them:\n{found}");
}
