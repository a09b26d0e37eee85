//! The settings that say where keys come from, when they are fetched, and how long they are used.

use std::{path::PathBuf, time::Duration};

use super::{CognitoAuthBuilder, HttpClient};

impl CognitoAuthBuilder {
    /// How often the keys are fetched, ahead of need: an hour by default, from a minute to a day. Each time up to a
    /// tenth is left out by chance. `Cache-Control: max-age` of the answer may shorten it, to a minute at least.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.give("refresh_interval");
        self.refresh_interval = interval;
        self
    }

    /// How long keys are used after they were fetched: a day by default, from two minutes to a week. They are fetched
    /// twice in that time at least, whatever the interval. If all of it fails,
    /// every request is answered 503.
    ///
    /// *Security*: a key withdrawn by Cognito stays trusted until the next fetch succeeds, so for this long at most.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.give("max_stale");
        self.max_stale = max_stale;
        self
    }

    /// How long a fetch may take: from 0.1 s to 30 s.
    ///
    /// By default it is 1.5 s, as in API Gateway, and 3 s for the first fetch of [`connect`](Self::connect), which also has to
    /// resolve the host and set up TLS. A value that is set is for both.
    ///
    /// A request that needs a key which is not known waits for a fetch as long, once that has begun, and as long again for the
    /// fetch to begin; see [`unknown_key_cool_down`](Self::unknown_key_cool_down).
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.give("fetch_timeout");
        self.fetch_timeout = Some(timeout);
        self
    }

    /// How often tokens with an unknown `kid` may cause a fetch of a pool's keys: once in 5 s by default, from once in a second
    /// to once in a minute.
    ///
    /// Such a token asks for the keys of one pool, the one whose issuer it names, and of none if it names no configured issuer.
    /// If that pool was asked a moment ago, the token waits for the next fetch, provided that it may begin within the
    /// [`fetch_timeout`](Self::fetch_timeout); otherwise it is refused at once: 401, or 503 if the last fetch failed. At most 1,024
    /// requests wait for the keys of one pool; the others are refused at once too.
    ///
    /// Any client can cause a fetch with a forged token, and thereby begin a cool-down just before a new key is published. If the
    /// cool-down is no longer than the fetch time-out, good tokens of that key wait for the next fetch and are let in. If it is
    /// longer, they are refused until the next fetch is near: by default for 3.5 s at most. Cognito publishes a key well before
    /// it signs with it, so the hourly fetch usually finds it first.
    pub fn unknown_key_cool_down(mut self, cool_down: Duration) -> Self {
        self.give("unknown_key_cool_down");
        self.unknown_key_cool_down = cool_down;
        self
    }

    /// Fetches keys over https with this client: for proxies, private certificate authorities, other time-outs. Redirects are
    /// refused all the same; the limits on time and size hold. Plain http, from loopback and from a host of
    /// [`dangerous_allow_http`](Self::dangerous_allow_http), never goes through it.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.give("http_client");
        self.http_client = Some(HttpClient(client));
        self
    }

    /// Keeps the last good keys of all pools in this file, so that a restart while they cannot be fetched serves all the
    /// same. Give each layer a file of its own, in a folder that can be written and that outlives the process.
    ///
    /// It is written after each fetch that succeeds, in one step, and read once, when the layer is made. What was fetched in
    /// the last moment before the process ends, or the layer is dropped, may be missing: the file is then the one before. The keys in it
    /// are used until the first fetch succeeds, which is tried at once, and never longer than
    /// [`max_stale`](Self::max_stale) after *their* fetch. What cannot be used is said in the log and is as good as absent:
    /// a file that is damaged, and the keys of a pool that are too old, from the future, or fetched for another issuer or
    /// from another URL than is configured now. [`with_keys`](Self::with_keys) neither reads nor writes it.
    ///
    /// *Security*: whoever may write the file may let in whom he likes, so on Unix it must belong to the user of this
    /// process, or to root, and be writable by its owner alone. Protect the folder as well.
    pub fn last_known_keys(mut self, path: impl Into<PathBuf>) -> Self {
        self.give("last_known_keys");
        self.last_known_keys = Some(path.into());
        self
    }
}
