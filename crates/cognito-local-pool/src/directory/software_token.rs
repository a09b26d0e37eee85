//! Codes of authenticator apps.

use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::totp::Secret;

impl LocalPool {
    /// Checks a code of the user's authenticator app. Each code is accepted once.
    pub(crate) fn use_software_token(&self, username: &str, code: &str) -> Result<(), Exception> {
        let now = self.now();
        let mut directory = self.directory();
        let account = directory.known_mut(username)?;
        let secret = account.software_token.as_deref().and_then(Secret::parse).ok_or_else(|| {
            Exception::new("SoftwareTokenMFANotFoundException", "The user has no software token.")
        })?;
        let step = secret
            .step_of(code, now)
            .ok_or_else(|| Exception::new("CodeMismatchException", "Invalid code received for user"))?;
        if account.software_token_step.is_some_and(|used| step <= used) {
            return Err(Exception::new(
                "ExpiredCodeException",
                "Your software token has already been used once.",
            ));
        }
        account.software_token_step = Some(step);
        Ok(())
    }
}
