//! Sign-ins in the test process, without a browser or an SDK.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::acr::{Authentication, Factors};
use crate::client::{AppClient, OAuthFlow};
use crate::directory::Account;
use crate::grant::{Grant, Holder};
use crate::issuing::UserTokens;
use crate::managed_login::{ScopeRefused, granted};
use crate::pool::LocalPool;
use crate::syntax;
use crate::trigger::TriggerSource;
use crate::user::UserStatus;

/// A sign-in of a user that is about to happen; [`LocalPool::sign_in`] starts one.
///
/// The result is that of managed login if the client has a flow for it ([`OAuthFlow::Code`] or [`OAuthFlow::Implicit`]), and otherwise
/// that of `InitiateAuth`. No password is needed; all other rules apply.
#[derive(Clone)]
#[must_use = "call `.issue()` to have the tokens"]
pub struct SignInBuilder {
    pool: LocalPool,
    username: String,
    client: Option<String>,
    scopes: Vec<String>,
    nonce: Option<String>,
    resource: Option<String>,
    acr_values: Option<String>,
    by_api: bool,
}

impl LocalPool {
    /// Starts a sign-in of a user, as it would be by managed login or by the API: the tokens are tied to a grant, can
    /// be refreshed and revoked, and the pre token generation trigger runs.
    ///
    /// [`access_token`](Self::access_token) mints any token without all that, good or bad.
    ///
    /// ```
    /// use cognito_local_pool::{AppClient, LocalPool, ResourceServer, User};
    ///
    /// let web = AppClient::public("web").callback_url("http://localhost:3000/").allow_scope("openid");
    /// let pool = LocalPool::builder("ap-south-1_abcdefghi")
    ///     .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
    ///     .app_client(web.allow_scope("orders/read"))
    ///     .user(User::new("ada", "password"))
    ///     .build()?;
    ///
    /// let signed_in = pool.sign_in("ada").through("web").scopes(["openid", "orders/read"]).issue()?;
    /// assert!(signed_in.id_token().is_some() && signed_in.refresh_token().is_some());
    /// // The client is not allowed this scope, so no sign-in gives it.
    /// assert!(pool.sign_in("ada").through("web").scopes(["orders/write"]).issue().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign_in(&self, username: impl Into<String>) -> SignInBuilder {
        SignInBuilder {
            pool: self.clone(),
            username: username.into(),
            client: None,
            scopes: Vec::new(),
            nonce: None,
            resource: None,
            acr_values: None,
            by_api: false,
        }
    }
}

impl SignInBuilder {
    /// The app client; by default the first one of the pool.
    pub fn through(mut self, client_id: impl Into<String>) -> Self {
        self.client = Some(client_id.into());
        self
    }

    /// The scopes to request. Without any, a sign-in by managed login gets all scopes of the client.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// `nonce` of the authorization request, which the ID token repeats.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// `resource` of the authorization request: the `aud` of the access token.
    pub fn resource(mut self, url: impl Into<String>) -> Self {
        self.resource = Some(url.into());
        self
    }

    /// `acr_values` of the authorization request, or `TARGET_ACR_VALUES` of `USER_AUTH`: the authentication levels, one of
    /// which the user has to reach. The tokens then have `acr` and `amr`. The code of the user's authenticator app is not
    /// asked for.
    pub fn acr_values(mut self, levels: impl Into<String>) -> Self {
        self.acr_values = Some(levels.into());
        self
    }

    /// Signs in by the API (`InitiateAuth`) even if the client has managed login: the access token has the scope
    /// only `aws.cognito.signin.user.admin`.
    pub fn by_api(mut self) -> Self {
        self.by_api = true;
        self
    }

    /// Signs in, and issues the tokens.
    ///
    /// # Errors
    /// [`SignInError`] if the user could not sign in, with the fix.
    pub fn issue(self) -> Result<SignedIn, SignInError> {
        let pool = &self.pool;
        let client = self.client()?;
        let account = self.account()?;
        let code = client.allows_flow(OAuthFlow::Code);
        let managed_login = code || client.allows_flow(OAuthFlow::Implicit);
        let (mut grant, source) = if managed_login && !self.by_api {
            (self.managed_login(client, &account)?, TriggerSource::HostedAuth)
        } else if self.scopes.is_empty() && self.nonce.is_none() && self.resource.is_none() {
            (Grant::api(Holder::of(&account), client.id(), pool.now()), TriggerSource::Authentication)
        } else if self.by_api {
            return Err(SignInError::ApiRequest);
        } else {
            return Err(SignInError::NoFlow { client: client.id().to_owned() });
        };
        grant.authentication = self.authentication(&account)?;
        let issued = pool.issue_to_user(client, &grant, source);
        let tokens = issued.map_err(|failed| SignInError::Trigger { message: failed.message })?;
        // The implicit flow has no refresh token.
        let refresh_token = if source == TriggerSource::Authentication || code {
            Some(pool.keep_grant(client, grant))
        } else {
            pool.grants().keep_without_refresh(grant);
            None
        };
        Ok(SignedIn { tokens, refresh_token })
    }

    fn client(&self) -> Result<&AppClient, SignInError> {
        match &self.client {
            Some(id) => self.pool.client(id).ok_or_else(|| SignInError::UnknownClient { client: id.clone() }),
            None => self.pool.first_client().ok_or(SignInError::NoClient),
        }
    }

