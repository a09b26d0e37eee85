//! User pools, and which of their app clients are accepted.

mod error;
mod set;
mod url;

use std::fmt;

pub use error::PoolError;
pub(crate) use set::PoolSet;

use self::url::{KeysUrl, check_issuer, check_keys_url, has_space, is_host, without_secrets};
use crate::pool_id::{IssuerForm, UserPoolId, jwks_url};

/// A user pool whose tokens to accept: the settings from which a [`Verifier`](crate::Verifier) is built.
///
/// The settings are checked when the verifier is built.
///
/// ```
/// use cognito_verify::{UserPool, Verifier};
///
/// let staff = UserPool::new("eu-west-1_Ab12Cd34E").client("4example23456789");
/// let partners = UserPool::new("us-east-1_Zz98Yy76X").any_client();
/// assert!(Verifier::new([staff, partners]).is_ok());
///
/// // The app clients must be named, or all of them allowed.
/// let error = Verifier::new([UserPool::new("eu-west-1_Ab12Cd34E")]).unwrap_err();
/// assert!(error.to_string().contains(".any_client()"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct UserPool {
    id: String,
    forms: Vec<IssuerForm>,
    issuer: Option<String>,
    jwks_url: Option<String>,
    clients: Vec<String>,
    any_client: bool,
    resources: Vec<String>,
    http_host: Option<String>,
    /// The names of the single-value settings that were called, in order.
    given: Vec<&'static str>,
}

