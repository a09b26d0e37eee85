//! Advice about tokens of other keys and issuers.

use cognito_verify::IssuerForm;

use super::Advice;
use crate::{
    explain::{case::Case, keys::KeysFrom, unverified::Unverified},
    http::SecureUrl,
    style::printable,
};

/// The pool that the token names. It is proposed and not used: anyone can write an issuer.
pub(super) fn propose_pool(unverified: &Unverified) -> Option<Vec<Advice>> {
    let (pool, issuer) = (unverified.pool()?, unverified.text("iss")?);
    let form = |form| pool.issuer(form).is_some_and(|known| known == issuer);
    let (what, option) = match () {
        () if form(IssuerForm::Original) => ("", String::new()),
        () if !is_plain(issuer) => return None,
        () if form(IssuerForm::Updated) => (", with AWS's updated issuer", format!(" --issuer {issuer}")),
        () => (", with an issuer that is not AWS's", format!(" --issuer {issuer}")),
    };
    let text = format!(
        "The token says that it is of the user pool {pool}{what}. Anyone can write that; if the pool is the one \
         that your service trusts, run again with:"
    );
    Some(Advice::run(text, format!("--pool {pool}{option}")))
}

/// Whether an issuer has no characters that a shell interprets, so that it may be part of a command.
fn is_plain(issuer: &str) -> bool {
    issuer.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte))
}

pub(super) fn unknown_key(case: &Case) -> Vec<Advice> {
    let names_other_pool = case.unverified.pool().is_some_and(|named| !case.service.pools.contains(&named));
    if names_other_pool && let Some(proposal) = propose_pool(&case.unverified) {
        return proposal;
    }
    if case.is_foreign() {
        return issuer(case);
    }
    Advice::new(match case.keys.as_ref().map(|keys| &keys.source) {
        Some(KeysFrom::File(_)) => {
            "The file of keys may be older than the token: pools rotate their keys. Fetch the file again, or leave \
             `--jwks` out."
        }
        _ => {
            "The pool does not have this key now. It rotated its keys after the token was issued, or the pool was created again \
             (a local pool has new keys at each start), or the token is another pool's. Get a fresh token."
        }
    })
}

pub(super) fn issuer(case: &Case) -> Vec<Advice> {
    let found = case.unverified.text("iss").unwrap_or_default();
    let is_updated = |form: Option<String>| form.is_some_and(|updated| updated == found);
    if case.service.pools.iter().any(|pool| is_updated(pool.issuer(IssuerForm::Updated))) {
        return Advice::run(
            "The pool was switched to AWS's updated issuer. Configure the service with \
             `.issuer_form(IssuerForm::Updated)`; here:",
            format!("--issuer {found}"),
        );
    }
    let expected = case.service.expected_issuers();
    if let Ok(named) = found.parse::<SecureUrl>()
        && is_plain(found)
        && expected
            .iter()
            .any(|known| known.parse().is_ok_and(|known| named.differs_in_loopback_name(&known)))
    {
        return Advice::run(
            format!(
                "Both URLs lead to this machine, but they are two issuers. The pool's tokens have {found}: tell the service \
                 `.issuer(\"{found}\")`; here:"
            ),
            format!("--issuer {found}"),
        );
    }
    Advice::new(format!(
        "The token's `iss` is {}, and exactly {} is expected: `http` or `https`, the port, and a `/` at the \
         end matter too. If the pool is an emulator's, set the issuer that its tokens have (`--issuer`, `.issuer(…)`).",
        printable(found),
        expected.join(" or "),
    ))
}
