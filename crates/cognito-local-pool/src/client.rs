//! App clients: who may ask for tokens, for which scopes, and how long the tokens live.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::PoolError;
use crate::syntax;

/// The most scopes that an app client may have in Cognito.
const MAX_SCOPES: usize = 50;
/// Scopes that no resource server defines; a machine never gets them.
pub(crate) const STANDARD_SCOPES: [&str; 5] = [API_SIGN_IN_SCOPE, "openid", "profile", "email", "phone"];
/// The scope of a token that was got by an API call.
pub(crate) const API_SIGN_IN_SCOPE: &str = "aws.cognito.signin.user.admin";
/// How long access and ID tokens live unless the client says otherwise.
pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// An app client of the pool: public, or confidential with a secret.
///
/// See [App clients][aws]. `Debug` does not show the secret.
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html
#[derive(Clone)]
pub struct AppClient {
    id: String,
    secret: Option<String>,
    scopes: Vec<String>,
    access: Duration,
    id_token: Duration,
    refresh: Duration,
}

impl AppClient {
    /// A client without a secret: users sign in with it, machines cannot get a token of their own.
    #[must_use]
    pub fn public(id: impl Into<String>) -> Self {
        Self::with(id.into(), None)
    }

    /// A client with a secret, which may also get tokens for itself (`client_credentials`).
    #[must_use]
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::with(id.into(), Some(secret.into()))
    }

    fn with(id: String, secret: Option<String>) -> Self {
        let scopes = Vec::new();
        Self { id, secret, scopes, access: DEFAULT_LIFETIME, id_token: DEFAULT_LIFETIME, refresh: 30 * DAY }
    }

    /// Allows a scope by its full name, such as `orders/read` or `openid`. None is allowed by default.
    #[must_use]
    pub fn allow_scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// How long an access token lives: 5 minutes to 1 day in whole seconds, 1 hour by default.
    #[must_use]
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access = lifetime;
        self
    }

    /// How long an ID token lives: 5 minutes to 1 day in whole seconds, 1 hour by default.
    #[must_use]
    pub fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.id_token = lifetime;
        self
    }

    /// How long a refresh token lives: 1 hour to 10 years, 30 days by default.
    #[must_use]
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.refresh = lifetime;
        self
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Whether `given` is what the client must show: its secret, or none if it has none.
    pub(crate) fn accepts_secret(&self, given: Option<&str>) -> bool {
        match (&self.secret, given) {
            (None, None) => true,
            (Some(secret), Some(given)) => {
                constant_time::verify_slices_are_equal(secret.as_bytes(), given.as_bytes()).is_ok()
            }
            _ => false,
        }
    }

    /// Whether `hash` is Base64(HMAC-SHA256(secret, username + client id)), the `SECRET_HASH` of [Cognito's API][aws].
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
    pub(crate) fn accepts_secret_hash(&self, username: &str, hash: &str) -> bool {
        let (Some(secret), Ok(hash)) = (&self.secret, STANDARD.decode(hash)) else { return false };
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hmac::verify(&key, format!("{username}{}", self.id).as_bytes(), &hash).is_ok()
    }

    /// The scopes that resource servers define, which are all that a machine can get.
    pub(crate) fn custom_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str).filter(|scope| !STANDARD_SCOPES.contains(scope))
    }

    pub(crate) fn access_lifetime(&self) -> Duration {
        self.access
    }

    pub(crate) fn id_lifetime(&self) -> Duration {
        self.id_token
    }

    pub(crate) fn refresh_lifetime(&self) -> Duration {
        self.refresh
    }

    /// `known` are the full names of the scopes of the pool's resource servers.
    pub(crate) fn check(&self, known: &[String]) -> Result<(), PoolError> {
        if !syntax::is_client_id(&self.id) {
            return Err(PoolError::ClientId { id: self.id.clone() });
        }
        if self.secret.as_deref() == Some("") {
            return Err(PoolError::EmptySecret { client: self.id.clone() });
        }
        if self.scopes.len() > MAX_SCOPES {
            let (of, count) = (self.id.clone(), self.scopes.len());
            return Err(PoolError::TooManyScopes { of, count, most: MAX_SCOPES });
        }
        for scope in &self.scopes {
            if !STANDARD_SCOPES.contains(&scope.as_str()) && !known.contains(scope) {
                return Err(PoolError::UnknownScope { client: self.id.clone(), scope: scope.clone() });
            }
        }
        self.check_lifetime("access", self.access, 5 * MINUTE, DAY)?;
        self.check_lifetime("ID", self.id_token, 5 * MINUTE, DAY)?;
        self.check_lifetime("refresh", self.refresh, 60 * MINUTE, 10 * YEAR)
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

impl fmt::Debug for AppClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppClient")
            .field("id", &self.id)
            .field("secret", &self.secret.as_ref().map(|_| "…"))
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_secret() {
        let shown = format!("{:?}", AppClient::confidential("m2m-client", "its-secret"));
        assert!(shown.contains("m2m-client") && !shown.contains("its-secret"), "{shown}");
    }

    #[test]
    fn a_public_client_shows_no_secret_and_a_confidential_one_its_own() {
        let public = AppClient::public("p");
        let confidential = AppClient::confidential("c", "s");
        assert!(public.accepts_secret(None) && !public.accepts_secret(Some("s")));
        assert!(confidential.accepts_secret(Some("s")));
        assert!(!confidential.accepts_secret(None) && !confidential.accepts_secret(Some("S")));
    }

    #[test]
    fn a_secret_hash_is_made_of_name_client_and_secret() {
        // printf 'adac' | openssl dgst -sha256 -hmac s -binary | base64
        let hash = "aNEo6BhR/ejInL8jJsWTUA06lRJGDHGBlwtxVYe9xvM=";
        let client = AppClient::confidential("c", "s");
        assert!(client.accepts_secret_hash("ada", hash));
        assert!(!client.accepts_secret_hash("bob", hash));
        assert!(!client.accepts_secret_hash("ada", "not base64"));
        assert!(!AppClient::public("c").accepts_secret_hash("ada", hash));
    }
}
