//! Authorization codes: five minutes, and once.

use super::pkce::Challenge;
use crate::bounded::Bounded;
use crate::client::AppClient;
use crate::grant::Grant;
use crate::issuing::UserTokens;
use crate::pool::LocalPool;
use crate::random;
use crate::trigger::{Changes, TriggerSource};

/// How long a code can be exchanged, in seconds.
const LIFETIME: i64 = 5 * 60;

/// The authorization that a code is exchanged for.
pub(super) struct IssuedCode {
    pub(super) grant: Grant,
    pub(super) changes: Changes,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<Challenge>,
}

/// Why a code gives no tokens. Either way it is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeRefused;

impl IssuedCode {
    pub(super) fn keep(self, codes: &mut Bounded<Self>, now: i64) -> String {
        let code = random::uuid();
        codes.insert(code.clone(), self, now.saturating_add(LIFETIME));
        code
    }
}

impl LocalPool {
    /// The tokens of a code, with a refresh token. `client` has shown who it is: from here on the code is used up,
    /// whatever comes of it.
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
