//! Bytes from a URL, with limits: time, size, no redirects, no content codings.

use std::{error::Error, sync::Arc, time::Duration};

use cognito_verify::{KeySet, KeySetError, Pool};
use http::{StatusCode, header};
use tokio::sync::Semaphore;

/// API Gateway's limit on the body of a JWK Set.
pub(super) const MAX_BODY: usize = 150_000;
/// How many fetches run at a time in each lane, over all pools of a layer.
const MAX_FETCHES: usize = 16;

/// Fetches JWK Sets. There is no `Debug`: a client prints the headers that it sends each time.
pub(crate) struct Fetcher {
    /// For https.
    client: reqwest::Client,
    /// For plain http, without a proxy: on loopback, and from hosts that the settings allow.
    direct: reqwest::Client,
    timeouts: TimeOuts,
    healthy: Semaphore,
    failing: Semaphore,
}

/// How long an attempt may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeOuts {
    /// One of those for a pool's first keys.
    pub(crate) first: Duration,
    /// Any other.
    pub(crate) later: Duration,
}

/// Which pools queue together when there are many: those whose last fetch failed, and may hang again, do not hold up
/// the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Healthy,
    Failing,
}

/// A JWK Set as fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) keys: KeySet,
    /// What it was read from, for those who keep it.
    pub(crate) body: Option<Arc<[u8]>>,
    /// `Cache-Control: max-age`, if stated.
    pub(crate) max_age: Option<Duration>,
}

impl Fetcher {
    /// A fetcher with a client of its own, or with the caller's for https; or what the system says if it gives none.
    ///
    /// A client for TLS can be made only where there are root certificates, so none is made where all keys are on loopback,
    /// as in a bare container with an emulator beside it.
    pub(crate) fn new(
        client: Option<reqwest::Client>,
        timeouts: TimeOuts,
        pools: &[Arc<Pool>],
    ) -> Result<Self, String> {
        let longest = timeouts.first.max(timeouts.later);
        let made = |client: reqwest::ClientBuilder| client.build().map_err(|error| root_cause(&error));
        let direct = made(own_client(longest).no_proxy().tls_certs_only([]))?;
        let client = match client {
            Some(client) => client,
            None if pools.iter().all(|pool| is_plain_http(pool.jwks_url())) => direct.clone(),
            None => made(own_client(longest))?,
        };
        let slots = || Semaphore::new(MAX_FETCHES);
        Ok(Self { client, direct, timeouts, healthy: slots(), failing: slots() })
    }

    /// How long a fetch may take.
    pub(crate) fn timeout(&self, is_first: bool) -> Duration {
        if is_first { self.timeouts.first } else { self.timeouts.later }
    }

    /// Fetches and reads the set. The whole takes no longer than the time-out, once its turn has come.
    pub(crate) async fn fetch(
        &self,
        url: &str,
        lane: Lane,
        timeout: Duration,
    ) -> Result<Fetched, FetchError> {
        let slots = match lane {
            Lane::Healthy => &self.healthy,
            Lane::Failing => &self.failing,
        };
        // The semaphore is never closed, so there is always a slot to come.
        let _slot = slots.acquire().await.ok();
        let timed_out = FetchError::TimedOut { after: timeout };
        tokio::time::timeout(timeout, self.get(url)).await.unwrap_or(Err(timed_out))
    }

    async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        let client = if is_plain_http(url) { &self.direct } else { &self.client };
        let request = client.get(url).header(header::ACCEPT, "application/json");
        let mut response = request.send().await.map_err(|error| transport(&error))?;
        // A client that the caller supplied may follow redirects; what it then brings is not taken.
        if response.status().is_redirection() || !same_place(response.url().as_str(), url) {
            return Err(FetchError::Redirected);
        }
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status { status: response.status().as_u16() });
        }
        let headers = response.headers();
        if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(FetchError::Encoded);
        }
        let cache_control = headers.get_all(header::CACHE_CONTROL).iter();
        let max_age = cache_control.filter_map(|value| max_age(value.to_str().ok()?)).min();
        if response.content_length().is_some_and(|length| length > MAX_BODY as u64) {
            return Err(FetchError::TooLarge { limit: MAX_BODY });
        }
        // The type is not looked at: not every emulator states `application/json`, and what is no JWK Set is refused below.
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(FetchError::TooLarge { limit: MAX_BODY });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { keys: KeySet::from_json(&body)?, body: Some(body.into()), max_age })
    }
}

fn transport(error: &reqwest::Error) -> FetchError {
    // Our own clients have none that is reached before ours.
    if error.is_timeout() {
        return FetchError::Transport { problem: "the time-out of the HTTP client itself has passed".into() };
    }
    FetchError::Transport { problem: root_cause(error) }
}

