//! When keys are fetched: ahead of need by a task for each pool, and on request for a `kid` that no pool has.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use arc_swap::Guard;
use cognito_verify::{KeyRing, KeySet, Pool, UnixTime};
use futures_util::{FutureExt, future::select};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

use super::{
    fetch::{FetchError, Fetcher},
    history::{Awaited, Begun, Schedule},
    last_known::LastKnown,
    status::KeyStatus,
    store::{KeyStore, Snapshot},
};
use crate::{clock::Clock, log_limiter::LogLimiter};

/// How long a task rests that panicked outside of a fetch, where no schedule holds.
const REST: Duration = Duration::from_secs(1);
/// How often it is said that requests are refused for the lack of keys. Anybody can cause that with an unknown `kid` while
/// one pool cannot be reached.
const UNAVAILABLE_IS_SAID: Duration = Duration::from_secs(60);

/// The keys of a layer and its clones. The tasks end with the last of them.
#[derive(Debug)]
pub(crate) struct Keys {
    shared: Arc<Shared>,
    tasks: Vec<AbortHandle>,
    unavailable: LogLimiter,
}

/// What the tasks hold.
#[derive(Debug)]
struct Shared {
    store: KeyStore,
    clock: Arc<dyn Clock>,
    /// For each pool: wakes its task.
    wake: Vec<Notify>,
    /// Changes whenever an attempt of some pool has ended. The senders are the tasks', so it is closed once their runtime
    /// has shut down.
    ended: watch::Receiver<u64>,
    wait_limit: Duration,
    /// Where the keys are kept across a restart, and what says that they have changed.
    disk: Option<(LastKnown, Notify)>,
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Keys {
    /// Keys that are never fetched.
    pub(crate) fn fixed(
        pools: &[Arc<Pool>],
        sets: Vec<KeySet>,
        schedule: Schedule,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let shared = Shared {
            store: KeyStore::fixed(pools, sets, schedule),
            clock,
            wake: Vec::new(),
            ended: watch::channel(0).1,
            wait_limit: Duration::ZERO,
            disk: None,
        };
        Self::new(Arc::new(shared), Vec::new())
    }

    /// Keys that are fetched now and kept fresh, by a task for each pool on this runtime; until then those from the disk.
    pub(crate) fn fetched(
        pools: &[Arc<Pool>],
        schedule: Schedule,
        clock: Arc<dyn Clock>,
        fetcher: Fetcher,
        disk: Option<LastKnown>,
        runtime: &tokio::runtime::Handle,
    ) -> Self {
        let now = clock.now();
        let store = KeyStore::new(pools, schedule, now);
        if let Some(disk) = &disk {
            store.recall(disk.load(pools, schedule, now));
        }
        let (sender, ended) = watch::channel(0);
        let shared = Arc::new(Shared {
            store,
            clock,
            wake: pools.iter().map(|_| Notify::new()).collect(),
            ended,
            wait_limit: fetcher.timeout(false),
            disk: disk.map(|disk| (disk, Notify::new())),
        });
        let fetcher = Arc::new(fetcher);
        let refresher = |place| keep_fresh(shared.clone(), fetcher.clone(), sender.clone(), place);
        let mut tasks: Vec<_> =
            (0..pools.len()).map(|place| runtime.spawn(refresher(place)).abort_handle()).collect();
        if shared.disk.is_some() {
            tasks.push(runtime.spawn(keep_on_disk(shared.clone())).abort_handle());
        }
        Self::new(shared, tasks)
    }

    fn new(shared: Arc<Shared>, tasks: Vec<AbortHandle>) -> Self {
        Self { shared, tasks, unavailable: LogLimiter::once_in(UNAVAILABLE_IS_SAID) }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// The keys to use now. For a moment only: it is not to be held while something is waited for.
    pub(crate) fn load(&self, now: UnixTime) -> Guard<Arc<Snapshot>> {
        if self.shared.store.take_overdue(now) {
            self.shared.wake.iter().for_each(Notify::notify_one);
        }
        self.shared.store.load(now)
    }

    /// When to come again for a `kid` that no pool has, if the pools' keys are not all known to be fresh; `None` if
    /// they are, so that no such key exists.
    pub(crate) fn in_doubt(&self, now: UnixTime) -> Option<Duration> {
        if !self.tasks.is_empty() && self.shared.is_abandoned() {
            return Some(self.shared.store.cool_down());
        }
        self.shared.store.load(now).in_doubt_until.map(|until| until.since(now))
    }

    /// Counts a request that is refused because keys cannot be looked up now. If that is to be said: how many there were since
    /// it was last said.
    pub(crate) fn count_unavailable(&self, now: UnixTime) -> Option<u64> {
        self.unavailable.happened(now)
    }

    /// Asks for the keys of one pool because of a `kid` that no pool has. `pool` finds the pool, and is called only if some pool
    /// could be asked now. `None` if it finds none, or if the next fetch of that pool is not near enough to be waited for.
    pub(crate) fn ask(&self, now: UnixTime, pool: impl FnOnce() -> Option<usize>) -> Option<KeyWait> {
        let limit = self.shared.wait_limit;
        if self.tasks.is_empty() || self.shared.store.are_all_deaf(now, limit) {
            return None;
        }
        let place = pool()?;
        let awaited = self.shared.store.await_key(place, now, limit, limit, 0)?;
        Some(KeyWait::new(&self.shared, place, awaited, now))
    }

    /// Asks once more after an attempt that had begun before the request came: the pool may have answered it before it
    /// published the key. `None` if it had not, it failed, or the next one is too far off, counted from when the request came.
    pub(crate) fn ask_again(&self, ended: &KeyWait, now: UnixTime) -> Option<KeyWait> {
        let (limit, waited) = (self.shared.wait_limit, now.since(ended.since));
        let patience = limit.checked_sub(waited).filter(|_| ended.awaited.had_begun)?;
        let seen = ended.awaited.attempt;
        let awaited = self.shared.store.await_key(ended.place, now, limit, patience, seen)?;
        // Whatever it waits for now has begun after it came, or will.
        let awaited = Awaited { had_begun: false, ..awaited };
        Some(KeyWait::new(&self.shared, ended.place, awaited, ended.since))
    }

    /// Fetches the keys of all pools and waits for the outcome.
    pub(crate) async fn refresh(&self) -> KeyStatus {
        // Keys that the program supplied have no task to fetch them.
        if !self.tasks.is_empty() {
            Wait::new(&self.shared, self.shared.store.want_all(self.shared.clock.now())).all().await;
        }
        self.status()
    }

    /// Waits for the first attempt of each pool, and for one more of each that still has no keys.
    pub(crate) async fn first(&self) -> KeyStatus {
        let attempts = (0..self.shared.wake.len()).map(|place| (place, 1)).collect();
        Wait::new(&self.shared, attempts).all().await;
        Wait::new(&self.shared, self.shared.store.want_missing(self.shared.clock.now())).all().await;
        self.status()
    }

    pub(crate) fn status(&self) -> KeyStatus {
        self.shared.store.status(self.shared.clock.now())
    }
}

impl Shared {
    /// Whether the runtime of the tasks has shut down, so that nothing will be fetched any more.
    fn is_abandoned(&self) -> bool {
        self.ended.has_changed().is_err()
    }
}

/// Attempts that somebody waits for.
#[derive(Debug)]
struct Wait {
    shared: Arc<Shared>,
    ended: watch::Receiver<u64>,
    attempts: Vec<(usize, u64)>,
    /// The keys that were there when it was last said that there are some.
    seen: Option<Arc<KeyRing>>,
}

/// How far the attempts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refreshed {
    /// There are other keys than before; at first, than there may have been.
    Some,
    /// All have ended, or never will.
    All,
}

impl Wait {
    /// Waits for these attempts, which the pools' tasks are told of.
    fn new(shared: &Arc<Shared>, attempts: Vec<(usize, u64)>) -> Self {
        attempts.iter().filter_map(|&(place, _)| shared.wake.get(place)).for_each(Notify::notify_one);
        Self { shared: shared.clone(), ended: shared.ended.clone(), attempts, seen: None }
    }

