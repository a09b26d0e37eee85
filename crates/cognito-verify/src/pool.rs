//! Which user pools, and which of their app clients are let in.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use url::{Host, Url};

use crate::pool_id::{IssuerForm, UserPoolId, jwks_url};

/// A user pool whose tokens are to be accepted: what a [`Verifier`](crate::Verifier) is made from.
///
/// Nothing is checked until the verifier is made; then everything is, at once.
///
/// ```
/// use cognito_verify::{UserPool, Verifier};
///
/// let staff = UserPool::new("eu-west-1_Ab12Cd34E").client("4example23456789");
/// let partners = UserPool::new("us-east-1_Zz98Yy76X").any_client();
/// assert!(Verifier::new([staff, partners]).is_ok());
///
/// // Which app clients are let in must be written down.
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
        }
    }

    /// Lets in the tokens of this app client; may be called again for more.
    ///
    /// An access token must carry one of them as `client_id`, an ID token as `aud`.
    pub fn client(mut self, id: impl Into<String>) -> Self {
        self.clients.push(id.into());
        self
    }

    /// Lets in the tokens of every app client of the pool, as API Gateway's REST authorizer does.
    ///
    /// *Security*: whoever may add an app client to the pool may then call the API.
    pub fn any_client(mut self) -> Self {
        self.any_client = true;
        self
    }

    /// Which of AWS's two issuer forms the pool's tokens have; [`IssuerForm::Original`] by default.
    ///
    /// Called for both, it lets in tokens of both: while a pool is being switched, tokens of the old form are good until
    /// they expire. The key set is fetched below the form that is named first, so name the one that the pool has now.
    ///
    /// ```
    /// use cognito_verify::{IssuerForm, UserPool};
    ///
    /// let pool = UserPool::new("eu-west-1_Ab12Cd34E").client("4example23456789");
    /// let switched = pool.issuer_form(IssuerForm::Updated).issuer_form(IssuerForm::Original);
    /// ```
    pub fn issuer_form(mut self, form: IssuerForm) -> Self {
        if !self.forms.contains(&form) {
            self.forms.push(form);
        }
        self
    }

    /// The issuer to expect instead of AWS's, compared with `iss` to the letter: for emulators and for partitions
    /// that this crate does not know. `http://localhost:9229/…` is not `http://127.0.0.1:9229/…`, even if both reach the
    /// same emulator: give the one that its tokens have. The key set is then looked for below it, unless
    /// [`jwks_url`](Self::jwks_url) is set too. `https`, or `http` on a loopback address.
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        self.issuer = Some(url.into());
        self
    }

    /// Where the pool's keys are fetched, if not at `{issuer}/.well-known/jwks.json`. `https`, or `http` on a
    /// loopback address.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = Some(url.into());
        self
    }

    /// An identifier of this API as a protected resource (RFC 8707); may be called again for more.
    ///
    /// Where one is set, an access token that carries `aud` must name one of them there. A token without `aud`
    /// passes: only sign-ins through managed login can bind a token to a resource. Unset, `aud` of access tokens is
    /// not looked at.
    pub fn resource(mut self, identifier: impl Into<String>) -> Self {
        self.resources.push(identifier.into());
        self
    }

    /// Parses and checks the settings.
    pub(crate) fn prepare(self) -> Result<Pool, PoolError> {
        let id: UserPoolId = self.id.parse()?;
        let of_aws = |form| id.issuer(form).ok_or_else(|| PoolError::UnknownRegion { id: id.clone() });
        let mut forms = self.forms.into_iter();
        let issuer = match (self.issuer, forms.next()) {
            (Some(_), Some(_)) => return Err(PoolError::IssuerAndForm { id }),
            (Some(issuer), None) => secure_url(&id, "issuer", issuer)?,
            (None, first) => of_aws(first.unwrap_or_default())?,
        };
        let more_issuers = forms.map(of_aws).collect::<Result<_, _>>()?;
        let keys_at = match self.jwks_url {
            Some(url) => secure_url(&id, "jwks_url", url)?,
            None => jwks_url(&issuer),
        };
        let clients = match (self.any_client, self.clients.is_empty()) {
            (true, true) => Clients::Any,
            (false, false) => Clients::These(self.clients.into_iter().map(Into::into).collect()),
            (true, false) => return Err(PoolError::ClientsAndAny { id }),
            (false, true) => return Err(PoolError::NoClient { id }),
        };
        if let Clients::These(ids) = &clients
            && let Some(client) = ids.iter().find(|client| !is_one_word(client))
        {
            return Err(PoolError::Client { id, client: client.as_ref().to_owned() });
        }
        if let Some(resource) = self.resources.iter().find(|resource| !is_one_word(resource)) {
            return Err(PoolError::Resource { id, resource: resource.clone() });
        }
        Ok(Pool { id, issuer, more_issuers, jwks_url: keys_at, clients, resources: self.resources })
    }
}

