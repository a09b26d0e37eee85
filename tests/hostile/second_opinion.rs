//! The second opinion of AWS: `aws-jwt-verify`, in Node, on thousands of generated tokens.
//!
//! The folder that `SECOND_OPINION_DIR` names has it installed; without it the test fails.

use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

use cognito_authorizer::{
    Accept, KeySet, Rejected, UnixTime, UserPool,
    token::{Part, RequiredClaim},
};
use cognito_verify::{PoolKeys, Verifier};
use serde_json::{Value, json};

use super::{
    differential::described,
    generated::tokens,
    reading::Reading,
    table::{CASES, WORLD},
    world::NOW,
};
use crate::support::{CLIENT, POOL};

const COUNT: usize = 6_000;

/// The reasons for which we and AWS's verifier may disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Intended {
    // We refuse, it accepts.
    /// An extension that is not understood (RFC 7515 §4.1.11); the other verifier ignores `crit`.
    Extension,
    /// A member that affects the decision occurs twice; the other verifier uses the last.
    Repeated,
    /// A claim that affects our decision has another type.
    WrongType,
    /// `exp` or `iat` is missing.
    NoTimes,
    /// `exp` is now: RFC 7519 §4.1.4 has "on or after".
    ExpiresNow,
    /// `iat` is in the future.
    IssuedLater,
    /// An ID token without a user.
    NoSubject,
    /// `aud` of an access token names another API; the other verifier checks only `client_id`.
    OtherAudience,
    /// Padding or unused bits, which RFC 7515 §2 does not permit.
    LaxBase64,
    /// The payload is not UTF-8; the other verifier substitutes replacement characters.
    LaxUtf8,
    /// Half a surrogate pair in a claim that affects the decision.
    LoneSurrogate,
    /// The other form of the issuer; the other verifier accepts both.
    OtherIssuerForm,
    /// Another algorithm, by a key without `alg`.
    OtherAlgorithm,
    /// The token is bound to a key, and the verifier does not require a proof.
    KeyBound,
    /// The token, or its header, is larger than any that Cognito writes.
    Large,
    // We accept, it refuses.
    /// A deeply nested claim that does not affect the decision: the other verifier's JSON parser may run out of stack.
    Deep,
    /// `aud` of an ID token is a list with the client (RFC 7519 §4.1.3).
    ListOfAudiences,
}

/// The reason for which we refuse and it accepts. The token must really have what we refused it for.
fn why_refused(rejected: &Rejected, token: &str) -> Option<Intended> {
    let reading = Reading::of(token);
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
    let now = NOW as f64;
    let (reason, holds) = match rejected {
        Rejected::Critical => {
            (Intended::Extension, reading.header.names().any(|name| name == "crit" || name == "b64"))
        }
        Rejected::Header => {
            (Intended::Repeated, ["alg", "kid"].iter().any(|name| reading.header.count(name) > 1))
        }
        Rejected::Claims if reading.repeats_a_claim() => (Intended::Repeated, true),
        Rejected::Claims if reading.has_a_wrong_type() => (Intended::WrongType, true),
        Rejected::Claims => (Intended::LoneSurrogate, described(token).contains(r"\ud800")),
        Rejected::Missing { claim: claim @ (RequiredClaim::Expiry | RequiredClaim::IssuedAt) } => {
            (Intended::NoTimes, reading.payload.count(claim.name()) == 0)
        }
        Rejected::Missing { claim: RequiredClaim::Subject } => {
            (Intended::NoSubject, reading.payload.count("sub") == 0)
        }
        Rejected::Resource => (Intended::OtherAudience, reading.payload.count("aud") == 1),
        Rejected::KeyBound => (Intended::KeyBound, reading.payload.count("cnf") == 1),
        Rejected::Expired { .. } => {
            // Times are compared in milliseconds.
            (Intended::ExpiresNow, reading.time("exp").is_some_and(|exp| (now..now + 0.001).contains(&exp)))
        }
        Rejected::NotYetValid { claim: "iat", .. } => {
            (Intended::IssuedLater, reading.time("iat").is_some_and(|iat| iat > now))
        }
        Rejected::Encoding { part: Part::Payload } if !reading.payload_is_utf8() => (Intended::LaxUtf8, true),
        Rejected::Encoding { .. } => (Intended::LaxBase64, !reading.is_canonical(token)),
        Rejected::Issuer => {
            let issuer = reading.payload.text("iss").unwrap_or_default();
            (Intended::OtherIssuerForm, issuer.starts_with("https://issuer-cognito-idp."))
        }
        Rejected::Algorithm { .. } => (
            Intended::OtherAlgorithm,
            matches!(reading.header.text("alg").as_deref(), Some("RS384" | "RS512")),
        ),
        Rejected::TooLong { limit, .. } => (Intended::Large, token.len() > *limit),
        Rejected::PartTooLong { part: Part::Header } => (Intended::Large, reading.segments[0].len() > 1024),
        _ => return None,
    };
    holds.then_some(reason)
}

