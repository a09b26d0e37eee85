//! Why a layer cannot be built.

use std::{
    fmt::{self, Display},
    path::PathBuf,
    time::Duration,
};

use cognito_verify::{
    Accept, KeySetError, LeewayError, PoolError, Requirement, RequirementError, UserPoolId,
};

use crate::{
    authorizer::IdentitySourceError,
    keys::{FetchError, KeySourceError},
    profile::Profile,
};

/// Why a [`CognitoAuthLayer`](crate::CognitoAuthLayer) cannot be built. Each message ends with the fix.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The settings of a user pool are invalid.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The leeway is too long.
    #[error(transparent)]
    Leeway(#[from] LeewayError),
    /// A requirement is invalid.
    #[error("`.require(…)` cannot be used: {0}")]
    Requirement(RequirementError),
    /// No accepted token can meet a requirement.
    #[error(
        "{requirement} cannot be met: only an {accept} is let in here, and none can meet this; change `.require(…)`, or `.accept(…)`"
    )]
    Impossible {
        /// What is required.
        requirement: Requirement,
        /// Which tokens are let in.
        accept: Accept,
    },
    /// Alternatives of a requirement have no effect, because every accepted token meets one of them.
    #[error(
        "every {accept} that is let in meets `{choice}`, so it checks nothing; remove the alternative that always holds, or \
         change `.accept(…)`"
    )]
    AlwaysMet {
        /// The alternatives.
        choice: Requirement,
        /// Which tokens are let in.
        accept: Accept,
    },
    /// A row of the route table cannot be used with the layer.
    #[error("row `{row}` of the route table: {problem}")]
    Row {
        /// The row's route key, or `unmatched`.
        row: String,
        /// Why not.
        problem: Box<Self>,
    },
    /// A layer that lets in anonymous requests has a requirement.
    #[error(
        "`.allow_anonymous()` and the requirement {requirement} contradict each other: a caller who does not meet it would leave \
         the token out; call `.require(…)` on a clone of the layer that does not allow anonymous requests, or check \
         `Option<AccessClaims>` in the handler"
    )]
    AnonymousRequirement {
        /// What the layer requires.
        requirement: Requirement,
    },
    /// A layer with a route table lets in anonymous requests.
    #[error(
        "`.allow_anonymous()` has no meaning with a route table, whose rows decide about each route; write \
         `.optional(\"GET /path\")` for the rows of routes that also serve anonymous requests"
    )]
    AnonymousByTable,
    /// A table was given to a layer that has none to replace.
    #[error("this layer has no route table to replace; give it one with `.routes(…)` when it is built")]
    NoRouteTable,
    /// A setting has no meaning in the profile.
    #[error("`.{setting}(…)` has no meaning in the profile {profile:?}; {fix}")]
    NotInProfile {
        /// The setting's name.
        setting: &'static str,
        /// The profile.
        profile: Profile,
        /// What to do instead.
        fix: &'static str,
    },
    /// The text is not an identity source.
    #[error("`.identity_source(…)`: {0}")]
    IdentitySource(#[from] IdentitySourceError),
    /// There are no identity sources.
    #[error("`.identity_sources(…)` names none, so that every request is refused; name one, or leave it out")]
    NoIdentitySource,
    /// Two identity sources are the same place.
    #[error("`.identity_sources(…)` names `{place}` twice; keep one of them")]
    IdentitySourceTwice {
        /// The identity source.
        place: String,
    },
    /// Two settings that exclude each other are called.
    #[error("`.{setting}(…)` and `.{other}(…)` are both called; keep one of them")]
    Exclusive {
        /// The first setting's name.
        setting: &'static str,
        /// The other's.
        other: &'static str,
    },
    /// The text is not a regular expression.
    #[cfg(feature = "api-gateway")]
    #[error(
        "`.identity_validation_expression(…)` is not a regular expression without look-around and back-references: {problem}"
    )]
    IdentityValidationExpression {
        /// What is wrong with it.
        problem: String,
    },
    /// A gateway response is invalid.
    #[cfg(feature = "api-gateway")]
    #[error(transparent)]
    GatewayResponse(#[from] crate::gateway::GatewayResponseError),
    /// A setting that has one value was called twice.
    #[error("`.{setting}(…)` is called twice; keep one of the calls")]
    Repeated {
        /// The setting's name.
        setting: &'static str,
    },
    /// A duration is out of bounds.
    #[error("`.{setting}(…)` was given {given:?}; give between {least:?} and {most:?}")]
    Duration {
        /// The setting's name.
        setting: &'static str,
        /// What was given.
        given: Duration,
        /// The least that may be.
        least: Duration,
        /// The most that may be.
        most: Duration,
    },
    /// The token limit is below what any token of a user pool has.
    #[error("`.token_bytes({given})` would refuse every token; give at least {least} bytes")]
    TokenLimit {
        /// What was given.
        given: usize,
        /// The least that may be.
        least: usize,
    },
    /// The realm cannot be used in a challenge.
    #[error(
        "`.realm(\"{given}\")` cannot be quoted in a challenge; give visible ASCII without `\"` and `\\`"
    )]
    Realm {
        /// What was given.
        given: String,
    },
    /// A setting of the protected resource cannot be used.
    #[error("`{setting}({given:?})` {problem}; {fix}")]
    ProtectedResource {
        /// The setting's name; `ProtectedResource::new` for the URL of the API.
        setting: &'static str,
        /// What was given.
        given: String,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do instead.
        fix: &'static str,
    },
    /// A user pool does not require the resource that the metadata names, so that tokens for other APIs would be accepted.
    #[error(
        "clients are told to ask for tokens for {resource}, but user pool {pool} does not require them; add \
         `.resource({resource:?})` to the `UserPool`"
    )]
    ResourceNotRequired {
        /// The pool.
        pool: UserPoolId,
        /// The URL of the protected resource.
        resource: String,
    },
    /// Metadata was asked for, but the profile has no protected resource.
    #[error(
        "there is no protected resource to describe; set it with `.profile(Standard::new().protected_resource(…))`"
    )]
    NoProtectedResource,
    /// No key set was supplied for a pool.
    #[error("no keys were supplied for user pool {pool}; give `.with_keys(…)` a key set with its id")]
    NoKeys {
        /// The pool.
        pool: UserPoolId,
    },
    /// Two key sets were supplied for one pool.
    #[error("two key sets were supplied for `{pool}`; keep one of them")]
    KeysTwice {
        /// The pool.
        pool: String,
    },
    /// A key set was supplied for a pool that is not configured.
    #[error(
        "keys were supplied for `{pool}`, which is not configured; add it with `.user_pool(…)`, or leave its keys out"
    )]
    KeysOfOtherPool {
        /// The pool.
        pool: String,
    },
    /// There is nothing to fetch keys with.
    #[error(
        "there is no key source; enable the feature `https` of cognito-authorizer, or give a source with \
         `.keys(Jwks::from_source(…))`"
    )]
    NoKeySource,
    /// The key source cannot start.
    #[error("the keys cannot be fetched: {problem}")]
    KeySource {
        /// Why not, and the fix.
        problem: String,
    },
    /// The last known keys could not be written there.
    #[error(
        "`.last_known({path:?})` cannot be written: its folder must exist and this process must be allowed to write there; create the \
         folder, or give another path"
    )]
    LastKnownKeys {
        /// The path that was given.
        path: PathBuf,
    },
    /// No tokio runtime is running, which could refresh the keys.
    #[error(
        "no tokio runtime is running here; call this inside `#[tokio::main]`, or use `.with_keys(…)` without `.revocation(…)`"
    )]
    NoRuntime,
    /// `connect` could not fetch a pool's keys.
    #[error(
        "the keys of user pool {pool} could not be fetched from {url}: {error}; check the pool id and the network, or \
         start without keys by `.connect_lazy()`"
    )]
    Keys {
        /// The pool.
        pool: UserPoolId,
        /// Where its keys should be.
        url: String,
        /// Why not.
        error: FetchError,
    },
    /// Several of these.
    #[error("{}", Listed(.problems))]
    Several {
        /// The problems: two or more.
        problems: Vec<Self>,
    },
    /// The text is not a JWK Set with a usable key.
    #[error("the supplied keys cannot be used: {0}; give the JSON of `{{issuer}}/.well-known/jwks.json`")]
    KeySet(#[from] KeySetError),
}

/// How many problems are printed. A thousand pools may have one each.
const LISTED: usize = 50;

/// Prints problems, one a line.
struct Listed<'p>(&'p [ConfigError]);

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} problems:", self.0.len())?;
        self.0.iter().take(LISTED).try_for_each(|problem| write!(f, "\n- {problem}"))?;
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, "\n- and {more} more"),
        }
    }
}

impl From<KeySourceError> for ConfigError {
    fn from(error: KeySourceError) -> Self {
        match error {
            KeySourceError::Pool(error) => Self::Pool(error),
            KeySourceError::Start { problem } => Self::KeySource { problem },
        }
    }
}

impl ConfigError {
    pub(crate) fn at_row(self, row: String) -> Self {
        Self::Row { row, problem: Box::new(self) }
    }
}
