//! Minutes of load: good, distinct, forged, expired, unknown, oversized and half-sent requests at the same time, while the keys
//! rotate every few seconds and their endpoint fails half of the time.
//!
//! The clock of the layer and the pool is thirty times as fast as real time, so that three minutes are an hour and a half of
//! refreshes, cool-downs and back-offs. `SOAK_SECONDS` sets the duration; `.ci/run` sets 180.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{
            AtomicBool, AtomicU64, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::{Duration, Instant, UNIX_EPOCH},
};

use axum::{Router, body::Body, http::StatusCode, response::IntoResponse, routing::get};
use cognito_authorizer::{CognitoAuthLayer, RequireScope, UnixTime, clock::Clock, keys::Jwks, scopes};
use cognito_local_pool::{AppClient, Clock as PoolClock, LocalPool};
use http::header::AUTHORIZATION;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::support::{CLIENT, POOL, PoolSettings};

/// How much faster than real time the clock is.
const SPEED: u32 = 30;
/// How long each state of a rotation lasts, in real time.
const ROTATION_STEP: Duration = Duration::from_secs(4);
/// The limit on the growth of the whole process, including the load generator, after the first tenth of the time.
const MEMORY_LIMIT: u64 = 48 * 1024 * 1024;

scopes! { Read = "orders/read"; }

/// The system's clock, faster.
#[derive(Clone, Copy, Debug)]
struct FastClock {
    start: Instant,
}

impl FastClock {
    #[expect(clippy::disallowed_methods, reason = "the soak runs in real time, only faster")]
    fn start() -> Self {
        Self { start: Instant::now() }
    }

    fn elapsed(self) -> Duration {
        self.start.elapsed() * SPEED
    }
}

impl Clock for FastClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(1_767_225_600) + self.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration / SPEED))
    }
}

/// The counts of requests and fetches, and the first wrong answers.
#[derive(Debug, Default)]
struct Counts {
    good: AtomicU64,
    bad: AtomicU64,
    undecided: AtomicU64,
    fetches: AtomicUsize,
    wrong: Mutex<Vec<String>>,
}

impl Counts {
    fn wrong(&self, what: String) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() < 20 {
            wrong.push(what);
        }
    }
}

/// One kind of request.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Hot,
    Distinct,
    Forged,
    Expired,
    UnknownKey,
    Oversized,
    Scopeless,
}

impl Kind {
    fn token(self, pool: &LocalPool, hot: &str, serial: u64) -> String {
        let token = pool.access_token("ada").scope("orders/read");
        match self {
            Self::Hot => hot.to_owned(),
            Self::Distinct => token.claim("serial", serial).sign(),
            Self::Forged => token.forged().sign(),
            Self::Expired => token.expired().sign(),
            Self::UnknownKey => token.header("kid", format!("unknown-{serial}")).sign(),
            Self::Oversized => format!("{hot}{}", "A".repeat(20 * 1024)),
            Self::Scopeless => pool.access_token("ada").scope("orders/rea").sign(),
        }
    }