fn is_plain_http(url: &str) -> bool {
    url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"))
}

fn root_cause(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// What a connection attempt may take beyond a fetch that it was begun for, before it is given up too.
const CONNECT_GRACE: Duration = Duration::from_secs(1);

/// Redirects would let the answer come from elsewhere. Content codings are switched off by name, since another crate of the
/// build may have switched reqwest's features on.
fn own_client(longest: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(longest + CONNECT_GRACE)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .user_agent(concat!("cognito-authorizer/", env!("CARGO_PKG_VERSION")))
}

/// Whether the answer came from the URL that was asked, as far as URLs are written in more than one way.
fn same_place(answered: &str, asked: &str) -> bool {
    reqwest::Url::parse(asked).is_ok_and(|asked| asked.as_str() == answered)
}

/// The shortest that is said (RFC 9111 §5.2.2.1); `no-store` and `no-cache` are a `max-age` of zero, whatever stands beside
/// them.
fn max_age(cache_control: &str) -> Option<Duration> {
    let directives = cache_control.split(',').map(str::trim);
    let ages = directives.filter_map(|directive| match directive.split_once('=') {
        Some((name, seconds)) if name.trim().eq_ignore_ascii_case("max-age") => {
            seconds.trim().trim_matches('"').parse().ok().map(Duration::from_secs)
        }
        None if directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("no-cache") => {
            Some(Duration::ZERO)
        }
        _ => None,
    });
    ages.min()
}

/// Why a JWK Set could not be fetched.
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
    #[error("the answer is a redirect, which is not followed; set `.jwks_url(…)` to where the keys are")]
    Redirected,
    /// A status other than 200.
    #[error("the answer has status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// A content coding that was not asked for.
    #[error("the answer has a content coding, which was not asked for")]
    Encoded,
    /// The body is too large.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body is not a JWK Set with a usable key.
    #[error("the answer is no usable JWK Set: {0}")]
    Keys(KeySetError),
    /// The fetch panicked: a defect of the HTTP client.
    #[error("the fetch panicked")]
    Panicked,
}

impl From<KeySetError> for FetchError {
    fn from(error: KeySetError) -> Self {
        Self::Keys(error)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// A caller's client may follow them, which is seen by where the answer comes from.
    #[test]
    fn what_was_redirected_is_not_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let modulus = "_".repeat(341) + "w";
            let jwks = format!(r#"{{"keys":[{{"kty":"RSA","kid":"a","n":"{modulus}","e":"AQAB"}}]}}"#);
            let close = "connection: close\r\n";
            let redirect =
                format!("HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n{close}\r\n");
            let keys = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{close}\r\n{jwks}", jwks.len());
            // The first fetch is answered at once, the second by way of another URL.
            for answer in [&keys, &redirect, &keys] {
                let (mut stream, _) = listener.accept().unwrap();
                let (mut request, mut byte) = (Vec::new(), [0]);
                while !request.ends_with(b"\r\n\r\n") {
                    stream.read_exact(&mut byte).unwrap();
                    request.extend(byte);
                }
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let follows = || reqwest::Client::builder().no_proxy().build().unwrap();
        let limit = Duration::from_secs(20);
        let timeouts = TimeOuts { first: limit, later: limit };
        let mut fetcher = Fetcher::new(Some(follows()), timeouts, &[]).unwrap();
        fetcher.direct = follows();
        let fetched = runtime.block_on(fetcher.fetch(&url, Lane::Healthy, limit)).unwrap();
        assert!(fetched.keys.key_ids().eq(["a"]));
        let redirected = runtime.block_on(fetcher.fetch(&url, Lane::Healthy, limit)).unwrap_err();
        assert_eq!(redirected, FetchError::Redirected);
        server.join().unwrap();
    }

    #[test]
    fn max_age_is_found_among_other_directives() {
        for (value, seconds) in [
            ("max-age=3600", Some(3600)),
            ("public, Max-Age = 60, must-revalidate", Some(60)),
            ("max-age=\"5\"", Some(5)),
            ("no-store", Some(0)),
            ("public, no-cache", Some(0)),
            ("max-age=3600, no-store", Some(0)),
            ("No-Cache, max-age=3600", Some(0)),
            ("max-age=60, max-age=3600", Some(60)),
            ("max-age=3600, no-cache=\"set-cookie\"", Some(3600)),
            ("public", None),
            ("max-age=soon", None),
            ("max-age=-1", None),
            ("s-maxage=60", None),
            ("", None),
        ] {
            assert_eq!(max_age(value), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
