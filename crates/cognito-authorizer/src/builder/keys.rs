//! The settings that say where keys come from, when they are fetched, and how long they are used.

use std::{path::PathBuf, time::Duration};

use super::{CognitoAuthBuilder, HttpClient};

impl CognitoAuthBuilder {
    /// How often the keys are refreshed in the background: an hour by default, from a minute to a day. Each interval is
    /// shortened by a random 0–10 %. `Cache-Control: max-age` of the response can shorten it further, to no less than a minute.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.give("refresh_interval");
        self.refresh_interval = interval;
        self
    }

    /// How long keys are used after they were fetched: a day by default, from two minutes to a week. At least two fetches are
    /// tried in that time, whatever the interval. If all of them fail, every request is answered with 503.
    ///
    /// *Security*: a key withdrawn by Cognito stays trusted until the next fetch succeeds, and for this long at most.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.give("max_stale");
        self.max_stale = max_stale;
        self
    }

    /// The time-out of a fetch: from 0.1 s to 30 s.
    ///
    /// The default is 1.5 s, as in API Gateway, and 3 s for the first fetch of [`connect`](Self::connect), which also has to
    /// resolve the host and set up TLS. A value that is set applies to both.
    ///
    /// A request that needs an unknown key waits at most this long for a fetch to start, and at most this long again for it to
    /// finish; see [`unknown_key_cool_down`](Self::unknown_key_cool_down).
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.give("fetch_timeout");
        self.fetch_timeout = Some(timeout);
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
    pub fn unknown_key_cool_down(mut self, cool_down: Duration) -> Self {
        self.give("unknown_key_cool_down");
        self.unknown_key_cool_down = cool_down;
        self
    }

    /// Fetches keys over https with this client, for example to set a proxy or a private certificate authority. Redirects are
    /// still refused, and the limits on time and size still apply. Plain http, from loopback or a host of
    /// [`dangerous_allow_http`](Self::dangerous_allow_http), does not use this client.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.give("http_client");
        self.http_client = Some(HttpClient(client));
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
    /// fetched for another issuer or URL than the configured one. [`with_keys`](Self::with_keys) does not use the file.
    ///
    /// *Security*: anyone who can write the file can add keys and so forge tokens. On Unix, the file must therefore belong to
    /// the user of this process or to root, and only its owner may be able to write it. Protect the directory as well.
    pub fn last_known_keys(mut self, path: impl Into<PathBuf>) -> Self {
        self.give("last_known_keys");
        self.last_known_keys = Some(path.into());
        self
    }
}
