//! The task of a pool, which fetches its keys when they are due or wanted, and the task that writes keys to disk.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use cognito_verify::{Pool, UnixTime};
use futures_util::{FutureExt, future::select};
use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore, watch},
};

use super::{
    board::{Board, Wakes},
    last_known::LastKnown,
    pool::PoolHandle,
    schedule::{Attempt, Demand, FIRST_ATTEMPTS},
    source::{AnySource, FetchError, FetchedKeys},
    state::PoolState,
};
use crate::{
    clock::{Clock, Stopwatch},
    log_limiter::LineBudget,
    metrics,
};

/// How many fetches of a layer run at a time. Pools whose last fetch failed, and may hang again, have a separate limit of the same
/// size, so that they do not delay the others.
const MAX_FETCHES: usize = 16;
/// How long a task rests after a panic outside a fetch, when no schedule holds.
const REST: Duration = Duration::from_secs(1);

/// What all tasks of a layer share.
#[derive(Debug)]
pub(super) struct Fetcher {
    pub(super) board: Arc<Board>,
    pub(super) clock: Arc<dyn Clock>,
    source: AnySource,
    healthy: Semaphore,
    failing: Semaphore,
    /// Limits the lines of failed fetches: while a pool cannot be reached, clients can cause them.
    failure_lines: LineBudget<()>,
    /// Notified when there are new keys to keep on disk, if they are kept.
    to_keep: Option<Notify>,
}

impl Fetcher {
    pub(super) fn new(board: Arc<Board>, clock: Arc<dyn Clock>, source: AnySource, keeps: bool) -> Arc<Self> {
        let slots = || Semaphore::new(MAX_FETCHES);
        Arc::new(Self {
            board,
            clock,
            source,
            healthy: slots(),
            failing: slots(),
            failure_lines: LineBudget::new(),
            to_keep: keeps.then(Notify::new),
        })
    }

    pub(super) fn source(&self) -> &AnySource {
        &self.source
    }

    /// Lets the keys be written to disk, if this is configured.
    pub(super) fn keep(&self) {
        self.to_keep.iter().for_each(Notify::notify_one);
    }

    /// Starts the task of a pool.
    pub(super) fn start(self: &Arc<Self>, state: PoolState, runtime: &Handle) -> Arc<PoolHandle> {
        let (state, published) = watch::channel(state);
        let (demand, demanded) = watch::channel(Demand::default());
        let task = PoolTask { fetcher: self.clone(), state, demand: demanded };
        PoolHandle::fetched(published, demand, runtime.spawn(task.run()).abort_handle())
    }

    /// Fetches a key set. The time-out starts when the fetch does, not while it waits for the limit.
    async fn fetch(&self, pool: &Pool, attempt: Attempt) -> Result<FetchedKeys, FetchError> {
        let slots = if attempt.follows_failure { &self.failing } else { &self.healthy };
        // The semaphore is never closed, so a slot will come.
        let _slot = slots.acquire().await.ok();
        let timed_out = FetchError::TimedOut { after: attempt.timeout };
        let fetching = self.source.fetch(pool, attempt.timeout);
        tokio::time::timeout(attempt.timeout, fetching).await.unwrap_or(Err(timed_out))
    }

    /// Writes the keys to disk after each successful fetch. This is a separate task, so that a disk that hangs delays nothing else.
    /// Keys that are fetched during a write are written together afterwards.
    pub(super) async fn keep_on_disk(self: Arc<Self>, disk: LastKnown) {
        let Some(to_keep) = &self.to_keep else { return };
        loop {
            to_keep.notified().await;
            let kept = self.board.to_keep(self.clock.now());
            // A log subscriber may panic; the next keys are kept all the same.
            let _ = AssertUnwindSafe(disk.save(kept)).catch_unwind().await;
        }
    }
}

/// The task of one pool, which owns the state of its keys.
struct PoolTask {
    fetcher: Arc<Fetcher>,
    state: watch::Sender<PoolState>,
    demand: watch::Receiver<Demand>,
}

/// What to do now.
enum NextStep {
    /// With what caused it.
    Fetch(Attempt, &'static str),
    Sleep(Duration),
}

impl PoolTask {
    /// Runs until the layer and its clones are gone, or the pool is removed.
    async fn run(mut self) {
        while self.demand.has_changed().is_ok() {
            if AssertUnwindSafe(self.turn()).catch_unwind().await.is_err() {
                // The clock or a log subscriber panicked, and may do so again. An attempt that has begun must end.
                let _ = catch_unwind(AssertUnwindSafe(|| self.end(Err(FetchError::Panicked))));
                tokio::time::sleep(REST).await;
            }
        }
    }

    /// Makes an attempt if it is time, or waits until then or until one is wanted.
    async fn turn(&mut self) {
        let now = self.fetcher.clock.now();
        match self.next_step(now) {
            NextStep::Fetch(attempt, cause) => {
                let (pool, started) = (self.state.borrow().pool.clone(), Stopwatch::start());
                // A panic in the source is one more failure, not the end of refreshing.
                let fetching = AssertUnwindSafe(self.fetcher.fetch(&pool, attempt)).catch_unwind();
                let result = fetching.await.unwrap_or(Err(FetchError::Panicked));
                let code = result.as_ref().err().map_or("fetched", FetchError::code);
                self.end(result);
                metrics::key_fetch(pool.id(), cause, code, started);
                self.state.borrow().record_metrics(self.fetcher.clock.now());
            }
            NextStep::Sleep(pause) => {
                let sleep = self.fetcher.clock.sleep(pause);
                // If a manual clock has been moved meanwhile, the sleep would end too late.
                if self.fetcher.clock.now() == now {
                    select(sleep, pin!(self.demand.changed())).await;
                }
            }
        }
    }

    fn next_step(&mut self, now: UnixTime) -> NextStep {
        let demand = *self.demand.borrow_and_update();
        self.fetcher.board.update(&self.state, now, Wakes::None, |state| {
            state.schedule.want(demand, now);
            let pause = state.schedule.until_next(now);
            if !pause.is_zero() {
                return NextStep::Sleep(pause);
            }
            let has_keys = state.trusted_keys(now).is_some();
            let attempt = state.schedule.begin(now);
            NextStep::Fetch(attempt, cause_of(attempt, demand, has_keys))
        })
    }

    /// Ends the attempt that has begun, if one has.
    fn end(&self, mut result: Result<FetchedKeys, FetchError>) {
        let now = self.fetcher.clock.now();
        if let (Ok(fetched), None) = (&mut result, &self.fetcher.to_keep) {
            fetched.body = None;
        }
        let is_good = result.is_ok();
        let event = self.fetcher.board.update(&self.state, now, Wakes::Waiting, |state| {
            state.schedule.is_fetching().then(|| state.end(result, now, fastrand::f64()))
        });
        if is_good {
            self.fetcher.keep();
        }
        if let Some(event) = event {
            event.log(&self.fetcher.failure_lines, now);
        }
    }
}

/// What caused an attempt, as the metrics name it.
fn cause_of(attempt: Attempt, demand: Demand, has_keys: bool) -> &'static str {
    if !has_keys && attempt.number <= FIRST_ATTEMPTS {
        "start"
    } else if demand.refresh >= attempt.number {
        "manual"
    } else if demand.for_key >= attempt.number {
        "unknown_kid"
    } else {
        "schedule"
    }
}
