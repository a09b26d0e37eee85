//! Published vectors: Wycheproof's for JWS, JWK and raw RSA signatures, and RFC 7520 §4.1.
//!
//! They are read from the folder that `VECTORS_DIR` names; without it the tests fail.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use cognito_authorizer::{
    KeySet, Rejected, UnixTime, UserPool,
    keys::{KeyProblem, KeySetError},
    token::{Part, RequiredClaim},
};
use cognito_verify::{PoolKeys, Verifier};
use serde_json::{Value, json};

use super::world::base64url;
use crate::support::POOL;

fn read(file: &str) -> Value {
    let folder = env::var_os("VECTORS_DIR").expect("`VECTORS_DIR` names the folder with the vectors");
    let path = PathBuf::from(folder).join(file);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}

fn key_set(keys: &Value) -> Result<KeySet, KeySetError> {
    let jwks = if keys["keys"].is_array() { keys.clone() } else { json!({ "keys": [keys] }) };
    KeySet::from_json(jwks.to_string().as_bytes())
}

/// Whether the signature is valid: only then is the payload parsed, and none of these tokens is from a user pool.
fn check(token: &str, keys: &KeySet) -> Result<(), Rejected> {
    let verifier = Verifier::new([UserPool::new(POOL).any_client()]).expect("sound settings");
    let verifier = verifier.token_limit(usize::MAX);
    let result = verifier.verify(token, &PoolKeys::from(keys), UnixTime::from_secs(0));
    match result.expect_err("not a token of the pool") {
        Rejected::Encoding { part: Part::Payload }
        | Rejected::Claims
        | Rejected::Missing { claim: RequiredClaim::Issuer }
        | Rejected::Issuer => Ok(()),
        rejected => Err(rejected),
    }
}

/// The groups of a file, and the cases of each.
fn groups(file: &Value) -> impl Iterator<Item = (&Value, &Vec<Value>)> {
    let groups = file["testGroups"].as_array().expect("groups");
    groups.iter().map(|group| (group, group["tests"].as_array().expect("cases")))
}

fn id(case: &Value) -> u64 {
    case["tcId"].as_u64().expect("a number")
}

/// All cases with an RSA key. The keys are used unchanged, with their `kid`, `use`, `key_ops` and `alg`.
///
/// Case 332 is a good RS256 signature by a key whose `alg` is PS512. It is refused, because such a key is not used. The
/// payload of case 263 is not UTF-8, which does not matter for the signature.
#[test]
fn exactly_the_rs256_cases_of_the_jws_vectors_are_accepted() {
    let file = read("wycheproof/json_web_signature_test.json");
    let (mut asked, mut accepted, mut valid_elsewhere) = (0, BTreeSet::new(), BTreeSet::new());
    for (group, cases) in groups(&file).filter(|(group, _)| group["public"]["kty"] == "RSA") {
        for case in cases {
            asked += 1;
            // Cases in the JSON serialization are objects. A client could only send their text.
            let token = case["jws"].as_str().map_or_else(|| case["jws"].to_string(), str::to_owned);
            let found = key_set(&group["public"]).map(|keys| check(&token, &keys));
            match found {
                Ok(Ok(())) => drop(accepted.insert(id(case))),
                _ if case["result"] == "valid" => {
                    valid_elsewhere.insert(group["public"]["alg"].to_string());
                }
                _ => {}
            }
        }
    }
    assert_eq!(asked, 318);
    assert_eq!(accepted, BTreeSet::from([33, 259, 260, 261, 262, 263, 345, 349]));
    // All other valid cases are signed with another algorithm.
    let others = ["RS384", "RS512", "PS256", "PS384", "PS512"].map(|alg| format!("\"{alg}\""));
    assert_eq!(valid_elsewhere, BTreeSet::from(others));
}

/// Case 332 is refused only for the `alg` of its key: without it, the signature is good.
#[test]
fn the_alg_of_the_key_is_checked() {
    let file = read("wycheproof/json_web_signature_test.json");
    let (group, case) = groups(&file)
        .flat_map(|(group, cases)| cases.iter().map(move |case| (group, case)))
        .find(|(_, case)| id(case) == 332)
        .expect("case 332");
    let token = case["jws"].as_str().expect("a compact token");
    let mut key = group["public"].clone();
    let skipped = KeyProblem::OtherAlgorithm;
    assert!(
        matches!(key_set(&key), Err(KeySetError::NoUsableKey { skipped: found }) if found[0].problem == skipped)
    );
    key.as_object_mut().expect("a JWK").remove("alg");
    assert_eq!(check(token, &key_set(&key).expect("a usable key")), Ok(()));
}