/// The settings as they were given, but for what stands before `@` in a URL: it may be a password.
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
            .finish()
    }
}

/// A user pool whose settings hold.
#[derive(Clone, Debug)]
pub struct Pool {
    id: UserPoolId,
    issuer: String,
    more_issuers: Vec<String>,
    jwks_url: String,
    clients: Clients,
    resources: Vec<String>,
}

#[derive(Clone, Debug)]
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

    /// The issuer: what `iss` of its tokens must be, to the letter. Where both of AWS's forms are let in, the one that was
    /// named first.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Every issuer that its tokens may have, [`issuer`](Self::issuer) first.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.issuer).chain(&self.more_issuers).map(String::as_str)
    }

    /// Where its keys are.
    #[must_use]
    pub fn jwks_url(&self) -> &str {
        &self.jwks_url
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

/// Why a user pool's settings do not hold. Each text ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// The text is no user pool id.
    #[error("`{id}` is not a user pool id; one reads like `eu-west-1_Ab12Cd34E`")]
    Id {
        /// The text.
        id: String,
    },
    /// The id has no Region whose issuer is known.
    #[error(
        "`{}` in the user pool id `{id}` is not a Region of a known partition; name the pool's issuer with \
         `.issuer(\"https://…\")`", .id.region()
    )]
    UnknownRegion {
        /// The pool.
        id: UserPoolId,
    },
    /// A URL cannot be used.
    #[error(
        "`.{setting}({url:?})` of user pool {id} {problem}; give an absolute https URL, or http on a loopback address"
    )]
    Url {
        /// The pool.
        id: UserPoolId,
        /// The setting's name: `issuer` or `jwks_url`.
        setting: &'static str,
        /// The URL; without the part in front of `@`, if it had one.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An issuer was given, and one of AWS's issuer forms was named too.
    #[error("user pool {id} has both `.issuer(…)` and `.issuer_form(…)`; keep one of them")]
    IssuerAndForm {
        /// The pool.
        id: UserPoolId,
    },
    /// No app client was named, and any was not allowed either.
    #[error(
        "user pool {id} lets no app client in; name them with `.client(\"…\")`, or allow all with `.any_client()`"
    )]
    NoClient {
        /// The pool.
        id: UserPoolId,
    },
    /// App clients were named and any was allowed too.
    #[error("user pool {id} has both `.client(…)` and `.any_client()`; keep one of them")]
    ClientsAndAny {
        /// The pool.
        id: UserPoolId,
    },
    /// An app client has an empty id, as a variable that is not set gives it, or one with white space or a control
    /// character, as a file that ends with a line break does. No token would ever be let in for it.
    #[error(
        "`.client({client:?})` of user pool {id} is empty or has white space; give the id that the Cognito console shows"
    )]
    Client {
        /// The pool.
        id: UserPoolId,
        /// The app client's id.
        client: String,
    },
    /// A resource has an empty identifier, or one with white space or a control character.
    #[error(
        "`.resource({resource:?})` of user pool {id} is empty or has white space; give the identifier that clients ask \
         for, such as `https://orders.example.com`"
    )]
    Resource {
        /// The pool.
        id: UserPoolId,
        /// The identifier.
        resource: String,
    },
    /// The same pool twice.
    #[error("user pool {id} is configured twice; join its app clients in one `UserPool`")]
    Twice {
        /// The pool.
        id: UserPoolId,
    },
    /// Two pools with one issuer, so that a token would belong to both.
    #[error("user pools {first} and {second} have the same issuer; give each its own with `.issuer(\"…\")`")]
    SharedIssuer {
        /// The one.
        first: UserPoolId,
        /// The other.
        second: UserPoolId,
    },
    /// No pool, or more than 1,000 (API Gateway's limit for one authorizer).
    #[error("{found} user pools are configured; give between 1 and 1,000")]
    Count {
        /// How many there are.
        found: usize,
    },
}

