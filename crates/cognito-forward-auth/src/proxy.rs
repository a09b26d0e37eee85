//! The supported proxies, and where each puts the method and path of the original request.

use std::{fmt, str::FromStr};

use http::HeaderName;

/// The proxy that sends the checks. It decides only where the original method and path are read.
///
/// A header that the proxy does not overwrite comes from the client. There is therefore no default, and the proxy is not detected from
/// the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proxy {
    /// nginx with `auth_request`: `X-Original-Method` and `X-Original-URI`, which the printed block sets from
    /// `$request_method` and `$request_uri`.
    Nginx,
    /// Caddy with `forward_auth`: `X-Forwarded-Method` and `X-Forwarded-Uri`, which Caddy always sets.
    Caddy,
    /// Traefik with `forwardAuth`: `X-Forwarded-Method` and `X-Forwarded-Uri`, which Traefik always sets unless
    /// `trustForwardHeader` is on.
    Traefik,
    /// HAProxy with the printed Lua action: `X-Original-Method` and `X-Original-URI`.
    Haproxy,
    /// Envoy with `ext_authz` and `http_service`, also below Istio and Contour: the method and path of the check itself,
    /// after `path_prefix`.
    Envoy,
    /// A Gateway API implementation with the `ExternalAuth` filter and `protocol: HTTP`: as [`Envoy`](Self::Envoy), after
    /// `path`.
    GatewayApi,
}

/// The proxies and their names on a command line.
const NAMES: [(&str, Proxy); 6] = [
    ("nginx", Proxy::Nginx),
    ("caddy", Proxy::Caddy),
    ("traefik", Proxy::Traefik),
    ("haproxy", Proxy::Haproxy),
    ("envoy", Proxy::Envoy),
    ("gateway-api", Proxy::GatewayApi),
];

/// Where the original method and path are.
#[derive(Clone, Debug)]
pub(crate) enum Carrier {
    Headers {
        method: HeaderName,
        uri: HeaderName,
        /// Whether the proxy hands on a CONNECT that has a path (RFC 8441, RFC 9220) as the GET of a WebSocket handshake.
        connects_by_get: bool,
    },
    RequestLine,
}

impl Proxy {
    pub(crate) fn carrier(self) -> Carrier {
        let headers = |method, uri| Carrier::Headers {
            method: HeaderName::from_static(method),
            uri: HeaderName::from_static(uri),
            // Seen with Caddy 2.11 over HTTP/3.
            connects_by_get: self == Self::Caddy,
        };
        match self {
            Self::Nginx | Self::Haproxy => headers("x-original-method", "x-original-uri"),
            Self::Caddy | Self::Traefik => headers("x-forwarded-method", "x-forwarded-uri"),
            Self::Envoy | Self::GatewayApi => Carrier::RequestLine,
        }
    }
}

/// The name that [`FromStr`] reads.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(_, proxy)| proxy == self).map_or("", |(name, _)| name))
    }
}

impl FromStr for Proxy {
    type Err = UnknownProxy;

    fn from_str(text: &str) -> Result<Self, UnknownProxy> {
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, proxy)| *proxy).ok_or_else(|| UnknownProxy { name: text.to_owned() })
    }
}

/// The text is not the name of a [`Proxy`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownProxy {
    /// The name.
    pub name: String,
}

impl fmt::Display for UnknownProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = NAMES.map(|(name, _)| name).join(", ");
        write!(f, "`{}` is not a supported proxy; the supported ones are {names}", self.name)
    }
}

impl std::error::Error for UnknownProxy {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_its_proxy() {
        for (name, proxy) in NAMES {
            assert_eq!(name.parse(), Ok(proxy));
            assert_eq!(proxy.to_string(), name);
        }
        let error = "apache".parse::<Proxy>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`apache` is not a supported proxy; the supported ones are nginx, caddy, traefik, haproxy, envoy, gateway-api"
        );
    }
}
