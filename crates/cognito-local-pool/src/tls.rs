//! TLS with a certificate that is made on this machine.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::serve::Listener;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::loopback::Listeners;

/// The names that every certificate is for.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Apple's systems refuse server certificates that are good for more than 825 days.
const LIFETIME: Duration = Duration::from_secs(800 * 24 * 3600);
/// The most handshakes at once. A new one beyond that ends the oldest. There is no time-out, for the reason that
/// [`connections`](crate::connections) gives.
const HANDSHAKES: usize = 256;

/// A certificate for `localhost`, `127.0.0.1` and `::1`, and for further names, with its private key.
///
/// It is self-signed and not a certificate authority: a client that trusts it trusts this key for these names, and for nothing
/// else.
/// `Debug` does not show the key.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::SystemTime;
///
/// use cognito_local_pool::{LocalPool, TlsIdentity};
///
/// let identity = TlsIdentity::generate(SystemTime::now())?;
/// let server = LocalPool::new().serve_tls("127.0.0.1:0", &identity).await?;
/// assert!(server.url().starts_with("https://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TlsIdentity {
    certificate_pem: String,
    private_key_pem: String,
    certificate: CertificateDer<'static>,
    config: Arc<ServerConfig>,
}

/// Why a certificate cannot be used. No message has a part of the key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificate cannot be made for this time, or for lack of randomness.
    #[error("no certificate can be made: {problem}")]
    Generate {
        /// Why.
        problem: String,
    },
    /// A name of [`generate_for`](TlsIdentity::generate_for) is neither a host name nor an IP address.
    #[error("`{name}` is not a name for a certificate; give a host name such as `cognito`, or an IP address")]
    Name {
        /// What was given.
        name: String,
    },
    /// The text does not have one certificate in PEM.
    #[error("there is no certificate in PEM (`-----BEGIN CERTIFICATE-----`)")]
    Certificate,
    /// The text does not have one private key in PEM.
    #[error("there is no private key in PEM (`-----BEGIN PRIVATE KEY-----`)")]
    PrivateKey,
    /// The certificate and the key cannot be used, or not together.
    #[error("the certificate and the private key cannot be used together: {problem}")]
    Mismatch {
        /// Why.
        problem: String,
    },
}

impl TlsIdentity {
    /// A new certificate with a new ECDSA key (P-256) for `localhost`, `127.0.0.1` and `::1`, good from a day before `now`
    /// for 800 days.
    ///
    /// # Errors
    /// [`TlsError::Generate`] if `now` is before 1970 or the system has no randomness.
    pub fn generate(now: SystemTime) -> Result<Self, TlsError> {
        Self::generate_for(&[], now)
    }

