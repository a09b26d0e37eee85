//! App clients: their secrets, flows, scopes and URLs, and how long their tokens live.

mod auth_flow;
mod check;
mod flow;

use std::fmt;
use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use auth_flow::AuthFlow;
pub use flow::OAuthFlow;

/// Scopes that no resource server defines; a machine never gets them.
pub(crate) const STANDARD_SCOPES: [&str; 5] = [API_SIGN_IN_SCOPE, "openid", "profile", "email", "phone"];
/// The scope of a token that was got by an API call.
pub(crate) const API_SIGN_IN_SCOPE: &str = "aws.cognito.signin.user.admin";
/// How long access and ID tokens live unless the client says otherwise.
pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// An app client of the pool: public, or confidential with a secret.
///
/// See [App clients][aws]. `Debug` does not show the secret.
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html
#[derive(Clone)]
pub struct AppClient {
    id: String,
    secrets: Vec<String>,
    pub(crate) scopes: Vec<String>,
    flows: Option<Vec<OAuthFlow>>,
    auth_flows: Option<Vec<AuthFlow>>,
    pub(crate) callback_urls: Vec<String>,
    pub(crate) logout_urls: Vec<String>,
    pub(crate) access_lifetime: Duration,
    pub(crate) id_lifetime: Duration,
    pub(crate) refresh_lifetime: Duration,
    /// How long the refresh token before the newest one stays good, if tokens rotate.
    pub(crate) rotation_grace: Option<Duration>,
    revocation: TokenRevocation,
    pub(crate) auth_session: Duration,
}

/// `EnableTokenRevocation` of an app client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenRevocation {
    Enabled,
    Disabled,
}

impl AppClient {
    /// A client without a secret: users sign in with it, machines cannot get a token of their own.
    #[must_use]
    pub fn public(id: impl Into<String>) -> Self {
        Self::with(id.into(), Vec::new())
    }

