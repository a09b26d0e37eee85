//! Who reaches the pool, and by which name.

use std::net::{SocketAddr, TcpListener};

use cognito_local_pool::{LocalPool, PoolServer, ServeError};

use super::{Pool, PoolCommandError, settings::Settings, tls::Certificate};

/// `--listen`.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "give an address and a port, such as 127.0.0.1:9229".to_owned())
}

/// Whether the pool may listen there, and has a name for its issuer.
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

/// What is said at the start of a pool that other machines reach.
pub(super) fn warning(address: SocketAddr, tls: bool) -> Option<String> {
    let clear = if tls { "" } else { " Passwords and secrets travel in the clear." };
    (!address.ip().is_loopback()).then(|| {
        format!("WARNING: other machines can reach this pool at {address}, and whoever reaches it gets its tokens.{clear}")
    })
}

/// The host of an issuer by plain http that is not this machine's loopback: a layer must be told to allow it.
pub(super) fn named_http_host(issuer: &str) -> Option<&str> {
    named_host(issuer.strip_prefix("http://")?)
}

/// The name by which other machines reach the pool by TLS: the host of the issuer, else the address that is listened on. The
/// certificate has to be for it.
pub(super) fn certificate_name(issuer: Option<&str>, listen: SocketAddr) -> Option<String> {
    match issuer {
        // AWS's own host is where the tokens say that they come from, and not where a local pool is.
        Some(issuer) if issuer.contains(".amazonaws.com") => None,
        Some(issuer) => named_host(issuer.split_once("://")?.1).map(str::to_owned),
        None => {
            Some(listen.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified()).map(|ip| ip.to_string())
        }
    }
}

/// The host at the beginning of `rest`, a URL without its scheme, if that is not this machine's loopback.
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
    fn a_pool_that_other_machines_reach_is_said_loudly() {
        let warning = |address: &str, tls| warning(address.parse().unwrap(), tls);
        assert_eq!(warning("127.0.0.1:9229", false), None);
        assert!(warning("0.0.0.0:9229", false).unwrap().ends_with("in the clear."));
        assert!(warning("0.0.0.0:9229", true).unwrap().ends_with("gets its tokens."));
    }
}