impl UserPool {
    /// The pool with this id: AWS's original issuer form, no app client yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            forms: Vec::new(),
            issuer: None,
            jwks_url: None,
            clients: Vec::new(),
            any_client: false,
            resources: Vec::new(),
            http_host: None,
            given: Vec::new(),
        }
    }

    /// The id, as it was given.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Accepts the tokens of this app client; call it again for each further client.
    ///
    /// An access token must carry one of them as `client_id`, an ID token as `aud`.
    pub fn client(mut self, id: impl Into<String>) -> Self {
        self.clients.push(id.into());
        self
    }

    /// Accepts the tokens of every app client of the pool, as API Gateway's REST authorizer does.
    ///
    /// *Security*: anyone who can add an app client to the pool can then call the API.
    pub fn any_client(mut self) -> Self {
        self.any_client = true;
        self
    }

    /// Which of AWS's two issuer forms the pool's tokens have; [`IssuerForm::Original`] by default.
    ///
    /// Call it for both to accept both forms: while a pool is being switched, tokens of the old form are good until they expire.
    /// The key set is fetched below the issuer of the form that is named first, so name the pool's current form first.
    ///
    /// ```
    /// use cognito_verify::{IssuerForm, UserPool};
    ///
    /// let pool = UserPool::new("eu-west-1_Ab12Cd34E").client("4example23456789");
    /// let switched = pool.issuer_form(IssuerForm::Updated).issuer_form(IssuerForm::Original);
    /// ```
    pub fn issuer_form(mut self, form: IssuerForm) -> Self {
        if !self.given.contains(&"issuer") {
            self.issuer = None;
        }
        if !self.given.contains(&"issuer_form") {
            self.forms.clear();
            self.given.push("issuer_form");
        }
        if !self.forms.contains(&form) {
            self.forms.push(form);
        }
        self
    }

    /// The issuer to expect instead of AWS's: for emulators, and for partitions that this crate does not know. An absolute
    /// `https` or `http` URL, which must equal `iss` exactly. May be called once.
    ///
    /// `http://localhost:9229/…` and `http://127.0.0.1:9229/…` are different issuers, even if both reach the same emulator: give
    /// the one that its tokens have.
    ///
    /// The key set is then fetched below this URL, unless [`jwks_url`](Self::jwks_url) is set too. If keys are fetched below an
    /// `http` issuer, its host must be a loopback address or the host of
    /// [`dangerous_allow_http`](Self::dangerous_allow_http). If the program supplies the keys, any `http` issuer is allowed,
    /// because it is only compared.
    ///
    /// ```
    /// use cognito_verify::{UserPool, Verifier};
    ///
    /// let issuer = "http://cognito:9229/local_1a2b3c4d";
    /// let pool = UserPool::new("local_1a2b3c4d").any_client().issuer(issuer);
    /// let keys_elsewhere = pool.clone().jwks_url("http://127.0.0.1:9229/local_1a2b3c4d/.well-known/jwks.json");
    /// assert!(Verifier::new([keys_elsewhere])?.pools()[0].check_jwks_url().is_ok());
    ///
    /// let error = Verifier::new([pool])?.pools()[0].check_jwks_url().unwrap_err();
    /// assert!(error.to_string().ends_with(r#"`.dangerous_allow_http("cognito")`"#));
    /// # Ok::<(), cognito_verify::PoolError>(())
    /// ```
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        if !self.given.contains(&"issuer_form") {
            self.forms.clear();
        }
        self.issuer = Some(url.into());
        self.given.push("issuer");
        self
    }

    /// The URL of the pool's keys, if it is not `{issuer}/.well-known/jwks.json`. `https`, or `http` on a
    /// loopback address or on the host of [`dangerous_allow_http`](Self::dangerous_allow_http). May be called once.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = Some(url.into());
        self.given.push("jwks_url");
        self
    }

    /// Allows this pool's keys to be fetched over plain `http` from this one host, such as a service of a Docker Compose
    /// network: `dangerous_allow_http("cognito")` for `http://cognito:9229/…`. May be called once.
    ///
    /// The host must equal the host of the keys' URL; subdomains do not match. Without this setting, plain `http` is allowed only
    /// for loopback addresses.
    ///
    /// *Security*: anyone who can change the traffic to that host can substitute the keys, and then sign any token. Use it for
    /// private networks on one machine, in development and tests.
    ///
    /// ```
    /// use cognito_verify::{UserPool, Verifier};
    ///
    /// let pool = || UserPool::new("eu-west-1_Ab12Cd34E").any_client().jwks_url("http://cognito:9229/jwks.json");
    /// assert!(Verifier::new([pool().dangerous_allow_http("cognito")]).is_ok());
    /// assert!(Verifier::new([pool().dangerous_allow_http("other")]).is_err());
    /// assert!(Verifier::new([pool()]).is_err());
    /// ```
    pub fn dangerous_allow_http(mut self, host: impl Into<String>) -> Self {
        self.http_host = Some(host.into());
        self.given.push("dangerous_allow_http");
        self
    }

    /// Turns the settings so far into defaults: a single-value setting may then be called once more, for example by a test that
    /// replaces the issuer of an API definition. Not for users.
    #[doc(hidden)]
    pub fn into_defaults(mut self) -> Self {
        self.given.clear();
        self
    }

    /// An identifier of this API as a protected resource (RFC 8707); call it again for each further identifier.
    ///
    /// If any is set, the `aud` of an access token must contain one of them. A token without `aud` passes, because only sign-ins
    /// through managed login can bind a token to a resource. If none is set, the `aud` of access tokens is ignored.
    pub fn resource(mut self, identifier: impl Into<String>) -> Self {
        self.resources.push(identifier.into());
        self
    }

    /// Parses and checks the settings. Returns all problems that can be found at once.
    pub(crate) fn prepare(self) -> Result<Pool, Vec<PoolError>> {
        let id: UserPoolId = self.id.parse().map_err(|error| vec![error])?;
        let mut problems = Vec::new();
        for setting in repeated(&self.given) {
            problems.push(PoolError::Repeated { id: id.clone(), setting });
        }
        let http_host = self.http_host.as_deref();
        if let Some(host) = http_host.filter(|host| !is_host(host)) {
            problems.push(PoolError::HttpHost { id: id.clone(), host: without_secrets(host).to_owned() });
        }
        let mut check = |result: Result<_, PoolError>| result.map_err(|problem| problems.push(problem)).ok();
        let of_aws = |form| id.issuer(form).ok_or_else(|| PoolError::UnknownRegion { id: id.clone() });
        let (mut forms, mut issuers) = (self.forms.into_iter(), Vec::new());
        let first = match (self.issuer, forms.next()) {
            (Some(_), Some(_)) => Err(PoolError::IssuerAndForm { id: id.clone() }),
            (Some(issuer), None) => check_issuer(&id, issuer),
            (None, first) => of_aws(first.unwrap_or_default()),
        };
        issuers.extend(check(first));
        // If the first one has a problem, the others have the same.
        if !issuers.is_empty() {
            issuers.extend(forms.filter_map(|form| check(of_aws(form))));
        }
        let mut check = |result: Result<_, PoolError>| result.map_err(|problem| problems.push(problem)).ok();
        let keys_at = match (&self.jwks_url, issuers.first()) {
            (Some(url), _) => {
                check(check_keys_url(&id, "jwks_url", url, url.clone(), http_host).and_then(KeysUrl::checked))
            }
            // Whether anything will be fetched from below the issuer is not known here.
            (None, Some(issuer)) => check(check_keys_url(&id, "issuer", issuer, jwks_url(issuer), http_host)),
            (None, None) => None,
        };
        let clients = match (self.any_client, self.clients.is_empty()) {
            (true, true) => Ok(Clients::Any),
            (false, false) => {
                Ok(Clients::These(self.clients.iter().map(|client| (**client).into()).collect()))
            }
            (true, false) => Err(PoolError::ClientsAndAny { id: id.clone() }),
            (false, true) => Err(PoolError::NoClient { id: id.clone() }),
        };
        let clients = clients.map_err(|problem| problems.push(problem)).ok();
        for client in self.clients.into_iter().filter(|client| !is_one_word(client)) {
            problems.push(PoolError::Client { id: id.clone(), client });
        }
        for resource in self.resources.iter().filter(|resource| !is_one_word(resource)) {
            problems.push(PoolError::Resource { id: id.clone(), resource: resource.clone() });
        }
        match (keys_at, clients) {
            (Some(keys_at), Some(clients)) if problems.is_empty() && !issuers.is_empty() => {
                let issuer = issuers.remove(0);
                Ok(Pool { id, issuer, more_issuers: issuers, keys_at, clients, resources: self.resources })
            }
            _ => Err(problems),
        }
    }
}