    /// A client with a secret, which may also get tokens for itself (`client_credentials`).
    #[must_use]
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::with(id.into(), vec![secret.into()])
    }

    fn with(id: String, secrets: Vec<String>) -> Self {
        Self {
            id,
            secrets,
            scopes: Vec::new(),
            flows: None,
            auth_flows: None,
            callback_urls: Vec::new(),
            logout_urls: Vec::new(),
            access_lifetime: DEFAULT_LIFETIME,
            id_lifetime: DEFAULT_LIFETIME,
            refresh_lifetime: 30 * DAY,
            rotation_grace: None,
            revocation: TokenRevocation::Enabled,
            auth_session: 3 * MINUTE,
        }
    }

    /// Adds a second secret, as a client has while its secret is rotated: either is accepted. At most two.
    #[must_use]
    pub fn second_secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Registers a URL that managed login may send the browser back to (`CallbackURLs`).
    ///
    /// `https://…`, `http://` with `localhost`, `127.0.0.1` or `[::1]`, or a URL of an app such as `myapp://signed-in`;
    /// absolute and without a fragment. A request must repeat it character by character.
    #[must_use]
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_urls.push(url.into());
        self
    }

    /// Registers a URL that `/logout` may send the browser to (`LogoutURLs`), under the rules of
    /// [`callback_url`](Self::callback_url).
    #[must_use]
    pub fn logout_url(mut self, url: impl Into<String>) -> Self {
        self.logout_urls.push(url.into());
        self
    }

    /// Allows an OAuth flow (`AllowedOAuthFlows`).
    ///
    /// If this is never called, a client with a callback URL has [`OAuthFlow::Code`], and any other client with a
    /// secret has [`OAuthFlow::ClientCredentials`].
    #[must_use]
    pub fn allow_oauth_flow(mut self, flow: OAuthFlow) -> Self {
        self.flows.get_or_insert_default().push(flow);
        self
    }

    /// Allows a way to sign in by the API (`ExplicitAuthFlows`).
    ///
    /// If this is never called, all ways to sign in are allowed, except [`AuthFlow::RefreshToken`] where refresh tokens
    /// [rotate](Self::refresh_token_rotation); token exchange is not. Cognito allows [`AuthFlow::UserSrp`] and [`AuthFlow::RefreshToken`] by
    /// default.
    #[must_use]
    pub fn allow_auth_flow(mut self, flow: AuthFlow) -> Self {
        self.auth_flows.get_or_insert_default().push(flow);
        self
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
        self.access_lifetime = lifetime;
        self
    }

    /// How long an ID token lives: 5 minutes to 1 day in whole seconds, 1 hour by default.
    #[must_use]
    pub fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.id_lifetime = lifetime;
        self
    }

    /// How long a refresh token lives: 1 hour to 10 years, 30 days by default.
    #[must_use]
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.refresh_lifetime = lifetime;
        self
    }

    /// Turns [refresh token rotation][aws] on: each refresh gives a new refresh token, and the one before it stays good
    /// for `grace`, 0 to 60 whole seconds (`RetryGracePeriodSeconds`). Off by default.
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html#using-the-refresh-token-rotation
    #[must_use]
    pub fn refresh_token_rotation(mut self, grace: Duration) -> Self {
        self.rotation_grace = Some(grace);
        self
    }

    /// Turns [token revocation][aws] off (`EnableTokenRevocation`): tokens have no `origin_jti`, and refresh tokens
    /// cannot be revoked. On by default.
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
    #[must_use]
    pub fn without_token_revocation(mut self) -> Self {
        self.revocation = TokenRevocation::Disabled;
        self
    }

    /// How long a user has to answer a challenge (`AuthSessionValidity`): 3 to 15 minutes, 3 by default.
    #[must_use]
    pub fn auth_session_validity(mut self, validity: Duration) -> Self {
        self.auth_session = validity;
        self
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn has_secret(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Whether `given` is one of the client's secrets, or is absent if the client has no secret.
    pub(crate) fn accepts_secret(&self, given: Option<&str>) -> bool {
        match given {
            None => self.secrets.is_empty(),
            Some(given) => self.secrets.iter().fold(false, |found, secret| {
                found | constant_time::verify_slices_are_equal(secret.as_bytes(), given.as_bytes()).is_ok()
            }),
        }
    }

    /// Whether `hash` is Base64(HMAC-SHA256(secret, username + client id)), the `SECRET_HASH` of [Cognito's API][aws].
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
    pub(crate) fn accepts_secret_hash(&self, username: &str, hash: &str) -> bool {
        let Ok(hash) = STANDARD.decode(hash) else { return false };
        let message = format!("{username}{}", self.id);
        self.secrets.iter().any(|secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            hmac::verify(&key, message.as_bytes(), &hash).is_ok()
        })
    }

    /// The scopes that resource servers define, which are all that a machine can get.
    pub(crate) fn custom_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str).filter(|scope| !STANDARD_SCOPES.contains(scope))
    }

    pub(crate) fn can_revoke(&self) -> bool {
        self.revocation == TokenRevocation::Enabled
    }

    pub(crate) fn allows_auth_flow(&self, flow: AuthFlow) -> bool {
        match &self.auth_flows {
            Some(flows) => flows.contains(&flow),
            None => match flow {
                AuthFlow::RefreshToken => self.rotation_grace.is_none(),
                AuthFlow::TokenExchangeImpersonation | AuthFlow::TokenExchangeDelegation => false,
                _ => true,
            },
        }
    }

    pub(crate) fn allows_flow(&self, flow: OAuthFlow) -> bool {
        self.flows().contains(&flow)
    }

    /// The flows that were allowed, or those that follow from the rest.
    pub(crate) fn flows(&self) -> Vec<OAuthFlow> {
        match &self.flows {
            Some(flows) => flows.clone(),
            None if !self.callback_urls.is_empty() => vec![OAuthFlow::Code],
            None if self.has_secret() => vec![OAuthFlow::ClientCredentials],
            None => Vec::new(),
        }
    }

    /// The secret that was given first, which `DescribeUserPoolClient` shows.
    pub(crate) fn first_secret(&self) -> Option<&str> {
        self.secrets.first().map(String::as_str)
    }

    /// Whether `url` is registered, compared as a string.
    pub(crate) fn has_callback_url(&self, url: &str) -> bool {
        self.callback_urls.iter().any(|known| known == url)
    }

    pub(crate) fn has_logout_url(&self, url: &str) -> bool {
        self.logout_urls.iter().any(|known| known == url)
    }
}

impl fmt::Debug for AppClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppClient")
            .field("id", &self.id)
            .field("secrets", &self.secrets.len())
            .field("scopes", &self.scopes)
            .field("flows", &self.flows())
            .field("callback_urls", &self.callback_urls)
            .field("logout_urls", &self.logout_urls)
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

    #[test]
    fn either_of_two_secrets_is_accepted() {
        let client = AppClient::confidential("c", "old").second_secret("s");
        assert!(client.accepts_secret(Some("old")) && client.accepts_secret(Some("s")));
        assert!(!client.accepts_secret(Some("other")) && !client.accepts_secret(None));
        assert!(client.accepts_secret_hash("ada", "aNEo6BhR/ejInL8jJsWTUA06lRJGDHGBlwtxVYe9xvM="));
    }

    #[test]
    fn flows_follow_from_the_rest_until_one_is_allowed() {
        let flows = |client: AppClient| client.flows();
        assert_eq!(flows(AppClient::public("p")), []);
        assert_eq!(flows(AppClient::confidential("c", "s")), [OAuthFlow::ClientCredentials]);
        let web = AppClient::confidential("c", "s").callback_url("https://a/");
        assert_eq!(flows(web.clone()), [OAuthFlow::Code]);
        assert_eq!(flows(web.allow_oauth_flow(OAuthFlow::Implicit)), [OAuthFlow::Implicit]);
    }
}
