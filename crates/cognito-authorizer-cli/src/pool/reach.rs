//! Which machines reach the pool, and by which name.

use std::net::{SocketAddr, TcpListener};

use cognito_local_pool::{LocalPool, PoolServer, ServeError};

use super::{options::Pool, settings::Settings, tls::Certificate};
use crate::error::PoolCommandError;

/// Checks that the pool may listen on its address, and has an issuer.
pub(super) fn check(options: &Pool, settings: &Settings) -> Result<(), PoolCommandError> {
    let address = options.listen;
    if !address.ip().is_loopback() && !options.reachable_from_other_machines {
        return Err(PoolCommandError::Reachable { address });
    }
    if address.ip().is_unspecified() && settings.issuer.is_none() {
        return Err(PoolCommandError::Unnamed { address, pool: settings.id.clone() });
    }
    Ok(())
}

/// Serves the pool on a socket that [`check`] accepted.
pub(super) fn serve(
    pool: &LocalPool,
    listener: TcpListener,
    certificate: Option<&Certificate>,
) -> Result<PoolServer, ServeError> {
    let loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    match (loopback, certificate) {
        (true, None) => pool.serve_on(listener),
        (true, Some(certificate)) => pool.serve_tls_on(listener, &certificate.identity),
        (false, None) => pool.dangerous_serve_anywhere_on(listener),
        (false, Some(certificate)) => pool.dangerous_serve_tls_anywhere_on(listener, &certificate.identity),
    }
}

/// The warning at the start of a pool that other machines reach.
pub(super) fn warning(address: SocketAddr, tls: bool) -> Option<String> {
    let clear = if tls { "" } else { " Passwords and secrets are sent in the clear." };
    (!address.ip().is_loopback()).then(|| {
        format!("WARNING: other machines can reach this pool at {address}, and anyone who reaches it can get tokens.{clear}")
    })
}

/// The host of a plain http issuer that is not on loopback. A layer needs `.dangerous_allow_http(…)` for it.
pub(super) fn named_http_host(issuer: &str) -> Option<&str> {
    named_host(issuer.strip_prefix("http://")?)
}

/// The name by which other machines reach the pool over TLS: the host of the issuer, or else the address of `--listen`. The
/// certificate must be for it.
pub(super) fn certificate_name(issuer: Option<&str>, listen: SocketAddr) -> Option<String> {
    match issuer {
        // The tokens name AWS's host as their issuer, but a local pool is not there.
        Some(issuer) if issuer.contains(".amazonaws.com") => None,
        Some(issuer) => named_host(issuer.split_once("://")?.1).map(str::to_owned),
        None => {
            Some(listen.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified()).map(|ip| ip.to_string())
        }
    }
}

/// The host of a URL whose scheme was removed, unless it is a loopback address.
fn named_host(rest: &str) -> Option<&str> {
    let authority = rest.split('/').next()?;
    let host = match authority.split_once(']') {
        Some((host, _)) => host.trim_start_matches('['),
        None => authority.split(':').next()?,
    };
    let loopback =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    (!loopback).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_a_layer_must_allow_is_not_this_machine() {
        for (issuer, host) in [
            ("http://cognito:9229/a_b", Some("cognito")),
            ("http://192.168.0.5:9229/a_b", Some("192.168.0.5")),
            ("http://[fe80::1]:9229/a_b", Some("fe80::1")),
            ("http://127.0.0.1:9229/a_b", None),
            ("http://localhost/a_b", None),
            ("http://[::1]:9229/a_b", None),
            ("https://cognito:9229/a_b", None),
        ] {
            assert_eq!(named_http_host(issuer), host, "{issuer}");
        }
    }

    #[test]
    fn a_certificate_is_for_the_name_that_other_machines_use() {
        for (issuer, listen, name) in [
            (None, "127.0.0.1:9229", None),
            (None, "192.168.0.5:9229", Some("192.168.0.5")),
            (None, "[fe80::1]:9229", Some("fe80::1")),
            (Some("https://cognito:9229/a_b"), "0.0.0.0:9229", Some("cognito")),
            (Some("https://cognito:9229/a_b"), "127.0.0.1:9229", Some("cognito")),
            (Some("https://localhost:9229/a_b"), "127.0.0.1:9229", None),
            (Some("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a"), "127.0.0.1:9229", None),
        ] {
            assert_eq!(certificate_name(issuer, listen.parse().unwrap()).as_deref(), name, "{issuer:?}");
        }
    }

    #[test]
    fn a_pool_that_other_machines_reach_starts_with_a_warning() {
        let warning = |address: &str, tls| warning(address.parse().unwrap(), tls);
        assert_eq!(warning("127.0.0.1:9229", false), None);
        assert!(warning("0.0.0.0:9229", false).unwrap().ends_with("in the clear."));
        assert!(warning("0.0.0.0:9229", true).unwrap().ends_with("can get tokens."));
    }
}
