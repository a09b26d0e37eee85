//! Key sources: the trait, its requests and its results.

use std::{any::type_name, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use cognito_verify::{KeySet, KeySetError, Pool, PoolError};

/// API Gateway's limit on the body of a JWK Set, in bytes.
pub(crate) const MAX_BODY: usize = 150_000;

/// Fetches the key sets of user pools: [`Https`](super::Https) by default.
///
/// Implement it to get keys in another way, for example from a file or a secret store, or in a test. The layer decides when to fetch;
/// the source fetches whenever it is called.
///
/// ```
/// use cognito_authorizer::{CognitoAuthLayer, ConfigError};
/// use cognito_authorizer::keys::{FetchError, FetchedKeys, Jwks, KeyRequest, KeySource, KeySourceError};
///
/// /// Reads the key set of each pool from a folder.
/// struct Folder(std::path::PathBuf);
///
/// impl KeySource for Folder {
///     async fn fetch(&self, request: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
///         let file = self.0.join(format!("{}.json", request.pool.id()));
///         let json = std::fs::read(file).map_err(|error| FetchError::Source { problem: error.to_string() })?;
///         FetchedKeys::from_json(json)
///     }
///
///     // No URL is used, so it need not be one that keys can be fetched from.
///     fn check(&self, _: KeyRequest<'_>) -> Result<(), KeySourceError> {
///         Ok(())
///     }
/// }
///
/// async fn layer() -> Result<CognitoAuthLayer, ConfigError> {
///     let builder = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789");
///     builder.keys(Jwks::from_source(Folder("/etc/keys".into()))).connect().await
/// }
/// ```
pub trait KeySource: Send + Sync + 'static {
    /// Fetches the current key set of a pool.
    ///
    /// The future is polled by a task of the tokio runtime in which the layer was built, and dropped after
    /// [`KeyRequest::timeout`]. At most 16 run at a time. A panic is one more failure.
    ///
    /// # Errors
    ///
    /// If there is no key set now. The previous keys then stay in use, and the layer tries again after a pause.
    fn fetch(&self, request: KeyRequest<'_>) -> impl Future<Output = Result<FetchedKeys, FetchError>> + Send;

    /// Checks that the keys of this pool can be fetched. Called for each pool before its first fetch: when the layer is built, and
    /// when pools are added.
    ///
    /// By default, this checks that keys may be fetched from the pool's URL ([`Pool::check_jwks_url`]).
    ///
    /// # Errors
    ///
    /// If they cannot. The layer is then not built.
    fn check(&self, request: KeyRequest<'_>) -> Result<(), KeySourceError> {
        Ok(request.pool.check_jwks_url()?)
    }
}

/// Whose keys to fetch, and how long that may take.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KeyRequest<'r> {
    /// The pool, with the [URL of its keys](Pool::jwks_url).
    pub pool: &'r Pool,
    /// How long the fetch may take. In [`KeySource::check`], the longest time that any fetch may take.
    pub timeout: Duration,
}

impl<'r> KeyRequest<'r> {
    /// A request to a source, for example in a test of it. The layer makes its own.
    #[must_use]
    pub fn new(pool: &'r Pool, timeout: Duration) -> Self {
        Self { pool, timeout }
    }
}

/// A key set as fetched.
#[derive(Clone, Debug)]
pub struct FetchedKeys {
    pub(crate) keys: KeySet,
    /// The text, to be kept on disk.
    pub(crate) body: Option<Arc<[u8]>>,
    pub(crate) max_age: Option<Duration>,
}

impl FetchedKeys {
    /// Reads a JWK Set of at most 150,000 bytes.
    ///
    /// # Errors
    ///
    /// If it is longer, is not a JWK Set, or has no usable key.
    pub fn from_json(json: impl Into<Vec<u8>>) -> Result<Self, FetchError> {
        let json = json.into();
        if json.len() > MAX_BODY {
            return Err(FetchError::TooLarge { limit: MAX_BODY });
        }
        Ok(Self { keys: KeySet::from_json(&json)?, body: Some(json.into()), max_age: None })
    }

