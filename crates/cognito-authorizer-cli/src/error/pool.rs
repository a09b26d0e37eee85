//! Why there is no local pool.

use std::{io, net::SocketAddr};

use cognito_local_pool::ServeError;

/// Why there is no local pool.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolCommandError {
    /// The configuration is not valid.
    #[error("{file}: {problem}")]
    Settings {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value of `--user` has no name or no password.
    #[error("`--user` takes a name and a password, such as `--user ada:Ada-1815`")]
    User,
    /// Other machines can reach the address.
    #[error(
        "other machines can reach {address}, and anyone who reaches it can get tokens; give a loopback address, or add \
         `--reachable-from-other-machines`, as in a container"
    )]
    Reachable {
        /// The address.
        address: SocketAddr,
    },
    /// The pool listens on all addresses, so it cannot tell by which one services reach it.
    #[error(
        "a pool on {address} needs an issuer; give the name by which services reach it, such as \
         `--issuer http://cognito:{}/{pool}`", .address.port()
    )]
    Unnamed {
        /// The address.
        address: SocketAddr,
        /// The id of the pool.
        pool: String,
    },
    /// The file of `--state` cannot be used.
    #[error("{file}: {problem}")]
    State {
        /// The file.
        file: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The certificate can be neither read nor made.
    #[error("{file} {problem}")]
    Tls {
        /// The file of the certificate.
        file: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// There is no folder for the certificate.
    #[error("there is no cache folder for the certificate; set {variable} to an absolute path")]
    NoCacheFolder {
        /// The environment variable.
        variable: &'static str,
    },
    /// The pool cannot listen on the address.
    #[error(
        "cannot listen on {address}: {source}; stop the program that does, or choose another port with `--listen` (0 means \
         any free port)"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system reports.
        source: io::Error,
    },
    /// The pool refuses to be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
}
