//! Keys are fetched ahead of need, once for all waiting requests, and no client can cause more fetches than the cool-down allows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use cognito_authorizer::{
    CognitoAuthLayer, ConfigError, UserPool,
    clock::ManualClock,
    keys::{FetchError, FetchedKeys, Jwks, KeyRequest, KeySource, KeySourceError},
};
use cognito_local_pool::{LocalPool, TlsIdentity};
use expect_test::expect;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tower::{Layer, ServiceExt, limit::ConcurrencyLimit};

use crate::support::{
    self, POOL, PoolSettings, bearer, builder, clock, executor, pool, pool_builder, request, served, until,
};

const HOUR: Duration = Duration::from_secs(3600);

/// A key endpoint that answers only when the test lets it.
struct Gate {
    url: String,
    fetches: Arc<AtomicUsize>,
    open: Arc<Semaphore>,
}

impl Gate {
    async fn of(pool: &LocalPool) -> Self {
        let (fetches, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (pool, counted, gate) = (pool.clone(), fetches.clone(), open.clone());
        let answer = move || {
            counted.fetch_add(1, SeqCst);
            let (pool, gate) = (pool.clone(), gate.clone());
            async move {
                gate.acquire().await.expect("the semaphore is never closed").forget();
                pool.jwks()
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/jwks.json", listener.local_addr().expect("its address"));
        tokio::spawn(
            async move { axum::serve(listener, Router::new().route("/jwks.json", get(answer))).await },
        );
        Self { url, fetches, open }
    }

    fn let_through(&self, fetches: usize) {
        self.open.add_permits(fetches);
    }

    fn fetches(&self) -> usize {
        self.fetches.load(SeqCst)
    }

    /// Waits for the fetch with this number to arrive.
    async fn arrival(&self, number: usize) {
        until(&format!("fetch {number}"), || self.fetches() >= number).await;
    }
}

/// As [`support::status`], with arguments that a task can own.
async fn status(auth: CognitoAuthLayer, authorization: String) -> u16 {
    support::status(&auth, &authorization).await
}

#[tokio::test]
async fn two_hundred_first_requests_cause_one_fetch() {
    let clock = clock();
    let pool = pool(&clock);
    let gate = Gate::of(&pool).await;
    let timeout = Duration::from_secs(20);
    let auth = builder(&clock)
        .jwks_url(&gate.url)
        .keys(Jwks::https().fetch_timeout(timeout))
        .connect_lazy()
        .expect("a layer");
    let good = bearer(pool.access_token("ada").sign());
    let mut requests: JoinSet<u16> = (0..200).map(|_| status(auth.clone(), good.clone())).collect();
    gate.arrival(1).await;
    gate.let_through(1);
    while let Some(status) = requests.join_next().await {
        assert_eq!(status.expect("no panic"), 200);
    }
    assert_eq!(gate.fetches(), 1);
}

#[tokio::test]
async fn unknown_keys_share_one_fetch_and_hold_up_no_known_key() {
    let clock = clock();
    let pool = pool(&clock);
    let gate = Gate::of(&pool).await;
    gate.let_through(1);
    let (timeout, cool_down) = (Duration::from_secs(20), Duration::from_secs(60));
    let keys = Jwks::https().fetch_timeout(timeout).cool_down(cool_down);
    let auth = builder(&clock).jwks_url(&gate.url).keys(keys).connect().await.expect("keys");
    let good = bearer(pool.access_token("ada").sign());
    let unknown = |n: usize| bearer(pool.access_token("ada").header("kid", format!("unknown-{n}")).sign());
    let mut requests: JoinSet<u16> = (0..1000).map(|n| status(auth.clone(), unknown(n))).collect();
    gate.arrival(2).await;
    // The fetch hangs; requests with a known key are served.
    for _ in 0..100 {
        assert_eq!(status(auth.clone(), good.clone()).await, 200);
    }
    assert!(!auth.status().pools[0].key_ids.is_empty());
    gate.let_through(1);
    while let Some(status) = requests.join_next().await {
        assert_eq!(status.expect("no panic"), 401);
    }
    assert_eq!(gate.fetches(), 2);
    // Early in the cool-down, requests do not wait. After it, there is one more fetch.
    assert_eq!(status(auth.clone(), unknown(1000)).await, 401);
    assert_eq!(gate.fetches(), 2);
    clock.advance(cool_down);
    gate.let_through(1);
    assert_eq!(status(auth.clone(), unknown(1001)).await, 401);
    assert_eq!(gate.fetches(), 3);
}

#[tokio::test]
async fn a_rotation_is_picked_up_without_a_restart() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder(&clock).jwks_url(server.jwks_url()).connect().await.expect("keys");
    let token = || bearer(pool.access_token("ada").sign());
    let old = token();
    // As Cognito rotates: a key is published before it is used, and withdrawn afterwards.
    pool.publish_next_keys();
    assert_eq!(auth.refresh().await.pools[0].key_ids.len(), 4);
    pool.use_next_keys();
    assert_eq!((status(auth.clone(), old.clone()).await, status(auth.clone(), token()).await), (200, 200));
    pool.withdraw_old_keys();
    auth.refresh().await;
    assert_eq!((status(auth.clone(), old.clone()).await, status(auth.clone(), token()).await), (401, 200));
    // All keys change at once, without notice: the first new token causes a fetch.
    clock.advance(Duration::from_secs(10));
    let old = token();
    pool.rotate();
    assert_eq!((status(auth.clone(), token()).await, status(auth.clone(), old).await), (200, 401));
}

#[tokio::test]
async fn keys_are_fetched_ahead_of_need() {
    let clock = clock();
    let pool = pool(&clock);
    let gate = Gate::of(&pool).await;
    gate.let_through(100);
    let auth = builder(&clock).jwks_url(&gate.url).connect().await.expect("keys");
    let planned = auth.status().pools[0].next_refresh.expect("a plan");
    let after = planned.since(cognito_authorizer::clock::Clock::now(&clock));
    assert!(after >= HOUR.mul_f64(0.9) && after <= HOUR, "an hour, shortened by at most a tenth: {after:?}");
    for number in 2..5 {
        clock.advance(HOUR);
        gate.arrival(number).await;
        until("the new keys", || auth.status().pools[0].age == Some(Duration::ZERO)).await;
    }
    assert_eq!(gate.fetches(), 4, "once an hour, whether or not there are requests");
}

#[tokio::test]
async fn the_task_ends_with_the_last_clone() {
    let clock = clock();
    let pool = pool(&clock);
    let gate = Gate::of(&pool).await;
    gate.let_through(100);
    let auth = builder(&clock).jwks_url(&gate.url).connect().await.expect("keys");
    let service = auth.layer(());
    let clone = auth.clone().require(cognito_authorizer::scope("a/b")).expect("it holds");
    let metrics = tokio::runtime::Handle::current().metrics();
    let tasks = metrics.num_alive_tasks();
    drop((auth, clone));
    clock.advance(HOUR);
    gate.arrival(2).await;
    drop(service);
    until("the end of the task", || metrics.num_alive_tasks() < tasks).await;
    assert_eq!(gate.fetches(), 2);
}

#[tokio::test]
async fn supplied_keys_are_never_fetched() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), crate::support::keys(&pool))]).expect("a layer");
    let before = auth.status();
    assert!(before.is_ready() && before.pools[0].next_refresh.is_none() && before.pools[0].age.is_none());
    assert!(auth.refresh().await.is_ready());
    let unknown = bearer(pool.access_token("ada").header("kid", "unknown").sign());
    assert_eq!(status(auth.clone(), unknown).await, 401);
    clock.advance(HOUR * 24 * 365);
    let token = bearer(pool.access_token("ada").sign());
    assert_eq!(status(auth, token).await, 200, "supplied keys do not age");
}

