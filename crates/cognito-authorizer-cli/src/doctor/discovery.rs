//! The discovery document (OpenID Connect Discovery §4): whether its issuer and its keys are those of the pool.

use cognito_verify::IssuerForm;
use serde::Deserialize;

use crate::{
    doctor::{
        finding::Finding,
        keys::Common,
        target::{ExaminedPool, KeysUrl, named_pool},
        unreachable::unreachable,
    },
    http::{HttpError, HttpResponse, SecureUrl},
    style::printable,
};

const SUBJECT: &str = "discovery";

/// The members that the examination reads.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    issuer: String,
    pub(super) jwks_uri: Option<String>,
}

impl Document {
    /// The document in a response, if it has one.
    pub(super) fn read(response: &Result<HttpResponse, HttpError>) -> Option<Self> {
        let response = response.as_ref().ok().filter(|response| response.status == 200)?;
        serde_json::from_slice(&response.body).ok()
    }

    pub(super) fn has_issuer_of(&self, target: &ExaminedPool) -> bool {
        self.issuer == target.issuer.as_str()
    }
}

/// The finding if the issuer has no document.
pub(super) fn without_document(url: &SecureUrl, response: &Result<HttpResponse, HttpError>) -> Finding {
    match response {
        Err(error) => unreachable(SUBJECT, error),
        Ok(response) if response.status != 200 => {
            Finding::problem(SUBJECT, format!("{} answers with status {}", url.as_str(), response.status))
                .advise("Is the pool's id right, in upper and lower case too, and does the pool still exist?")
        }
        Ok(_) => Finding::problem(SUBJECT, "the response is not a discovery document").advise(
            "Another server answers instead of the pool. Is it a proxy, or a sign-in page of your network?",
        ),
    }
}

/// The keys are not below the issuer, and no document says which pool they belong to.
pub(super) fn unknown_keys(target: &ExaminedPool) -> Finding {
    Finding::unconfirmed(
        SUBJECT,
        format!(
            "there is no discovery document beside the keys or at {}, so nothing says whether the keys are this pool's",
            target.issuer.as_str()
        ),
    )
    .advise("Compare the `kid` in the header of a token of the pool with the keys above.")
}

/// The document has the issuer that services expect.
pub(super) fn expected_issuer(target: &ExaminedPool) -> Finding {
    Finding::good(
        SUBJECT,
        match target.keys {
            KeysUrl::BelowIssuer(_) => "the issuer is the pool's",
            KeysUrl::Apart(_) => "the server of the keys has the pool's issuer",
        },
    )
}

/// The document has another issuer.
pub(super) fn other_issuer(
    target: &ExaminedPool,
    document: &Document,
    updated: Option<&SecureUrl>,
) -> Finding {
    let (issuer, expected) = (printable(&document.issuer), target.issuer.as_str());
    if updated.is_some_and(|updated| updated.as_str() == document.issuer) {
        return Finding::problem(SUBJECT, "the pool was switched to AWS's updated issuer").advise(format!(
            "Its tokens have the issuer {issuer}: set `.issuer_form(IssuerForm::Updated)`."
        ));
    }
    let text = match target.keys {
        KeysUrl::BelowIssuer(_) => {
            format!("the pool says that its issuer is {issuer}, and {expected} is expected")
        }
        KeysUrl::Apart(_) => {
            format!("the server of the keys says that its issuer is {issuer}, and {expected} is expected")
        }
    };
    let finding = Finding::problem(SUBJECT, text);
    if let Some(other) = named_pool(&document.issuer).filter(|named| *named != target.pool) {
        return finding.advise(format!(
            "These are the keys of the user pool {other}: the tokens of {} will be refused. Correct the URL.",
            target.pool
        ));
    }
    let keys = target.keys.url().as_str();
    if target.pool.issuer(IssuerForm::Original).is_some_and(|original| original == document.issuer) {
        return finding.advise(format!(
            "Its tokens have AWS's issuer, as moto's do: leave `.issuer(…)` out, and set `.jwks_url(\"{keys}\")`."
        ));
    }
    let same_machine = document.issuer.parse::<SecureUrl>().is_ok_and(|named| {
        target.issuer_url.as_ref().is_some_and(|issuer| issuer.differs_in_loopback_name(&named))
    });
    finding.advise(if same_machine {
        format!("Its tokens will have that issuer: set `.issuer(\"{issuer}\")`, exactly so.")
    } else {
        format!(
            "Its tokens will have that issuer: set `.issuer(\"{issuer}\")`, exactly so, and `.jwks_url(\"{keys}\")`, or the \
             keys are looked for below the issuer."
        )
    })
}

/// The document names another URL for the keys. `common` says how many keys both URLs share, or why they could not be compared.
pub(super) fn compared_keys(target: &ExaminedPool, named: &str, common: Result<Common, String>) -> Finding {
    let named = printable(named);
    match common {
        Ok(Common::All) => Finding::good(SUBJECT, format!("the issuer is the pool's; its keys are also at {named}")),
        Ok(Common::Some) => Finding::note(
            SUBJECT,
            format!("the issuer is the pool's; {named} has some of the keys, as while they are rotated"),
        ),
        Ok(Common::None) => Finding::problem(
            SUBJECT,
            format!("the discovery document names the keys at {named}, which are others: those here are another pool's"),
        )
        .advise(format!(
            "Tokens of the pool will be refused: set `.jwks_url(\"{named}\")` instead of {}.",
            target.keys.url().as_str()
        )),
        Err(problem) => Finding::unconfirmed(
            SUBJECT,
            format!("the discovery document names the keys at {named}, which could not be compared: {problem}"),
        )
        .advise("Compare the `kid` in the header of a token of the pool with the keys above."),
    }
}

