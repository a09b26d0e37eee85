//! The keys: which can be used, and why others cannot.

use cognito_verify::{KeySet, KeySetError, SkippedKey};

use crate::{
    doctor::{examine::unreachable, finding::Finding},
    http::{Answer, HttpError},
    style::{counted, printable},
};

const SUBJECT: &str = "keys";

pub(super) fn findings(answer: &Result<Answer, HttpError>) -> Vec<Finding> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return vec![unreachable(SUBJECT, error)],
    };
    if answer.status != 200 {
        let text = format!("the JWK Set is answered with status {}", answer.status);
        return vec![Finding::problem(SUBJECT, text).advise("Without keys, no token can be verified.")];
    }
    match KeySet::from_json(&answer.body) {
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
            "Something else answers in the pool's place: a proxy, or a sign-in page of your network? Or is the URL wrong?",
        )],
    }
}

fn skipped(key: &SkippedKey) -> String {
    format!("key {} is left out: {}", key.position + 1, key.problem)
}