#[tokio::test]
async fn the_status_has_the_state_of_each_pools_keys() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let unreachable =
        UserPool::new("eu-west-1_Ab12Cd34E").any_client().jwks_url("http://127.0.0.1:9/jwks.json");
    let auth =
        builder(&clock).jwks_url(server.jwks_url()).user_pool(unreachable).connect_lazy().expect("a layer");
    let status = auth.refresh().await;
    assert!(!status.is_ready());
    let [good, bad] = &*status.pools else { panic!("two pools") };
    let mut published = [pool.access_key_id(), pool.id_key_id()];
    published.sort();
    assert_eq!(good.key_ids, published);
    assert_eq!((good.age, good.failures, good.last_error.is_none()), (Some(Duration::ZERO), 0, true));
    assert!(
        bad.key_ids.is_empty() && bad.last_success.is_none() && bad.failures >= 1 && bad.last_error.is_some()
    );
    clock.advance(Duration::from_secs(30));
    assert_eq!(auth.status().pools[0].age, Some(Duration::from_secs(30)));
}

/// Keys that are fetched over plain http come from this machine. No proxy is used, because it could substitute the keys.
#[test]
fn keys_on_loopback_are_not_fetched_through_a_proxy() {
    let same_again = std::process::Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "freshness::the_status_has_the_state_of_each_pools_keys"])
        .envs([("HTTP_PROXY", "http://127.0.0.1:9"), ("http_proxy", "http://127.0.0.1:9")])
        .envs([("ALL_PROXY", "http://127.0.0.1:9"), ("all_proxy", "http://127.0.0.1:9")])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .expect("it runs");
    assert!(same_again.status.success(), "{}", String::from_utf8_lossy(&same_again.stdout));
}

