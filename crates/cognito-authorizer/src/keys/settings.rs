//! The settings of the keys: where they come from, when they are fetched, and how long they are used.

use std::{path::PathBuf, time::Duration};

#[cfg(feature = "https")]
use super::https::Https;
use super::source::KeySource;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Where a layer gets its key sets, when it fetches them, and how long it uses them; for
/// [`CognitoAuthBuilder::keys`](crate::CognitoAuthBuilder::keys).
///
/// ```
/// use std::time::Duration;
/// use cognito_authorizer::{CognitoAuthLayer, keys::Jwks};
///
/// let keys = Jwks::https().proxy("http://proxy.example:3128").fetch_timeout(Duration::from_secs(3));
/// let builder = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789").keys(keys);
/// ```
///
/// | setting | default | from | to |
/// |---|---|---|---|
/// | [`refresh_every`](Self::refresh_every) | 1 hour | 1 minute | 1 day |
/// | [`max_stale`](Self::max_stale) | 1 day | 2 minutes | 1 week |
/// | [`fetch_timeout`](Self::fetch_timeout) | 1.5 s; 3 s for the first fetch of `connect` | 0.1 s | 30 s |
/// | [`cool_down`](Self::cool_down) | 5 s | 1 s | 1 minute |
/// | [`last_known`](Self::last_known) | not kept | | |
/// | [`root_certificate`](Self::root_certificate) | the system's | | |
/// | [`proxy`](Self::proxy) | that of the environment (`HTTPS_PROXY` and others) | | |
#[derive(Clone, Debug)]
#[must_use = "give the settings to `.keys(…)` of the builder"]
pub struct Jwks<S> {
    source: S,
    settings: KeySettings,
}

/// The settings that all sources have.
#[derive(Clone, Debug)]
pub(crate) struct KeySettings {
    pub(crate) refresh_every: Duration,
    pub(crate) max_stale: Duration,
    /// `None` unless set: `connect` and `connect_lazy` have different defaults.
    pub(crate) fetch_timeout: Option<Duration>,
    pub(crate) cool_down: Duration,
    pub(crate) last_known: Option<PathBuf>,
    /// The names of the single-value settings that were called, in order.
    pub(crate) given: Vec<&'static str>,
}

impl Default for KeySettings {
    fn default() -> Self {
        Self {
            refresh_every: HOUR,
            max_stale: DAY,
            fetch_timeout: None,
            cool_down: MINUTE / 12,
            last_known: None,
            given: Vec::new(),
        }
    }
}

#[cfg(feature = "https")]
impl Jwks<Https> {
    /// Fetches key sets over https from the URL of each pool: the default. Redirects are refused, and a key set has at most
    /// 150,000 bytes.
    ///
    /// Plain http is for loopback and for hosts of [`dangerous_allow_http`](crate::UserPool::dangerous_allow_http).
    pub fn https() -> Self {
        Self::from_source(Https::default())
    }

    /// Trusts this certificate authority too, besides those of the system: text in PEM, with one certificate or several. Call it
    /// again for each further text.
    ///
    /// *Security*: anyone who holds its private key can impersonate the key server, and so forge tokens.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.source.root_certificate(pem.into());
        self
    }

    /// Fetches keys through this proxy, such as `http://proxy.example:3128`, instead of the one that the environment names. The URL
    /// may have a user name and a password. Plain http never uses a proxy, which could substitute the keys.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.given.push("proxy");
        self.source.proxy(url.into());
        self
    }
}

impl<S: KeySource> Jwks<S> {
    /// Gets key sets from a source of the program.
    pub fn from_source(source: S) -> Self {
        Self { source, settings: KeySettings::default() }
    }

    /// How often the keys are refreshed in the background: an hour by default, from a minute to a day. Each interval is
    /// shortened by a random 0–10 %. `Cache-Control: max-age` of the response can shorten it further, to no less than a minute.
    pub fn refresh_every(mut self, interval: Duration) -> Self {
        self.settings.given.push("refresh_every");
        self.settings.refresh_every = interval;
        self
    }

    /// How long keys are used after they were fetched: a day by default, from two minutes to a week. At least two fetches are
    /// tried in that time, whatever the interval. If all of them fail, every request is answered with 503.
    ///
    /// *Security*: a key withdrawn by Cognito stays trusted until the next fetch succeeds, and for this long at most.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.settings.given.push("max_stale");
        self.settings.max_stale = max_stale;
        self
    }

    /// The time-out of a fetch: from 0.1 s to 30 s.
    ///
    /// The default is 1.5 s, as in API Gateway, and 3 s for the first fetch of
    /// [`connect`](crate::CognitoAuthBuilder::connect), which also has to resolve the host and set up TLS. A value that is set
    /// applies to both.
    ///
    /// A request that needs an unknown key waits at most this long for a fetch to start, and at most this long again for it to
    /// finish; see [`cool_down`](Self::cool_down).
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.settings.given.push("fetch_timeout");
        self.settings.fetch_timeout = Some(timeout);
        self
    }

    /// The least time between two fetches of a pool's keys that tokens with an unknown `kid` trigger: 5 s by default, from a
    /// second to a minute.
    ///
    /// Such a token triggers a fetch of the pool whose issuer it names, and no fetch if that issuer is not configured. During the
    /// cool-down, the token waits for the next fetch if that can start within the [`fetch_timeout`](Self::fetch_timeout).
    /// Otherwise it is refused at once: with 401, or with 503 if the last fetch failed. At most 1,024 requests wait for the keys
    /// of one pool; further requests are refused at once too.
    ///
    /// Any client can trigger a fetch with a forged token, and so start a cool-down just before a new key is published. If the
    /// cool-down is no longer than the fetch time-out, good tokens with the new key wait for the next fetch and are let in. If it
    /// is longer, they are refused until the next fetch is close: with the defaults, for at most 3.5 s. Cognito publishes a key
    /// well before it signs with it, so the hourly fetch usually finds the key first.
    pub fn cool_down(mut self, cool_down: Duration) -> Self {
        self.settings.given.push("cool_down");
        self.settings.cool_down = cool_down;
        self
    }

    /// Keeps the last good keys of all pools in this file, so that the service can restart while they cannot be fetched. Give
    /// each layer its own file, in a writable directory that outlives the process.
    ///
    /// The file is read once, when the layer is built, and replaced atomically after each successful fetch. Keys that were
    /// fetched just before the process ends, or before the layer is dropped, may be missing from it; it then has the previous
    /// keys. The keys in the file are used until the first fetch succeeds, which starts at once, and never longer than
    /// [`max_stale`](Self::max_stale) after *they* were fetched.
    ///
    /// A damaged file is logged and ignored. So are the keys of a pool that are too old, are dated in the future, or were
    /// fetched for another issuer or URL than the configured one. [`with_keys`](crate::CognitoAuthBuilder::with_keys) does not use
    /// the file.
    ///
    /// *Security*: anyone who can write the file can add keys and so forge tokens. On Unix, the file must therefore belong to
    /// the user of this process or to root, and only its owner may be able to write it. Protect the directory as well.
    pub fn last_known(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.given.push("last_known");
        self.settings.last_known = Some(path.into());
        self
    }

    pub(crate) fn into_parts(self) -> (S, KeySettings) {
        (self.source, self.settings)
    }
}