#[test]
fn only_the_sound_one_of_the_rsa_key_sets_is_used() {
    let file = read("wycheproof/json_web_key_test.json");
    let mut found = Vec::new();
    for (group, cases) in groups(&file) {
        let keys = group["public"]["keys"].as_array();
        if !keys.is_some_and(|keys| keys.iter().any(|key| key["kty"] == "RSA")) {
            continue;
        }
        for case in cases {
            let token = case["jws"].as_str().expect("a compact token");
            let result = match key_set(&group["public"]) {
                Ok(keys) => format!("{:?}", check(token, &keys)),
                Err(KeySetError::NoUsableKey { skipped }) => format!("{:?}", skipped[0].problem),
                Err(error) => error.to_string(),
            };
            found.push((id(case), result));
        }
    }
    let expected = [
        (5, "Ok(())"),
        (6, "NotForSignatures"),
        // The private half of a key with the fingerprint of ROCA can be computed.
        (7, "Weak"),
        (8, "Weak"),
        (9, "Weak"),
        // A `kty` of RSA without `n` and `e`.
        (24, "Malformed"),
    ];
    let found: Vec<_> = found.iter().map(|(id, result)| (*id, result.as_str())).collect();
    assert_eq!(found, expected);
}

/// `rsa_signature_*`: the messages are not JWS signing inputs, so they are given to the verifier's primitive, with the same
/// limits on keys.
#[test]
fn all_776_raw_signatures_have_the_result_of_the_vectors() {
    let mut asked = 0;
    for size in [2048, 3072, 4096] {
        let file = read(&format!("wycheproof/rsa_signature_{size}_sha256_test.json"));
        for (group, cases) in groups(&file) {
            let hex = |value: &Value| {
                let text = value.as_str().expect("hex");
                let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
                (0..text.len()).step_by(2).map(digits).collect::<Vec<u8>>()
            };
            let number = |name: &str| {
                let bytes = hex(&group["publicKey"][name]);
                base64url(&bytes[bytes.iter().take_while(|byte| **byte == 0).count()..])
            };
            let (n, e) = (number("modulus"), number("publicExponent"));
            let keys = key_set(&json!({ "kty": "RSA", "kid": "k", "alg": "RS256", "n": n, "e": e }))
                .expect("a sound key");
            for case in cases {
                asked += 1;
                // "acceptable" is the DigestInfo without its NULL parameter: RFC 8017 §8.2.2 lets a verifier choose.
                let valid = case["result"] == "valid";
                let found = keys.verifies("k", &hex(&case["msg"]), &hex(&case["sig"]));
                assert_eq!(found, valid, "case {} of {size}: {}", id(case), case["comment"]);
            }
        }
    }
    assert_eq!(asked, 776);
}

#[test]
fn the_rs256_example_of_rfc_7520_holds() {
    let key = read("rfc7520/3_3.rsa_public_key.json");
    let keys = key_set(&key).expect("a sound key");
    let example = read("rfc7520/4_1.rsa_v15_signature.json");
    let token = example["output"]["compact"].as_str().expect("a compact token");
    assert_eq!(check(token, &keys), Ok(()));
    let mut changed = token.to_owned();
    changed.replace_range(
        token.len() - 9..token.len() - 8,
        if token.as_bytes()[token.len() - 9] == b'A' { "B" } else { "A" },
    );
    assert_eq!(check(&changed, &keys), Err(Rejected::Signature));
    for (file, algorithm) in [
        ("rfc7520/4_2.rsa-pss_signature.json", "PS384"),
        ("rfc7520/4_3.ecdsa_signature.json", "ES512"),
        ("rfc7520/4_4.hmac-sha2_integrity_protection.json", "HS256"),
    ] {
        let token = read(file)["output"]["compact"].as_str().expect("a compact token").to_owned();
        assert_eq!(check(&token, &keys), Err(Rejected::Algorithm { named: Some(algorithm) }), "{file}");
    }
}