    /// How long the source says that the set may be cached. This can bring the next fetch forward, to no less than a minute.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }
}

/// Why a key set could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// It took too long.
    #[error("no complete answer within {} ms; allow more with `.fetch_timeout(…)`", .after.as_millis())]
    TimedOut {
        /// The time-out.
        after: Duration,
    },
    /// No connection, no TLS, or the connection broke.
    #[error("the connection failed: {problem}")]
    Transport {
        /// What the transport says.
        problem: String,
    },
    /// A redirect, which is not followed.
    #[error("the response is a redirect, which is not followed; set `.jwks_url(…)` to where the keys are")]
    Redirected,
    /// A status other than 200.
    #[error("the response has status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// The response has a content coding, although none was requested.
    #[error("the response has a content coding, although none was requested")]
    Encoded,
    /// The body is too large.
    #[error("the response has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body is not a JWK Set with a usable key.
    #[error("the response is not a usable JWK Set: {0}")]
    Keys(KeySetError),
    /// A [`KeySource`] of the program failed.
    #[error("the key source failed: {problem}")]
    Source {
        /// What it says. It is logged, so it must not contain a secret.
        problem: String,
    },
    /// The fetch panicked: a defect of the key source.
    #[error("the fetch panicked")]
    Panicked,
}

impl FetchError {
    /// A short name for logs and metrics, the same in every release.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "timed_out",
            Self::Transport { .. } => "transport",
            Self::Redirected => "redirected",
            Self::Status { .. } => "status",
            Self::Encoded => "encoded",
            Self::TooLarge { .. } => "too_large",
            Self::Keys(_) => "keys",
            Self::Source { .. } => "source",
            Self::Panicked => "panicked",
        }
    }
}

impl From<KeySetError> for FetchError {
    fn from(error: KeySetError) -> Self {
        Self::Keys(error)
    }
}

/// Why a [`KeySource`] cannot fetch the keys of a pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// Keys may not be fetched from the pool's URL.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The source cannot start.
    #[error("the key source cannot start: {problem}")]
    Start {
        /// Why not, and the fix.
        problem: String,
    },
}

/// A [`KeySource`] of any type.
#[derive(Clone)]
pub(crate) struct AnySource {
    source: Arc<dyn ErasedSource>,
}

type Fetching<'f> = Pin<Box<dyn Future<Output = Result<FetchedKeys, FetchError>> + Send + 'f>>;

trait ErasedSource: Send + Sync {
    fn fetch<'f>(&'f self, request: KeyRequest<'f>) -> Fetching<'f>;

    fn check(&self, request: KeyRequest<'_>) -> Result<(), KeySourceError>;

    fn name(&self) -> &'static str;
}

impl<S: KeySource> ErasedSource for S {
    fn fetch<'f>(&'f self, request: KeyRequest<'f>) -> Fetching<'f> {
        Box::pin(KeySource::fetch(self, request))
    }

    fn check(&self, request: KeyRequest<'_>) -> Result<(), KeySourceError> {
        KeySource::check(self, request)
    }

    fn name(&self) -> &'static str {
        type_name::<S>()
    }
}

impl AnySource {
    pub(crate) fn new(source: impl KeySource) -> Self {
        Self { source: Arc::new(source) }
    }

    /// Checks that the source can fetch the keys of these pools. Returns a problem for each pool whose keys it cannot fetch.
    pub(crate) fn check_all(&self, pools: &[Arc<Pool>], timeout: Duration) -> Vec<KeySourceError> {
        let check = |pool: &Arc<Pool>| self.source.check(KeyRequest::new(pool, timeout)).err();
        pools.iter().filter_map(check).collect()
    }

    /// The result, without a time-out.
    pub(crate) fn fetch<'f>(&'f self, pool: &'f Pool, timeout: Duration) -> Fetching<'f> {
        self.source.fetch(KeyRequest::new(pool, timeout))
    }
}

/// Prints only the type of the source, which may hold a secret.
impl fmt::Debug for AnySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnySource({})", self.source.name())
    }
}
