//! Authorization codes: five minutes, and once.

use crate::client::AppClient;
use crate::issuing::UserTokens;
use crate::pool::LocalPool;
use crate::trigger::TriggerSource;

/// Why a code gives no tokens. Either way it is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeRefused;

impl LocalPool {
    /// The tokens of a code, with a refresh token. `client` is authenticated: from here on the code is used up, even
    /// if the exchange fails.
    pub(crate) fn exchange_code(
        &self,
        client: &AppClient,
        code: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
    ) -> Result<(UserTokens, String), CodeRefused> {
        let now = self.now();
        let issued = self.managed_login().codes.take(code, now).ok_or(CodeRefused)?;
        let proven = match (&issued.challenge, verifier) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => challenge.accepts(verifier),
            // An attacker may have removed the challenge from the request (RFC 9700 §2.1.1: PKCE downgrade).
            _ => false,
        };
        if issued.grant.client != client.id()
            || redirect_uri != Some(&issued.redirect_uri)
            || !proven
            || !self.is_active(&issued.grant.holder)
        {
            return Err(CodeRefused);
        }
        let tokens = self.issue_changed(client, &issued.grant, &issued.changes, TriggerSource::HostedAuth);
        Ok((tokens, self.keep_grant(client, issued.grant)))
    }
}
