//! Clocks that are set back, suspended processes, and keys that arrive between two steps of a request.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use cognito_authorizer::{
    CognitoAuthLayer, TokenUse, UnixTime, UserPool,
    clock::{Clock, ManualClock},
};
use tokio::runtime;

use super::{
    DAY, HOUR, LONG, ROTATION, code, forged, layer_on,
    server::{Answer, FaultServer},
    state, until,
};
use crate::support::{CLIENT, clock, events::Watch};

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_extend_a_cool_down() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    assert_eq!(code(&auth, &forged(0)).await, 401);
    server.answer(Answer::good(&ROTATION.both));
    clock.set(clock.now() - 2 * HOUR);
    let valid_then = ROTATION.new_token.as_str();
    // By now the token is from the future; what counts is the fetch for its key.
    assert_eq!((code(&auth, valid_then).await, server.count()), (401, 3));
    assert_eq!(state(&auth).key_ids.len(), 4);
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_delay_a_fetch() {
    let clock = Skewed { clock: clock(), back: Arc::default() };
    let server = FaultServer::start(&clock.clock, Answer::good(&ROTATION.old)).await;
    let builder = layer_on(&server, &clock.clock, LONG).clock(clock.clone());
    let auth = builder.connect().await.expect("keys");
    server.answer(Answer::good(&ROTATION.both));
    // The timer continues. When it ends, the clock is years before the time of the fetch.
    clock.back.store(true, SeqCst);
    clock.clock.advance(HOUR);
    until("the fetch", || state(&auth).key_ids.len() == 4).await;
}

/// A clock that can be set back by ten years without effect on its timers.
#[derive(Clone, Debug)]
struct Skewed {
    clock: ManualClock,
    back: Arc<AtomicBool>,
}

impl Clock for Skewed {
    fn now(&self) -> UnixTime {
        let now = self.clock.now();
        if self.back.load(SeqCst) { now - 3650 * DAY } else { now }
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.clock.sleep(duration)
    }
}

/// A subscriber of the log may read the status while it handles an event.
#[tokio::test]
async fn no_lock_is_held_while_an_event_is_logged() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock, LONG).connect().await.expect("keys");
    let (asked, curious) = (Arc::new(AtomicBool::new(false)), auth.clone());
    let asking = asked.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || {
            asking.store(curious.status().is_ready() | asking.load(SeqCst), SeqCst);
            Watch
        })
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    server.answer(Answer::Status(500));
    auth.refresh().await;
    clock.advance(2 * DAY);
    server.answer(Answer::good(&ROTATION.new));
    assert_eq!(code(&auth, &ROTATION.new_token).await, 200);
    assert!(asked.load(SeqCst));
}

/// The keys arrive after the request found its key unknown, and before it asks for a fetch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_arrives_just_before_its_fetch_is_found() {
    let clock = Interrupted { clock: clock(), at: Arc::default() };
    let server = FaultServer::start(&clock.clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock.clock, LONG).clock(clock.clone()).connect().await.expect("keys");
    assert_eq!(code(&auth, &forged(0)).await, 401, "the cool-down begins");
    server.answer(Answer::good(&ROTATION.both));
    let (refreshed, handle) = (auth.clone(), runtime::Handle::current());
    // The request reads the clock first to verify the token, then to ask for a fetch.
    let refresh = move || drop(handle.block_on(refreshed.refresh()));
    assert_eq!(clock.interrupted(2, refresh, auth, ROTATION.new_token.clone()).await, 200);
    assert_eq!(server.count(), 3, "only the refresh fetched the key");
}

/// A token whose unknown key has arrived is decided like any other, even if another pool's keys are still unavailable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_whose_key_arrives_just_before_its_fetch_is_refused_for_its_own_reason() {
    let clock = Interrupted { clock: clock(), at: Arc::default() };
    let server = FaultServer::start(&clock.clock, Answer::good(&ROTATION.old)).await;
    let out = FaultServer::start(&clock.clock, Answer::Status(500)).await;
    let other = UserPool::new("ap-south-1_another00").client(CLIENT).jwks_url(out.url());
    let builder = layer_on(&server, &clock.clock, LONG).clock(clock.clone()).user_pool(other);
    let auth = builder.connect_lazy().expect("a layer").accept(TokenUse::Id).expect("it holds");
    auth.refresh().await;
    assert_eq!(code(&auth, &forged(0)).await, 503, "the cool-down begins");
    server.answer(Answer::good(&ROTATION.both));
    let (refreshed, handle) = (auth.clone(), runtime::Handle::current());
    let refresh = move || drop(handle.block_on(refreshed.refresh()));
    assert_eq!(clock.interrupted(2, refresh, auth, ROTATION.new_token.clone()).await, 401);
}

/// The process is suspended while a request is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_that_becomes_overdue_during_a_refusal_is_made() {
    let clock = Interrupted { clock: clock(), at: Arc::default() };
    let server = FaultServer::start(&clock.clock, Answer::good(&ROTATION.old)).await;
    let auth = layer_on(&server, &clock.clock, LONG).clock(clock.clone()).connect().await.expect("keys");
    assert_eq!(code(&auth, &forged(0)).await, 401, "the cool-down begins");
    let standstill = clock.clock.clone();
    // The third time, the request checks whether the set of keys can be trusted to be complete.
    let refused = clock.interrupted(3, move || standstill.advance(2 * HOUR), auth.clone(), forged(1)).await;
    assert_eq!(refused, 401);
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    until("the keys are renewed", || state(&auth).age == Some(Duration::ZERO)).await;
}

type Interruption = (std::thread::ThreadId, u32, Box<dyn FnOnce() + Send>);

/// A clock whose timers never end, and that first runs a closure when one thread reads it for the nth time.
#[derive(Clone)]
struct Interrupted {
    clock: ManualClock,
    at: Arc<std::sync::Mutex<Option<Interruption>>>,
}

impl Interrupted {
    /// The status for this token if the closure runs when its request reads the clock for the nth time.
    async fn interrupted(
        &self,
        nth: u32,
        interrupt: impl FnOnce() + Send + 'static,
        auth: CognitoAuthLayer,
        token: String,
    ) -> u16 {
        let (at, handle) = (self.at.clone(), runtime::Handle::current());
        let asking = move || {
            let interruption: Interruption = (std::thread::current().id(), nth, Box::new(interrupt));
            *at.lock().expect("no panic") = Some(interruption);
            handle.block_on(code(&auth, &token))
        };
        tokio::task::spawn_blocking(asking).await.expect("no panic")
    }
}

impl std::fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.clock.fmt(f)
    }
}

impl Clock for Interrupted {
    fn now(&self) -> UnixTime {
        let due = {
            let mut at = self.at.lock().expect("no panic");
            if let Some((thread, left, _)) = at.as_mut()
                && *thread == std::thread::current().id()
            {
                *left -= 1;
            }
            at.take_if(|(_, left, _)| *left == 0)
        };
        if let Some((_, _, interrupt)) = due {
            // This thread is inside a runtime and must not block on another future, so another thread does.
            std::thread::spawn(interrupt).join().expect("no panic");
        }
        self.clock.now()
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}
