//! Log events about keys.

use std::sync::Arc;

use cognito_verify::{KeySet, Pool, UnixTime};

use super::source::FetchError;
use crate::log_limiter::{Bounded, LineBudget, Withheld, bounded};

/// How many key ids are listed. Cognito publishes two, and four while it rotates them.
const LISTED: usize = 4;

/// How an attempt changed a pool's keys, to be logged while no lock is held.
#[derive(Debug)]
pub(super) enum KeyEvent {
    Same,
    New {
        pool: Arc<Pool>,
        keys: KeySet,
    },
    /// The same keys, but different JWKs are skipped than before.
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

impl KeyEvent {
    /// Logs the event. Failed fetches share one budget of lines over all pools.
    pub(super) fn log(&self, failure_lines: &LineBudget<()>, now: UnixTime) {
        match self {
            Self::Same => {}
            Self::New { pool, keys } => {
                let key_ids = listed(keys);
                tracing::info!(pool = %pool.id(), key_ids, "the keys are new");
                log_skipped(pool, keys);
            }
            Self::Skipped { pool, keys } if keys.skipped().is_empty() => {
                tracing::info!(pool = %pool.id(), "no key is left out any more");
            }
            Self::Skipped { pool, keys } => log_skipped(pool, keys),
            Self::Failed { pool, error, failures, has_keys } => {
                let said = failure_lines.happened((), now);
                log_failures(said.before);
                if said.has_line {
                    let error = Bounded(error);
                    tracing::warn!(pool = %pool.id(), %error, failures, has_keys, "the keys could not be fetched");
                }
                return;
            }
        }
        log_failures(failure_lines.ended(now));
    }
}

fn log_failures(withheld: Vec<Withheld<()>>) {
    for Withheld { count, within, .. } in withheld {
        let seconds = within.as_secs();
        tracing::warn!(
            fetches = count,
            seconds,
            "more fetches of keys failed, which have no lines of their own"
        );
    }
}

/// The first ids, and how many more there are.
fn listed(keys: &KeySet) -> String {
    let listed = keys.key_ids().take(LISTED).map(bounded).collect::<Vec<_>>().join(" ");
    match keys.key_ids().count().saturating_sub(LISTED) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

fn log_skipped(pool: &Pool, keys: &KeySet) {
    for skipped in keys.skipped() {
        let (position, problem) = (skipped.position, skipped.problem);
        tracing::warn!(pool = %pool.id(), position, %problem, "a key is left out");
    }
}