/// URLs that name a user pool other than the one that is examined.
pub(super) fn other_pools(target: &ExaminedPool) -> Vec<Finding> {
    let keys = target.keys.base();
    let urls = [("issuer", Some(target.issuer.as_str())), ("keys", keys.as_ref().map(SecureUrl::as_str))];
    let other = |(subject, url): (&'static str, Option<&str>)| {
        let other = named_pool(url?).filter(|named| *named != target.pool)?;
        Some((subject, other))
    };
    let mut found: Vec<_> = urls.into_iter().filter_map(other).collect();
    // A URL of keys below the issuer contains the issuer, which is examined already.
    if matches!(target.keys, KeysUrl::BelowIssuer(_)) {
        found.truncate(1);
    }
    let finding = |(subject, other)| {
        Finding::problem(subject, format!("the URL is that of the user pool {other}, not of {}", target.pool))
            .advise("Correct the pool's id or the URL: the tokens of one pool are refused with the settings of another.")
    };
    found.into_iter().map(finding).collect()
}

/// Whether the pool also answers at AWS's updated issuer.
pub(super) fn updated_form(updated: &SecureUrl, response: &Result<HttpResponse, HttpError>) -> Finding {
    let subject = "other issuer";
    let status = match response {
        Ok(response) => response.status,
        Err(error) => {
            return Finding::note(subject, format!("AWS's updated form was not reached: {error}"));
        }
    };
    match Document::read(response) {
        Some(document) if document.issuer == updated.as_str() => {
            Finding::note(subject, "the pool answers in AWS's updated form too").advise(format!(
                "If the pool was switched to its updated issuer, its tokens have {}: look at the `iss` of one, and set \
                 `.issuer_form(IssuerForm::Updated)`.",
                updated.as_str()
            ))
        }
        _ => Finding::note(
            subject,
            format!("AWS's updated form answers {status}: the pool was not switched to it, which is normal"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPDATED: &str = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
    const ORIGINAL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";

    fn response(status: u16, issuer: &str) -> HttpResponse {
        HttpResponse { status, date: None, body: format!(r#"{{"issuer":"{issuer}"}}"#).into() }
    }

    fn target(issuer: &str, keys: Option<&str>) -> ExaminedPool {
        let issuer_url: SecureUrl = issuer.parse().unwrap();
        ExaminedPool {
            pool: "eu-west-1_Ab12Cd34E".parse().unwrap(),
            issuer: issuer.parse().unwrap(),
            keys: match keys {
                Some(keys) => KeysUrl::Apart(keys.parse().unwrap()),
                None => KeysUrl::BelowIssuer(issuer_url.join("/.well-known/jwks.json")),
            },
            issuer_url: Some(issuer_url),
            allowed_http: None,
        }
    }

    #[test]
    fn a_pool_that_was_not_switched_answers_403_in_the_updated_form() {
        let updated = UPDATED.parse().unwrap();
        let out_of_reach = Err(HttpError::Client { problem: "no CA".to_owned() });
        for (response, text) in [
            (Ok(response(403, UPDATED)), "answers 403: the pool was not switched to it, which is normal"),
            (Ok(response(200, "https://idp.example")), "the pool was not switched to it"),
            (Ok(response(200, UPDATED)), "set `.issuer_form(IssuerForm::Updated)`"),
            (out_of_reach, "was not reached"),
        ] {
            let found = format!("{:?}", updated_form(&updated, &response));
            assert!(found.contains(text) && found.contains("level: Note"), "{found}");
        }
    }

    #[test]
    fn another_issuer_is_advised_by_what_it_is() {
        let updated = UPDATED.parse().unwrap();
        let emulator = "http://localhost:5000/eu-west-1_Ab12Cd34E";
        for (expected, found, advice) in [
            (ORIGINAL, UPDATED, "set `.issuer_form(IssuerForm::Updated)`"),
            (emulator, ORIGINAL, "leave `.issuer(…)` out, and set `.jwks_url("),
            (emulator, "http://127.0.0.1:5000/eu-west-1_Ab12Cd34E", "exactly so."),
            (emulator, "http://cognito:9229/eu-west-1_Ab12Cd34E", "exactly so, and `.jwks_url("),
            (
                emulator,
                "http://localhost:5000/eu-west-1_Zz98Yy76X",
                "the keys of the user pool eu-west-1_Zz98Yy76X",
            ),
        ] {
            let document = Document { issuer: found.to_owned(), jwks_uri: None };
            let finding = format!("{:?}", other_issuer(&target(expected, None), &document, Some(&updated)));
            assert!(finding.contains(&advice.replace('"', "\\\"")), "{finding}");
            assert!(finding.contains("level: Problem"), "{finding}");
        }
    }

    #[test]
    fn a_url_of_another_pool_is_a_problem() {
        let keys = |pool: &str| {
            format!("https://vpce-1.cognito-idp.vpce.amazonaws.com/{pool}/.well-known/jwks.json")
        };
        let (own, other) = (keys("eu-west-1_Ab12Cd34E"), keys("eu-west-1_Zz98Yy76X"));
        for (target, problems) in [
            (target(ORIGINAL, None), 0),
            (target(ORIGINAL, Some(&own)), 0),
            (target(ORIGINAL, Some(&other)), 1),
            (target("https://idp.example/eu-west-1_Zz98Yy76X", None), 1),
            (target("https://idp.example/eu-west-1_Zz98Yy76X", Some(&own)), 1),
            (target("https://idp.example/eu-west-1_Zz98Yy76X", Some(&other)), 2),
            (target("https://idp.example", None), 0),
        ] {
            assert_eq!(other_pools(&target).len(), problems, "{target:?}");
        }
    }
}
