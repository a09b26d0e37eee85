//! The keys: which can be used, why others cannot, and whether two key sets belong to the same pool.

use std::collections::BTreeSet;

use cognito_verify::{KeySet, KeySetError, SkippedKey};
use serde::Deserialize;

use crate::{
    doctor::{finding::Finding, unreachable::unreachable},
    http::{HttpError, HttpResponse},
    style::{counted, printable},
};

const SUBJECT: &str = "keys";

pub(super) fn findings(response: &Result<HttpResponse, HttpError>) -> Vec<Finding> {
    let response = match response {
        Ok(response) => response,
        Err(error) => return vec![unreachable(SUBJECT, error)],
    };
    if response.status != 200 {
        let text = format!("the JWK Set is answered with status {}", response.status);
        return vec![Finding::problem(SUBJECT, text).advise("Without keys, no token can be verified.")];
    }
    match KeySet::from_json(&response.body) {
        Ok(keys) => {
            let ids: Vec<String> = keys.key_ids().map(printable).collect();
            let usable = format!("{} can be used: {}", counted(ids.len(), "key"), ids.join(", "));
            let mut findings = vec![Finding::good(SUBJECT, usable)];
            findings.extend(keys.skipped().iter().map(|key| Finding::note(SUBJECT, skipped(key))));
            findings
        }
        Err(KeySetError::NoUsableKey { skipped: keys }) => {
            let mut findings: Vec<Finding> =
                keys.iter().map(|key| Finding::note(SUBJECT, skipped(key))).collect();
            let text = format!("none of {} can be used", counted(keys.len(), "key"));
            findings.push(Finding::problem(SUBJECT, text).advise(
                "Every token will be refused. Amazon Cognito's keys are RSA, for RS256, with a `kid`: is this another server?",
            ));
            findings
        }
        Err(error) => vec![Finding::problem(SUBJECT, error.to_string()).advise(
            "Another server answers instead of the pool. Is it a proxy, or a sign-in page of your network? Or is the URL wrong?",
        )],
    }
}

fn skipped(key: &SkippedKey) -> String {
    format!("key {} is not used: {}", key.position + 1, key.problem)
}

/// How many keys two sets have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Common {
    All,
    /// Some of them, as during a rotation of keys.
    Some,
    None,
}

/// The parts of a public key that identify a pool.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct PublicKey {
    kid: Option<String>,
    n: Option<String>,
}

#[derive(Deserialize)]
struct PublicKeys {
    keys: Vec<PublicKey>,
}

/// Compares two JWK Sets; `None` if one of them cannot be read. Two pools may use the same `kid`, so the modulus counts too.
pub(super) fn common(one: &HttpResponse, other: &HttpResponse) -> Option<Common> {
    let read = |response: &HttpResponse| {
        let set: PublicKeys =
            serde_json::from_slice(&response.body).ok().filter(|_| response.status == 200)?;
        Some(BTreeSet::from_iter(set.keys)).filter(|keys| !keys.is_empty())
    };
    let (one, other) = (read(one)?, read(other)?);
    Some(match () {
        () if one == other => Common::All,
        () if one.is_disjoint(&other) => Common::None,
        () => Common::Some,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_sets_are_compared_by_kid_and_modulus() {
        let set = |keys: &[(&str, &str)]| {
            let keys: Vec<_> =
                keys.iter().map(|(kid, n)| serde_json::json!({ "kid": kid, "n": n, "kty": "RSA" })).collect();
            let body = serde_json::json!({ "keys": keys }).to_string().into_bytes();
            HttpResponse { status: 200, date: None, body }
        };
        let one = set(&[("a", "1"), ("b", "2")]);
        for (other, expected) in [
            (set(&[("b", "2"), ("a", "1")]), Some(Common::All)),
            (set(&[("b", "2"), ("c", "3")]), Some(Common::Some)),
            (set(&[("a", "7"), ("b", "8")]), Some(Common::None)),
            (set(&[]), None),
            (HttpResponse { status: 200, date: None, body: b"<html>".to_vec() }, None),
            (HttpResponse { status: 404, ..set(&[("a", "1")]) }, None),
        ] {
            assert_eq!(common(&one, &other), expected);
        }
    }
}
