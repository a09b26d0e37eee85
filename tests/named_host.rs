//! Keys from a pool that services reach by a host name over plain http, as in Docker Compose.

use std::net::{IpAddr, TcpListener, ToSocketAddrs};
use std::process::Command;

use crate::support::{self, POOL, PoolSettings, bearer, builder, clock, pool_builder};

/// A name of this machine that is neither `localhost` nor an address, and the address that it resolves to.
///
/// Names of a loopback address come first, because then the pool is not reachable from other machines.
fn name_of_this_machine() -> (String, IpAddr) {
    let hosts = if cfg!(windows) { r"C:\Windows\System32\drivers\etc\hosts" } else { "/etc/hosts" };
    let hosts = std::fs::read_to_string(hosts).unwrap_or_default();
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    let loopback = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        address.is_loopback().then_some(words)
    });
    let own = Command::new("hostname").output().ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let own = own.unwrap_or_default();
    let mut names = loopback.flatten().chain(std::iter::once(own.trim()));
    names
        .find_map(|name| {
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
            let is_name =
                plain && !name.is_empty() && !name.contains("localhost") && name.parse::<IpAddr>().is_err();
            let addresses = is_name.then(|| (name, 0).to_socket_addrs().ok())??;
            let address =
                addresses.map(|address| address.ip()).find(|ip| TcpListener::bind((*ip, 0)).is_ok())?;
            Some((name.to_ascii_lowercase(), address))
        })
        .expect("this machine resolves its own host name; add it to the hosts file for 127.0.0.1")
}

#[tokio::test]
async fn keys_come_over_http_from_a_named_host_that_is_allowed() {
    let (name, address) = name_of_this_machine();
    let clock = clock();
    let listener = TcpListener::bind((address, 0)).expect("a port");
    let issuer = format!("http://{name}:{}/{POOL}", listener.local_addr().expect("an address").port());
    let pool = pool_builder(&clock).issuer(&issuer).build().expect("a pool");
    let server = if address.is_loopback() {
        pool.serve_on(listener)
    } else {
        pool.dangerous_serve_anywhere_on(listener)
    };
    let server = server.expect("a server");

    let forbidden = builder(&clock).issuer(&issuer).connect_lazy().expect_err("keys without TLS").to_string();
    assert!(forbidden.ends_with(&format!("with `.dangerous_allow_http(\"{name}\")`")), "{forbidden}");
    assert_eq!(server.jwks_fetches(), 0);

    let auth = builder(&clock).issuer(&issuer).dangerous_allow_http(&name).connect().await.expect("keys");
    assert_eq!(server.jwks_fetches(), 1, "from the named host");
    let status = async |token: String| support::status(&auth, &bearer(token)).await;
    assert_eq!(status(pool.access_token("ada").sign()).await, 200);
    assert_eq!(status(pool.access_token("ada").forged().sign()).await, 401);
    assert_eq!(status(pool.access_token("ada").issuer(server.url() + "/" + POOL).sign()).await, 401);
}