    /// Ends when the keys have changed, or when all of the attempts have ended.
    async fn next(&mut self) -> Refreshed {
        loop {
            if self.shared.store.have_ended(&mut self.attempts) {
                return Refreshed::All;
            }
            let ring = self.shared.store.load(self.shared.clock.now()).ring.clone();
            if !self.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &ring)) {
                self.seen = Some(ring);
                return Refreshed::Some;
            }
            if self.ended.changed().await.is_err() {
                return Refreshed::All;
            }
        }
    }

    /// Ends when all of the attempts have ended.
    async fn all(mut self) {
        while self.next().await != Refreshed::All {}
    }
}

/// A request that waits for the keys of one pool.
#[derive(Debug)]
pub(crate) struct KeyWait {
    wait: Wait,
    place: usize,
    awaited: Awaited,
    /// When the request came.
    since: UnixTime,
}

impl KeyWait {
    fn new(shared: &Arc<Shared>, place: usize, awaited: Awaited, since: UnixTime) -> Self {
        let wait = Wait {
            shared: shared.clone(),
            ended: shared.ended.clone(),
            attempts: vec![(place, awaited.attempt)],
            seen: None,
        };
        if awaited.wakes_task
            && let Some(wake) = shared.wake.get(place)
        {
            wake.notify_one();
        }
        Self { wait, place, awaited, since }
    }

