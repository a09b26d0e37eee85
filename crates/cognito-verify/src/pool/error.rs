//! Why the settings of a user pool are invalid.

use std::{
    fmt::{self, Display},
    str::FromStr,
    time::Duration,
};

use crate::pool_id::UserPoolId;

/// Why the settings of a user pool are invalid. Each message ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// The text is not a user pool id.
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
    /// Keys would be fetched over plain `http` from a host that is neither a loopback address nor allowed.
    #[error(
        "the keys of user pool {id} would be fetched without TLS by `.{setting}({url:?})`, so that others could replace them; \
         set `.jwks_url(…)` to an https URL, or allow plain http from this host, for a private network such as Docker \
         Compose's, with `.dangerous_allow_http({host:?})`"
    )]
    PlainHttp {
        /// The pool.
        id: UserPoolId,
        /// The setting's name: `issuer` or `jwks_url`.
        setting: &'static str,
        /// The URL.
        url: String,
        /// Its host.
        host: String,
    },
    /// The text given to `.dangerous_allow_http(…)` is not a host.
    #[error(
        "`.dangerous_allow_http({host:?})` of user pool {id} is not a host; give it as the URL of the keys has it, without \
         scheme, port and path, such as `cognito`"
    )]
    HttpHost {
        /// The pool.
        id: UserPoolId,
        /// The text.
        host: String,
    },
    /// A setting that has one value was called twice.
    #[error("`.{setting}(…)` of user pool {id} is called twice; keep one of the calls")]
    Repeated {
        /// The pool.
        id: UserPoolId,
        /// The setting's name.
        setting: &'static str,
    },
    /// An issuer was given, and one of AWS's issuer forms was named too.
    #[error("user pool {id} has both `.issuer(…)` and `.issuer_form(…)`; keep one of them")]
    IssuerAndForm {
        /// The pool.
        id: UserPoolId,
    },
    /// No app client was named, and `any_client` was not called.
    #[error(
        "user pool {id} lets no app client in; name them with `.client(\"…\")`, or allow all with `.any_client()`"
    )]
    NoClient {
        /// The pool.
        id: UserPoolId,
    },
    /// App clients were named, and `any_client` was called too.
    #[error("user pool {id} has both `.client(…)` and `.any_client()`; keep one of them")]
    ClientsAndAny {
        /// The pool.
        id: UserPoolId,
    },
    /// The id of an app client is empty, for example from an unset variable, or has white space or a control character, for
    /// example from a file that ends with a line break. No token could match it.
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
    /// An audience has an empty name, or one with white space or a control character.
    #[error(
        "`.audience({audience:?})` of user pool {id} is empty or has white space; give the name that token exchange writes \
         into `aud`, such as `orders`"
    )]
    Audience {
        /// The pool.
        id: UserPoolId,
        /// The name.
        audience: String,
    },
    /// Tokens without `aud` are accepted beside those that name this API, but no name is given.
    #[error(
        "`.accept_with_or_without_audience()` of user pool {id} has no effect without a name of this API; set \
         `.resource(\"https://…\")` or `.audience(\"…\")`, or remove it"
    )]
    NoAudience {
        /// The pool.
        id: UserPoolId,
    },
    /// The greatest age of tokens is out of bounds.
    #[error(
        "`.max_token_age({given:?})` of user pool {id} is out of bounds; give between 1 second and 24 hours"
    )]
    MaxTokenAge {
        /// The pool.
        id: UserPoolId,
        /// What was given.
        given: Duration,
    },
    /// A replica's Region cannot be used.
    #[error(
        "`.replica_region({region:?})` of user pool {id} {problem}; name each other Region of the pool once, such as `us-west-2`"
    )]
    ReplicaRegion {
        /// The pool.
        id: UserPoolId,
        /// The Region.
        region: String,
        /// What is wrong with it.
        problem: &'static str,
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
        /// One of the pools.
        first: UserPoolId,
        /// The other pool.
        second: UserPoolId,
    },
    /// No pool, or more than 1,000 (API Gateway's limit for one authorizer).
    #[error("{found} user pools are configured; give between 1 and 1,000")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// Several of these.
    #[error("{}", Listed(.problems))]
    Several {
        /// The problems: two or more.
        problems: Vec<Self>,
    },
}

impl PoolError {
    /// One error for all of these problems.
    pub(super) fn of_all(mut problems: Vec<Self>) -> Option<Self> {
        if problems.len() < 2 { problems.pop() } else { Some(Self::Several { problems }) }
    }
}

/// Prints problems, one a line.
struct Listed<'p>(&'p [PoolError]);

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the user pools have {} problems:", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl FromStr for UserPoolId {
    type Err = PoolError;

    fn from_str(text: &str) -> Result<Self, PoolError> {
        Self::parse(text).ok_or_else(|| PoolError::Id { id: text.into() })
    }
}
