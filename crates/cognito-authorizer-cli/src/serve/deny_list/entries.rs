//! What the entries of the list mean. It needs no Redis, so its tests run without the feature.

use cognito_authorizer::revocation::{RevocationError, RevocationStatus};

/// What the list says about a token that was issued at this UNIX time. So many names were asked for, first that of the subject.
pub(super) fn status(
    issued_at: i64,
    asked: usize,
    found: Vec<Option<String>>,
) -> Result<RevocationStatus, RevocationError> {
    if found.len() != asked {
        return Err(format!("asked for {asked} entries, Redis returned {}", found.len()).into());
    }
    let mut found = found.into_iter();
    let is_listed = match found.next().flatten() {
        Some(until) if !until.is_empty() => issued_at <= unix_seconds(&until)?,
        subject => subject.is_some(),
    };
    let is_revoked = is_listed || found.any(|entry| entry.is_some());
    Ok(if is_revoked { RevocationStatus::Revoked } else { RevocationStatus::InForce })
}

/// A `subject` entry, up to which tokens are revoked. One that cannot be read is an error, so the token is refused.
fn unix_seconds(until: &str) -> Result<i64, RevocationError> {
    until.parse().map_err(|_| "the value of a `subject` entry is not a UNIX time in seconds".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_that_was_asked_for_must_be_answered() {
        let listed = || Some(String::new());
        for (found, expected) in [
            (vec![None, None, None], Some(RevocationStatus::InForce)),
            (vec![None, None, listed()], Some(RevocationStatus::Revoked)),
            (vec![listed(), None, None], Some(RevocationStatus::Revoked)),
            (vec![Some("99".into()), None, None], Some(RevocationStatus::InForce)),
            (vec![Some("100".into()), None, None], Some(RevocationStatus::Revoked)),
            (vec![Some("soon".into()), None, None], None),
            (vec![], None),
            (vec![None, None], None),
            (vec![None, None, None, None], None),
        ] {
            assert_eq!(status(100, 3, found.clone()).ok(), expected, "{found:?}");
        }
    }
}