    /// Ends when the keys have changed, or when the attempt has ended.
    pub(crate) async fn next(&mut self) -> Refreshed {
        self.wait.next().await
    }

    /// The longest that the request waits: until the attempt may begin, and as long as it may take.
    pub(crate) fn limit(&self) -> Duration {
        self.awaited.begins_in + self.wait.shared.wait_limit
    }

    /// When a request may come again that has waited in vain.
    pub(crate) fn retry_after(&self) -> Duration {
        self.wait.shared.wait_limit
    }
}

impl Drop for KeyWait {
    fn drop(&mut self) {
        self.wait.shared.store.leave(self.place);
    }
}

/// Fetches one pool's keys when they are due or wanted, for as long as it is let.
async fn keep_fresh(shared: Arc<Shared>, fetcher: Arc<Fetcher>, ended: watch::Sender<u64>, place: usize) {
    let Some(wake) = shared.wake.get(place) else { return };
    loop {
        let turn = AssertUnwindSafe(turn(&shared, &fetcher, wake, place)).catch_unwind().await;
        if turn.is_err() {
            // The clock panicked, or what listens to the log, and may do so again: whatever was begun must end.
            let end = || shared.store.end(place, Err(FetchError::Panicked), shared.clock.now());
            let _ = catch_unwind(AssertUnwindSafe(end));
        }
        // Wakes the requests that wait only when an attempt has ended: there may be many of them.
        if !matches!(turn, Ok(Turn::Slept)) {
            ended.send_modify(|ended| *ended = ended.wrapping_add(1));
        }
        if turn.is_err() {
            tokio::time::sleep(REST).await;
        }
    }
}

/// What a turn came to.
enum Turn {
    /// An attempt was made.
    Fetched,
    /// None was due yet.
    Slept,
}

/// Waits until it is time, and makes one attempt.
async fn turn(shared: &Shared, fetcher: &Fetcher, wake: &Notify, place: usize) -> Turn {
    let now = shared.clock.now();
    let pause = shared.store.until_next(place, now);
    if !pause.is_zero() {
        let sleep = shared.clock.sleep(pause);
        // If a manual clock was moved meanwhile, the sleep ends too late.
        if shared.clock.now() == now {
            select(sleep, pin!(wake.notified())).await;
        }
    }
    let Some(begun) = shared.store.begin(place, shared.clock.now()) else { return Turn::Slept };
    let Begun { pool, lane, is_first } = begun;
    // A panic in the HTTP client is one more failure and not the end of refreshing.
    let fetch = fetcher.fetch(pool.jwks_url(), lane, fetcher.timeout(is_first));
    let attempt = AssertUnwindSafe(fetch).catch_unwind().await;
    let mut result = attempt.unwrap_or(Err(FetchError::Panicked));
    if let (Ok(fetched), None) = (&mut result, &shared.disk) {
        fetched.body = None;
    }
    let is_good = result.is_ok();
    shared.store.end(place, result, shared.clock.now());
    if let (true, Some((_, changed))) = (is_good, &shared.disk) {
        changed.notify_one();
    }
    Turn::Fetched
}

/// Writes the keys down whenever some were fetched. It is a task of its own, so that a disk that hangs holds up nothing
/// else; what comes while it writes is written next, all at once.
async fn keep_on_disk(shared: Arc<Shared>) {
    let Some((disk, changed)) = &shared.disk else { return };
    loop {
        changed.notified().await;
        let kept = shared.store.to_keep();
        // What listens to the log may panic; the next keys are kept all the same.
        let _ = AssertUnwindSafe(disk.save(kept)).catch_unwind().await;
    }
}
