//! The pool that runs, for what is printed.

use cognito_local_pool::{LocalPool, PoolServer};

use super::{settings::Settings, tls::Certificate};

/// The pool that runs.
pub(super) struct Running<'r> {
    pub(super) settings: &'r Settings,
    pub(super) pool: &'r LocalPool,
    pub(super) server: &'r PoolServer,
    pub(super) certificate: Option<&'r Certificate>,
}
