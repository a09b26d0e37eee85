//! Restores the original request from a check.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, request::Parts, uri::PathAndQuery};

use crate::proxy::Carrier;

/// Why the original request of a check is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unclear {
    /// The proxy did not send the expected headers. A mistake in its configuration.
    Misconfigured(Promise),
    /// The method or the path is not one that an HTTP server accepts. The client's mistake.
    BadRequest,
}

/// What a proxy must send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Exactly one header of this name.
    Header(HeaderName),
    /// A path below this prefix.
    Prefix(String),
}

/// Replaces the method and URI of the check with those of the original request. The headers are the original request's
/// already, without the carriers. If only the path is bad, the method is the original one.
pub(crate) fn restore(parts: &mut Parts, carrier: &Carrier, prefix: &str) -> Result<(), Unclear> {
    match carrier {
        Carrier::Headers { method, uri, connects_by_get } => {
            let uri = take(&mut parts.headers, uri)?;
            let method = take(&mut parts.headers, method)?;
            parts.method = Method::from_bytes(method.as_bytes()).map_err(|_| Unclear::BadRequest)?;
            if *connects_by_get && parts.method == Method::CONNECT {
                parts.method = Method::GET;
            }
            parts.uri = origin_form(uri.as_bytes())?;
        }
        Carrier::RequestLine if prefix.is_empty() => {}
        Carrier::RequestLine => {
            let whole = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
            // The rest must be a whole path: `/check` and `/checkout` are not below `/check`.
            let rest = whole.strip_prefix(prefix).filter(|rest| rest.starts_with('/'));
            let rest = rest.ok_or_else(|| Unclear::Misconfigured(Promise::Prefix(prefix.to_owned())))?;
            parts.uri = origin_form(rest.as_bytes())?;
        }
    }
    Ok(())
}

/// Removes the header and returns its only value. With several values, one may be the client's.
fn take(headers: &mut HeaderMap, name: &HeaderName) -> Result<HeaderValue, Unclear> {
    // `HeaderMap::entry` makes room for one more header, and panics if there is none.
    let value = if headers.get_all(name).iter().nth(1).is_none() { headers.remove(name) } else { None };
    value.ok_or_else(|| Unclear::Misconfigured(Promise::Header(name.clone())))
}

