use cognito_verify::{KeySet, UserPool, Verifier};
use tokio::{sync::Semaphore, task::AbortHandle};

use super::*;
use crate::keys::{
    schedule::{Demand, GRACE},
    source::{FetchError, FetchedKeys},
};

const COOL_DOWN: Duration = Duration::from_secs(10);
/// How long an attempt may take, and a request wait for it.
const LIMIT: Duration = Duration::from_secs(3);
const TIMING: Timing = Timing {
    interval: Duration::from_secs(3600),
    max_stale: Duration::from_secs(24 * 3600),
    cool_down: COOL_DOWN,
    first_timeout: LIMIT,
    timeout: LIMIT,
};
const MILLI: Duration = Duration::from_millis(1);
const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// A board with pools whose tasks do only what the test says.
struct Pools {
    board: Board,
    tasks: Vec<(watch::Sender<PoolState>, watch::Receiver<Demand>)>,
}

impl Pools {
    fn new(count: usize, now: UnixTime) -> Self {
        let pools = (0..count).map(|n| UserPool::new(format!("eu-west-1_Pool{n}")).any_client());
        let verifier = Verifier::new(pools).unwrap();
        let (mut handles, mut tasks) = (Vec::new(), Vec::new());
        for pool in verifier.pools() {
            let (state, published) = watch::channel(PoolState::new(pool.clone(), TIMING, now));
            let (demand, demanded) = watch::channel(Demand::default());
            handles.push(PoolHandle::fetched(published, demand, no_task()));
            tasks.push((state, demanded));
        }
        let board = Board::new(verifier.clone(), TIMING);
        board.set_pools(verifier, handles.into(), now);
        Self { board, tasks }
    }

    /// Begins an attempt of this pool if it is time.
    fn begin(&self, index: usize, now: UnixTime) -> bool {
        let (state, demand) = &self.tasks[index];
        let demand = *demand.borrow();
        self.board.update(state, now, Wakes::None, |state| {
            state.schedule.want(demand, now);
            let is_time = state.schedule.until_next(now).is_zero();
            if is_time {
                state.schedule.begin(now);
            }
            is_time
        })
    }

    fn end(&self, index: usize, result: Result<FetchedKeys, FetchError>, now: UnixTime) {
        let state = &self.tasks[index].0;
        self.board.update(state, now, Wakes::Waiting, |state| state.end(result, now, 0.5));
    }

    fn fetch(&self, index: usize, now: UnixTime) {
        self.handle(index).want_refresh();
        assert!(self.begin(index, now));
        self.end(index, Ok(fetched()), now);
    }

    fn handle(&self, index: usize) -> Arc<PoolHandle> {
        self.board.latest().pools[index].clone()
    }

    /// The attempt that a request waits for whose `kid` is unknown and whose issuer is this pool's.
    fn ask(&self, index: usize, now: UnixTime) -> Option<u64> {
        self.ask_for(index, now, Duration::ZERO).map(|(attempt, _)| attempt)
    }

    /// The same, and whether the task is woken.
    fn ask_for(&self, index: usize, now: UnixTime, patience: Duration) -> Option<(u64, bool)> {
        let pool = self.handle(index);
        let awaited = pool.state.borrow().schedule.await_key(now, patience, 0)?;
        if awaited.wakes_task {
            pool.want_for_key(awaited.attempt);
        }
        Some((awaited.attempt, awaited.wakes_task))
    }

    fn next(&self, index: usize) -> UnixTime {
        self.tasks[index].0.borrow().schedule.planned().unwrap()
    }

    fn pool_keys(&self, now: UnixTime) -> Arc<PoolKeys> {
        self.board.load(now).pool_keys.clone()
    }

    /// The pools whose tasks were woken since this was last asked.
    fn woken(&mut self) -> Vec<usize> {
        let is_woken = |(index, (_, demand)): (usize, &mut (_, watch::Receiver<Demand>))| {
            let woken = demand.has_changed().unwrap();
            demand.mark_unchanged();
            woken.then_some(index)
        };
        self.tasks.iter_mut().enumerate().filter_map(is_woken).collect()
    }
}

fn no_task() -> AbortHandle {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.spawn(async {}).abort_handle()
}

