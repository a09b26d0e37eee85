//! Authenticator apps: association, verification, and the codes at a sign-in.

use super::account::{Account, CandidateToken};
use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::totp::Secret;
use crate::{base32, random};

/// Whether a sign-in asks for the code of the user's app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoftwareTokenMfa {
    On,
    Off,
}

impl LocalPool {
    /// Makes a secret for an authenticator app and returns it in Base32 (`AssociateSoftwareToken`). An app that is in
    /// use stays in use until the new one is verified and turned on.
    pub(crate) fn associate_software_token(&self, username: &str) -> Result<String, Exception> {
        let secret = base32::encode(&random::bytes::<20>());
        let mut directory = self.directory();
        let account = directory.known_mut(username)?;
        account.candidate_token = Some(CandidateToken { secret: secret.clone(), verified: false });
        Ok(secret)
    }

    /// Checks a code of the associated app (`VerifySoftwareToken`).
    pub(crate) fn verify_software_token(&self, username: &str, code: &str) -> Result<(), Exception> {
        let refuse = |why: &str| Exception::new("EnableSoftwareTokenMFAException", why);
        let now = self.now();
        let mut directory = self.directory();
        let account = directory.known_mut(username)?;
        let candidate = account.candidate_token.as_mut();
        let candidate = candidate.ok_or_else(|| refuse("No software token has been associated."))?;
        let step = Secret::parse(&candidate.secret).and_then(|secret| secret.step_of(code, now));
        let step = step.ok_or_else(|| refuse("Code mismatch"))?;
        candidate.verified = true;
        // Codes that were used up stay used up.
        account.software_token_step = account.software_token_step.max(Some(step));
        Ok(())
    }

    /// Turns the second factor on, with the app that was verified, or off (`SetUserMFAPreference`).
    pub(crate) fn set_software_token_mfa(
        &self,
        username: &str,
        mfa: SoftwareTokenMfa,
    ) -> Result<(), Exception> {
        let mut directory = self.directory();
        let account = directory.known_mut(username)?;
        let verified = account.candidate_token.as_ref().filter(|candidate| candidate.verified);
        match (mfa, verified) {
            (SoftwareTokenMfa::On, Some(candidate)) => {
                account.software_token = Some(candidate.secret.clone());
                account.candidate_token = None;
            }
            (SoftwareTokenMfa::On, None) if account.software_token.is_none() => {
                return Err(Exception::invalid_parameter("User has not verified software token mfa"));
            }
            (SoftwareTokenMfa::On, None) => {}
            (SoftwareTokenMfa::Off, _) => {
                // Turning it on again needs no other association.
                if let Some(secret) = account.software_token.take() {
                    account.candidate_token = Some(CandidateToken { secret, verified: true });
                }
            }
        }
        Ok(())
    }

    /// Checks a code of the user's authenticator app at a sign-in. Each code is accepted once.
    pub(crate) fn use_software_token(&self, username: &str, code: &str) -> Result<(), Exception> {
        let now = self.now();
        let mut directory = self.directory();
        use_code(directory.known_mut(username)?, code, now)
    }
}

fn use_code(account: &mut Account, code: &str, now: i64) -> Result<(), Exception> {
    let secret = account.software_token.as_deref().and_then(Secret::parse).ok_or_else(|| {
        Exception::new("SoftwareTokenMFANotFoundException", "The user has no software token.")
    })?;
    account.wrong_codes.check(now)?;
    let Some(step) = secret.step_of(code, now) else {
        account.wrong_codes.count(now);
        return Err(Exception::new("CodeMismatchException", "Invalid code received for user"));
    };
    if account.software_token_step.is_some_and(|used| step <= used) {
        return Err(Exception::new(
            "ExpiredCodeException",
            "Your software token has already been used once.",
        ));
    }
    account.software_token_step = Some(step);
    Ok(())
}