    /// As [`generate`](Self::generate), for these host names and IP addresses too, by which other machines or containers
    /// reach the pool.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// use cognito_local_pool::TlsIdentity;
    ///
    /// let now = SystemTime::now();
    /// let identity = TlsIdentity::generate_for(&["cognito", "192.168.0.5"], now)?;
    /// assert!(identity.is_good_for("cognito", now) && identity.is_good_at(now));
    /// assert!(TlsIdentity::generate_for(&["http://cognito"], now).is_err());
    /// # Ok::<(), cognito_local_pool::TlsError>(())
    /// ```
    ///
    /// # Errors
    /// [`TlsError::Name`] for a text that is neither a host name nor an IP address, and as [`generate`](Self::generate).
    pub fn generate_for(names: &[&str], now: SystemTime) -> Result<Self, TlsError> {
        if let Some(name) = names.iter().find(|name| ServerName::try_from(**name).is_err()) {
            return Err(TlsError::Name { name: (*name).to_owned() });
        }
        let generate = |problem: &dyn fmt::Display| TlsError::Generate { problem: problem.to_string() };
        let key = KeyPair::generate().map_err(|error| generate(&error))?;
        let names: Vec<String> = LOOPBACK_NAMES.iter().chain(names).map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).map_err(|error| generate(&error))?;
        params.distinguished_name.push(DnType::CommonName, "cognito-local-pool on this machine");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let day = |time: SystemTime| {
            let date = Timestamp::try_from(time).map_err(|error| generate(&error))?;
            let date = TimeZone::UTC.to_datetime(date).date();
            let part = |part: i8| part.unsigned_abs();
            Ok::<_, TlsError>(rcgen::date_time_ymd(date.year().into(), part(date.month()), part(date.day())))
        };
        // Clients whose clock is slow must accept it.
        params.not_before = day(now.checked_sub(Duration::from_secs(24 * 3600)).unwrap_or(UNIX_EPOCH))?;
        params.not_after = day(now.checked_add(LIFETIME).unwrap_or(now))?;
        let certificate = params.self_signed(&key).map_err(|error| generate(&error))?;
        Self::from_pem(&certificate.pem(), &key.serialize_pem())
    }

    /// A certificate and its key that were kept, both in PEM (RFC 7468).
    ///
    /// # Errors
    /// [`TlsError`] if there is none in one of the texts, or if they do not belong together.
    pub fn from_pem(certificate_pem: &str, private_key_pem: &str) -> Result<Self, TlsError> {
        let certificate = CertificateDer::from_pem_slice(certificate_pem.as_bytes());
        let certificate = certificate.map_err(|_| TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(private_key_pem.as_bytes());
        let key = key.map_err(|_| TlsError::PrivateKey)?;
        let mismatch = |error: rustls::Error| TlsError::Mismatch { problem: error.to_string() };
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(mismatch)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .map_err(mismatch)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            certificate_pem: certificate_pem.to_owned(),
            private_key_pem: private_key_pem.to_owned(),
            certificate,
            config: Arc::new(config),
        })
    }

    /// The certificate in PEM, which clients have to trust.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key in PEM (PKCS #8).
    ///
    /// # Security
    /// Clients that trust the certificate accept any server with this key as one of the certificate's names. Keep it where
    /// only its user can read it.
    #[must_use]
    pub fn private_key_pem(&self) -> &str {
        &self.private_key_pem
    }

    /// Whether a client that trusts this certificate accepts it for `localhost`, `127.0.0.1` and `::1` at `time`.
    #[must_use]
    pub fn is_good_at(&self, time: SystemTime) -> bool {
        LOOPBACK_NAMES.iter().all(|name| self.is_good_for(name, time))
    }

    /// Whether a client that trusts this certificate accepts it for this host name or IP address at `time`.
    #[must_use]
    pub fn is_good_for(&self, name: &str, time: SystemTime) -> bool {
        let Ok(name) = ServerName::try_from(name) else { return false };
        let Ok(since) = time.duration_since(UNIX_EPOCH) else { return false };
        let mut roots = RootCertStore::empty();
        if roots.add(self.certificate.clone()).is_err() {
            return false;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let Ok(verifier) = verifier else { return false };
        let time = UnixTime::since_unix_epoch(since);
        verifier.verify_server_cert(&self.certificate, &[], &name, &[], time).is_ok()
    }

    pub(crate) fn listen(&self, listeners: Listeners) -> TlsListener {
        TlsListener {
            listeners,
            acceptor: TlsAcceptor::from(Arc::clone(&self.config)),
            greeting: JoinSet::new(),
            oldest_first: VecDeque::new(),
            most: HANDSHAKES,
        }
    }
}

/// The cryptography, independent of the default that other parts of the program set.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").finish_non_exhaustive()
    }
}

/// Connections by TLS. A slow handshake does not delay other clients.
pub(crate) struct TlsListener {
    listeners: Listeners,
    acceptor: TlsAcceptor,
    greeting: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
    oldest_first: VecDeque<AbortHandle>,
    most: usize,
}

