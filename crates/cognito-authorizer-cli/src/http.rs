//! The only place that speaks to the network: `https`, or `http` on loopback; limits; no redirects.

use std::{error::Error, net::IpAddr, str::FromStr, time::Duration};

use cognito_verify::UnixTime;
use reqwest::{Client, RequestBuilder, Url, header, redirect::Policy};

use crate::moment;

/// API Gateway's limit on the body of a JWK Set; nothing else that is asked for here is larger.
const MAX_BODY: usize = 150_000;

/// An absolute `https` URL, or an `http` one on a loopback address; no user name, query or fragment. Kept as it was
/// written, since an issuer is compared to the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecureUrl(String);

/// Why a URL is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not a URL with a host, or of another scheme than `https` and `http`.
    #[error("it is not an absolute URL; give one like `https://idp.example`")]
    NotAUrl,
    /// `http`, and not on loopback.
    #[error("it would be asked without TLS; give an https URL, or http on a loopback address")]
    Plain,
    /// There is more than scheme, host, port and path.
    #[error("it has a user name, a query or a fragment; leave them out")]
    Decorated,
}

impl SecureUrl {
    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A URL of this machine, or of the one other host that was named; either may be asked over plain http.
    pub(crate) fn of_this_machine_or(text: &str, named: Option<&str>) -> Result<Self, &'static str> {
        let url = parse(text).map_err(|error| match error {
            UrlError::Decorated => "it has a user name, a query or a fragment",
            _ => "it is not an absolute URL",
        })?;
        let host = url.host_str().unwrap_or_default();
        let is_named = named.is_some_and(|named| named.eq_ignore_ascii_case(host));
        if is_named || is_loopback(host) {
            Ok(Self(text.to_owned()))
        } else {
            Err("it is on another machine")
        }
    }

    /// The URL with this path behind it; a final `/` does not count.
    pub(crate) fn join(&self, path: &str) -> Self {
        Self(format!("{}{path}", self.0.trim_end_matches('/')))
    }

    /// Whether both are plain http, and so on loopback, and differ in nothing but how they name it.
    pub(crate) fn differs_in_loopback_name(&self, other: &Self) -> bool {
        let parts = |url: &Self| {
            let url = Url::parse(&url.0).ok()?;
            Some((url.host_str()?.to_owned(), url.port(), url.path().to_owned()))
        };
        !self.has_tls()
            && !other.has_tls()
            && parts(self)
                .zip(parts(other))
                .is_some_and(|(one, other)| one.0 != other.0 && one.1 == other.1 && one.2 == other.2)
    }

    pub(crate) fn has_tls(&self) -> bool {
        self.0.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
    }
}

