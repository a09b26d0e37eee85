//! Key sets from URLs, with limits: time, size, no redirects, no content codings.

use std::{error::Error, fmt, sync::OnceLock, time::Duration};

use cognito_verify::Pool;
use http::{StatusCode, header};
use reqwest::{Certificate, Client, ClientBuilder, Proxy};

use super::source::{FetchError, FetchedKeys, KeyRequest, KeySource, KeySourceError, MAX_BODY};

/// Fetches key sets over https, and over plain http from loopback and from hosts of
/// [`dangerous_allow_http`](crate::UserPool::dangerous_allow_http). Made and set up by [`Jwks::https`](super::Jwks::https).
///
/// Redirects are not followed, content codings are refused, and a body has at most 150,000 bytes.
#[derive(Clone, Default)]
pub struct Https {
    root_certificates: Vec<Vec<u8>>,
    proxy: Option<String>,
    /// For https. Made when a pool needs it: it requires root certificates, which a bare container with an emulator beside it does
    /// not have.
    tls: OnceLock<Client>,
    /// For plain http. It uses no proxy, which could substitute the keys.
    plain: OnceLock<Client>,
}

impl Https {
    pub(super) fn root_certificate(&mut self, pem: Vec<u8>) {
        self.root_certificates.push(pem);
    }

    pub(super) fn proxy(&mut self, url: String) {
        self.proxy = Some(url);
    }

    fn client(&self, pool: &Pool) -> Option<&Client> {
        if is_plain_http(pool.jwks_url()) { self.plain.get() } else { self.tls.get() }
    }

    fn tls_client(&self, timeout: Duration) -> Result<Client, String> {
        let mut builder = client(timeout);
        for pem in &self.root_certificates {
            let certificates = Certificate::from_pem_bundle(pem).ok().filter(|all| !all.is_empty());
            let problem = "`.root_certificate(…)` has no certificate in PEM; give text that begins with \
                           `-----BEGIN CERTIFICATE-----`";
            builder = builder.tls_certs_merge(certificates.ok_or(problem)?);
        }
        if let Some(url) = &self.proxy {
            // The URL may have a password, so it is not in the message.
            let problem =
                "the URL of `.proxy(…)` cannot be used; give one such as `http://proxy.example:3128`";
            builder = builder.proxy(Proxy::all(url).map_err(|_| problem)?);
        }
        let fix = if self.root_certificates.is_empty() {
            "where there are no root certificates, as in a bare container, install `ca-certificates`, or give one with \
             `Jwks::https().root_certificate(…)`"
        } else {
            "check the certificates of `.root_certificate(…)`"
        };
        builder.build().map_err(|error| format!("{}; {fix}", root_cause(&error)))
    }
}

impl KeySource for Https {
    async fn fetch(&self, request: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
        // Each pool is checked before its first fetch, which makes its client.
        let Some(client) = self.client(request.pool) else {
            return Err(FetchError::Transport { problem: "there is no HTTP client for this URL".into() });
        };
        fetch(client, request.pool.jwks_url()).await
    }

    fn check(&self, request: KeyRequest<'_>) -> Result<(), KeySourceError> {
        request.pool.check_jwks_url()?;
        if self.client(request.pool).is_some() {
            return Ok(());
        }
        let start = |problem| KeySourceError::Start { problem };
        if is_plain_http(request.pool.jwks_url()) {
            let direct = client(request.timeout).no_proxy().tls_certs_only([]).build();
            let direct = direct.map_err(|error| start(root_cause(&error)))?;
            self.plain.get_or_init(|| direct);
        } else {
            let tls = self.tls_client(request.timeout).map_err(start)?;
            self.tls.get_or_init(|| tls);
        }
        Ok(())
    }
}

async fn fetch(client: &Client, url: &str) -> Result<FetchedKeys, FetchError> {
    let request = client.get(url).header(header::ACCEPT, "application/json");
    let mut response = request.send().await.map_err(|error| transport(&error))?;
    if response.status().is_redirection() {
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
    // The content type is ignored, because some emulators do not send `application/json`. A body that is not a JWK Set is refused
    // below.
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(FetchError::TooLarge { limit: MAX_BODY });
        }
        body.extend_from_slice(&chunk);
    }
    let keys = FetchedKeys::from_json(body)?;
    Ok(max_age.into_iter().fold(keys, FetchedKeys::max_age))
}

/// Without the password that the URL of a proxy may have.
impl fmt::Debug for Https {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Https")
            .field("root_certificates", &self.root_certificates.len())
            .field("has_proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

fn transport(error: &reqwest::Error) -> FetchError {
    FetchError::Transport { problem: root_cause(error) }
}

fn root_cause(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

fn is_plain_http(url: &str) -> bool {
    url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"))
}

/// How long a connection attempt may outlive the fetch that started it.
const CONNECT_GRACE: Duration = Duration::from_secs(1);

/// A redirect would let another server supply the keys. Content codings are disabled by name, because another crate of the build may
/// enable the features of reqwest.
fn client(timeout: Duration) -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(timeout + CONNECT_GRACE)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .user_agent(concat!("cognito-authorizer/", env!("CARGO_PKG_VERSION")))
}

/// The shortest `max-age` (RFC 9111 §5.2.2.1). `no-store` and `no-cache` count as zero, whatever else is said.
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

#[cfg(test)]
mod tests {
    use super::*;

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
