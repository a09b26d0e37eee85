//! What the log is told of the keys.

use std::sync::Arc;

use cognito_verify::{KeySet, Pool};

use super::fetch::FetchError;

/// What an attempt brought, to be logged once no lock is held.
#[derive(Debug)]
pub(super) enum News {
    Same,
    New {
        pool: Arc<Pool>,
        keys: KeySet,
    },
    /// The same keys, but others are left out beside them than before.
    Skipped {
        pool: Arc<Pool>,
        keys: KeySet,
    },
    Failed {
        pool: Arc<Pool>,
        error: FetchError,
        failures: u32,
        has_keys: bool,
    },
}

impl News {
    pub(super) fn log(&self) {
        match self {
            Self::Same => {}
            Self::New { pool, keys } => {
                let key_ids = keys.key_ids().collect::<Vec<_>>().join(" ");
                tracing::info!(pool = %pool.id(), key_ids, "the keys are new");
                log_skipped(pool, keys);
            }
            Self::Skipped { pool, keys } if keys.skipped().is_empty() => {
                tracing::info!(pool = %pool.id(), "no key is left out any more");
            }
            Self::Skipped { pool, keys } => log_skipped(pool, keys),
            Self::Failed { pool, error, failures, has_keys } => {
                tracing::warn!(pool = %pool.id(), %error, failures, has_keys, "the keys could not be fetched");
            }
        }
    }
}

fn log_skipped(pool: &Pool, keys: &KeySet) {
    for skipped in keys.skipped() {
        let (position, problem) = (skipped.position, skipped.problem);
        tracing::warn!(pool = %pool.id(), position, %problem, "a key is left out");
    }
}