    fn account(&self) -> Result<Account, SignInError> {
        let unknown = || SignInError::UnknownUser { user: self.username.clone() };
        let account = self.pool.account_to_sign_in(&self.username).ok_or_else(unknown)?;
        let refused = |message: &str| SignInError::Refused { message: message.to_owned() };
        self.pool.may_sign_in(&account).map_err(|exception| refused(exception.message()))?;
        if account.status == UserStatus::ForceChangePassword {
            return Err(refused("the user must choose a new password first"));
        }
        Ok(account)
    }

    fn authentication(&self, account: &Account) -> Result<Option<Authentication>, SignInError> {
        let Some(values) = &self.acr_values else { return Ok(None) };
        let names = &self.pool.settings().acr_names;
        let unknown = || SignInError::AcrValues { values: values.clone() };
        let (target, factors) = (names.target(values).ok_or_else(unknown)?, Factors::of(account));
        if !target.is_met_by(factors) {
            return Err(SignInError::AcrNotReached { user: self.username.clone(), values: values.clone() });
        }
        Ok(Some(names.authentication(factors)))
    }

    fn managed_login(&self, client: &AppClient, account: &Account) -> Result<Grant, SignInError> {
        let scopes =
            granted(client, self.scopes.iter().map(String::as_str)).map_err(|refused| match refused {
                ScopeRefused::NotAllowed(scope) => {
                    SignInError::ScopeNotAllowed { client: client.id().to_owned(), scope }
                }
                ScopeRefused::WithoutOpenId(scope) => SignInError::ScopeWithoutOpenId { scope },
            })?;
        if let Some(url) = self.resource.as_ref().filter(|url| !syntax::is_redirect_target(url)) {
            return Err(SignInError::Resource { url: url.clone() });
        }
        let mut grant = Grant::managed_login(Holder::of(account), client.id(), scopes, self.pool.now());
        grant.nonce.clone_from(&self.nonce);
        grant.resource.clone_from(&self.resource);
        Ok(grant)
    }
}

/// The client, and nothing about the user.
impl fmt::Debug for SignInBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInBuilder").field("client", &self.client).finish_non_exhaustive()
    }
}

/// The tokens of a sign-in. `Debug` does not print them.
#[derive(Clone)]
pub struct SignedIn {
    tokens: UserTokens,
    refresh_token: Option<String>,
}

impl SignedIn {
    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.tokens.access
    }

    /// The ID token; `None` after a sign-in by managed login without `openid`.
    #[must_use]
    pub fn id_token(&self) -> Option<&str> {
        self.tokens.id.as_deref()
    }

    /// The refresh token; `None` for a client that has only the implicit flow.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// How long the access token lives.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        Duration::from_secs(self.tokens.expires_in.unsigned_abs())
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("expires_in", &self.expires_in()).finish_non_exhaustive()
    }
}

/// Why a user cannot sign in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The pool has no app client.
    #[error("the pool has no app client; add one with `.app_client(…)`")]
    NoClient,
    /// The pool has no app client of this id.
    #[error("the pool has no app client `{client}`; add it, or sign in through another")]
    UnknownClient {
        /// What was given.
        client: String,
    },
    /// The pool has no user of this name or alias.
    #[error("the pool has no user `{user}`; add one with `.user(…)`")]
    UnknownUser {
        /// What was given.
        user: String,
    },
    /// The state of the user does not let it sign in, in the words of Cognito.
    #[error("the user cannot sign in: {message}")]
    Refused {
        /// Why.
        message: String,
    },
    /// Scopes, a nonce or a resource need managed login, which the client does not have.
    #[error(
        "the app client `{client}` has no flow for users; add `.callback_url(\"…\")`, or ask for no scope"
    )]
    NoFlow {
        /// The client.
        client: String,
    },
    /// Scopes, a nonce or a resource were requested in a sign-in by the API.
    #[error("a sign-in by the API takes no scope, nonce or resource; remove them, or remove `.by_api()`")]
    ApiRequest,
    /// The client is not allowed the scope.
    #[error("the app client `{client}` is not allowed `{scope}`; add `.allow_scope(\"{scope}\")`")]
    ScopeNotAllowed {
        /// The client.
        client: String,
        /// The scope.
        scope: String,
    },
    /// The scope only goes with `openid`.
    #[error("the scope `{scope}` was requested without `openid`; request both")]
    ScopeWithoutOpenId {
        /// The scope.
        scope: String,
    },
    /// The resource is not a URL that Cognito accepts.
    #[error("`{url}` is not a resource; use `https://…`, `http://localhost…` or an app's own scheme")]
    Resource {
        /// What was given.
        url: String,
    },
    /// None of the values is the name of an authentication level.
    #[error("`{values}` names no authentication level of the pool; one reads like `urn:cognito:loa:4`")]
    AcrValues {
        /// What was given.
        values: String,
    },
    /// The user cannot reach one of the levels.
    #[error(
        "the user `{user}` reaches none of the levels `{values}`; add `.software_token(\"…\")` to the user for the highest one"
    )]
    AcrNotReached {
        /// The user.
        user: String,
        /// What was given.
        values: String,
    },
    /// [`on_token`](crate::LocalPoolBuilder::on_token) refused.
    #[error("the pre token generation trigger failed: {message}")]
    Trigger {
        /// What it said.
        message: String,
    },
}