impl TlsListener {
    fn greet(&mut self, stream: TcpStream, peer: SocketAddr) {
        self.oldest_first.retain(|handshake| !handshake.is_finished());
        if self.oldest_first.len() >= self.most
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            oldest.abort();
        }
        let handshake = self.acceptor.accept(stream);
        let task = self.greeting.spawn(async move { Some((handshake.await.ok()?, peer)) });
        self.oldest_first.push_back(task);
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsStream<TcpStream>, SocketAddr) {
        loop {
            tokio::select! {
                (stream, peer) = self.listeners.accept() => self.greet(stream, peer),
                Some(greeted) = self.greeting.join_next() => {
                    if let Ok(Some(greeted)) = greeted {
                        return greeted;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listeners.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use rustls::ClientConfig;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;
    use tokio_rustls::TlsConnector;

    use super::*;

    fn at(days: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(days * 24 * 3600)
    }

    #[test]
    fn a_certificate_is_good_for_its_time() {
        let identity = TlsIdentity::generate(at(20_000)).unwrap();
        for (days, good) in [(19_998, false), (20_000, true), (20_799, true), (20_801, false)] {
            assert_eq!(identity.is_good_at(at(days)), good, "{days}");
        }
    }

    #[test]
    fn a_certificate_is_good_for_its_names_alone() {
        let (plain, named) = (
            TlsIdentity::generate(at(20_000)).unwrap(),
            TlsIdentity::generate_for(&["cognito", "192.168.0.5", "fe80::1"], at(20_000)).unwrap(),
        );
        for (name, of_plain, of_named) in [
            ("localhost", true, true),
            ("::1", true, true),
            ("cognito", false, true),
            ("192.168.0.5", false, true),
            ("fe80::1", false, true),
            ("other", false, false),
            ("192.168.0.6", false, false),
            ("", false, false),
        ] {
            let good = [&plain, &named].map(|identity| identity.is_good_for(name, at(20_000)));
            assert_eq!(good, [of_plain, of_named], "{name}");
        }
        assert!(named.is_good_at(at(20_000)) && !named.is_good_for("cognito", at(20_801)));
        let error = TlsIdentity::generate_for(&["a b"], at(20_000)).unwrap_err();
        assert_eq!(error, TlsError::Name { name: "a b".to_owned() });
    }

    #[test]
    fn a_kept_certificate_is_the_same() {
        let made = TlsIdentity::generate(at(20_000)).unwrap();
        let kept = TlsIdentity::from_pem(made.certificate_pem(), made.private_key_pem()).unwrap();
        assert_eq!(kept.certificate, made.certificate);
        assert!(kept.is_good_at(at(20_000)));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let [one, other] = [(); 2].map(|()| TlsIdentity::generate(at(20_000)).unwrap());
        let error = |certificate: &str, key: &str| TlsIdentity::from_pem(certificate, key).unwrap_err();
        assert!(matches!(error(one.certificate_pem(), other.private_key_pem()), TlsError::Mismatch { .. }));
        assert_eq!(error("", one.private_key_pem()), TlsError::Certificate);
        assert_eq!(error(one.certificate_pem(), "x"), TlsError::PrivateKey);
    }

    #[tokio::test]
    async fn clients_that_do_not_greet_keep_no_other_one_out() {
        let identity = TlsIdentity::generate(crate::Clock::system().now()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut listener = TlsListener { most: 2, ..identity.listen(Listeners::beside(listener, address)) };
        let greeted = tokio::spawn(async move { listener.accept().await });
        let mut first = TcpStream::connect(address).await.unwrap();
        let _silent = TcpStream::connect(address).await.unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(identity.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(address).await.unwrap();
        let own = stream.local_addr().unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        assert_eq!(greeted.await.unwrap().1, own);
        assert_eq!(first.read(&mut [0]).await.unwrap_or(0), 0, "the oldest was ended");
    }

    #[test]
    fn debug_does_not_show_the_key() {
        assert_eq!(format!("{:?}", TlsIdentity::generate(at(20_000)).unwrap()), "TlsIdentity { .. }");
    }
}
