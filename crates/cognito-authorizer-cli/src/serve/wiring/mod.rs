//! The configurations of proxies that `--print-config` prints. `.ci/run proxies` runs each before the real proxy.

use std::net::SocketAddr;

use clap::ValueEnum;

/// The program that the configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Target {
    Nginx,
    Caddy,
    Traefik,
    Haproxy,
    /// The Lua action that the configuration of HAProxy loads
    HaproxyLua,
    /// `ext_authz` over HTTP
    Envoy,
    /// `ext_authz` over gRPC
    EnvoyGrpc,
    /// An `HTTPRoute` with the `ExternalAuth` filter
    GatewayApi,
    /// A `SecurityPolicy` of Envoy Gateway
    EnvoyGateway,
    /// An extension provider and a `CUSTOM` policy
    Istio,
    /// A deployment, a service and its routes
    Kubernetes,
}

/// The addresses in a configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    pub(super) authorizer: SocketAddr,
    pub(super) grpc: SocketAddr,
    pub(super) front: SocketAddr,
    pub(super) backend: SocketAddr,
}

impl Target {
    /// The configuration, with these addresses.
    pub(super) fn text(self, addresses: &Addresses) -> String {
        let mut text = self.template().to_owned();
        for (name, address) in [
            ("AUTHORIZER", addresses.authorizer),
            ("GRPC", addresses.grpc),
            ("FRONT", addresses.front),
            ("BACKEND", addresses.backend),
        ] {
            text = text
                .replace(&format!("@{name}@"), &address.to_string())
                .replace(&format!("@{name}_HOST@"), &address.ip().to_string())
                .replace(&format!("@{name}_PORT@"), &address.port().to_string());
        }
        text
    }

    fn template(self) -> &'static str {
        match self {
            Self::Nginx => include_str!("nginx.conf"),
            Self::Caddy => include_str!("Caddyfile"),
            Self::Traefik => include_str!("traefik.yaml"),
            Self::Haproxy => include_str!("haproxy.cfg"),
            Self::HaproxyLua => include_str!("haproxy.lua"),
            Self::Envoy => include_str!("envoy.yaml"),
            Self::EnvoyGrpc => include_str!("envoy-grpc.yaml"),
            Self::GatewayApi => include_str!("gateway-api.yaml"),
            Self::EnvoyGateway => include_str!("envoy-gateway.yaml"),
            Self::Istio => include_str!("istio.yaml"),
            Self::Kubernetes => include_str!("kubernetes.yaml"),
        }
    }
}

#[cfg(test)]
mod tests {
    use cognito_forward_auth::IDENTITY_HEADERS;

    use super::*;

    fn addresses() -> Addresses {
        let address = |port| SocketAddr::from(([192, 0, 2, 1], port));
        Addresses {
            authorizer: address(9400),
            grpc: address(9401),
            front: address(8000),
            backend: address(8080),
        }
    }

    #[test]
    fn every_address_is_filled_in() {
        for target in Target::value_variants() {
            let text = target.text(&addresses());
            for name in ["@AUTHORIZER", "@GRPC", "@FRONT", "@BACKEND"] {
                assert!(!text.contains(name), "{target:?} still has {name}");
            }
        }
    }

    /// If a proxy does not copy one of the headers, or keeps the client's, the backend gets false information.
    #[test]
    fn every_identity_header_is_named() {
        for target in Target::value_variants() {
            // Routes and deployments contain no headers.
            if *target == Target::Kubernetes {
                continue;
            }
            let text = target.text(&addresses()).to_ascii_lowercase();
            for name in IDENTITY_HEADERS {
                assert!(text.contains(name), "{target:?} does not name {name}");
            }
        }
    }

    /// Without one of these, a page of another site could open a WebSocket with the client's cookie. With `content-type`, Envoy lets a
    /// gRPC call in whose check fails.
    #[test]
    fn checks_have_the_headers_that_show_another_site_and_no_content_type() {
        for (target, start, end) in [
            (Target::Envoy, "allowed_headers:", "http_service:"),
            (Target::GatewayApi, "allowedHeaders:", "#"),
        ] {
            let text = target.text(&addresses());
            let (_, list) = text.split_once(start).unwrap();
            let (list, _) = list.split_once(end).unwrap();
            let names: Vec<_> = list.split_whitespace().collect();
            for name in ["origin", "sec-fetch-site", "sec-websocket-key", "sec-websocket-version"] {
                assert!(names.contains(&name), "{target:?} does not send {name}");
            }
            assert!(!names.contains(&"content-type"), "{target:?}");
        }
    }
}