fn fetched() -> FetchedKeys {
    let modulus = "_".repeat(341) + "w";
    let jwks = format!(r#"{{"keys":[{{"kty":"RSA","kid":"a","n":"{modulus}","e":"AQAB"}}]}}"#);
    FetchedKeys::from_json(jwks).unwrap()
}

/// With a thousand pools, a request must not look for its key a thousand times, nor the keys be indexed as often.
#[test]
fn the_pool_keys_are_shared_until_a_key_is_new() {
    let pools = Pools::new(2, NOW);
    pools.fetch(0, NOW);
    let pool_keys = pools.pool_keys(NOW);
    assert!(pools.begin(1, NOW));
    pools.end(1, Err(FetchError::Redirected), NOW);
    assert!(Arc::ptr_eq(&pool_keys, &pools.pool_keys(NOW)));
    pools.fetch(0, NOW + TIMING.interval);
    assert!(Arc::ptr_eq(&pool_keys, &pools.pool_keys(NOW + TIMING.interval)));
}

#[test]
fn an_unknown_key_id_joins_a_fetch_under_way_or_causes_one() {
    let pools = Pools::new(2, NOW);
    assert_eq!((pools.ask(0, NOW), pools.ask(1, NOW)), (Some(1), Some(1)));
    assert!(pools.begin(0, NOW));
    assert_eq!((pools.ask(0, NOW), pools.ask(1, NOW)), (Some(1), Some(1)), "one has begun, the other will");
    pools.end(0, Ok(fetched()), NOW);
    assert_eq!((pools.ask(0, NOW), pools.ask(1, NOW)), (None, Some(1)), "the first was asked a moment ago");
    assert!(pools.begin(1, NOW));
    pools.end(1, Ok(fetched()), NOW);
    let end = NOW + COOL_DOWN;
    assert_eq!((pools.ask(0, end - MILLI), pools.ask(1, end - MILLI)), (None, None));
    assert_eq!((pools.ask(0, end), pools.ask(1, end)), (Some(2), Some(2)));
}

#[test]
fn an_unknown_key_id_affects_one_pool() {
    let mut pools = Pools::new(3, NOW);
    (0..3).for_each(|index| pools.fetch(index, NOW));
    pools.woken();
    assert_eq!(pools.ask(1, NOW), Some(2));
    assert_eq!(pools.woken(), [1]);
    assert!(pools.begin(1, NOW) && !pools.begin(0, NOW));
    pools.end(1, Ok(fetched()), NOW);
    // Its cool-down is its own.
    assert_eq!((pools.ask(0, NOW), pools.ask(1, NOW), pools.ask(2, NOW)), (Some(2), None, Some(2)));
    assert_eq!(pools.woken(), [0, 2]);
}

#[test]
fn while_all_pools_cool_down_no_issuer_is_read() {
    let pools = Pools::new(2, NOW);
    (0..2).for_each(|index| pools.fetch(index, NOW));
    for index in 0..2 {
        assert!(!pools.board.are_all_cooling(NOW), "{index}");
        pools.ask(index, NOW);
        assert!(pools.begin(index, NOW));
        assert!(!pools.board.are_all_cooling(NOW), "the attempt can be joined");
        pools.end(index, Ok(fetched()), NOW);
    }
    let near = NOW + COOL_DOWN - LIMIT;
    assert!(pools.board.are_all_cooling(NOW) && pools.board.are_all_cooling(near - MILLI));
    assert!(!pools.board.are_all_cooling(near), "the next fetch can be waited for");
}

#[test]
fn a_refresh_waits_for_an_attempt_that_begins_after_it() {
    let pools = Pools::new(2, NOW);
    assert!(pools.begin(1, NOW));
    assert_eq!((pools.handle(0).want_refresh(), pools.handle(1).want_refresh()), (1, 2));
    // The attempt that was under way is not the one.
    pools.end(1, Ok(fetched()), NOW);
    assert!(pools.begin(1, NOW), "it begins at once");
}

#[test]
fn one_request_wakes_the_tasks_whose_fetch_is_overdue() {
    let mut pools = Pools::new(2, NOW);
    (0..2).for_each(|index| pools.fetch(index, NOW));
    pools.fetch(1, NOW + TIMING.interval / 2);
    pools.woken();
    let due = pools.next(0) + GRACE;
    let mut wakes = |now| {
        drop(pools.board.load(now));
        pools.woken()
    };
    assert_eq!(wakes(due - MILLI), [] as [usize; 0]);
    assert_eq!((wakes(due), wakes(due)), (vec![0], vec![]), "once");
    // A task that is woken too early must be woken again.
    assert!(!pools.begin(0, NOW));
    drop(pools.board.load(due));
    assert_eq!(pools.woken(), [0]);
    // An attempt that is under way is not overdue.
    assert!(pools.begin(0, due));
    drop(pools.board.load(due));
    assert_eq!(pools.woken(), [] as [usize; 0]);
}

/// Timers are late after a freeze, also those for the end of a cool-down.
#[test]
fn a_fetch_that_is_waited_for_is_overdue_once_its_cool_down_has_ended() {
    let mut pools = Pools::new(1, NOW);
    pools.fetch(0, NOW);
    pools.ask(0, NOW);
    assert!(pools.begin(0, NOW));
    pools.end(0, Ok(fetched()), NOW);
    let end = NOW + COOL_DOWN;
    assert_eq!(pools.ask_for(0, end - LIMIT, LIMIT), Some((3, true)), "the task learns of it");
    assert!(!pools.begin(0, end - LIMIT), "and waits");
    assert_eq!(pools.ask_for(0, end - MILLI, LIMIT), Some((3, false)));
    pools.woken();
    drop(pools.board.load(end + GRACE - MILLI));
    assert_eq!(pools.woken(), [] as [usize; 0]);
    drop(pools.board.load(end + GRACE));
    assert_eq!(pools.woken(), [0]);
    assert_eq!(pools.ask_for(0, end + GRACE, LIMIT), Some((3, true)));
}

#[test]
fn keys_that_are_too_old_are_left_out_and_no_others() {
    let pools = Pools::new(2, NOW);
    pools.fetch(0, NOW);
    let later = NOW + Duration::from_secs(3600);
    pools.fetch(1, NOW);
    pools.fetch(1, later);
    let stale = NOW + TIMING.max_stale;
    let pool_keys = pools.pool_keys(stale - MILLI);
    assert!(pools.board.status(stale - MILLI).is_ready() && pools.board.in_doubt(stale - MILLI).is_none());
    assert!(Arc::ptr_eq(&pool_keys, &pools.pool_keys(stale - MILLI)));
    assert!(!Arc::ptr_eq(&pool_keys, &pools.pool_keys(stale)));
    let status = pools.board.status(stale);
    assert!(!status.pools[0].is_ready() && status.pools[1].is_ready());
    assert!(pools.board.in_doubt(stale).is_some() && pools.board.load(stale).stale_from > stale);
    // Its task forgets them, so the same keys are new to it.
    let left = pools.pool_keys(stale);
    assert!(pools.begin(0, stale));
    assert!(pools.tasks[0].0.borrow().to_keep(NOW).is_none());
    pools.end(0, Ok(fetched()), stale);
    assert!(!Arc::ptr_eq(&left, &pools.pool_keys(stale)) && pools.board.status(stale).is_ready());
}

/// The task may notice before any request does, and forgets the keys.
#[test]
fn keys_that_are_too_old_are_left_out_when_their_fetch_begins() {
    let pools = Pools::new(2, NOW);
    pools.fetch(0, NOW);
    let stale = NOW + TIMING.max_stale;
    let pool_keys = pools.board.latest().pool_keys.clone();
    assert!(pools.begin(0, stale));
    assert!(!Arc::ptr_eq(&pool_keys, &pools.board.latest().pool_keys));
    // Another pool's attempt does not bring them back.
    assert!(pools.begin(1, stale));
    assert!(!pools.board.status(stale).pools[0].is_ready());
}

/// A clock that was ahead for a moment does not withdraw keys until the next fetch.
#[test]
fn keys_that_were_left_out_are_back_when_the_clock_is_right_again() {
    let pools = Pools::new(1, NOW);
    pools.fetch(0, NOW);
    let pool_keys = pools.pool_keys(NOW + TIMING.max_stale);
    assert_eq!(pools.board.status(NOW).pools[0].key_ids, ["a"]);
    assert!(!pools.begin(0, NOW));
    assert!(!Arc::ptr_eq(&pool_keys, &pools.pool_keys(NOW)));
}

#[test]
fn a_bounded_number_of_requests_waits_for_a_pool() {
    let pools = Pools::new(1, NOW);
    assert_eq!(pools.handle(0).waiting.available_permits(), crate::keys::pool::MAX_WAITING);
    let (board, pool) = (Arc::new(pools.board), pools.tasks);
    let handle = board.latest().pools[0].clone();
    let waiting = |now| crate::keys::wait::KeyWait::begin(&board, &handle, now);
    let mut all: Vec<_> = (0..crate::keys::pool::MAX_WAITING).map(|_| waiting(NOW).unwrap()).collect();
    assert!(waiting(NOW).is_none());
    board.update(&pool[0].0, NOW, Wakes::None, |state| state.schedule.begin(NOW));
    assert!(waiting(NOW).is_none(), "nor for an attempt that is under way");
    all.pop();
    let last = waiting(NOW).unwrap();
    assert!(waiting(NOW).is_none());
    drop((all, last));
    let semaphore: &Semaphore = &handle.waiting;
    assert_eq!(semaphore.available_permits(), crate::keys::pool::MAX_WAITING);
}

/// A pool's task may run before the board knows of it.
#[test]
fn keys_published_before_the_board_knows_the_pool_are_not_lost() {
    let pools = Pools::new(1, NOW);
    let handles = pools.board.latest().pools.clone();
    let verifier = pools.board.latest().verifier.clone();
    pools.board.set_pools(verifier.clone(), Arc::default(), NOW);
    assert!(pools.begin_alone(NOW));
    assert!(pools.board.status(NOW).pools.is_empty());
    pools.board.set_pools(verifier, handles, NOW);
    assert!(pools.board.status(NOW).is_ready());
    assert_eq!(pools.board.load(NOW).stale_from, NOW + TIMING.max_stale);
}

impl Pools {
    fn begin_alone(&self, now: UnixTime) -> bool {
        let has_begun = self.begin(0, now);
        self.end(0, Ok(fetched()), now);
        has_begun
    }
}

#[test]
fn supplied_keys_are_known_at_once() {
    let verifier = Verifier::new([UserPool::new("eu-west-1_a").any_client()]).unwrap();
    let keys: KeySet = fetched().keys;
    let handle = PoolHandle::supplied(PoolState::supplied(verifier.pools()[0].clone(), keys, TIMING));
    let board = Board::new(verifier.clone(), TIMING);
    board.set_pools(verifier, [handle].into(), NOW);
    let long_after = NOW + 10_000 * TIMING.max_stale;
    assert!(board.status(long_after).is_ready() && board.in_doubt(long_after).is_none());
}
