//! How the keys are doing, for readiness probes and for people.

use std::time::Duration;

use cognito_verify::{UnixTime, UserPoolId};

use super::source::FetchError;

/// The state of every pool's keys at one moment; from [`CognitoAuthLayer::status`](crate::CognitoAuthLayer::status).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyStatus {
    /// The pools, in the order in which they were configured.
    pub pools: Vec<PoolStatus>,
}

impl KeyStatus {
    /// Whether every pool has keys, so that no request is refused for the lack of them.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.pools.iter().all(PoolStatus::is_ready)
    }
}

/// The state of one pool's keys.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolStatus {
    /// The pool.
    pub pool: UserPoolId,
    /// The ids of the keys in use; empty if there are none, or if they are too old to be trusted.
    pub key_ids: Vec<String>,
    /// How long ago the keys were fetched; `None` if never, or if they were supplied by the program.
    pub age: Option<Duration>,
    /// When they were last fetched with success.
    pub last_success: Option<UnixTime>,
    /// Why the last fetch failed; `None` once one succeeds.
    pub last_error: Option<FetchError>,
    /// How many fetches have failed since the last success.
    pub failures: u32,
    /// When they will be fetched next; `None` if never, because the program supplied them.
    pub next_refresh: Option<UnixTime>,
}

impl PoolStatus {
    /// Whether the pool has keys.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.key_ids.is_empty()
    }
}
