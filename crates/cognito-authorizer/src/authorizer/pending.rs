//! Decisions that wait: for a key that may have been published since the last fetch, or for the revocation check.

use std::sync::Arc;

use cognito_verify::{PoolKeys, Verified};

use super::routing::Row;
use crate::keys::KeyWait;

/// A decision that waits for something.
pub(crate) struct Pending {
    pub(super) cause: PendingCause,
    pub(super) row: Option<Row>,
}

/// What a decision waits for.
pub(super) enum PendingCause {
    /// A fetch, because the token names a key that is not known yet.
    Key {
        token: Vec<u8>,
        wait: KeyWait,
        /// The keys that lack it.
        seen: Arc<PoolKeys>,
    },
    /// The revocation check of an otherwise valid token.
    Revocation(Arc<Verified>),
}

impl Pending {
    /// The row of the request.
    pub(crate) fn row(&self) -> Option<&Row> {
        self.row.as_ref()
    }
}
