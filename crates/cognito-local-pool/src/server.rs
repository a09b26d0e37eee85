//! The pool on a socket.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::serve::Listener;
use tokio::net::{TcpListener, lookup_host};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::connections::Limited;
use crate::error::ServeError;
use crate::http::{self, Reach, Scheme};
use crate::loopback::Listeners;
use crate::pool::LocalPool;
#[cfg(feature = "tls")]
use crate::tls::TlsIdentity;

/// A pool that is being served; dropping it ends that.
///
/// On a drop, no connection is accepted any more and open ones end after the request that they are in. Use
/// [`stop`](Self::stop) to wait for that.
pub struct PoolServer {
    address: SocketAddr,
    scheme: Scheme,
    pool_id: String,
    jwks_fetches: Arc<AtomicUsize>,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl LocalPool {
    /// Serves the [endpoints](Self::router) on `address`, `host:port`, where port 0 takes a free one.
    ///
    /// A pool on `127.0.0.1` also listens on `::1`, on the same port, if the machine has that address, and the
    /// other way round: `localhost` may mean either. The issuer of its tokens is still the one that the pool was built
    /// with, and verifiers compare it as a string.
    ///
    /// Needs a Tokio runtime, and runs in the background until the [`PoolServer`] is dropped.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let pool = cognito_local_pool::LocalPool::new();
    /// let server = pool.serve("127.0.0.1:0").await?;
    /// let refused = pool.serve("0.0.0.0:0").await; // other machines could reach it
    /// # assert!(refused.is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ServeError`] if the address cannot be listened on, or if other machines could reach it.
    pub async fn serve(&self, address: impl AsRef<str>) -> Result<PoolServer, ServeError> {
        self.listen(address.as_ref(), Reach::ThisMachine).await
    }

    /// As [`serve`](Self::serve), on a socket that already listens, so that its port is known before the pool is built and
    /// can be part of the issuer.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use cognito_local_pool::LocalPool;
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let issuer = format!("http://{}/eu-west-1_Ab12Cd34E", listener.local_addr()?);
    /// let pool = LocalPool::builder("eu-west-1_Ab12Cd34E").issuer(issuer).build()?;
    /// let server = pool.serve_on(listener)?;
    /// assert!(server.jwks_url().starts_with(pool.issuer()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ServeError`] if the socket cannot be used, or if other machines could reach it.
    pub fn serve_on(&self, listener: std::net::TcpListener) -> Result<PoolServer, ServeError> {
        Ok(PoolServer::start(self, Bound::given(listener, Reach::ThisMachine)?))
    }

    /// As [`serve`](Self::serve), on an address that other machines can reach, as is needed inside a container.
    ///
    /// # Security
    /// Anyone who can reach it can get its tokens. Passwords and secrets travel in the clear.
    ///
    /// # Errors
    /// [`ServeError`] if the address cannot be listened on.
    pub async fn dangerous_serve_anywhere(&self, address: impl AsRef<str>) -> Result<PoolServer, ServeError> {
        self.listen(address.as_ref(), Reach::Anywhere).await
    }

    /// As [`dangerous_serve_anywhere`](Self::dangerous_serve_anywhere), on a socket that listens already.
    ///
    /// # Security
    /// Anyone who can reach it can get its tokens. Passwords and secrets travel in the clear.
    ///
    /// # Errors
    /// [`ServeError`] if the socket cannot be used.
    pub fn dangerous_serve_anywhere_on(
        &self,
        listener: std::net::TcpListener,
    ) -> Result<PoolServer, ServeError> {
        Ok(PoolServer::start(self, Bound::given(listener, Reach::Anywhere)?))
    }

    /// As [`serve`](Self::serve), by https: clients that trust the [certificate](TlsIdentity::certificate_pem) reach it.
    ///
    /// Discovery then names `https` URLs, and the cookies of managed login are `Secure`. The issuer is still what the
    /// pool was built with.
    ///
    /// # Errors
    /// [`ServeError`] if the address cannot be listened on, or if other machines could reach it.
    #[cfg(feature = "tls")]
    pub async fn serve_tls(
        &self,
        address: impl AsRef<str>,
        identity: &TlsIdentity,
    ) -> Result<PoolServer, ServeError> {
        let bound = Bound::resolve(address.as_ref(), Reach::ThisMachine).await?;
        Ok(PoolServer::start_tls(self, bound, identity))
    }

    /// As [`serve_on`](Self::serve_on), by https as [`serve_tls`](Self::serve_tls).
    ///
    /// # Errors
    /// [`ServeError`] if the socket cannot be used, or if other machines could reach it.
    #[cfg(feature = "tls")]
    pub fn serve_tls_on(
        &self,
        listener: std::net::TcpListener,
        identity: &TlsIdentity,
    ) -> Result<PoolServer, ServeError> {
        Ok(PoolServer::start_tls(self, Bound::given(listener, Reach::ThisMachine)?, identity))
    }

    /// As [`dangerous_serve_anywhere_on`](Self::dangerous_serve_anywhere_on), by https.
    ///
    /// # Security
    /// Anyone who can reach it can get its tokens.
    ///
    /// # Errors
    /// [`ServeError`] if the socket cannot be used.
    #[cfg(feature = "tls")]
    pub fn dangerous_serve_tls_anywhere_on(
        &self,
        listener: std::net::TcpListener,
        identity: &TlsIdentity,
    ) -> Result<PoolServer, ServeError> {
        Ok(PoolServer::start_tls(self, Bound::given(listener, Reach::Anywhere)?, identity))
    }

    async fn listen(&self, address: &str, reach: Reach) -> Result<PoolServer, ServeError> {
        Ok(PoolServer::start(self, Bound::resolve(address, reach).await?))
    }
}

/// A listening socket, and who may reach it.
struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    reach: Reach,
}

