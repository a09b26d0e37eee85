//! Whether Cognito would accept an app client.

use std::time::Duration;

use super::{AppClient, AuthFlow, DAY, MINUTE, OAuthFlow, STANDARD_SCOPES};
use crate::error::PoolError;
use crate::syntax;

/// The most scopes that an app client may have in Cognito.
const MAX_SCOPES: usize = 50;
/// The most secrets: two while one replaces the other.
const MAX_SECRETS: usize = 2;
/// The most callback URLs, and the most sign-out URLs.
const MAX_URLS: usize = 100;
/// The longest grace of a rotated refresh token.
const MAX_GRACE: Duration = MINUTE;

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

impl AppClient {
    /// `known` are the full names of the scopes of the pool's resource servers.
    pub(crate) fn check(&self, known: &[String]) -> Result<(), PoolError> {
        if !syntax::is_client_id(&self.id) {
            return Err(PoolError::ClientId { id: self.id.clone() });
        }
        self.check_secrets()?;
        self.check_scopes(known)?;
        self.check_urls()?;
        self.check_flows()?;
        self.check_lifetime("access", self.access_lifetime, 5 * MINUTE, DAY)?;
        self.check_lifetime("ID", self.id_lifetime, 5 * MINUTE, DAY)?;
        self.check_lifetime("refresh", self.refresh_lifetime, 60 * MINUTE, 10 * YEAR)?;
        if self.rotation_grace.is_some() && self.allows_auth_flow(AuthFlow::RefreshToken) {
            return Err(PoolError::RotationExcludesFlow { client: self.id.clone() });
        }
        if let Some(grace) = self.rotation_grace.filter(|grace| *grace > MAX_GRACE) {
            return Err(PoolError::RotationGrace { client: self.id.clone(), given: grace, most: MAX_GRACE });
        }
        if !(3 * MINUTE..=15 * MINUTE).contains(&self.auth_session) {
            return Err(PoolError::AuthSession { client: self.id.clone(), given: self.auth_session });
        }
        Ok(())
    }

    fn check_secrets(&self) -> Result<(), PoolError> {
        if self.secrets.iter().any(String::is_empty) {
            return Err(PoolError::EmptySecret { client: self.id.clone() });
        }
        if self.secrets.len() > MAX_SECRETS {
            return Err(PoolError::TooManySecrets { client: self.id.clone(), count: self.secrets.len() });
        }
        Ok(())
    }

    fn check_scopes(&self, known: &[String]) -> Result<(), PoolError> {
        if self.scopes.len() > MAX_SCOPES {
            let (of, count) = (self.id.clone(), self.scopes.len());
            return Err(PoolError::TooManyScopes { of, count, most: MAX_SCOPES });
        }
        for scope in &self.scopes {
            if !STANDARD_SCOPES.contains(&scope.as_str()) && !known.contains(scope) {
                return Err(PoolError::UnknownScope { client: self.id.clone(), scope: scope.clone() });
            }
        }
        Ok(())
    }

    fn check_urls(&self) -> Result<(), PoolError> {
        for (kind, urls) in [("callback", &self.callback_urls), ("sign-out", &self.logout_urls)] {
            if let Some(url) = urls.iter().find(|url| !syntax::is_redirect_target(url)) {
                return Err(PoolError::RedirectUrl { client: self.id.clone(), kind, url: url.clone() });
            }
            if urls.len() > MAX_URLS {
                let client = self.id.clone();
                return Err(PoolError::TooManyUrls { client, kind, count: urls.len(), most: MAX_URLS });
            }
        }
        Ok(())
    }

    fn check_flows(&self) -> Result<(), PoolError> {
        let client = || self.id.clone();
        let by_browser = [OAuthFlow::Code, OAuthFlow::Implicit];
        let flow = by_browser.into_iter().find(|flow| self.allows_flow(*flow)).map(OAuthFlow::name);
        if self.allows_flow(OAuthFlow::ClientCredentials) {
            if !self.has_secret() {
                return Err(PoolError::FlowWithoutSecret { client: client() });
            }
            if let Some(other) = flow {
                return Err(PoolError::FlowsExclude { client: client(), other });
            }
        }
        let Some(flow) = flow else { return Ok(()) };
        if self.callback_urls.is_empty() {
            return Err(PoolError::FlowWithoutCallback { client: client(), flow });
        }
        if self.scopes.is_empty() {
            return Err(PoolError::FlowWithoutScope { client: client(), flow });
        }
        Ok(())
    }

    fn check_lifetime(
        &self,
        token: &'static str,
        given: Duration,
        least: Duration,
        most: Duration,
    ) -> Result<(), PoolError> {
        if (least..=most).contains(&given) {
            return Ok(());
        }
        Err(PoolError::Lifetime { client: self.id.clone(), token, given, least, most })
    }
}