    fn check(self, status: StatusCode, counts: &Counts) {
        let right = match self {
            Self::Hot | Self::Distinct => {
                counts.good.fetch_add(1, Relaxed);
                status == 200
            }
            Self::Scopeless => status == 403,
            // While the endpoint fails, it is unknown whether the key exists: the answer is 503, never another 5xx.
            Self::UnknownKey if status == 503 => {
                counts.undecided.fetch_add(1, Relaxed);
                true
            }
            Self::Forged | Self::Expired | Self::Oversized | Self::UnknownKey => status == 401,
        };
        if !matches!(self, Self::Hot | Self::Distinct) {
            counts.bad.fetch_add(1, Relaxed);
        }
        if !right {
            counts.wrong(format!("{self:?} was answered {status}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_and_faults_good_requests_are_served_and_bad_ones_refused() {
    let seconds =
        std::env::var("SOAK_SECONDS").ok().map_or(10, |text| text.parse().expect("SOAK_SECONDS is a number"));
    let (clock, duration) = (FastClock::start(), Duration::from_secs(seconds));
    let counts = Arc::new(Counts::default());
    let stop = Arc::new(AtomicBool::new(false));
    let pool = LocalPool::builder(POOL)
        .clock(PoolClock::from_fn(move || {
            UNIX_EPOCH + Duration::from_millis(clock.now().as_millis().try_into().expect("after 1970"))
        }))
        .app_client(AppClient::public(CLIENT))
        .build()
        .expect("it holds");

    let jwks_url = serve(keys_endpoint(&pool, &counts)).await + "/jwks.json";
    let auth = CognitoAuthLayer::builder(POOL)
        .client(CLIENT)
        .clock(clock)
        .keys(Jwks::https().refresh_every(Duration::from_secs(60)).fetch_timeout(Duration::from_secs(3)))
        .jwks_url(jwks_url)
        .connect()
        .await
        .expect("the first fetch is answered");
    let api = Router::new().route("/", get(async |_: RequireScope<Read>| "let in")).route_layer(auth.clone());
    let url = serve(api).await;

    let mut tasks = JoinSet::new();
    let kinds = [
        Kind::Hot,
        Kind::Hot,
        Kind::Distinct,
        Kind::Forged,
        Kind::Expired,
        Kind::UnknownKey,
        Kind::Oversized,
        Kind::Scopeless,
    ];
    for kind in kinds {
        tasks.spawn(load(kind, url.clone(), pool.clone(), counts.clone(), stop.clone()));
    }
    for _ in 0..50 {
        tasks.spawn(slow_loris(url.clone(), stop.clone()));
    }
    tasks.spawn(rotate(pool, stop.clone()));

    tokio::time::sleep(duration / 10).await;
    let before = memory();
    tokio::time::sleep(duration.checked_sub(duration / 10).unwrap()).await;
    let growth = memory().saturating_sub(before);
    stop.store(true, SeqCst);
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no task panics");
    }

    let fast_seconds = clock.elapsed().as_secs();
    let fetches = counts.fetches.load(SeqCst) as u64;
    // One in 5 s for unknown keys and one a minute by schedule; every other fetch fails and is tried once more.
    let budget = 2 * (fast_seconds / 5 + fast_seconds / 60) + 20;
    let (good, bad, undecided) =
        (counts.good.load(SeqCst), counts.bad.load(SeqCst), counts.undecided.load(SeqCst));
    let summary = format!(
        "{good} good and {bad} bad requests ({undecided} of them undecided, 503) in {seconds} s, {fast_seconds} s by the fast clock; \
         {fetches} fetches of {budget} allowed; memory grew by {} KiB",
        growth / 1024
    );
    println!("soak: {summary}");
    let wrong = counts.wrong.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(wrong.is_empty(), "{wrong:#?}; {summary}");
    assert!(good > 100 && bad > 100, "{summary}");
    assert!(fetches <= budget, "{summary}");
    assert!(growth <= MEMORY_LIMIT, "{summary}");
}

/// Serves until the process ends.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Answers every other fetch, and fails the others in different ways.
fn keys_endpoint(pool: &LocalPool, counts: &Arc<Counts>) -> Router {
    let (pool, counts) = (pool.clone(), counts.clone());
    Router::new().route(
        "/jwks.json",
        get(async move || {
            let number = counts.fetches.fetch_add(1, SeqCst);
            match number % 8 {
                1 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                3 => "<html>garbage</html>".into_response(),
                5 => {
                    tokio::time::sleep(Duration::from_secs(2)).await;
                    StatusCode::OK.into_response()
                }
                7 => Body::from(vec![b' '; 200_000]).into_response(),
                _ => pool.jwks().into_response(),
            }
        }),
    )
}

/// Rotates as Cognito does: a key is published before it is used, and used before the old one is withdrawn.
async fn rotate(pool: LocalPool, stop: Arc<AtomicBool>) {
    let steps: [fn(&LocalPool); 3] =
        [LocalPool::publish_next_keys, LocalPool::use_next_keys, LocalPool::withdraw_old_keys];
    for step in steps.into_iter().cycle() {
        tokio::time::sleep(ROTATION_STEP).await;
        if stop.load(SeqCst) {
            return;
        }
        let pool = pool.clone();
        // Creating keys is slow.
        tokio::task::spawn_blocking(move || step(&pool)).await.expect("no panic");
    }
}

/// Sends requests of one kind, one after the other.
async fn load(kind: Kind, url: String, pool: LocalPool, counts: Arc<Counts>, stop: Arc<AtomicBool>) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    // The id first: if the pool begins to use another key in between, the client signs in once more.
    let sign_in = || {
        let key_id = pool.access_key_id();
        (pool.access_token("ada").scope("orders/read").sign(), key_id)
    };
    let (mut hot, mut minted_with) = sign_in();
    for serial in 0.. {
        if stop.load(SeqCst) {
            return;
        }
        // A client signs in again from time to time; here, whenever the pool has begun to use another key.
        if minted_with != pool.access_key_id() || serial % 5_000 == 4_999 {
            (hot, minted_with) = sign_in();
        }
        let token = kind.token(&pool, &hot, serial);
        let request = client.get(&url).header(AUTHORIZATION, format!("Bearer {token}"));
        match request.send().await {
            Ok(answer) => kind.check(answer.status(), &counts),
            Err(error) => counts.wrong(format!("{kind:?} got no answer: {error}")),
        }
        if !matches!(kind, Kind::Hot) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Sends a request header byte by byte and never ends it.
async fn slow_loris(url: String, stop: Arc<AtomicBool>) {
    let address = url.trim_start_matches("http://").to_owned();
    while !stop.load(SeqCst) {
        let Ok(mut connection) = TcpStream::connect(&address).await else { continue };
        for byte in b"GET / HTTP/1.1\r\nhost: api\r\nauthorization: Bearer "
            .iter()
            .chain(std::iter::repeat_n(&b'A', 60))
        {
            if stop.load(SeqCst) || connection.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // The answer to half a request, if there is one, does not matter.
        let mut rest = [0; 64];
        let _ = tokio::time::timeout(Duration::from_millis(1), connection.read(&mut rest)).await;
    }
}

/// The resident memory of this process, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number of KiB") * 1024
}
