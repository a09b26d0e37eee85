//! The requests' handle of a pool: the state of its keys, and the channel to its task.

use std::sync::Arc;

use cognito_verify::Pool;
use tokio::{
    sync::{Semaphore, watch},
    task::AbortHandle,
};

use super::{schedule::Demand, state::PoolState};

/// How many requests may wait for the keys of one pool. Each takes memory, and any client can make its requests wait, by writing
/// the pool's issuer into a token. Further requests are refused at once.
pub(super) const MAX_WAITING: usize = 1024;

/// The requests' handle of a pool.
#[derive(Debug)]
pub(super) struct PoolHandle {
    pub(super) pool: Arc<Pool>,
    /// The sender is the task's, so this is closed once the task has ended.
    pub(super) state: watch::Receiver<PoolState>,
    /// The task that fetches its keys; `None` if the program supplied them.
    pub(super) task: Option<Task>,
    pub(super) waiting: Arc<Semaphore>,
}

/// The requests' side of a pool's task.
#[derive(Debug)]
pub(super) struct Task {
    demand: watch::Sender<Demand>,
    abort: AbortHandle,
}

impl PoolHandle {
    /// A pool with keys that the program supplied.
    pub(super) fn supplied(state: PoolState) -> Arc<Self> {
        let (pool, (_, state)) = (state.pool.clone(), watch::channel(state));
        Arc::new(Self { pool, state, task: None, waiting: Arc::new(Semaphore::new(0)) })
    }

    /// A pool whose keys this task fetches.
    pub(super) fn fetched(
        state: watch::Receiver<PoolState>,
        demand: watch::Sender<Demand>,
        abort: AbortHandle,
    ) -> Arc<Self> {
        let pool = state.borrow().pool.clone();
        let waiting = Arc::new(Semaphore::new(MAX_WAITING));
        Arc::new(Self { pool, state, task: Some(Task { demand, abort }), waiting })
    }

    /// Wakes the task, and tells it that this attempt is wanted for an unknown `kid`.
    pub(super) fn want_for_key(&self, attempt: u64) {
        self.demand(|demand| demand.for_key = demand.for_key.max(attempt));
    }

    /// Wants an attempt that begins after now. Returns its number.
    pub(super) fn want_refresh(&self) -> u64 {
        let attempt = self.state.borrow().schedule.started() + 1;
        self.demand(|demand| demand.refresh = demand.refresh.max(attempt));
        attempt
    }

    /// Waits until this attempt has ended, or never will.
    pub(super) async fn ended(&self, attempt: u64) {
        let has_ended = |state: &PoolState| state.schedule.finished() >= attempt;
        // Keys that the program supplied have no task to fetch them.
        if self.task.is_some() {
            let _ = self.state.clone().wait_for(has_ended).await;
        }
    }

    /// Wakes its task.
    pub(super) fn wake(&self) {
        self.demand(|_| ());
    }

    fn demand(&self, change: impl FnOnce(&mut Demand)) {
        if let Some(task) = &self.task {
            task.demand.send_modify(change);
        }
    }

    /// Whether the runtime of its task has shut down, so that nothing will be fetched any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.task.as_ref().is_some_and(|task| task.demand.is_closed())
    }

    /// Looks at its state, or at the new one if it is this pool's.
    pub(super) fn with_state<T>(&self, changed: Option<&PoolState>, look: impl FnOnce(&PoolState) -> T) -> T {
        match changed.filter(|changed| Arc::ptr_eq(&changed.pool, &self.pool)) {
            Some(changed) => look(changed),
            None => look(&self.state.borrow()),
        }
    }

    /// Whether the keys of this pool are fetched like those of the handle's pool. If so, the pool keeps its keys and its task.
    pub(super) fn has_keys_of(&self, pool: &Pool) -> bool {
        self.pool.id() == pool.id()
            && self.pool.issuer() == pool.issuer()
            && self.pool.jwks_url() == pool.jwks_url()
    }

    /// Ends its task.
    pub(super) fn abort(&self) {
        if let Some(task) = &self.task {
            task.abort.abort();
        }
    }
}