/// Each name that occurs more than once.
fn repeated(settings: &[&'static str]) -> Vec<&'static str> {
    let mut repeated = Vec::new();
    for (index, setting) in settings.iter().enumerate() {
        if settings.iter().take(index).any(|earlier| earlier == setting) && !repeated.contains(setting) {
            repeated.push(*setting);
        }
    }
    repeated
}

/// The pool with this id, without further settings.
macro_rules! from_id {
    ($($text:ty),*) => {$(
        impl From<$text> for UserPool {
            fn from(id: $text) -> Self {
                Self::new(id)
            }
        }
    )*};
}

from_id!(&str, &String, String);

impl From<&UserPoolId> for UserPool {
    fn from(id: &UserPoolId) -> Self {
        Self::new(id.as_str())
    }
}

/// The settings as they were given, without the part before `@` in a URL, which may contain a password.
impl fmt::Debug for UserPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = |text: &Option<String>| text.as_deref().map(without_secrets).map(str::to_owned);
        f.debug_struct("UserPool")
            .field("id", &self.id)
            .field("forms", &self.forms)
            .field("issuer", &url(&self.issuer))
            .field("jwks_url", &url(&self.jwks_url))
            .field("clients", &self.clients)
            .field("any_client", &self.any_client)
            .field("resources", &self.resources)
            .field("http_host", &url(&self.http_host))
            .finish_non_exhaustive()
    }
}

/// A user pool with checked settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    id: UserPoolId,
    issuer: String,
    more_issuers: Vec<String>,
    keys_at: KeysUrl,
    clients: Clients,
    resources: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Clients {
    Any,
    These(Vec<Box<str>>),
}

impl Pool {
    /// The pool's id.
    #[must_use]
    pub fn id(&self) -> &UserPoolId {
        &self.id
    }

    /// The issuer, which `iss` of the pool's tokens must equal exactly. If both of AWS's forms are accepted, the one that was
    /// named first.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Every issuer that its tokens may have, [`issuer`](Self::issuer) first.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.issuer).chain(&self.more_issuers).map(String::as_str)
    }

    /// The URL of its keys. Call [`check_jwks_url`](Self::check_jwks_url) before you fetch from it.
    #[must_use]
    pub fn jwks_url(&self) -> &str {
        self.keys_at.as_str()
    }

    /// Whether keys may be fetched from [`jwks_url`](Self::jwks_url): it is `https`, on a loopback address, or on the host of
    /// [`dangerous_allow_http`](UserPool::dangerous_allow_http).
    ///
    /// # Errors
    ///
    /// If keys would be fetched over plain `http` below an issuer on any other host. Such a pool is only for programs that supply
    /// its keys.
    pub fn check_jwks_url(&self) -> Result<(), PoolError> {
        self.keys_at.check()
    }

    /// The host from which keys are fetched over plain `http` because
    /// [`dangerous_allow_http`](UserPool::dangerous_allow_http) allows it; `None` for `https` and on loopback.
    #[must_use]
    pub fn allowed_http_host(&self) -> Option<&str> {
        self.keys_at.allowed_http_host()
    }

    /// The app clients whose tokens are accepted; `None` if those of any are.
    #[must_use]
    pub fn clients(&self) -> Option<impl Iterator<Item = &str>> {
        match &self.clients {
            Clients::Any => None,
            Clients::These(clients) => Some(clients.iter().map(|client| &**client)),
        }
    }

    /// The identifiers of this API as a resource (RFC 8707); none if access tokens may be bound to any.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(String::as_str)
    }

    pub(crate) fn lets_in(&self, client: &str) -> bool {
        match &self.clients {
            Clients::Any => true,
            Clients::These(clients) => clients.iter().any(|known| **known == *client),
        }
    }

    pub(crate) fn names_resource(&self, name: &str) -> bool {
        self.resources.iter().any(|known| known == name)
    }

    /// Whether an access token with this audience is meant for this API.
    pub(crate) fn is_resource<'a>(&self, mut audience: impl Iterator<Item = &'a str>) -> bool {
        self.resources.is_empty() || audience.any(|name| self.names_resource(name))
    }
}

/// Whether the text can equal a claim of a token. Settings often come from files and variables, with a line break
/// at their end.
fn is_one_word(text: &str) -> bool {
    !text.is_empty() && !has_space(text)
}

#[cfg(test)]
mod tests;
