//! The keys of a layer and its clones: what requests ask of them, and the start and end of the tasks that fetch them.

use std::{sync::Arc, time::Duration};

use arc_swap::Guard;
use cognito_verify::{KeySet, Pool, UnixTime};
use tokio::{runtime::Handle, task::AbortHandle};

use super::{
    board::Board, last_known::LastKnown, pool::PoolHandle, schedule::Timing, snapshot::Snapshot,
    source::AnySource, state::PoolState, status::KeyStatus, task::Fetcher, wait::KeyWait,
};
use crate::{clock::Clock, log_limiter::LogLimiter};

/// How often a warning says that requests are refused for lack of keys. While one pool cannot be reached, any client can cause
/// such refusals with an unknown `kid`.
const UNAVAILABLE_IS_SAID: Duration = Duration::from_secs(60);

/// The keys of a layer and its clones. Its tasks end with the last of them.
#[derive(Debug)]
pub(crate) struct Keys {
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    /// `None` if the program supplied the keys.
    fetching: Option<Fetching>,
    unavailable: LogLimiter,
}

/// What fetches the keys, besides the task of each pool.
#[derive(Debug)]
struct Fetching {
    /// The task that keeps the keys on disk.
    keeping: Option<AbortHandle>,
}

impl Drop for Keys {
    fn drop(&mut self) {
        let keeping = self.fetching.iter().flat_map(|fetching| &fetching.keeping);
        keeping.for_each(AbortHandle::abort);
        self.board.latest().pools.iter().for_each(|pool| pool.abort());
    }
}

impl Keys {
    /// Keys that are never fetched, one set for each pool.
    pub(crate) fn fixed(
        pools: &[Arc<Pool>],
        sets: Vec<KeySet>,
        timing: Timing,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let board = Arc::new(Board::new(timing));
        let states = pools.iter().zip(sets).map(|(pool, set)| PoolState::supplied(pool.clone(), set, timing));
        board.set_pools(states.map(PoolHandle::supplied).collect(), clock.now());
        Self::new(board, clock, None)
    }

    /// Keys that are fetched now and kept fresh, by a task for each pool on this runtime; until then those from the disk.
    pub(crate) fn fetched(
        pools: &[Arc<Pool>],
        timing: Timing,
        clock: Arc<dyn Clock>,
        source: AnySource,
        disk: Option<LastKnown>,
        runtime: &Handle,
    ) -> Self {
        let now = clock.now();
        let board = Arc::new(Board::new(timing));
        let fetcher = Fetcher::new(board.clone(), clock.clone(), source, disk.is_some());
        let mut known = disk.as_ref().map(|disk| disk.load(pools, timing, now)).unwrap_or_default();
        let handles = pools.iter().map(|pool| {
            let mut state = PoolState::new(pool.clone(), timing, now);
            if let Some(index) = known.iter().position(|known| Arc::ptr_eq(&known.pool, pool)) {
                state.recall(known.swap_remove(index));
            }
            fetcher.start(state, runtime)
        });
        board.set_pools(handles.collect(), now);
        let keeping = disk.map(|disk| runtime.spawn(fetcher.keep_on_disk(disk)).abort_handle());
        Self::new(board, clock, Some(Fetching { keeping }))
    }

    fn new(board: Arc<Board>, clock: Arc<dyn Clock>, fetching: Option<Fetching>) -> Self {
        Self { board, clock, fetching, unavailable: LogLimiter::once_in(UNAVAILABLE_IS_SAID) }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The keys to use now. Do not hold the guard across a wait.
    pub(crate) fn load(&self, now: UnixTime) -> Guard<Arc<Snapshot>> {
        self.board.load(now)
    }

    /// When to come again for a `kid` that no pool has, if the pools' keys are not all known to be fresh; `None` if they are, so
    /// that no such key exists.
    pub(crate) fn in_doubt(&self, now: UnixTime) -> Option<Duration> {
        self.board.in_doubt(now)
    }

    /// Counts a request that is refused because keys cannot be looked up now. If this is to be logged, returns the number of such
    /// requests since it was last logged.
    pub(crate) fn count_unavailable(&self, now: UnixTime) -> Option<u64> {
        self.unavailable.happened(now)
    }

    /// Asks for the keys of one pool because of a `kid` that no pool has. `pool` finds the index of the pool, and is called only if
    /// some pool could be asked now. `None` if it finds none, or if the next fetch of that pool is not near enough to wait for.
    pub(crate) fn ask(&self, now: UnixTime, pool: impl FnOnce() -> Option<usize>) -> Option<KeyWait> {
        if self.fetching.is_none() || self.board.are_all_cooling(now) {
            return None;
        }
        let pool = self.board.latest().pools.get(pool()?)?.clone();
        KeyWait::begin(&self.board, &pool, now)
    }

    /// Asks once more after an attempt that had begun before the request came.
    #[expect(clippy::unused_self, reason = "keys are asked once, and once more")]
    pub(crate) fn ask_again(&self, ended: &KeyWait, now: UnixTime) -> Option<KeyWait> {
        ended.again(now)
    }

    /// Fetches the keys of all pools and waits for the outcome.
    pub(crate) async fn refresh(&self) -> KeyStatus {
        self.attempt(|_| true).await;
        self.status()
    }

    /// Waits for the first attempt of each pool, and for one more of each that still has no keys.
    pub(crate) async fn first(&self) -> KeyStatus {
        let pools = self.board.latest().pools.clone();
        for pool in &*pools {
            pool.ended(1).await;
        }
        let now = self.clock.now();
        self.attempt(|state| state.trusted_keys(now).is_none()).await;
        self.status()
    }

    /// Makes an attempt for each of these pools that begins after now, and waits for all of them to end.
    async fn attempt(&self, of: impl Fn(&PoolState) -> bool) {
        let pools = self.board.latest().pools.clone();
        let wanted = pools.iter().filter(|pool| pool.with_state(None, &of));
        let attempts: Vec<_> = wanted.map(|pool| (pool, pool.want_refresh())).collect();
        for (pool, attempt) in attempts {
            pool.ended(attempt).await;
        }
    }

    pub(crate) fn status(&self) -> KeyStatus {
        self.board.status(self.clock.now())
    }
}
