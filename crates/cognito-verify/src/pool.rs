//! Which user pool: its id, its issuer, where its keys are, which of its app clients are let in.

use std::{
    fmt,
    hash::{Hash, Hasher},
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

use url::{Host, Url};

/// A user pool's id, such as `eu-west-1_Ab12Cd34E`.
///
/// The syntax is AWS's (`UserPoolIdType` of the user pools API): `[\w-]+_[0-9a-zA-Z]+` in ASCII and at most 55
/// characters. Ids of emulators (`local_1a2b3c4d`) fit it; they have no AWS Region, so their issuer must be given.
///
/// ```
/// use cognito_verify::{IssuerForm, UserPoolId};
///
/// let id: UserPoolId = "eu-west-1_Ab12Cd34E".parse()?;
/// assert_eq!(id.region(), "eu-west-1");
/// assert_eq!(
///     id.issuer(IssuerForm::Original).as_deref(),
///     Some("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"),
/// );
/// assert!("eu-west-1".parse::<UserPoolId>().is_err());
/// # Ok::<(), cognito_verify::PoolError>(())
/// ```
#[derive(Clone, PartialOrd, Ord)]
pub struct UserPoolId {
    text: Arc<str>,
    region_length: usize,
}

/// How AWS writes the issuer of a user pool.
///
/// Source: «Multi-Region replication» and «Verifying JSON web tokens» of the Amazon Cognito developer guide. A pool
/// has one of the two at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IssuerForm {
    /// `https://cognito-idp.{region}.amazonaws.com/{id}`: what every pool starts with, and the default.
    #[default]
    Original,
    /// `https://issuer-cognito-idp.{region}.amazonaws.com/{id}`: for pools that were switched to it. The key set
    /// of a pool that was not answers 403 there.
    Updated,
}

/// An AWS partition with user pools whose host names are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Partition {
    /// `aws`, the commercial Regions.
    Aws,
    /// `aws-us-gov`; the same host names as `aws`.
    AwsUsGov,
    /// `aws-cn`, hosts under `amazonaws.com.cn`.
    AwsCn,
    /// `aws-eusc`, the European Sovereign Cloud, hosts under `amazonaws.eu`. AWS's own libraries disagree about this
    /// suffix; where the pool's tokens say otherwise, set [`UserPool::issuer`].
    AwsEusc,
}

impl Partition {
    fn suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::AwsUsGov => "amazonaws.com",
            Self::AwsCn => "amazonaws.com.cn",
            Self::AwsEusc => "amazonaws.eu",
        }
    }
}

impl UserPoolId {
    /// The id as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the last `_`; a Region where the pool is AWS's.
    #[must_use]
    pub fn region(&self) -> &str {
        self.text.get(..self.region_length).unwrap_or_default()
    }

    /// The partition, or `None` where [`region`](Self::region) is no Region of a partition known here.
    #[must_use]
    pub fn partition(&self) -> Option<Partition> {
        let mut parts = self.region().split('-').rev();
        let number = parts.next()?;
        let words: Vec<&str> = parts.collect();
        let named = words.len() >= 2
            && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit());
        let (&area, &second) = (words.last()?, words.iter().rev().nth(1)?);
        match (area, second) {
            _ if !named => None,
            ("cn", _) => Some(Partition::AwsCn),
            ("eusc", _) => Some(Partition::AwsEusc),
            (_, "gov") => Some(Partition::AwsUsGov),
            (_, isolated) if isolated.starts_with("iso") => None,
            _ => Some(Partition::Aws),
        }
    }

    /// The `iss` of the pool's tokens, or `None` where the partition is unknown and the issuer must be told.
    #[must_use]
    pub fn issuer(&self, form: IssuerForm) -> Option<String> {
        let suffix = self.partition()?.suffix();
        let host = match form {
            IssuerForm::Original => "cognito-idp",
            IssuerForm::Updated => "issuer-cognito-idp",
        };
        Some(format!("https://{host}.{}.{suffix}/{}", self.region(), self.text))
    }

    /// Where the pool publishes its keys, or `None` as for [`issuer`](Self::issuer).
    #[must_use]
    pub fn jwks_url(&self, form: IssuerForm) -> Option<String> {
        self.issuer(form).map(|issuer| jwks_url(&issuer))
    }
}

/// `{issuer}/.well-known/jwks.json`: «Verifying JSON web tokens», Amazon Cognito developer guide.
fn jwks_url(issuer: &str) -> String {
    format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/'))
}

impl FromStr for UserPoolId {
    type Err = PoolError;

    fn from_str(text: &str) -> Result<Self, PoolError> {
        let invalid = || PoolError::Id { id: text.into() };
        let (region, name) = text.rsplit_once('_').ok_or_else(invalid)?;
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let valid = text.len() <= 55
            && !region.is_empty()
            && region.bytes().all(word)
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if valid { Ok(Self { text: text.into(), region_length: region.len() }) } else { Err(invalid()) }
    }
}

impl PartialEq for UserPoolId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for UserPoolId {}

impl Hash for UserPoolId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for UserPoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for UserPoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserPoolId({})", self.text)
    }
}

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
#[derive(Clone, Debug)]
#[must_use]
pub struct UserPool {
    id: String,
    form: IssuerForm,
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
            form: IssuerForm::default(),
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
    pub fn issuer_form(mut self, form: IssuerForm) -> Self {
        self.form = form;
        self
    }

