//! The keys of a layer and its clones: look-ups by requests, and the tasks that fetch the keys.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::Guard;
use cognito_verify::{KeySet, Pool, UnixTime, UserPoolId, Verifier};
use tokio::{runtime::Handle, task::AbortHandle};

use super::{
    board::Board, last_known::LastKnown, pool::PoolHandle, schedule::Timing, snapshot::Snapshot,
    source::AnySource, state::PoolState, status::KeyStatus, task::Fetcher, wait::KeyWait,
};
use crate::{clock::Clock, config::ConfigError, log_limiter::LogLimiter, metrics, problems::Problems};

/// How often a warning says that requests are refused for lack of keys. While one pool cannot be reached, any client can cause
/// such refusals with an unknown `kid`.
const UNAVAILABLE_IS_SAID: Duration = Duration::from_secs(60);

/// The keys of a layer and its clones. The tasks end when the last clone is dropped.
#[derive(Debug)]
pub(crate) struct Keys {
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    origin: KeyOrigin,
    /// Locked while the pools are changed, so that changes follow each other. Requests do not lock it.
    changing: Mutex<()>,
    unavailable: LogLimiter,
}

/// Where the keys of the pools come from.
#[derive(Debug)]
enum KeyOrigin {
    /// The program supplied these.
    Program(HashMap<UserPoolId, KeySet>),
    /// They are fetched by a task for each pool.
    Fetched {
        fetcher: Arc<Fetcher>,
        runtime: Handle,
        /// The task that keeps the keys on disk.
        keeping: Option<AbortHandle>,
    },
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let KeyOrigin::Fetched { keeping: Some(keeping), .. } = &self.origin {
            keeping.abort();
        }
        self.board.latest().pools.iter().for_each(|pool| pool.abort());
    }
}

impl Keys {
    /// Keys that are never fetched: one set for each pool of the verifier, in its order.
    pub(crate) fn supplied(
        verifier: Verifier,
        sets: Vec<KeySet>,
        timing: Timing,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let ids = verifier.pools().iter().map(|pool| pool.id().clone());
        let sets: HashMap<_, _> = ids.zip(sets).collect();
        let board = Arc::new(Board::new(verifier.clone(), timing));
        let handles = supplied_handles(&verifier, &sets, timing).filter_map(Result::ok).collect();
        board.set_pools(verifier, handles, clock.now());
        Self::new(board, clock, KeyOrigin::Program(sets))
    }

    /// Keys that a task for each pool fetches now and keeps fresh. Until the first fetch ends, keys from the disk are used.
    pub(crate) fn fetched(
        verifier: Verifier,
        timing: Timing,
        clock: Arc<dyn Clock>,
        source: AnySource,
        disk: Option<LastKnown>,
        runtime: Handle,
    ) -> Self {
        let now = clock.now();
        let board = Arc::new(Board::new(verifier.clone(), timing));
        let fetcher = Fetcher::new(board.clone(), clock.clone(), source, disk.is_some());
        let pools = verifier.pools();
        let mut known = disk.as_ref().map(|disk| disk.load(pools, timing, now)).unwrap_or_default();
        let handles = pools.iter().map(|pool| {
            warn_of_plain_http(pool);
            let mut state = PoolState::new(pool.clone(), timing, now);
            if let Some(index) = known.iter().position(|known| Arc::ptr_eq(&known.pool, pool)) {
                state.recall(known.swap_remove(index));
            }
            fetcher.start(state, &runtime)
        });
        let handles = handles.collect();
        board.set_pools(verifier, handles, now);
        let keeping = disk.map(|disk| runtime.spawn(fetcher.clone().keep_on_disk(disk)).abort_handle());
        Self::new(board, clock, KeyOrigin::Fetched { fetcher, runtime, keeping })
    }

    fn new(board: Arc<Board>, clock: Arc<dyn Clock>, origin: KeyOrigin) -> Self {
        let unavailable = LogLimiter::once_in(UNAVAILABLE_IS_SAID);
        Self { board, clock, origin, changing: Mutex::new(()), unavailable }
    }

    /// Verifies tokens of the current pools.
    pub(crate) fn verifier(&self) -> Verifier {
        self.board.latest().verifier.clone()
    }