/// The same for a proxy that the program sets.
#[tokio::test]
async fn keys_on_loopback_are_not_fetched_through_a_proxy_of_the_settings() {
    let clock = clock();
    let (good, evil) = (pool(&clock), pool(&clock));
    let (there, between) = (Gate::of(&good).await, Gate::of(&evil).await);
    there.let_through(2);
    between.let_through(2);
    let keys = Jwks::https().proxy(&between.url);
    let auth = builder(&clock).jwks_url(&there.url).keys(keys).connect().await.expect("keys");
    assert_eq!(status(auth.clone(), bearer(good.access_token("ada").sign())).await, 200);
    assert_eq!(status(auth, bearer(evil.access_token("ada").sign())).await, 401);
    assert_eq!((there.fetches(), between.fetches()), (2, 0));
}

/// A company's key server, or one behind a proxy that terminates TLS, has a certificate of a private authority.
#[tokio::test]
async fn keys_are_fetched_over_tls_by_a_root_certificate_of_the_settings() {
    let clock = clock();
    let pool = pool(&clock);
    #[expect(clippy::disallowed_methods, reason = "the certificate is checked by the machine's clock")]
    let identity = TlsIdentity::generate(std::time::SystemTime::now()).expect("a certificate");
    let server = pool.serve_tls("127.0.0.1:0", &identity).await.expect("a port");
    let token = bearer(pool.access_token("ada").sign());
    let layer = || builder(&clock).jwks_url(server.jwks_url());
    let long = || Jwks::https().fetch_timeout(Duration::from_secs(20));
    let trusting = long().root_certificate(identity.certificate_pem());
    let auth = layer().keys(trusting.clone()).connect().await.expect("keys");
    assert_eq!(status(auth, token).await, 200);
    // The system does not know the authority.
    let error = layer().keys(long()).connect().await.expect_err("an unknown certificate");
    assert!(matches!(error, ConfigError::Keys { error: FetchError::Transport { .. }, .. }), "{error}");
    // With TLS, the proxy is used, and it does not exist.
    let error = layer().keys(trusting.proxy("http://127.0.0.1:9")).connect().await.expect_err("no proxy");
    assert!(matches!(error, ConfigError::Keys { error: FetchError::Transport { .. }, .. }), "{error}");
}

