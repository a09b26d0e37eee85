//! The board: the tasks of the pools publish keys on it, and requests read them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use cognito_verify::{Pool, PoolKeys, UnixTime, Verifier};
use tokio::sync::watch;

use super::{
    last_known::Kept,
    pool::PoolHandle,
    schedule::{NEVER, Timing, is_cooling},
    snapshot::Snapshot,
    state::PoolState,
    status::KeyStatus,
};

/// Publishes the keys of all pools: their tasks write, requests read.
#[derive(Debug)]
pub(super) struct Board {
    snapshot: ArcSwap<Snapshot>,
    /// Locked while a snapshot is made and replaces the last one. Requests lock it only when keys have become too old. Nothing is
    /// logged while it is held, because a subscriber may ask for the status.
    publishing: Mutex<()>,
    timing: Timing,
}

/// Which waiters a change of a pool's state wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wakes {
    /// Requests and callers that wait for an attempt to end.
    Waiting,
    /// None: no attempt has ended, and waking up to 1,024 waiting requests for nothing would be costly.
    None,
}

impl Board {
    /// A board without pools.
    pub(super) fn new(verifier: Verifier, timing: Timing) -> Self {
        let empty = Snapshot::new(verifier, Arc::default(), Arc::default(), None, NEVER);
        Self { snapshot: ArcSwap::from_pointee(empty), publishing: Mutex::new(()), timing }
    }

    pub(super) fn timing(&self) -> Timing {
        self.timing
    }

    /// Publishes these pools, in the order of the verifier, instead of those before. Their tasks may be running.
    pub(super) fn set_pools(&self, verifier: Verifier, pools: Arc<[Arc<PoolHandle>]>, now: UnixTime) {
        let publishing = self.publishing();
        let stale = self.publish_keys(verifier, pools, None, now);
        drop(publishing);
        log_stale(&stale);
    }

    /// The keys to use now.
    pub(super) fn load(&self, now: UnixTime) -> Guard<Arc<Snapshot>> {
        let snapshot = self.snapshot.load();
        if now >= snapshot.overdue_from {
            snapshot.remind(now);
        }
        if now < snapshot.stale_from {
            return snapshot;
        }
        drop(snapshot);
        self.leave_out_stale(now);
        self.snapshot.load()
    }

    /// The last snapshot, whose keys may be too old.
    pub(super) fn latest(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    fn leave_out_stale(&self, now: UnixTime) {
        let publishing = self.publishing();
        let last = self.snapshot.load_full();
        let stale = self.publish_keys(last.verifier.clone(), last.pools.clone(), None, now);
        drop(publishing);
        log_stale(&stale);
    }

    /// Changes the state of one pool, and publishes it: first for requests that look for a key, then for those that wait for an
    /// attempt to end.
    pub(super) fn update<T>(
        &self,
        pool: &watch::Sender<PoolState>,
        now: UnixTime,
        wakes: Wakes,
        change: impl FnOnce(&mut PoolState) -> T,
    ) -> T {
        let publishing = self.publishing();
        let mut state = pool.borrow().clone();
        let known = state.trusted_keys(now).cloned();
        let was_stale_from = state.schedule.stale_from();
        state.drop_stale(now);
        let result = change(&mut state);
        let last = self.snapshot.load_full();
        let mut stale = Vec::new();
        if known.as_ref() != state.trusted_keys(now) || last.is_outdated(&state, now) {
            stale = self.publish_keys(last.verifier.clone(), last.pools.clone(), Some(&state), now);
        } else {
            self.snapshot.store(Arc::new(last.with_moments(&state, now)));
        }
        if last.becomes_stale(was_stale_from, now) {
            stale.push(state.pool.clone());
        }
        pool.send_if_modified(|published| {
            *published = state;
            wakes == Wakes::Waiting
        });
        drop(publishing);
        log_stale(&stale);
        result
    }

    /// Makes a snapshot with the keys of these pools; `changed` is the new state of one of them. Returns the pools that were left
    /// out for the first time because their keys are too old. The caller holds the lock, so that snapshots follow each other.
    fn publish_keys(
        &self,
        verifier: Verifier,
        pools: Arc<[Arc<PoolHandle>]>,
        changed: Option<&PoolState>,
        now: UnixTime,
    ) -> Vec<Arc<Pool>> {
        let last = self.snapshot.load_full();
        let (mut sets, mut stale) = (Vec::with_capacity(pools.len()), Vec::new());
        for pool in &*pools {
            pool.with_state(changed, |state| {
                sets.push(state.trusted_keys(now).cloned());
                if last.becomes_stale(state.schedule.stale_from(), now) {
                    stale.push(state.pool.clone());
                }
            });
        }
        let pool_keys = Arc::new(PoolKeys::new(sets.iter().map(Option::as_ref)));
        self.snapshot.store(Arc::new(Snapshot::new(verifier, pool_keys, pools, changed, now)));
        stale
    }

    /// Whether an unknown `kid` cannot cause a fetch now, whatever pool its token names.
    pub(super) fn are_all_cooling(&self, now: UnixTime) -> bool {
        let until = self.snapshot.load().cooling_until;
        is_cooling(until, now, self.timing) && until.since(now) > self.timing.timeout
    }

    /// When to retry with a `kid` that no pool has. `None` if the keys of all pools are fresh, so that retrying is pointless.
    pub(super) fn in_doubt(&self, now: UnixTime) -> Option<Duration> {
        let snapshot = self.load(now);
        // All tasks have the same runtime.
        if snapshot.pools.first().is_some_and(|pool| pool.is_abandoned()) {
            return Some(self.timing.cool_down);
        }
        snapshot.in_doubt_until.map(|until| until.since(now))
    }

    pub(super) fn status(&self, now: UnixTime) -> KeyStatus {
        let snapshot = self.snapshot.load();
        KeyStatus { pools: snapshot.pools.iter().map(|pool| pool.state.borrow().status(now)).collect() }
    }

    /// The key sets to write to disk.
    pub(super) fn to_keep(&self, now: UnixTime) -> Vec<Kept> {
        let snapshot = self.snapshot.load();
        snapshot.pools.iter().filter_map(|pool| pool.state.borrow().to_keep(now)).collect()
    }

    /// Ignores poisoning: no code panics while it holds the lock, and the last snapshot would still be whole.
    fn publishing(&self) -> MutexGuard<'_, ()> {
        self.publishing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_stale(pools: &[Arc<Pool>]) {
    for pool in pools {
        tracing::error!(pool = %pool.id(), "the keys are too old to be trusted any longer");
    }
}

#[cfg(test)]
mod tests;
