//! `localhost` is `127.0.0.1`, `::1`, or both, by the machine and the client.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};

/// A listener, and for one on `127.0.0.1` or `::1` another on the same port of the other address.
///
/// Some clients try only the first address of `localhost`: with the second listener they reach the pool, whichever
/// that is.
pub(crate) struct Listeners {
    given: TcpListener,
    /// `None` if the machine has no such address, or another program listens there.
    other: Option<TcpListener>,
}

impl Listeners {
    pub(crate) fn beside(given: TcpListener, address: SocketAddr) -> Self {
        let other = other_loopback(address).and_then(|address| bind(address).ok());
        Self { given, other }
    }
}

/// The same port of the other address that `localhost` may mean.
fn other_loopback(address: SocketAddr) -> Option<SocketAddr> {
    let other: IpAddr = match address.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Ipv4Addr::LOCALHOST.into(),
        _ => return None,
    };
    Some(SocketAddr::new(other, address.port()))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

impl Listener for Listeners {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let Some(other) = &mut self.other else { return Listener::accept(&mut self.given).await };
        // A connection that is not taken by the one that is dropped stays in its queue.
        tokio::select! {
            accepted = Listener::accept(&mut self.given) => accepted,
            accepted = Listener::accept(other) => accepted,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.given.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_of_localhost_has_another_and_no_other_address_does() {
        for (address, other) in [
            ("127.0.0.1:9229", Some("[::1]:9229")),
            ("[::1]:9229", Some("127.0.0.1:9229")),
            ("127.0.0.2:9229", None),
            ("0.0.0.0:9229", None),
            ("[::]:9229", None),
            ("192.0.2.1:9229", None),
        ] {
            let other = other.map(|other| other.parse().unwrap());
            assert_eq!(other_loopback(address.parse().unwrap()), other, "{address}");
        }
    }
}