/// What stands before `@` may be a password, and what stands in the query a signature; errors and settings are printed.
fn without_secrets(url: &str) -> &str {
    let url = url.rsplit_once('@').map_or(url, |(_, rest)| rest);
    url.split(['?', '#']).next().unwrap_or_default()
}

fn secure_url(id: &UserPoolId, setting: &'static str, text: String) -> Result<String, PoolError> {
    let error = |problem| {
        let url = without_secrets(&text).to_owned();
        Err(PoolError::Url { id: id.clone(), setting, url, problem })
    };
    // The parser passes over them, and then `iss` would never be the same text.
    if has_space(&text) {
        return error("has white space");
    }
    let Ok(url) = Url::parse(&text) else { return error("is not a URL") };
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return error("would be fetched without TLS"),
        _ => return error("is neither https nor http"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return error("carries a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return error("has a query or a fragment");
    }
    Ok(text)
}

/// Whether it can be compared with what stands in a token. Settings often come from files and variables, with a line break
/// at their end.
fn is_one_word(text: &str) -> bool {
    !text.is_empty() && !has_space(text)
}

fn has_space(text: &str) -> bool {
    text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(configure: impl FnOnce(UserPool) -> UserPool) -> Result<Pool, PoolError> {
        configure(UserPool::new("eu-west-1_Ab12Cd34E").client("web")).prepare()
    }

    #[test]
    fn a_region_that_is_not_known_needs_an_issuer() {
        for id in [
            "local_1a2b3c4d",
            "eu_1",
            "us-iso-east-1_a",
            "eu-isoe-west-1_a",
            "EU-west-1_a",
            "eu--1_a",
            "west-1_a",
            "eu-west-x_a",
        ] {
            let id: UserPoolId = id.parse().unwrap();
            assert_eq!(id.issuer(IssuerForm::Original), None, "{id}");
            let error = UserPool::new(id.as_str()).any_client().prepare().unwrap_err();
            assert_eq!(error, PoolError::UnknownRegion { id });
        }
        let local =
            UserPool::new("local_1a2b3c4d").any_client().issuer("http://127.0.0.1:9229/local_1a2b3c4d");
        assert_eq!(
            local.prepare().unwrap().jwks_url(),
            "http://127.0.0.1:9229/local_1a2b3c4d/.well-known/jwks.json"
        );
    }

    #[test]
    fn urls_are_https_or_loopback() {
        for good in [
            "https://idp.example",
            "https://idp.example/a/b",
            "http://localhost:9229/a",
            "http://127.8.8.8/a",
            "http://[::1]:1/a",
        ] {
            assert_eq!(pool(|p| p.jwks_url(good)).unwrap().jwks_url(), good);
            assert_eq!(pool(|p| p.issuer(good)).unwrap().issuer(), good);
        }
        for (bad, problem) in [
            ("http://idp.example/a", "without TLS"),
            ("http://localhost.evil.example/a", "without TLS"),
            ("http://127.0.0.1.evil.example/a", "without TLS"),
            ("http://10.0.0.1/a", "without TLS"),
            ("ftp://idp.example/a", "neither https"),
            ("file:///etc/passwd", "neither https"),
            ("idp.example", "not a URL"),
            ("", "not a URL"),
            ("https://user:pass@idp.example/a", "password"),
            ("https://user@idp.example/a", "password"),
            ("https://:pass@idp.example/a", "password"),
            ("https://idp.example/a?b=c", "query"),
            ("https://idp.example/a#b", "fragment"),
            ("https://idp.example/a ", "white space"),
            (" https://idp.example/a", "white space"),
            ("https://idp.example/a\n", "white space"),
            ("https://idp.\texample/a", "white space"),
            ("https://idp.example/\u{a0}", "white space"),
            ("https://idp.example/\0", "white space"),
        ] {
            let error = pool(|p| p.jwks_url(bad)).unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains(".jwks_url("), "{bad}: {error}");
            assert!(!error.contains("pass@"), "{error}");
            assert!(pool(|p| p.issuer(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_issuer_forms_that_are_named_are_let_in_and_the_first_has_the_keys() {
        use IssuerForm::{Original, Updated};
        let original = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
        let updated = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
        for (forms, issuers) in [
            (&[][..], &[original][..]),
            (&[Original], &[original]),
            (&[Updated], &[updated]),
            (&[Updated, Updated], &[updated]),
            (&[Original, Updated], &[original, updated]),
            (&[Updated, Original], &[updated, original]),
            (&[Updated, Original, Updated], &[updated, original]),
        ] {
            let pool = pool(|pool| forms.iter().fold(pool, |pool, form| pool.issuer_form(*form))).unwrap();
            assert_eq!(pool.issuers().collect::<Vec<_>>(), issuers, "{forms:?}");
            assert_eq!(pool.issuer(), issuers[0], "{forms:?}");
            assert_eq!(pool.jwks_url(), format!("{}/.well-known/jwks.json", issuers[0]), "{forms:?}");
        }
        let id = "eu-west-1_Ab12Cd34E".parse().unwrap();
        let both = pool(|pool| pool.issuer("https://idp.example").issuer_form(Original));
        assert_eq!(both.unwrap_err(), PoolError::IssuerAndForm { id });
    }

    #[test]
    fn app_clients_must_be_written_down() {
        let id = || "eu-west-1_Ab12Cd34E".parse().unwrap();
        let bare = UserPool::new("eu-west-1_Ab12Cd34E");
        assert_eq!(bare.clone().prepare().unwrap_err(), PoolError::NoClient { id: id() });
        for client in ["", " ", "a b", " a", "a\n", "a\u{a0}", "a\0"] {
            let error = bare.clone().client("web").client(client).prepare().unwrap_err();
            assert_eq!(error, PoolError::Client { id: id(), client: client.into() });
        }
        assert_eq!(
            bare.clone().client("a").any_client().prepare().unwrap_err(),
            PoolError::ClientsAndAny { id: id() }
        );
        assert!(bare.clone().any_client().prepare().unwrap().lets_in("whoever"));
        let some = bare.client("a").client("b").prepare().unwrap();
        assert!(some.lets_in("a") && some.lets_in("b"));
        assert!(!some.lets_in("A") && !some.lets_in("") && !some.lets_in("ab"));
    }

    #[test]
    fn a_resource_is_one_word() {
        for resource in ["https://orders.example.com", "orders:", "4example23456789"] {
            let pool = pool(|pool| pool.resource(resource)).unwrap();
            assert!(pool.is_resource([resource].into_iter()) && !pool.is_resource(["other"].into_iter()));
        }
        for resource in ["", " ", "\t", "https://orders.example.com\n", "two words", "\u{2003}", "a\u{7f}"] {
            let error = pool(|pool| pool.resource("good").resource(resource)).unwrap_err();
            let id = "eu-west-1_Ab12Cd34E".parse().unwrap();
            assert_eq!(error, PoolError::Resource { id, resource: resource.into() });
        }
    }
}
