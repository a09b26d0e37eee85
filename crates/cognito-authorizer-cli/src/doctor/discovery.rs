//! The discovery document (OpenID Connect Discovery §4): whether its issuer is what services will expect.

use serde::Deserialize;

use crate::{
    doctor::{
        examine::{Target, unreachable},
        finding::Finding,
    },
    http::{Answer, HttpError, SecureUrl},
    style::printable,
};

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: Option<String>,
}

pub(super) fn url(issuer: &SecureUrl) -> SecureUrl {
    issuer.join("/.well-known/openid-configuration")
}

/// What the pool says of itself where it is expected to be.
pub(super) fn of_pool(
    target: &Target,
    updated: Option<&SecureUrl>,
    answer: &Result<Answer, HttpError>,
) -> Finding {
    let subject = "discovery";
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return unreachable(subject, error),
    };
    let expected = target.issuer.as_str();
    if answer.status != 200 {
        return Finding::problem(
            subject,
            format!("{} answers with status {}", url(&target.issuer).as_str(), answer.status),
        )
        .advise("Is the pool's id right, in upper and lower case too, and does the pool still exist?");
    }
    let Ok(document) = serde_json::from_slice::<Document>(&answer.body) else {
        return Finding::problem(subject, "the answer is no discovery document").advise(
            "Something else answers in the pool's place: a proxy, or a sign-in page of your network?",
        );
    };
    if document.issuer == expected {
        return of_keys_url(target, &document);
    }
    let issuer = printable(&document.issuer);
    if updated.is_some_and(|updated| updated.as_str() == document.issuer) {
        return Finding::problem(subject, "the pool was switched to AWS's updated issuer").advise(format!(
            "Its tokens have the issuer {issuer}: set `.issuer_form(IssuerForm::Updated)`."
        ));
    }
    Finding::problem(
        subject,
        format!("the pool says that its issuer is {issuer}, and {expected} is expected"),
    )
    .advise(format!("Its tokens will have that issuer: set `.issuer(\"{issuer}\")`, to the letter."))
}

fn of_keys_url(target: &Target, document: &Document) -> Finding {
    let expected = target.jwks_url.as_str();
    match &document.jwks_uri {
        Some(keys) if keys != expected => Finding::note(
            "discovery",
            format!("the issuer is the pool's; its keys are said to be at {}", printable(keys)),
        ),
        _ => Finding::good("discovery", "the issuer is the pool's"),
    }
}

/// Whether the pool answers under AWS's updated issuer too.
pub(super) fn of_updated_form(updated: &SecureUrl, answer: &Result<Answer, HttpError>) -> Finding {
    let subject = "other issuer";
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Finding::note(subject, format!("AWS's updated form was not reached: {error}")),
    };
    let document: Option<Document> =
        if answer.status == 200 { serde_json::from_slice(&answer.body).ok() } else { None };
    match document {
        Some(document) if document.issuer == updated.as_str() => {
            Finding::note(subject, "the pool answers in AWS's updated form too").advise(format!(
                "If the pool was switched to its updated issuer, its tokens have {}: look at the `iss` of one, and set \
                 `.issuer_form(IssuerForm::Updated)`.",
                updated.as_str()
            ))
        }
        _ => Finding::note(
            subject,
            format!("AWS's updated form answers {}: the pool was not switched to it, which is normal", answer.status),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPDATED: &str = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";

    fn answer(status: u16, issuer: &str) -> Answer {
        Answer { status, date: None, body: format!(r#"{{"issuer":"{issuer}"}}"#).into() }
    }

    #[test]
    fn a_pool_that_was_not_switched_answers_403_in_the_updated_form() {
        let updated = UPDATED.parse().unwrap();
        let out_of_reach = Err(HttpError::Client { problem: "no CA".to_owned() });
        for (answer, text) in [
            (Ok(answer(403, UPDATED)), "answers 403: the pool was not switched to it, which is normal"),
            (Ok(answer(200, "https://idp.example")), "the pool was not switched to it"),
            (Ok(answer(200, UPDATED)), "set `.issuer_form(IssuerForm::Updated)`"),
            (out_of_reach, "was not reached"),
        ] {
            let found = format!("{:?}", of_updated_form(&updated, &answer));
            assert!(found.contains(text) && found.contains("level: Note"), "{found}");
        }
    }

    #[test]
    fn a_pool_that_was_switched_says_so() {
        let issuer: SecureUrl =
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E".parse().unwrap();
        let target = Target { jwks_url: issuer.join("/.well-known/jwks.json"), issuer };
        let updated = UPDATED.parse().unwrap();
        let found = format!("{:?}", of_pool(&target, Some(&updated), &Ok(answer(200, UPDATED))));
        assert!(
            found.contains("was switched to AWS's updated issuer") && found.contains("Problem"),
            "{found}"
        );
    }
}
