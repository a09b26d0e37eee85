//! A request that waits for the keys of one pool.

use std::{sync::Arc, time::Duration};

use cognito_verify::{PoolKeys, UnixTime};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::{board::Board, pool::PoolHandle, schedule::AwaitedAttempt, state::PoolState};

/// A request that waits for the keys of one pool.
#[derive(Debug)]
pub(crate) struct KeyWait {
    board: Arc<Board>,
    pool: Arc<PoolHandle>,
    state: watch::Receiver<PoolState>,
    awaited: AwaitedAttempt,
    /// When the request came.
    since: UnixTime,
    /// The keys that the request has last looked at.
    seen: Option<Arc<PoolKeys>>,
    /// Bounds the number of requests that wait for this pool.
    permit: Arc<OwnedSemaphorePermit>,
}

/// What a request that waits for keys should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refreshed {
    /// The keys have changed. At first, they may have changed.
    Some,
    /// The attempt has ended, or never will.
    All,
}

impl KeyWait {
    /// Waits for an attempt of this pool that may have the token's key. `None` if the cool-down puts it off for too long, or too
    /// many requests wait already.
    pub(super) fn begin(board: &Arc<Board>, pool: &Arc<PoolHandle>, now: UnixTime) -> Option<Self> {
        let permit = pool.waiting.clone().try_acquire_owned().ok()?;
        let awaited = pool.state.borrow().schedule.await_key(now, board.timing().timeout, 0)?;
        Some(Self::new(board, pool, awaited, now, Arc::new(permit)))
    }

    /// Waits once more after an attempt that had begun before the request came: the pool may have answered it before it published
    /// the key. `None` if it had not, it failed, or the next one is too far off, counted from when the request came.
    pub(super) fn again(&self, now: UnixTime) -> Option<Self> {
        // The pool was removed, or the runtime has shut down.
        if self.pool.is_abandoned() {
            return None;
        }
        let waited = now.since(self.since);
        let patience = self.timeout().checked_sub(waited).filter(|_| self.awaited.had_begun)?;
        let schedule = self.pool.state.borrow().schedule;
        // The attempt that it waits for now has begun after it came, or will.
        let awaited =
            AwaitedAttempt { had_begun: false, ..schedule.await_key(now, patience, self.awaited.attempt)? };
        Some(Self::new(&self.board, &self.pool, awaited, self.since, self.permit.clone()))
    }

    fn new(
        board: &Arc<Board>,
        pool: &Arc<PoolHandle>,
        awaited: AwaitedAttempt,
        since: UnixTime,
        permit: Arc<OwnedSemaphorePermit>,
    ) -> Self {
        if awaited.wakes_task {
            pool.want_for_key(awaited.attempt);
        }
        let (board, pool, state) = (board.clone(), pool.clone(), pool.state.clone());
        Self { board, pool, state, awaited, since, seen: None, permit }
    }

    /// Ends when the keys have changed, or when the attempt has ended.
    pub(crate) async fn next(&mut self) -> Refreshed {
        loop {
            if self.state.borrow_and_update().schedule.finished() >= self.awaited.attempt {
                return Refreshed::All;
            }
            let pool_keys = self.board.latest().pool_keys.clone();
            if !self.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &pool_keys)) {
                self.seen = Some(pool_keys);
                return Refreshed::Some;
            }
            if self.state.changed().await.is_err() {
                return Refreshed::All;
            }
        }
    }

    /// Whether the attempt begins before the request has waited this long.
    pub(crate) fn begins_within(&self, patience: Duration, now: UnixTime) -> bool {
        now.since(self.since).saturating_add(self.awaited.begins_in) <= patience
    }

    /// The longest that the request waits: until the attempt may begin, and as long as it may take.
    pub(crate) fn limit(&self) -> Duration {
        self.awaited.begins_in + self.timeout()
    }

    /// When a client whose request has waited in vain may retry.
    pub(crate) fn retry_after(&self) -> Duration {
        self.timeout()
    }

    fn timeout(&self) -> Duration {
        self.board.timing().timeout
    }
}
