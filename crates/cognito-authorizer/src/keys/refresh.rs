//! When keys are fetched: ahead of need by a task for each pool, and on request for a `kid` that nobody knows.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use cognito_verify::{KeyRing, KeySet, Pool, UnixTime};
use futures_util::{FutureExt, future::select};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

use super::{
    fetch::{FetchError, Fetcher},
    status::KeyStatus,
    store::{KeyStore, Schedule},
};
use crate::clock::Clock;

/// The keys of a layer and its clones. The tasks end with the last of them.
#[derive(Debug)]
pub(crate) struct Keys {
    shared: Arc<Shared>,
    tasks: Vec<AbortHandle>,
}

/// What the tasks hold.
#[derive(Debug)]
struct Shared {
    store: KeyStore,
    clock: Arc<dyn Clock>,
    /// For each pool: wakes its task.
    wake: Vec<Notify>,
    /// Changes whenever an attempt of some pool has ended.
    ended: watch::Sender<u64>,
    wait_limit: Duration,
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
        let store = KeyStore::fixed(pools, sets, schedule);
        Self { shared: Arc::new(Shared::new(store, clock, 0, Duration::ZERO)), tasks: Vec::new() }
    }

    /// Keys that are fetched now and kept fresh, by a task for each pool on this runtime.
    pub(crate) fn fetched(
        pools: &[Arc<Pool>],
        schedule: Schedule,
        clock: Arc<dyn Clock>,
        fetcher: Fetcher,
        wait_limit: Duration,
        runtime: &tokio::runtime::Handle,
    ) -> Self {
        let store = KeyStore::new(pools, schedule, clock.now());
        let shared = Arc::new(Shared::new(store, clock, pools.len(), wait_limit));
        let fetcher = Arc::new(fetcher);
        let task = |place| runtime.spawn(keep_fresh(shared.clone(), fetcher.clone(), place)).abort_handle();
        let tasks = (0..pools.len()).map(task).collect();
        Self { shared, tasks }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// The keys to use now.
    pub(crate) fn ring(&self, now: UnixTime) -> Arc<KeyRing> {
        let (snapshot, overdue) = self.shared.store.load(now);
        if overdue {
            self.shared.wake.iter().for_each(Notify::notify_one);
        }
        snapshot.ring.clone()
    }

    /// When to come again for a `kid` that no pool has, if the pools' keys are not all known to be fresh; `None` if
    /// they are, so that no such key exists.
    pub(crate) fn in_doubt(&self, now: UnixTime) -> Option<Duration> {
        self.shared.store.load(now).0.in_doubt_until.map(|until| until.since(now))
    }

    /// Asks for the keys of all pools because of a `kid` that none has. `None` if it was asked a moment ago.
    pub(crate) fn ask(&self, now: UnixTime) -> Option<Wait> {
        let attempts = self.shared.store.want_unknown_key(now);
        if attempts.is_empty() { None } else { Some(self.wait(attempts)) }
    }

    /// Fetches the keys of all pools and waits for the outcome.
    pub(crate) async fn refresh(&self) -> KeyStatus {
        // Keys that the program supplied have no task to fetch them.
        if !self.tasks.is_empty() {
            let mut wait = self.wait(self.shared.store.want_all());
            while wait.next().await != Refreshed::All {}
        }
        self.status()
    }

    /// Waits for the first attempt of each pool.
    pub(crate) async fn first(&self) -> KeyStatus {
        let attempts = (0..self.tasks.len()).map(|place| (place, 1)).collect();
        let mut wait = self.wait(attempts);
        while wait.next().await != Refreshed::All {}
        self.status()
    }

    pub(crate) fn status(&self) -> KeyStatus {
        self.shared.store.status(self.shared.clock.now())
    }

    fn wait(&self, attempts: Vec<(usize, u64)>) -> Wait {
        let ended = self.shared.ended.subscribe();
        attempts.iter().filter_map(|&(place, _)| self.shared.wake.get(place)).for_each(Notify::notify_one);
        Wait { shared: self.shared.clone(), ended, attempts }
    }
}

impl Shared {
    fn new(store: KeyStore, clock: Arc<dyn Clock>, tasks: usize, wait_limit: Duration) -> Self {
        let wake = (0..tasks).map(|_| Notify::new()).collect();
        Self { store, clock, wake, ended: watch::Sender::new(0), wait_limit }
    }
}

/// Attempts that somebody waits for.
#[derive(Debug)]
pub(crate) struct Wait {
    shared: Arc<Shared>,
    ended: watch::Receiver<u64>,
    attempts: Vec<(usize, u64)>,
}

/// How far the attempts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refreshed {
    /// One more has ended.
    Some,
    /// All have ended.
    All,
}

impl Wait {
    /// Ends when one more of the attempts has, or when all have.
    pub(crate) async fn next(&mut self) -> Refreshed {
        if !self.shared.store.have_ended(&self.attempts) {
            // The sender lives in `shared`, which this holds.
            let _ = self.ended.changed().await;
        }
        if self.shared.store.have_ended(&self.attempts) { Refreshed::All } else { Refreshed::Some }
    }

    /// The longest that a request waits.
    pub(crate) fn limit(&self) -> Duration {
        self.shared.wait_limit
    }
}

/// Fetches one pool's keys when they are due or wanted, for as long as it is let.
async fn keep_fresh(shared: Arc<Shared>, fetcher: Arc<Fetcher>, place: usize) {
    let Some(wake) = shared.wake.get(place) else { return };
    loop {
        let pause = shared.store.until_next(place, shared.clock.now());
        if !pause.is_zero() {
            select(shared.clock.sleep(pause), pin!(wake.notified())).await;
        }
        let Some(pool) = shared.store.begin(place, shared.clock.now()) else { continue };
        // A panic in the HTTP client is one more failure and not the end of refreshing.
        let attempt = AssertUnwindSafe(fetcher.fetch(pool.jwks_url())).catch_unwind().await;
        let result = attempt.unwrap_or(Err(FetchError::Panicked));
        shared.store.end(place, result, shared.clock.now());
        shared.ended.send_modify(|ended| *ended = ended.wrapping_add(1));
    }
}