/// The reason for which we accept and it refuses.
fn why_accepted(token: &str, result: &str) -> Option<Intended> {
    let reading = Reading::of(token);
    if result == "JwtParseError" && serde_json::from_slice::<Value>(&reading.segments[1]).is_err() {
        return Some(Intended::Deep);
    }
    let list = reading.payload.get("aud").is_some_and(|aud| aud.starts_with('['));
    (list && result == "CognitoJwtInvalidClientIdError").then_some(Intended::ListOfAudiences)
}

/// The result of AWS's verifier for each token.
fn ask(tokens: &[&str]) -> Vec<String> {
    let folder =
        env::var_os("SECOND_OPINION_DIR").expect("`SECOND_OPINION_DIR` names the folder with aws-jwt-verify");
    let mut jwks: Value = serde_json::from_str(&WORLD.jwks()).expect("JSON");
    // It rejects the whole set if a key has another type.
    jwks["keys"].as_array_mut().expect("keys").retain(|key| key["kty"] == "RSA");
    let question =
        json!({ "userPoolId": POOL, "clientId": CLIENT, "jwks": jwks, "now": NOW, "tokens": tokens });
    let file = env::temp_dir().join(format!("second-opinion-{}.json", std::process::id()));
    fs::write(&file, question.to_string()).expect("room for a file");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/second-opinion/compare.mjs");
    let output = Command::new("node").arg(script).arg(&file).current_dir(folder).output().expect("node");
    fs::remove_file(&file).expect("the file is ours");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("an array of words")
}

/// The generated tokens, and those of the table.
#[test]
fn every_disagreement_with_aws_jwt_verify_is_intended() {
    let generated = tokens(&WORLD, 0xAA55_1170, NOW, COUNT);
    let tokens: Vec<&str> =
        generated.iter().map(String::as_str).chain(CASES.iter().map(|case| &*case.token)).collect();
    let results = ask(&tokens);
    assert_eq!(results.len(), tokens.len());
    let verifier =
        Verifier::new([UserPool::new(POOL).client(CLIENT)]).expect("sound settings").accept(Accept::Either);
    let keys = PoolKeys::from(&KeySet::from_json(WORLD.jwks().as_bytes()).expect("usable keys"));

    let (mut both, mut seen, mut wrong) = (0, BTreeMap::<Intended, usize>::new(), Vec::new());
    for (token, result) in tokens.iter().zip(&results) {
        let ours = verifier.verify(token, &keys, UnixTime::from_secs(NOW));
        let reason = match &ours {
            Ok(_) if result == "accept" => {
                both += 1;
                continue;
            }
            Err(_) if result != "accept" => continue,
            Ok(_) => why_accepted(token, result),
            Err(rejected) => why_refused(rejected, token),
        };
        match reason {
            Some(reason) => *seen.entry(reason).or_default() += 1,
            None => wrong.push(format!("{:?} here, {result} there: {}", ours.err(), described(token))),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tokens.len(), wrong.join("\n"));
    assert!(both > 300, "only {both} tokens are accepted by both");
    // Whether its parser runs out of stack depends on the machine.
    seen.entry(Intended::Deep).or_default();
    let all = Intended::ListOfAudiences as usize + 1;
    assert_eq!(seen.len(), all, "a reason without a token: {seen:?}");
}
