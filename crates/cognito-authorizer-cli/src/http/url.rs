//! URLs of options: which ones can be given, and which ones are requested.

use std::{net::IpAddr, str::FromStr};

use reqwest::Url;

/// An absolute `https` or `http` URL without user name, query or fragment. Kept as it was written, because an issuer is compared
/// exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpUrl(String);

/// A URL that requests are sent to: `https`, or plain `http` on a loopback address or on a host that an option allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecureUrl(String);

/// Why no request is sent to a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is not a URL with a host, or its scheme is neither `https` nor `http`.
    #[error("it is not an absolute URL; give one like `https://idp.example`")]
    NotAUrl,
    /// It is `http`, and not on a loopback address.
    #[error("it would be requested without TLS; give an https URL, or http on a loopback address")]
    Plain,
    /// It is `http`, not on a loopback address, and the command has an option that allows the host.
    #[error(
        "it would be requested without TLS; give an https URL, or allow plain http for this host with \
         `--dangerous-allow-http {host}`"
    )]
    PlainHost {
        /// The host of the URL.
        host: String,
    },
    /// It has more than scheme, host, port and path.
    #[error("it has a user name, a query or a fragment; leave them out")]
    Decorated,
}

impl HttpUrl {
    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL for requests, if it has TLS, is on a loopback address, or is on the host of `--dangerous-allow-http`.
    pub(crate) fn secure(&self, allowed_http: Option<&str>) -> Result<SecureUrl, UrlError> {
        match self.0.parse() {
            Err(UrlError::Plain) => {
                let host = host(&parse(&self.0)?);
                match allowed_http {
                    Some(allowed) if is_host(allowed, &host) => Ok(SecureUrl(self.0.clone())),
                    _ => Err(UrlError::PlainHost { host }),
                }
            }
            other => other,
        }
    }
}

impl FromStr for HttpUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        parse(text).map(|_| Self(text.to_owned()))
    }
}

impl SecureUrl {
    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A URL on this machine, or on the one other host that an option names. Either may be plain http.
    pub(crate) fn of_this_machine_or(text: &str, named: Option<&str>) -> Result<Self, &'static str> {
        let url = parse(text).map_err(|error| match error {
            UrlError::Decorated => "it has a user name, a query or a fragment",
            _ => "it is not an absolute URL",
        })?;
        let host = host(&url);
        if named.is_some_and(|named| is_host(named, &host)) || is_loopback(&host) {
            Ok(Self(text.to_owned()))
        } else {
            Err("it is on another machine")
        }
    }

    /// The URL with this path after it. A final `/` is ignored.
    pub(crate) fn join(&self, path: &str) -> Self {
        Self(format!("{}{path}", self.0.trim_end_matches('/')))
    }

    /// The URL without this path at its end, if it has it.
    pub(crate) fn without(&self, path: &str) -> Option<Self> {
        self.0.strip_suffix(path).map(|base| Self(base.to_owned()))
    }

    /// Whether both URLs are plain http, and so on loopback, and differ only in how they name it.
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

    /// Whether the host is this machine.
    pub(crate) fn is_on_loopback(&self) -> bool {
        parse(&self.0).is_ok_and(|url| is_loopback(&host(&url)))
    }
}

impl FromStr for SecureUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url = parse(text)?;
        if url.scheme() == "http" && !is_loopback(&host(&url)) {
            Err(UrlError::Plain)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// Without the brackets of an IPv6 address.
fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
}

fn is_host(named: &str, host: &str) -> bool {
    named.trim_matches(['[', ']']).eq_ignore_ascii_case(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_over_https_or_to_loopback() {
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
    fn plain_http_needs_the_very_host_to_be_allowed() {
        for (url, allowed, accepted) in [
            ("http://cognito:9229/a", Some("cognito"), true),
            ("http://cognito:9229/a", Some("COGNITO"), true),
            ("http://[fd00::1]:9229/a", Some("fd00::1"), true),
            ("http://cognito:9229/a", None, false),
            ("http://cognito:9229/a", Some("other"), false),
            ("http://a.cognito:9229/a", Some("cognito"), false),
            ("http://cognito.example:9229/a", Some("cognito"), false),
            ("http://127.0.0.1:9229/a", None, true),
            ("https://idp.example/a", None, true),
        ] {
            let parsed = url.parse::<HttpUrl>().unwrap().secure(allowed);
            assert_eq!(parsed.is_ok(), accepted, "{url} {allowed:?}");
            if let Err(error) = parsed {
                assert!(error.to_string().contains("--dangerous-allow-http "), "{error}");
            }
        }
    }

    #[test]
    fn an_issuer_that_is_compared_may_be_http() {
        for good in ["http://cognito:9229/local_1a2b3c4d", "https://idp.example", "http://127.0.0.1:1"] {
            assert_eq!(good.parse::<HttpUrl>().map(|url| url.as_str().to_owned()), Ok(good.to_owned()));
        }
        for (bad, error) in [
            ("cognito", UrlError::NotAUrl),
            ("ftp://cognito", UrlError::NotAUrl),
            ("http://user@cognito", UrlError::Decorated),
            ("http://cognito?a", UrlError::Decorated),
        ] {
            assert_eq!(bad.parse::<HttpUrl>(), Err(error), "{bad}");
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
    fn a_path_is_put_after_a_url_with_one_slash() {
        for url in ["https://idp.example", "https://idp.example/"] {
            assert_eq!(url.parse::<SecureUrl>().unwrap().join("/a").as_str(), "https://idp.example/a");
        }
    }
}
