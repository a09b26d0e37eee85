//! A token among the subprotocols of a WebSocket handshake: the one place where a page can put a token of its choice.

use http::{HeaderMap, HeaderValue, header::SEC_WEBSOCKET_PROTOCOL};

use super::{error::IdentityError, value::only};

/// The subprotocol `START.TOKEN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subprotocol {
    pub(super) start: Box<str>,
}

impl Subprotocol {
    /// `None` if no subprotocol can start so (RFC 6455 §4.1: a token of HTTP).
    pub(super) fn new(start: &str) -> Option<Self> {
        super::value::is_name(start).then(|| Self { start: start.into() })
    }

    /// The token.
    pub(super) fn value<'r>(&self, headers: &'r HeaderMap) -> Result<&'r [u8], IdentityError> {
        only(offered(headers).filter_map(|name| self.token_in(name)), IdentityError::SeveralSubprotocols)
    }

    /// Takes the token out of the header. A handler that accepts one of the subprotocols repeats its name in the response.
    pub(crate) fn remove(&self, headers: &mut HeaderMap) {
        if !offered(headers).any(|name| self.token_in(name).is_some()) {
            return;
        }
        let rest: Vec<_> = offered(headers).filter(|name| self.token_in(name).is_none()).collect();
        let rest = HeaderValue::from_bytes(&rest.join(&b", "[..])).ok().filter(|rest| !rest.is_empty());
        // Removed first, because `insert` into a full map panics, even under a name that the map has.
        headers.remove(SEC_WEBSOCKET_PROTOCOL);
        if let Some(rest) = rest {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, rest);
        }
    }

    fn token_in<'r>(&self, name: &'r [u8]) -> Option<&'r [u8]> {
        name.strip_prefix(self.start.as_bytes())?.strip_prefix(b".")
    }
}

/// The subprotocols that the client offers. The header may occur several times (RFC 6455 §11.3.4).
fn offered(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}
