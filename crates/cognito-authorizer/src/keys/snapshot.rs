//! What requests see of the keys of all pools.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use cognito_verify::{PoolKeys, UnixTime, Verifier};

use super::{
    pool::PoolHandle,
    schedule::{GRACE, NEVER, Schedule},
    state::PoolState,
};

/// What requests see of the keys; replaced as a whole.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Verifies tokens of the pools, which are in the order of `pools`.
    pub(crate) verifier: Verifier,
    /// The keys of the pools. The same `Arc` until a key changes.
    pub(crate) pool_keys: Arc<PoolKeys>,
    pub(super) pools: Arc<[Arc<PoolHandle>]>,
    /// When the first pool's keys become too old.
    pub(super) stale_from: UnixTime,
    /// How many pools are left out because their keys are too old.
    stale: usize,
    /// When the next attempt may be made. Set while some pool has no keys or could not be reached, so that a key may exist that is
    /// not in `pool_keys`.
    pub(super) in_doubt_until: Option<UnixTime>,
    /// Until when an unknown `kid` cannot cause a fetch.
    pub(super) cooling_until: UnixTime,
    /// When a fetch is so late that a request should wake its task.
    pub(super) overdue_from: UnixTime,
    /// Whether a request has done so.
    is_reminded: AtomicBool,
}

impl Snapshot {
    pub(super) fn new(
        verifier: Verifier,
        pool_keys: Arc<PoolKeys>,
        pools: Arc<[Arc<PoolHandle>]>,
        changed: Option<&PoolState>,
        now: UnixTime,
    ) -> Self {
        let mut snapshot = Self {
            verifier,
            pool_keys,
            pools: Arc::default(),
            stale_from: NEVER,
            stale: 0,
            in_doubt_until: None,
            cooling_until: NEVER,
            overdue_from: NEVER,
            is_reminded: AtomicBool::new(false),
        };
        for pool in &*pools {
            snapshot.add(pool.with_state(changed, |state| state.schedule), now);
        }
        Self { pools, ..snapshot }
    }

    /// Includes the times of one more pool.
    fn add(&mut self, schedule: Schedule, now: UnixTime) {
        let stale_from = schedule.stale_from();
        if stale_from <= now {
            self.stale += 1;
        } else {
            self.stale_from = self.stale_from.min(stale_from);
        }
        if schedule.is_in_doubt(now) {
            let hope_from = schedule.hope_from();
            self.in_doubt_until = Some(self.in_doubt_until.map_or(hope_from, |until| until.min(hope_from)));
        }
        self.cooling_until = self.cooling_until.min(schedule.cooling_until());
        self.overdue_from = self.overdue_from.min(overdue_from(schedule));
    }

    /// The same keys with the current times; `changed` is the new state of one pool.
    pub(super) fn with_moments(&self, changed: &PoolState, now: UnixTime) -> Self {
        Self::new(self.verifier.clone(), self.pool_keys.clone(), self.pools.clone(), Some(changed), now)
    }

    /// Whether keys have become too old since this was made, or are no longer too old because the clock was set back.
    pub(super) fn is_outdated(&self, changed: &PoolState, now: UnixTime) -> bool {
        let is_stale = |pool: &&Arc<PoolHandle>| {
            pool.with_state(Some(changed), |state| state.schedule.stale_from() <= now)
        };
        self.stale_from <= now || self.pools.iter().filter(is_stale).count() != self.stale
    }

    /// Whether keys that are stale from then on are in this snapshot and too old now.
    pub(super) fn becomes_stale(&self, stale_from: UnixTime, now: UnixTime) -> bool {
        self.stale_from <= stale_from && stale_from <= now
    }

    /// Wakes the tasks whose fetch is overdue, once: a task that is woken publishes a new snapshot.
    pub(super) fn remind(&self, now: UnixTime) {
        if self.is_reminded.swap(true, Relaxed) {
            return;
        }
        let is_overdue =
            |pool: &&Arc<PoolHandle>| pool.with_state(None, |state| overdue_from(state.schedule) <= now);
        self.pools.iter().filter(is_overdue).for_each(|pool| pool.wake());
    }
}

/// From when on the next fetch is so late that a request should wake the task. One that is under way is not late.
fn overdue_from(schedule: Schedule) -> UnixTime {
    if schedule.is_fetching() { NEVER } else { schedule.due_at() + GRACE }
}