#[tokio::test]
async fn a_setting_of_https_that_cannot_be_used_is_an_error_at_the_start() {
    let clock = clock();
    let mut errors = Vec::new();
    for keys in [
        Jwks::https().root_certificate("not a certificate"),
        Jwks::https().proxy("http://ada:swordfish@[proxy"),
        Jwks::https().root_certificate("-----BEGIN CERTIFICATE-----\nAQ==\n-----END CERTIFICATE-----\n"),
    ] {
        errors.push(builder(&clock).keys(keys).connect_lazy().expect_err("a mistake").to_string());
    }
    expect![[r"
        the keys cannot be fetched: `.root_certificate(…)` has no certificate in PEM; give text that begins with `-----BEGIN CERTIFICATE-----`
        the keys cannot be fetched: the URL of `.proxy(…)` cannot be used; give one such as `http://proxy.example:3128`
        the keys cannot be fetched: invalid peer certificate: BadEncoding; check the certificates of `.root_certificate(…)`"]].assert_eq(&errors.join("\n"));
}

/// A program's own source of keys, with one result for each fetch.
struct Folder {
    keys: std::sync::Mutex<Vec<Result<FetchedKeys, FetchError>>>,
}

impl KeySource for Folder {
    async fn fetch(&self, request: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
        assert_eq!((request.pool.id().as_str(), request.timeout), (POOL, Duration::from_secs(7)));
        self.keys.lock().expect("no panic").pop().expect("no further fetch")
    }

    fn check(&self, _: KeyRequest<'_>) -> Result<(), KeySourceError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_program_can_have_its_own_source_of_keys() {
    let clock = clock();
    let pool = pool_builder(&clock).issuer("http://cognito:9229/pool").build().expect("a pool");
    let problem = || Err(FetchError::Source { problem: "the folder is empty".into() });
    let fetched = FetchedKeys::from_json(pool.jwks()).expect("keys").max_age(Duration::from_secs(120));
    let source = |keys: Vec<_>| {
        let source = Folder { keys: keys.into_iter().rev().collect::<Vec<_>>().into() };
        Jwks::from_source(source).fetch_timeout(Duration::from_secs(7))
    };
    let layer = |keys| builder(&clock).issuer(pool.issuer()).keys(keys);
    let auth = layer(source(vec![problem(), Ok(fetched)])).connect().await.expect("at the second try");
    assert_eq!(status(auth.clone(), bearer(pool.access_token("ada").sign())).await, 200);
    let state = &auth.status().pools[0];
    let planned = state.next_refresh.expect("a plan").since(cognito_authorizer::clock::Clock::now(&clock));
    assert!(planned <= Duration::from_secs(120) && planned >= Duration::from_secs(60), "{planned:?}");
    let error = layer(source(vec![problem(), problem()])).connect().await.expect_err("no keys");
    let text = "could not be fetched from http://cognito:9229/pool/.well-known/jwks.json: the key source failed: the folder is empty;";
    assert!(error.to_string().contains(text), "{error}");
    let too_long = FetchedKeys::from_json(" ".repeat(150_001)).expect_err("too long");
    assert_eq!(too_long, FetchError::TooLarge { limit: 150_000 });
    // By default, `check` is as strict as for https: only keys on loopback may come without TLS.
    assert!(layer_of_another_source(&clock, pool.issuer()).is_err());
}

/// A source with the default `check`.
struct Unchecked;

impl KeySource for Unchecked {
    async fn fetch(&self, _: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
        panic!("the layer is not built");
    }
}

fn layer_of_another_source(clock: &ManualClock, issuer: &str) -> Result<CognitoAuthLayer, ConfigError> {
    builder(clock).issuer(issuer).keys(Jwks::from_source(Unchecked)).connect_lazy()
}

/// A minimal container has no root certificates.
#[test]
fn keys_on_loopback_need_no_root_certificates() {
    let same_again = std::process::Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "freshness::keys_are_fetched_ahead_of_need"])
        .envs([("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent")])
        .output()
        .expect("it runs");
    assert!(same_again.status.success(), "{}", String::from_utf8_lossy(&same_again.stdout));
}

#[tokio::test]
async fn keys_are_fetched_before_they_are_too_old() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let limit = Duration::from_secs(300);
    let auth = builder(&clock)
        .jwks_url(server.jwks_url())
        .keys(Jwks::https().max_stale(limit))
        .connect()
        .await
        .expect("keys");
    let planned = auth.status().pools[0].next_refresh.expect("a plan");
    assert!(planned.since(cognito_authorizer::clock::Clock::now(&clock)) <= limit / 2);
}