    /// Replaces the pools, from the next request on. `checked` makes the verifier of the new pools from the current one.
    ///
    /// A pool with the same issuer and URL of the keys keeps its keys and its task. The tasks of pools that are gone end, and the
    /// requests that wait for their keys are decided without them.
    pub(crate) fn set_pools(
        &self,
        checked: impl FnOnce(&Verifier, &mut Problems) -> Option<Verifier>,
    ) -> Result<(), ConfigError> {
        // Nothing panics while it is held, and the pools would still be whole.
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let last = self.board.latest().clone();
        let (now, timing) = (self.clock.now(), self.board.timing());
        let mut problems = Problems::default();
        let verifier = checked(&last.verifier, &mut problems);
        let pools = verifier.as_ref().map(Verifier::pools).unwrap_or_default();
        match &self.origin {
            KeyOrigin::Program(sets) => {
                let (mut handles, verifier) = (Vec::with_capacity(pools.len()), verifier.clone());
                for handle in verifier.iter().flat_map(|verifier| supplied_handles(verifier, sets, timing)) {
                    handles.extend(problems.check(handle));
                }
                let verifier = problems.none_in(verifier)?;
                self.board.set_pools(verifier, handles.into(), now);
            }
            KeyOrigin::Fetched { fetcher, runtime, .. } => {
                let unfetchable = fetcher.source().check_all(pools, timing.longest_timeout());
                for problem in unfetchable {
                    problems.add(problem);
                }
                let verifier = problems.none_in(verifier)?;
                let old: HashMap<_, _> = last.pools.iter().map(|handle| (handle.pool.id(), handle)).collect();
                let handles = verifier.pools().iter().map(|pool| {
                    if let Some(same) = old.get(pool.id()).filter(|handle| handle.has_keys_of(pool)) {
                        return Arc::clone(same);
                    }
                    warn_of_plain_http(pool);
                    fetcher.start(PoolState::new(pool.clone(), timing, now), runtime)
                });
                let handles: Arc<[Arc<PoolHandle>]> = handles.collect();
                let stay: HashSet<_> = handles.iter().map(Arc::as_ptr).collect();
                self.board.set_pools(verifier, handles.clone(), now);
                let gone = last.pools.iter().filter(|handle| !stay.contains(&Arc::as_ptr(handle)));
                gone.for_each(|handle| handle.abort());
                fetcher.keep();
            }
        }
        Ok(())
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The keys to use now. Do not hold the guard across a wait.
    pub(crate) fn load(&self, now: UnixTime) -> Guard<Arc<Snapshot>> {
        self.board.load(now)
    }

    /// When to retry with a `kid` that no pool has. `None` if the keys of all pools are fresh, so that no such key exists.
    pub(crate) fn in_doubt(&self, now: UnixTime) -> Option<Duration> {
        self.board.in_doubt(now)
    }

    /// Counts a request that is refused because keys cannot be looked up now. If this is to be logged, returns the number of such
    /// requests since it was last logged.
    pub(crate) fn count_unavailable(&self, now: UnixTime) -> Option<u64> {
        self.unavailable.happened(now)
    }

    /// Waits for keys of the pool whose issuer the token names, because no pool has the token's `kid`. The token is not verified: its
    /// issuer only limits which keys are fetched. `None` if no pool has that issuer, or if the next fetch of the pool is too far off
    /// to wait for.
    pub(crate) fn ask(&self, now: UnixTime, token: &[u8]) -> Option<KeyWait> {
        if matches!(self.origin, KeyOrigin::Program(_)) {
            return None;
        }
        if self.board.are_all_cooling(now) {
            metrics::unknown_kid_cooled_down(None);
            return None;
        }
        let pool = {
            let snapshot = self.board.latest();
            snapshot.pools.get(snapshot.verifier.pool_by_unverified_issuer(token)?)?.clone()
        };
        let wait = KeyWait::begin(&self.board, &pool, now);
        match &wait {
            Some(_) => metrics::unknown_kid_fetched(pool.pool.id()),
            None => metrics::unknown_kid_cooled_down(Some(pool.pool.id())),
        }
        wait
    }

    /// Waits again after an attempt that had begun before the request came.
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

    /// Records the keys of each pool.
    #[cfg(feature = "metrics")]
    pub(crate) fn record_metrics(&self) {
        let now = self.clock.now();
        self.board.latest().pools.iter().for_each(|pool| pool.state.borrow().record_metrics(now));
    }

    pub(crate) fn status(&self) -> KeyStatus {
        self.board.status(self.clock.now())
    }
}

/// The pools of a verifier, with the keys that the program supplied for them.
fn supplied_handles<'s>(
    verifier: &'s Verifier,
    sets: &'s HashMap<UserPoolId, KeySet>,
    timing: Timing,
) -> impl Iterator<Item = Result<Arc<PoolHandle>, ConfigError>> + 's {
    verifier.pools().iter().map(move |pool| {
        let keys = sets.get(pool.id()).ok_or_else(|| ConfigError::NoKeys { pool: pool.id().clone() })?;
        Ok(PoolHandle::supplied(PoolState::supplied(pool.clone(), keys.clone(), timing)))
    })
}

/// Logs at start-up that the keys of a pool are fetched without TLS.
fn warn_of_plain_http(pool: &Pool) {
    if let Some(host) = pool.allowed_http_host() {
        tracing::warn!(
            pool = %pool.id(),
            host,
            "keys are fetched over plain http, as `.dangerous_allow_http(…)` allows: anyone who can change this traffic can sign tokens"
        );
    }
}
