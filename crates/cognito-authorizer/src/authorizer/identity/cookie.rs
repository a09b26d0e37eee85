//! A token in a cookie, and the proof that another site did not cause the request.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{COOKIE, HOST, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};

use super::{error::IdentityError, value::only};
use crate::authorizer::request::RequestHead;

/// The browser's own word on where a request comes from (Fetch Metadata Request Headers, §2.3). Scripts cannot set it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A cookie, and the origins whose pages may cause requests with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(super) name: Box<str>,
    pub(super) trusted_origins: Vec<Box<str>>,
}

impl Cookie {
    /// `None` if no cookie can have the name (RFC 6265 §4.1.1).
    pub(super) fn new(name: &str) -> Option<Self> {
        super::value::is_name(name).then(|| Self { name: name.into(), trusted_origins: Vec::new() })
    }

    /// The value of the cookie. HTTP/2 may split the header (RFC 9113 §8.2.3).
    pub(super) fn value<'r>(&self, headers: &'r HeaderMap) -> Result<&'r [u8], IdentityError> {
        let pairs =
            headers.get_all(COOKIE).iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
        let values = pairs.filter_map(|pair| {
            pair.trim_ascii_start().strip_prefix(self.name.as_bytes())?.strip_prefix(b"=")
        });
        only(values, IdentityError::SeveralCookies)
    }

    /// Whether the request can be one that another site did not cause. Requests by safe methods are not checked, because they
    /// change nothing (RFC 9110 §9.2.1), unless they open a WebSocket: pages of any site can open one, and read what it sends.
    pub(super) fn check_origin(&self, request: RequestHead<'_>) -> Result<(), IdentityError> {
        let is_safe = matches!(*request.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
        if is_safe && !opens_web_socket(request.headers) || self.is_from_here(request) {
            return Ok(());
        }
        Err(IdentityError::CrossSite)
    }

    /// Fails closed: a request without these headers may be from an old browser, in a page of any site.
    fn is_from_here(&self, request: RequestHead<'_>) -> bool {
        let header = |name| single(request.headers, name);
        let origin = match header(ORIGIN) {
            Ok(origin) => origin,
            Err(Repeated) => return false,
        };
        if origin
            .is_some_and(|origin| self.trusted_origins.iter().any(|trusted| trusted.as_bytes() == origin))
        {
            return true;
        }
        match (header(SEC_FETCH_SITE), origin) {
            (Ok(Some(site)), _) => site == b"same-origin",
            (Ok(None), Some(origin)) => authority(origin).is_some_and(|from| is_host_of(request, from)),
            (Ok(None), None) | (Err(Repeated), _) => false,
        }
    }
}

/// Whether the request may open a WebSocket (RFC 6455 §4.1). Proxies that ask for permission drop `Upgrade`, which is meant for one
/// hop only, and hand on the other headers of the handshake. Scripts can set none of them in other requests.
fn opens_web_socket(headers: &HeaderMap) -> bool {
    [UPGRADE, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION].iter().any(|name| headers.contains_key(name))
}

/// A header that occurs more than once.
struct Repeated;

/// The value of the header, if there is one.
fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&[u8]>, Repeated> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() { Err(Repeated) } else { Ok(value.map(HeaderValue::as_bytes)) }
}

/// The host and port of an origin of the web.
fn authority(origin: &[u8]) -> Option<&[u8]> {
    origin.strip_prefix(b"https://").or_else(|| origin.strip_prefix(b"http://"))
}

/// Whether the request names this host and port as its own. Browsers leave the scheme's port out in both.
fn is_host_of(request: RequestHead<'_>, from: &[u8]) -> bool {
    // HTTP/2 has it in the URI.
    let in_uri = request.uri.authority().map(|authority| authority.as_str().as_bytes());
    let Ok(in_header) = single(request.headers, HOST) else { return false };
    let is_same = |host: &[u8]| host.eq_ignore_ascii_case(from);
    match (in_uri, in_header) {
        (Some(host), None) | (None, Some(host)) => is_same(host),
        (Some(host), Some(other)) => is_same(host) && is_same(other),
        (None, None) => false,
    }
}

/// Whether this is an origin as browsers send it in `Origin` (RFC 6454 §6.2): lower case, and without a path.
pub(super) fn is_origin(text: &str) -> bool {
    let Some(authority) = authority(text.as_bytes()) else { return false };
    !authority.is_empty()
        && authority.iter().all(|byte| {
            byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || matches!(byte, b'.' | b'-' | b':' | b'[' | b']' | b'_')
        })
}