/// A request that waits for a key releases what the inner service reserved in `poll_ready`.
#[tokio::test]
async fn a_request_that_waits_for_a_key_holds_no_permit_of_the_inner_service() {
    let clock = clock();
    let pool = pool(&clock);
    let gate = Gate::of(&pool).await;
    gate.let_through(1);
    let timeout = Duration::from_secs(20);
    let auth = builder(&clock)
        .jwks_url(&gate.url)
        .keys(Jwks::https().fetch_timeout(timeout))
        .connect()
        .await
        .expect("keys");
    let service = auth.layer(ConcurrencyLimit::new(served(), 1));
    let unknown = bearer(pool.access_token("ada").header("kid", "unknown").sign());
    let waiting = tokio::spawn(service.clone().oneshot(request(&unknown)));
    gate.arrival(2).await;
    let good = bearer(pool.access_token("ada").sign());
    assert_eq!(service.clone().oneshot(request(&good)).await.expect("an answer").status(), 200);
    gate.let_through(1);
    assert_eq!(waiting.await.expect("no panic").expect("an answer").status(), 401);
    // A request that is let in after its wait gets a new permit first.
    clock.advance(Duration::from_secs(10));
    pool.rotate();
    gate.let_through(1);
    let new = bearer(pool.access_token("ada").sign());
    assert_eq!(service.oneshot(request(&new)).await.expect("an answer").status(), 200);
}

/// Keys are fetched on tokio, but any executor may poll the service.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_wait_outside_of_tokio() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder(&clock).jwks_url(server.jwks_url()).connect().await.expect("keys");
    pool.rotate();
    for (token, status) in [
        (pool.access_token("ada").sign(), 200),
        (pool.access_token("ada").header("kid", "unknown").sign(), 401),
    ] {
        clock.advance(Duration::from_secs(10));
        let answer = auth.layer(served()).oneshot(request(&bearer(token)));
        let answer = std::thread::spawn(|| executor::block_on(answer)).join().expect("no panic");
        assert_eq!(answer.expect("an answer").status(), status);
    }
}

/// While one pool cannot be reached, any client can cause 503 responses: each is in the log, but the warning is limited.
#[tokio::test]
async fn the_warning_about_unavailable_keys_is_limited() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).jwks_url("http://127.0.0.1:9/jwks.json").connect_lazy().expect("a layer");
    auth.refresh().await;
    let events = crate::support::events::Events::listen();
    let token = bearer(pool.access_token("ada").sign());
    for _ in 0..20 {
        assert_eq!(status(auth.clone(), token.clone()).await, 503);
    }
    let text = events.text();
    let count = |part: &str| text.lines().filter(|line| line.contains(part)).count();
    assert_eq!(
        (count("requests are refused because"), count("reason=\"keys_unavailable\"")),
        (1, 20),
        "{text}"
    );
    clock.advance(Duration::from_secs(60));
    status(auth, token).await;
    assert!(events.text().contains("requests=20"), "{}", events.text());
}