    /// The issuer to expect instead of AWS's, compared with `iss` to the letter: for emulators and for partitions
    /// that this crate does not know. The key set is then looked for below it, unless
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
        let issuer = match self.issuer {
            Some(issuer) => secure_url(&id, "issuer", issuer)?,
            None => id.issuer(self.form).ok_or_else(|| PoolError::UnknownRegion { id: id.clone() })?,
        };
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
            && ids.iter().any(|client| client.is_empty())
        {
            return Err(PoolError::EmptyClient { id });
        }
        Ok(Pool { id, issuer: issuer.into(), jwks_url: keys_at.into(), clients, resources: self.resources })
    }
}

/// A user pool whose settings hold.
#[derive(Clone, Debug)]
pub struct Pool {
    id: UserPoolId,
    issuer: Arc<str>,
    jwks_url: Arc<str>,
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

    /// What `iss` of its tokens must be, to the letter.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
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

    /// Whether an access token with this audience is meant for this API.
    pub(crate) fn is_resource<'a>(&self, mut audience: impl Iterator<Item = &'a str>) -> bool {
        self.resources.is_empty() || audience.any(|name| self.resources.iter().any(|known| known == name))
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
        "`.{setting}(\"{url}\")` of user pool {id} {problem}; give an absolute https URL, or http on a loopback address"
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
    /// An app client has an empty id, as a variable that is not set gives it.
    #[error("user pool {id} has an app client with an empty id; give the id that the Cognito console shows")]
    EmptyClient {
        /// The pool.
        id: UserPoolId,
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

fn secure_url(id: &UserPoolId, setting: &'static str, text: String) -> Result<String, PoolError> {
    let error = |problem| {
        // What stands before `@` may be a password, and errors are printed.
        let url = text.rsplit_once('@').map_or(text.as_str(), |(_, rest)| rest).to_owned();
        Err(PoolError::Url { id: id.clone(), setting, url, problem })
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(configure: impl FnOnce(UserPool) -> UserPool) -> Result<Pool, PoolError> {
        configure(UserPool::new("eu-west-1_Ab12Cd34E").client("web")).prepare()
    }

    #[test]
    fn ids_follow_the_syntax_of_aws() {
        for good in ["eu-west-1_Ab12Cd34E", "local_1a2b3c4d", "us-gov-west-1_x", "a_b_9", "eu_1"] {
            assert_eq!(good.parse::<UserPoolId>().unwrap().as_str(), good);
        }
        let long = format!("eu-west-1_{}", "a".repeat(46));
        for bad in [
            "",
            "_",
            "eu-west-1",
            "eu-west-1_",
            "_abc",
            "eu-west-1_a-b",
            "eu west_a",
            "eu-west-1_ä",
            "é_a",
            "a/b_c",
            &long,
        ] {
            assert_eq!(bad.parse::<UserPoolId>(), Err(PoolError::Id { id: bad.into() }));
        }
        assert!(long.get(..55).unwrap().parse::<UserPoolId>().is_ok());
    }

    #[test]
    fn each_partition_has_its_issuer() {
        for (id, original, updated) in [
            (
                "ap-south-1_abcdefghi",
                "https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi",
                "https://issuer-cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi",
            ),
            (
                "us-gov-west-1_a",
                "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_a",
                "https://issuer-cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_a",
            ),
            (
                "cn-north-1_a",
                "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a",
                "https://issuer-cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a",
            ),
            (
                "eusc-de-east-1_a",
                "https://cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_a",
                "https://issuer-cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_a",
            ),
        ] {
            let id: UserPoolId = id.parse().unwrap();
            assert_eq!(id.issuer(IssuerForm::Original).unwrap(), original);
            assert_eq!(id.issuer(IssuerForm::Updated).unwrap(), updated);
            assert_eq!(
                id.jwks_url(IssuerForm::Original).unwrap(),
                format!("{original}/.well-known/jwks.json")
            );
        }
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
            ("https://idp.example/a?b=c", "query"),
            ("https://idp.example/a#b", "fragment"),
        ] {
            let error = pool(|p| p.jwks_url(bad)).unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains(".jwks_url("), "{bad}: {error}");
            assert!(!error.contains("pass@"), "{error}");
            assert!(pool(|p| p.issuer(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn app_clients_must_be_written_down() {
        let id = || "eu-west-1_Ab12Cd34E".parse().unwrap();
        let bare = UserPool::new("eu-west-1_Ab12Cd34E");
        assert_eq!(bare.clone().prepare().unwrap_err(), PoolError::NoClient { id: id() });
        assert_eq!(bare.clone().client("").prepare().unwrap_err(), PoolError::EmptyClient { id: id() });
        assert_eq!(
            bare.clone().client("a").any_client().prepare().unwrap_err(),
            PoolError::ClientsAndAny { id: id() }
        );
        assert!(bare.clone().any_client().prepare().unwrap().lets_in("whoever"));
        let some = bare.client("a").client("b").prepare().unwrap();
        assert!(some.lets_in("a") && some.lets_in("b"));
        assert!(!some.lets_in("A") && !some.lets_in("") && !some.lets_in("ab"));
    }
}
