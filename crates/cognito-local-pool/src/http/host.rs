//! By which names a pool is reached, and which are refused.
//!
//! A page of any website can make its own host name lead to 127.0.0.1 (DNS rebinding), and its scripts would then share
//! an origin with the pool. So only names that no other site can own are accepted.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::{Shared, refuse, single};
use crate::syntax::{LOOPBACK_HOSTS, host_of};

/// Who can reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only this machine, under its loopback names and the host of the issuer.
    ThisMachine,
    /// Other machines too, which use an IP address of this one.
    Anywhere,
}

/// Refuses a request for a host that is not this server's.
pub(super) async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if is_ours(&shared, request.headers()) {
        return next.run(request).await;
    }
    refuse(
        StatusCode::MISDIRECTED_REQUEST,
        "this local pool is not reached by that `Host`; use `localhost`, `127.0.0.1`, `[::1]`, or the host of its issuer",
    )
}

fn is_ours(shared: &Shared, headers: &HeaderMap) -> bool {
    if !headers.contains_key(HOST) {
        return true; // HTTP/2, or no browser.
    }
    let Some(host) = single(headers, HOST.as_str()).map(|host| host_of(host).to_ascii_lowercase()) else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    LOOPBACK_HOSTS.contains(&host.as_str())
        || host == issuer_host(shared.pool.issuer())
        // An IP address cannot be rebound.
        || (shared.reach == Reach::Anywhere && address)
}

/// The host in the URL of the issuer, in lower case.
fn issuer_host(issuer: &str) -> String {
    let (_, rest) = issuer.split_once("://").unwrap_or_default();
    host_of(rest.split('/').next().unwrap_or_default()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::http::HeaderValue;

    use super::*;
    use crate::LocalPool;
    use crate::http::Scheme;

    #[test]
    fn a_name_that_another_site_could_own_is_refused() {
        let issuer = "http://cognito:9229/ap-south-1_abcdefghi";
        let pool = LocalPool::builder("ap-south-1_abcdefghi").issuer(issuer).build().unwrap();
        let shared =
            |reach| Shared { pool: pool.clone(), jwks_fetches: Arc::default(), reach, scheme: Scheme::Http };
        let (machine, anywhere) = (shared(Reach::ThisMachine), shared(Reach::Anywhere));
        let cases = [
            ("localhost:9229", true, true),
            ("LOCALHOST", true, true),
            ("127.0.0.1:80", true, true),
            ("[::1]:9229", true, true),
            ("cognito:9229", true, true),
            ("cognito", true, true),
            ("192.168.0.5:9229", false, true),
            ("[fe80::1]", false, true),
            ("evil.example", false, false),
            ("localhost.evil.example", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("localhost@evil.example", false, false),
            ("evil.example:localhost", false, false),
            ("", false, false),
        ];
        for (host, expected, from_anywhere) in cases {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            let found = (is_ours(&machine, &headers), is_ours(&anywhere, &headers));
            assert_eq!(found, (expected, from_anywhere), "{host}");
        }
        let twice = [HeaderValue::from_static("localhost"), HeaderValue::from_static("localhost")];
        let mut headers = HeaderMap::new();
        for value in twice {
            headers.append(HOST, value);
        }
        assert!(!is_ours(&machine, &headers));
        assert!(is_ours(&machine, &HeaderMap::new()));
    }
}
