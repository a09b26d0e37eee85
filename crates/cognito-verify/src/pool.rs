//! User pools, and which of their app clients are accepted.

mod checked;
mod clients;
mod error;
mod prepare;
mod set;
mod url;

use std::{fmt, time::Duration};

pub use checked::Pool;
pub use error::PoolError;
pub(crate) use set::PoolSet;

use self::{clients::ClientRule, url::without_secrets};
use crate::pool_id::{IssuerForm, UserPoolId};

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
    replica_regions: Vec<String>,
    clients: Vec<String>,
    client_rules: Vec<ClientRule>,
    any_client: bool,
    resources: Vec<String>,
    audiences: Vec<String>,
    accepts_missing_audience: bool,
    max_token_age: Option<Duration>,
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
            replica_regions: Vec::new(),
            clients: Vec::new(),
            client_rules: Vec::new(),
            any_client: false,
            resources: Vec::new(),
            audiences: Vec::new(),
            accepts_missing_audience: false,
            max_token_age: None,
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

    /// Accepts the tokens of each app client whose id meets this rule, beside those of [`client`](Self::client); call it again for
    /// each further rule. For app clients that are created while the service runs.
    ///
    /// The rule gets only ids that the pool signed. It is called for every token, even if the token was verified before, so it must
    /// be fast and must not block. It does not make a name an audience: see [`resource`](Self::resource).
    ///
    /// ```
    /// use std::{collections::HashSet, sync::{Arc, RwLock}};
    /// use cognito_verify::{UserPool, Verifier};
    ///
    /// let partners = Arc::new(RwLock::new(HashSet::from(["4example23456789".to_owned()])));
    /// let known = partners.clone();
    /// let pool = UserPool::new("eu-west-1_Ab12Cd34E")
    ///     .client("7ownclient23456789")
    ///     .clients_where(move |id| known.read().is_ok_and(|known| known.contains(id)));
    /// assert!(Verifier::new([pool]).is_ok());
    /// ```
    pub fn clients_where(mut self, rule: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.client_rules.push(ClientRule::new(rule));
        self
    }

    /// Accepts the tokens of every app client of the pool, as API Gateway's REST authorizer does.
    ///
    /// *Security*: anyone who can add an app client to the pool can then call the API. If clients register themselves (dynamic
    /// client registration, client ID metadata documents), set [`resource`](Self::resource) too: then only tokens that were
    /// requested for this API are accepted.
    ///
    /// ```
    /// use cognito_verify::{UserPool, Verifier};
    ///
    /// let open_to_new_clients = UserPool::new("eu-west-1_Ab12Cd34E").any_client().resource("https://mcp.example.com/mcp");
    /// assert!(Verifier::new([open_to_new_clients]).is_ok());
    /// ```
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

    /// Also accepts the original form of the issuer with this Region, for a pool that is replicated there; call it again for each
    /// further Region.
    ///
    /// Until July 2026, tokens from a replica could name its Region in `iss`; AWS has since changed them to name the primary Region.
    /// The key set is the same, and is fetched from the primary Region.
    ///
    /// ```
    /// use cognito_verify::{UserPool, Verifier};
    ///
    /// let pool = UserPool::new("eu-west-1_Ab12Cd34E").any_client().replica_region("us-west-2");
    /// let verifier = Verifier::new([pool])?;
    /// let issuers: Vec<&str> = verifier.pools()[0].issuers().collect();
    /// assert_eq!(issuers[1], "https://cognito-idp.us-west-2.amazonaws.com/eu-west-1_Ab12Cd34E");
    /// # Ok::<(), cognito_verify::PoolError>(())
    /// ```
    pub fn replica_region(mut self, region: impl Into<String>) -> Self {
        self.replica_regions.push(region.into());
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

    /// The identifier of this API as a protected resource (RFC 8707), usually its URL; call it again for each further identifier.
    ///
    /// An access token must then have `aud`, and one of its values must be one of these identifiers or of
    /// [`audience`](Self::audience). Identifiers are compared exactly. A client gets such a token by `resource=` in the
    /// authorization request to managed login. Tokens from API sign-ins (`InitiateAuth`) and of machines have no `aud`, so they
    /// are rejected.
    ///
    /// If neither is set, access tokens without `aud` are accepted. Which `aud` is accepted then depends on the
    /// [`ClaimRules`](crate::ClaimRules): by default, it must name the token's own app client or one given to
    /// [`client`](Self::client), so a token for another API is rejected.
    ///
    /// The `aud` of an ID token is its app client, and is not compared with identifiers of resources.
    pub fn resource(mut self, identifier: impl Into<String>) -> Self {
        self.resources.push(identifier.into());
        self
    }

    /// The name of this API that token exchange (RFC 8693) writes into `aud`, such as the identifier of a resource server; call it
    /// again for each further name. Requires `aud` as [`resource`](Self::resource) does; one matching value of either setting is
    /// enough.
    pub fn audience(mut self, name: impl Into<String>) -> Self {
        self.audiences.push(name.into());
        self
    }

    /// Also accepts access tokens without `aud`, although [`resource`](Self::resource) or [`audience`](Self::audience) is set. A
    /// token that has `aud` must still name this API. Use it until all clients request tokens for this API.
    ///
    /// *Security*: a client that leaves out `resource=` gets a token that is good for every API that accepts its app client.
    pub fn accept_with_or_without_audience(mut self) -> Self {
        self.accepts_missing_audience = true;
        self
    }

    /// Rejects tokens from this time after they were issued (`iat`), even if they expire later; from 1 second to 24 hours, the
    /// longest lifetime of a Cognito token. No limit by default. May be called once.
    ///
    /// The leeway of the verifier is added, as it is for `exp`.
    pub fn max_token_age(mut self, age: Duration) -> Self {
        self.max_token_age = Some(age);
        self.given.push("max_token_age");
        self
    }
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
            .field("replica_regions", &self.replica_regions)
            .field("clients", &self.clients)
            .field("client_rules", &self.client_rules.len())
            .field("any_client", &self.any_client)
            .field("resources", &self.resources)
            .field("audiences", &self.audiences)
            .field("accepts_missing_audience", &self.accepts_missing_audience)
            .field("max_token_age", &self.max_token_age)
            .field("http_host", &url(&self.http_host))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