impl Bound {
    async fn resolve(address: &str, reach: Reach) -> Result<Self, ServeError> {
        let given = || address.to_owned();
        let resolved = lookup_host(address).await;
        let resolved = resolved.map_err(|source| ServeError::Resolve { address: given(), source })?;
        let addresses: Vec<SocketAddr> = resolved.collect();
        if reach == Reach::ThisMachine && !addresses.iter().all(|address| address.ip().is_loopback()) {
            return Err(ServeError::NotLoopback { address: given() });
        }
        let failed = |source| ServeError::Listen { address: given(), source };
        let listener = TcpListener::bind(addresses.as_slice()).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, reach })
    }

    fn given(listener: std::net::TcpListener, reach: Reach) -> Result<Self, ServeError> {
        let failed = |source| ServeError::Listen { address: "the given socket".to_owned(), source };
        let address = listener.local_addr().map_err(failed)?;
        if reach == Reach::ThisMachine && !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback { address: address.to_string() });
        }
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = TcpListener::from_std(listener).map_err(failed)?;
        Ok(Self { listener, address, reach })
    }
}

impl PoolServer {
    fn start(pool: &LocalPool, bound: Bound) -> Self {
        let Bound { listener, address, reach } = bound;
        Self::run(pool, Listeners::beside(listener, address), address, reach, Scheme::Http)
    }

    #[cfg(feature = "tls")]
    fn start_tls(pool: &LocalPool, bound: Bound, identity: &TlsIdentity) -> Self {
        let Bound { listener, address, reach } = bound;
        let listener = identity.listen(Listeners::beside(listener, address));
        Self::run(pool, listener, address, reach, Scheme::Https)
    }

    fn run<L>(pool: &LocalPool, listener: L, address: SocketAddr, reach: Reach, scheme: Scheme) -> Self
    where
        L: Listener<Addr = SocketAddr>,
    {
        let jwks_fetches = Arc::new(AtomicUsize::new(0));
        let router = http::router(pool, Arc::clone(&jwks_fetches), reach, scheme);
        let (shutdown, stopped) = oneshot::channel::<()>();
        let server = axum::serve(Limited::new(listener), router).with_graceful_shutdown(async {
            let _ = stopped.await; // Sent or dropped, it means the same.
        });
        let task = tokio::spawn(async {
            let _ = server.await; // Per axum's docs, it never returns an error.
        });
        let pool_id = pool.id().to_owned();
        Self { address, scheme, pool_id, jwks_fetches, shutdown: Some(shutdown), task }
    }

    /// The address that is listened on, with the port that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` or `https://` and the address, without a final `/`: the endpoint URL for an SDK.
    ///
    /// If it listens on all addresses, the URL has the one by which this machine reaches it: `127.0.0.1` or `[::1]`.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("{}://{address}", self.scheme.name())
    }

    /// The URL of the JWK Set.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("{}/{}/.well-known/jwks.json", self.url(), self.pool_id)
    }

    /// How many times the JWK Set was served.
    #[must_use]
    pub fn jwks_fetches(&self) -> usize {
        self.jwks_fetches.load(Ordering::Relaxed)
    }

    /// Stops, and waits until the port is free and each request under way is answered.
    pub async fn stop(mut self) {
        self.shutdown.take();
        self.stopped().await;
    }

    /// Waits for as long as the server runs, which is until the process or its runtime ends.
    pub async fn stopped(&mut self) {
        if !self.task.is_finished() {
            let _ = (&mut self.task).await; // A task that ended otherwise has ended too.
        }
    }
}

impl Drop for PoolServer {
    fn drop(&mut self) {
        // Both: the first ends the open connections, the second frees the port without waiting for them.
        self.shutdown.take();
        self.task.abort();
    }
}

impl fmt::Debug for PoolServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolServer")
            .field("url", &self.url())
            .field("jwks_fetches", &self.jwks_fetches())
            .finish_non_exhaustive()
    }
}
