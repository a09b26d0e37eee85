//! The URLs of a user pool: which can be compared, and from which keys may be fetched.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::error::PoolError;
use crate::pool_id::UserPoolId;

/// The URL of a key set, and whether keys may be fetched from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeysUrl {
    url: String,
    transport: Transport,
}

/// How keys come from a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Transport {
    /// By TLS, or without leaving the machine.
    Safe,
    /// Over plain `http` from this host, which the settings allow.
    Allowed { host: String },
    /// Not at all: over plain `http` from any other host.
    Refused(PoolError),
}

impl KeysUrl {
    pub(super) fn as_str(&self) -> &str {
        &self.url
    }

    pub(super) fn check(&self) -> Result<(), PoolError> {
        match &self.transport {
            Transport::Safe | Transport::Allowed { .. } => Ok(()),
            Transport::Refused(error) => Err(error.clone()),
        }
    }

    pub(super) fn checked(self) -> Result<Self, PoolError> {
        self.check().map(|()| self)
    }

    pub(super) fn allowed_http_host(&self) -> Option<&str> {
        match &self.transport {
            Transport::Allowed { host } => Some(host),
            Transport::Safe | Transport::Refused(_) => None,
        }
    }
}

/// The text before `@` may be a password, and the query may have a signature, while errors and settings are printed.
pub(super) fn without_secrets(url: &str) -> &str {
    let url = url.rsplit_once('@').map_or(url, |(_, rest)| rest);
    url.split(['?', '#']).next().unwrap_or_default()
}

/// An issuer: an absolute URL that is compared with `iss`.
pub(super) fn check_issuer(id: &UserPoolId, text: String) -> Result<String, PoolError> {
    parse(id, "issuer", &text).map(|_| text)
}

/// The URL of a key set, which comes from this text of this setting.
pub(super) fn check_keys_url(
    id: &UserPoolId,
    setting: &'static str,
    text: &str,
    url: String,
    http_host: Option<&str>,
) -> Result<KeysUrl, PoolError> {
    let parsed = parse(id, setting, text)?;
    let loopback = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    };
    let host = parsed.host_str().unwrap_or_default();
    let transport = match http_host {
        _ if parsed.scheme() == "https" || loopback => Transport::Safe,
        Some(allowed) if allowed.eq_ignore_ascii_case(host) => Transport::Allowed { host: host.to_owned() },
        _ => {
            let (id, url, host) = (id.clone(), text.to_owned(), host.to_owned());
            Transport::Refused(PoolError::PlainHttp { id, setting, url, host })
        }
    };
    Ok(KeysUrl { url, transport })
}

/// An absolute `https` or `http` URL without anything that would not be compared or sent.
fn parse(id: &UserPoolId, setting: &'static str, text: &str) -> Result<Url, PoolError> {
    let error = |problem| {
        let url = without_secrets(text).to_owned();
        Err(PoolError::Url { id: id.clone(), setting, url, problem })
    };
    // The parser passes over them, and then `iss` would never be the same text.
    if has_space(text) {
        return error("has white space");
    }
    let Ok(url) = Url::parse(text) else { return error("is not a URL") };
    if !matches!(url.scheme(), "https" | "http") {
        return error("is neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return error("carries a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return error("has a query or a fragment");
    }
    Ok(url)
}

/// Whether it is a host as a URL has it, and nothing more.
pub(super) fn is_host(text: &str) -> bool {
    let url = Url::parse(&format!("http://{text}"));
    url.is_ok_and(|url| url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(text)))
}

pub(super) fn has_space(text: &str) -> bool {
    text.contains(|c: char| c.is_whitespace() || c.is_control())
}