/// Parses a path with its query, as a request line has it (RFC 9112 §3.2.1). `http` cuts a fragment off, but a backend may read
/// it as a part of the path, so it is refused.
pub(crate) fn origin_form(text: &[u8]) -> Result<Uri, Unclear> {
    if !text.starts_with(b"/") || text.contains(&b'#') {
        return Err(Unclear::BadRequest);
    }
    let path = PathAndQuery::try_from(text).map_err(|_| Unclear::BadRequest)?;
    Ok(Uri::from(path))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::proxy::Proxy;

    fn restored(proxy: Proxy, prefix: &str, check: http::request::Builder) -> Result<String, Unclear> {
        let (mut parts, ()) = check.body(()).unwrap().into_parts();
        restore(&mut parts, &proxy.carrier(), prefix)?;
        Ok(format!("{} {}", parts.method, parts.uri))
    }

    fn original(method: &str, uri: &str) -> http::request::Builder {
        Request::get("/check").header("x-original-method", method).header("x-original-uri", uri)
    }

    #[test]
    fn each_proxy_has_carriers_of_its_own() {
        let forwarded = || {
            Request::get("/check")
                .header("x-forwarded-method", "POST")
                .header("x-forwarded-uri", "/orders?a=1")
        };
        for proxy in [Proxy::Nginx, Proxy::Haproxy] {
            assert_eq!(
                restored(proxy, "", original("POST", "/orders?a=1")),
                Ok("POST /orders?a=1".to_owned())
            );
            assert!(matches!(restored(proxy, "", forwarded()), Err(Unclear::Misconfigured(_))));
        }
        for proxy in [Proxy::Caddy, Proxy::Traefik] {
            assert_eq!(restored(proxy, "", forwarded()), Ok("POST /orders?a=1".to_owned()));
            assert!(matches!(
                restored(proxy, "", original("POST", "/orders")),
                Err(Unclear::Misconfigured(_))
            ));
        }
        for proxy in [Proxy::Envoy, Proxy::GatewayApi] {
            // Headers of other proxies come from the client here.
            let check = Request::delete("/check/orders/7?a=/check")
                .header("x-original-uri", "/health")
                .header("x-forwarded-uri", "/health");
            assert_eq!(restored(proxy, "/check", check), Ok("DELETE /orders/7?a=/check".to_owned()));
        }
    }

    /// The row for the request that the service gets must decide.
    #[test]
    fn a_web_socket_over_http3_is_the_get_that_caddy_makes_of_it() {
        let connect = |name: &str| Request::get("/check").header(name, "CONNECT");
        let check = connect("x-forwarded-method").header("x-forwarded-uri", "/ws");
        assert_eq!(restored(Proxy::Caddy, "", check), Ok("GET /ws".to_owned()));
        let check = connect("x-forwarded-method").header("x-forwarded-uri", "/ws");
        assert_eq!(restored(Proxy::Traefik, "", check), Ok("CONNECT /ws".to_owned()));
        let check = connect("x-original-method").header("x-original-uri", "/ws");
        assert_eq!(restored(Proxy::Nginx, "", check), Ok("CONNECT /ws".to_owned()));
    }

    #[test]
    fn a_second_value_of_a_carrier_is_never_chosen_from() {
        for name in ["x-original-uri", "x-original-method"] {
            let check = original("GET", "/orders").header(name, "/health");
            let expected = Promise::Header(HeaderName::from_static(name));
            assert_eq!(restored(Proxy::Nginx, "", check), Err(Unclear::Misconfigured(expected)));
        }
    }

    /// A `HeaderMap` has room for 24,576 names, and panics if it is asked for more.
    #[test]
    fn a_carrier_is_found_in_a_full_header_map_too() {
        let (mut parts, ()) = original("POST", "/orders").body(()).unwrap().into_parts();
        let name = |number: u32| HeaderName::try_from(format!("x-{number}")).unwrap();
        let value = HeaderValue::from_static("");
        let added = (0..).take_while(|number| parts.headers.try_insert(name(*number), value.clone()).is_ok());
        assert!(added.count() > 20_000);
        assert_eq!(restore(&mut parts, &Proxy::Nginx.carrier(), ""), Ok(()));
        assert_eq!((&parts.method, parts.uri.path()), (&Method::POST, "/orders"));
        assert!(
            ["x-original-uri", "x-original-method"].iter().all(|name| !parts.headers.contains_key(*name))
        );
    }

    #[test]
    fn a_path_outside_the_prefix_is_a_mistake_of_the_configuration() {
        for path in ["/", "/orders", "/check", "/check?a", "/checkout", "/livez"] {
            let check = Request::get(path);
            let expected = Unclear::Misconfigured(Promise::Prefix("/check".to_owned()));
            assert_eq!(restored(Proxy::Envoy, "/check", check), Err(expected), "{path}");
        }
        assert_eq!(
            restored(Proxy::Envoy, "/check", Request::get("/check//x")),
            Ok("GET //x".to_owned()),
            "the route table sees the empty segment"
        );
    }

    #[test]
    fn text_that_is_not_a_path_is_the_clients_mistake() {
        for uri in ["", "*", "orders", "http://host/orders", "/public#/../admin", "/a b", "/\u{1}"] {
            let Ok(value) = HeaderValue::from_bytes(uri.as_bytes()) else { continue };
            let check = Request::get("/").header("x-original-method", "GET").header("x-original-uri", value);
            assert_eq!(restored(Proxy::Nginx, "", check), Err(Unclear::BadRequest), "{uri}");
        }
        assert_eq!(restored(Proxy::Nginx, "", original("G T", "/orders")), Err(Unclear::BadRequest));
    }
}