impl FromStr for SecureUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url = parse(text)?;
        let host = url.host_str().unwrap_or_default();
        if url.scheme() == "http" && !is_loopback(host) {
            Err(UrlError::Plain)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// An issuer that is compared with that of a token: an absolute `https` or `http` URL. Kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IssuerUrl(String);

impl IssuerUrl {
    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IssuerUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        parse(text).map(|_| Self(text.to_owned()))
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

fn parse(text: &str) -> Result<Url, UrlError> {
    let url = Url::parse(text).map_err(|_| UrlError::NotAUrl)?;
    if url.host_str().is_none() || !matches!(url.scheme(), "https" | "http") {
        return Err(UrlError::NotAUrl);
    }
    let decorated = !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some();
    if decorated { Err(UrlError::Decorated) } else { Ok(url) }
}

/// Sends requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Http {
    timeout: Duration,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header `Date`, if it is one.
    pub(crate) date: Option<UnixTime>,
    pub(crate) body: Vec<u8>,
}

impl Http {
    /// Each request may take so long.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout }
    }

    pub(crate) async fn get(self, url: &SecureUrl) -> Result<Answer, HttpError> {
        let request = self.client(url)?.get(url.as_str()).header(header::ACCEPT, "application/json");
        self.send(url, request).await
    }

    pub(crate) async fn post(
        self,
        url: &SecureUrl,
        headers: &[(&'static str, &'static str)],
        body: String,
    ) -> Result<Answer, HttpError> {
        let request = self.client(url)?.post(url.as_str()).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(url, request).await
    }

    /// A client for this URL. It is made only now, as making one for TLS fails where there are no root certificates, in
    /// a bare container say, and neither files nor loopback need them.
    fn client(self, url: &SecureUrl) -> Result<Client, HttpError> {
        let client = Client::builder().redirect(Policy::none()).timeout(self.timeout).user_agent(AGENT);
        let client = if url.has_tls() {
            client
        } else {
            // Plain http is on loopback or for a named host, and must not go by a proxy.
            client.no_proxy().tls_certs_only([])
        };
        client.build().map_err(|error| HttpError::Client { problem: root_cause(&error) })
    }

    async fn send(self, url: &SecureUrl, request: RequestBuilder) -> Result<Answer, HttpError> {
        let asked = || url.as_str().to_owned();
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                HttpError::TimedOut { url: asked(), after: self.timeout }
            } else {
                HttpError::Transport { url: asked(), problem: root_cause(&error) }
            }
        };
        let mut response = request.send().await.map_err(failed)?;
        if response.status().is_redirection() {
            return Err(HttpError::Redirected { url: asked(), status: response.status().as_u16() });
        }
        let date = response.headers().get(header::DATE).and_then(|date| date.to_str().ok());
        let mut answer = Answer {
            status: response.status().as_u16(),
            date: date.and_then(moment::parse_http_date),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if answer.body.len() + chunk.len() > MAX_BODY {
                return Err(HttpError::TooLarge { url: asked(), limit: MAX_BODY });
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

const AGENT: &str = concat!("cognito-authorizer-cli/", env!("CARGO_PKG_VERSION"));

/// The deepest source: what stands above it says only that something failed.
fn root_cause(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// It took too long.
    #[error("{url} gave no complete answer within {} s", .after.as_secs())]
    TimedOut {
        /// What was asked.
        url: String,
        /// The time-out.
        after: Duration,
    },
    /// No connection, no TLS, or the connection broke.
    #[error("{url} could not be reached: {problem}")]
    Transport {
        /// What was asked.
        url: String,
        /// What the transport says.
        problem: String,
    },
    /// A redirect, which is not followed.
    #[error(
        "{url} answers with a redirect (status {status}), which is not followed; name the URL that it leads to"
    )]
    Redirected {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
    },
    /// The body is too large.
    #[error("{url} answers with more than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The system gives no HTTP client: most often, no root certificates.
    #[error("no HTTP client: {problem}")]
    Client {
        /// What is wrong.
        problem: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_are_asked() {
        for good in
            ["https://idp.example/a", "http://127.0.0.1:9229", "http://localhost:1/a", "http://[::1]:1"]
        {
            assert_eq!(good.parse::<SecureUrl>().map(|url| url.as_str().to_owned()), Ok(good.to_owned()));
        }
        for (bad, error) in [
            ("", UrlError::NotAUrl),
            ("idp.example", UrlError::NotAUrl),
            ("file:///etc/passwd", UrlError::NotAUrl),
            ("ftp://127.0.0.1", UrlError::NotAUrl),
            ("http://idp.example", UrlError::Plain),
            ("http://127.0.0.1.evil.example", UrlError::Plain),
            ("http://localhost.evil.example", UrlError::Plain),
            ("http://10.0.0.1", UrlError::Plain),
            ("https://user:word@idp.example", UrlError::Decorated),
            ("https://idp.example/?a", UrlError::Decorated),
            ("https://idp.example/#a", UrlError::Decorated),
        ] {
            assert_eq!(bad.parse::<SecureUrl>(), Err(error), "{bad}");
        }
    }

    #[test]
    fn an_issuer_that_is_compared_may_be_http() {
        for good in ["http://cognito:9229/local_1a2b3c4d", "https://idp.example", "http://127.0.0.1:1"] {
            assert_eq!(good.parse::<IssuerUrl>().map(|url| url.as_str().to_owned()), Ok(good.to_owned()));
        }
        for (bad, error) in [
            ("cognito", UrlError::NotAUrl),
            ("ftp://cognito", UrlError::NotAUrl),
            ("http://user@cognito", UrlError::Decorated),
            ("http://cognito?a", UrlError::Decorated),
        ] {
            assert_eq!(bad.parse::<IssuerUrl>(), Err(error), "{bad}");
        }
    }

    #[test]
    fn two_names_of_this_machine_differ_in_nothing_else() {
        let differ = |one: &str, other: &str| {
            one.parse::<SecureUrl>().unwrap().differs_in_loopback_name(&other.parse().unwrap())
        };
        let url = "http://127.0.0.1:9229/a";
        assert!(differ(url, "http://localhost:9229/a") && differ("http://localhost:9229/a", url));
        assert!(differ(url, "http://[::1]:9229/a"));
        for other in [
            url,
            "http://localhost:9230/a",
            "http://localhost/a",
            "http://localhost:9229/b",
            "http://localhost:9229/a/",
            "https://localhost:9229/a",
            "https://idp.example:9229/a",
        ] {
            assert!(!differ(url, other), "{other}");
        }
    }

    #[test]
    fn a_path_is_put_behind_a_url_with_one_slash() {
        for url in ["https://idp.example", "https://idp.example/"] {
            assert_eq!(url.parse::<SecureUrl>().unwrap().join("/a").as_str(), "https://idp.example/a");
        }
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url: SecureUrl = format!("http://{}", silent.local_addr().unwrap()).parse().unwrap();
        let after = Duration::from_millis(50);
        let error = Http::new(after).get(&url).await.unwrap_err();
        assert_eq!(error, HttpError::TimedOut { url: url.as_str().to_owned(), after });
    }
}
