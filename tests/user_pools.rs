//! Pools that are added and removed while requests are under way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use cognito_authorizer::{
    CognitoAuthLayer, ConfigError, PoolError, RouteTable, UserPool, UserPoolId,
    clock::ManualClock,
    keys::{FetchError, FetchedKeys, Jwks, KeyRequest, KeySource, KeySourceError},
    requirement::any_user_pool,
    scope,
};
use cognito_local_pool::{AppClient, LocalPool, PoolServer};
use expect_test::expect;
use tower::{Layer, ServiceExt};

use crate::support::{
    CLIENT, POOL, bearer, builder, clock, keys, pool, pool_clock, request, served, status, until,
};

const OTHER: &str = "eu-west-1_Tenant1";
const HOUR: Duration = Duration::from_secs(3600);

/// A pool of a tenant, with keys of its own.
fn tenant(clock: &ManualClock) -> LocalPool {
    let builder = LocalPool::builder(OTHER).clock(pool_clock(clock));
    builder.app_client(AppClient::public(CLIENT)).build().expect("the settings hold")
}

fn settings(pool: &LocalPool, server: &PoolServer) -> UserPool {
    UserPool::new(pool.id()).client(CLIENT).jwks_url(server.jwks_url())
}

fn token(pool: &LocalPool) -> String {
    bearer(pool.access_token("ada").expires_in(24 * HOUR).sign())
}

/// Two pools on servers of their own, and a layer with the first.
struct Scene {
    clock: ManualClock,
    first: LocalPool,
    second: LocalPool,
    servers: [PoolServer; 2],
    auth: CognitoAuthLayer,
}

impl Scene {
    async fn new() -> Self {
        let clock = clock();
        let (first, second) = (pool(&clock), tenant(&clock));
        let servers = [
            first.serve("127.0.0.1:0").await.expect("a port"),
            second.serve("127.0.0.1:0").await.expect("a port"),
        ];
        let layer = CognitoAuthLayer::builder(settings(&first, &servers[0])).clock(clock.clone());
        // The cool-down is longer than the time-out, so no request waits for its end.
        let keys = Jwks::https().fetch_timeout(Duration::from_secs(20)).cool_down(Duration::from_secs(60));
        let auth = layer.keys(keys).connect().await.expect("keys");
        Self { clock, first, second, servers, auth }
    }

    fn settings(&self) -> [UserPool; 2] {
        [settings(&self.first, &self.servers[0]), settings(&self.second, &self.servers[1])]
    }

    /// The pools of the status.
    fn pools(&self) -> Vec<String> {
        self.auth.status().pools.iter().map(|pool| pool.pool.to_string()).collect()
    }
}

#[tokio::test]
async fn a_pool_that_is_added_is_served_and_one_that_is_removed_is_refused_at_once() {
    let scene = Scene::new().await;
    let (first, second) = (token(&scene.first), token(&scene.second));
    let both = async || (status(&scene.auth, &first).await, status(&scene.auth, &second).await);
    assert_eq!(both().await, (200, 401));
    let [one, two] = scene.settings();

    scene.auth.set_user_pools([one.clone(), two.clone()]).expect("they hold");
    assert_eq!(scene.pools(), [POOL, OTHER]);
    assert_eq!(both().await, (200, 200), "a request for the new pool waits for its first fetch");
    assert_eq!(both().await, (200, 200), "the tokens are cached now");

    scene.auth.set_user_pools([one.clone()]).expect("it holds");
    assert_eq!((scene.pools(), both().await), (vec![POOL.to_owned()], (200, 401)));

    // In another order, and without the first.
    scene.auth.set_user_pools([two.clone(), one]).expect("they hold");
    assert_eq!(both().await, (200, 200));
    scene.auth.set_user_pools([two]).expect("it holds");
    assert_eq!((scene.pools(), both().await), (vec![OTHER.to_owned()], (401, 200)));
}

#[tokio::test]
async fn existing_clones_services_and_authorizers_have_the_new_pools() {
    let scene = Scene::new().await;
    let (clone, authorizer) =
        (scene.auth.clone().require(scope("a/b")).expect("it holds"), scene.auth.authorizer());
    let service = scene.auth.layer(served());
    let [_, two] = scene.settings();
    authorizer.set_user_pools([two]).expect("it holds");
    let second = scene.second.access_token("ada").scope("a/b").sign();
    assert!(authorizer.verify(&second).await.is_ok());
    assert_eq!(service.oneshot(request(&bearer(&second))).await.expect("an answer").status(), 200);
    assert_eq!(status(&clone, &bearer(&second)).await, 200);
    assert_eq!(status(&clone, &token(&scene.first)).await, 401);
}

/// Counts fetches, and answers with the same keys for every pool.
#[derive(Clone)]
struct Shared {
    jwks: String,
    fetches: Arc<AtomicUsize>,
    /// Whether a fetch never ends.
    hangs: Arc<AtomicBool>,
}

impl Shared {
    fn of(pool: &LocalPool) -> Self {
        Self { jwks: pool.jwks(), fetches: Arc::default(), hangs: Arc::default() }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(SeqCst)
    }
}

impl KeySource for Shared {
    async fn fetch(&self, _: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
        self.fetches.fetch_add(1, SeqCst);
        if self.hangs.load(SeqCst) {
            std::future::pending::<()>().await;
        }
        FetchedKeys::from_json(self.jwks.clone())
    }

    fn check(&self, request: KeyRequest<'_>) -> Result<(), KeySourceError> {
        let problem = || "the vault has no folder for it".to_owned();
        let is_known = !request.pool.id().as_str().contains("Unknown");
        is_known.then_some(()).ok_or_else(|| KeySourceError::Start { problem: problem() })
    }
}

fn tenants(count: usize) -> Vec<UserPool> {
    (0..count).map(|n| UserPool::new(format!("eu-west-1_Tenant{n}")).client(CLIENT)).collect()
}

#[tokio::test]
async fn keys_of_pools_that_stay_are_not_fetched_again_and_tasks_of_removed_pools_end() {
    let clock = clock();
    let source = Shared::of(&tenant(&clock));
    let layer =
        builder(&clock).keys(Jwks::from_source(source.clone()).fetch_timeout(Duration::from_secs(20)));
    let auth = layer.connect().await.expect("keys");
    let own = || UserPool::new(POOL).client(CLIENT);
    let metrics = tokio::runtime::Handle::current().metrics();
    let tasks = metrics.num_alive_tasks();

    auth.set_user_pools(tenants(20).into_iter().chain([own()])).expect("they hold");
    until("the keys of the new pools", || auth.status().is_ready()).await;
    assert_eq!((source.fetches(), metrics.num_alive_tasks()), (21, tasks + 20));
    // The same pools with other app clients keep their keys.
    let others = tenants(20).into_iter().map(|pool| pool.client("another"));
    auth.set_user_pools(others.chain([own()])).expect("they hold");
    assert!(auth.status().is_ready());
    assert_eq!((source.fetches(), metrics.num_alive_tasks()), (21, tasks + 20));

    auth.set_user_pools([own()]).expect("it holds");
    until("the end of their tasks", || metrics.num_alive_tasks() == tasks).await;
    clock.advance(HOUR);
    until("the refresh", || auth.status().pools[0].age == Some(Duration::ZERO)).await;
    assert_eq!(source.fetches(), 22, "only the keys of the one pool");
    drop(auth);
    until("the end of the last task", || metrics.num_alive_tasks() < tasks).await;
}

#[tokio::test]
async fn a_removed_app_client_is_refused_at_once() {
    let scene = Scene::new().await;
    let first = token(&scene.first);
    assert_eq!((status(&scene.auth, &first).await, status(&scene.auth, &first).await), (200, 200));
    let other = UserPool::new(POOL).client("another").jwks_url(scene.servers[0].jwks_url());
    scene.auth.set_user_pools([other]).expect("it holds");
    assert_eq!(status(&scene.auth, &first).await, 401, "although its token was cached");
    let [one, _] = scene.settings();
    scene.auth.set_user_pools([one]).expect("it holds");
    assert_eq!(status(&scene.auth, &first).await, 200);
}

/// The keys from the old URL are no longer used.
#[tokio::test]
async fn a_pool_with_another_url_gets_other_keys() {
    let scene = Scene::new().await;
    let impostor = pool(&scene.clock);
    let server = impostor.serve("127.0.0.1:0").await.expect("a port");
    let (old, new) = (token(&scene.first), token(&impostor));
    assert_eq!((status(&scene.auth, &old).await, status(&scene.auth, &new).await), (200, 401));
    scene.auth.set_user_pools([settings(&impostor, &server)]).expect("it holds");
    assert_eq!((status(&scene.auth, &new).await, status(&scene.auth, &old).await), (200, 401));
}

#[tokio::test]
async fn a_request_that_waits_for_the_keys_of_a_removed_pool_is_answered() {
    let clock = clock();
    let tenant = tenant(&clock);
    let source = Shared::of(&tenant);
    let layer =
        builder(&clock).keys(Jwks::from_source(source.clone()).fetch_timeout(Duration::from_secs(30)));
    let auth = layer.connect().await.expect("keys");
    source.hangs.store(true, SeqCst);
    let own = || UserPool::new(POOL).client(CLIENT);
    auth.set_user_pools([own(), UserPool::new(OTHER).client(CLIENT)]).expect("they hold");
    let other = bearer(tenant.access_token("ada").header("kid", "unknown").sign());
    let (waiting, asked) = (auth.clone(), other.clone());
    let waiting = tokio::spawn(async move { status(&waiting, &asked).await });
    until("the fetch of the new pool", || source.fetches() == 2).await;
    assert!(!waiting.is_finished());
    auth.set_user_pools([own()]).expect("it holds");
    assert_eq!(waiting.await.expect("no panic"), 401);
    assert_eq!(status(&auth, &other).await, 401);
    assert_eq!(source.fetches(), 2, "no pool has its issuer now");
}

#[tokio::test]
async fn pools_that_the_builder_would_refuse_are_an_error_and_the_old_pools_stay() {
    let clock = clock();
    let source = Shared::of(&tenant(&clock));
    let own = || UserPool::new(POOL).client(CLIENT);
    let tenant: UserPoolId = OTHER.parse().expect("an id");
    let table = RouteTable::builder().require("GET /tenant", any_user_pool([tenant]).or(scope("a/b")));
    let layer = builder(&clock).routes(table.build().expect("a table"));
    let layer = layer.user_pool(UserPool::new(OTHER).client(CLIENT));
    let auth = layer.keys(Jwks::from_source(source.clone())).connect().await.expect("keys");
    let before: Vec<_> = auth.status().pools.into_iter().map(|pool| pool.pool).collect();
    let error = |pools: Vec<UserPool>| auth.set_user_pools(pools).expect_err("a mistake");
    let errors = [
        error(Vec::new()),
        error(tenants(1001)),
        error(vec![own(), UserPool::new(OTHER)]),
        error(vec![own(), own()]),
        error(vec![own(), UserPool::new("eu-west-1_Unknown").any_client()]),
        // Every token is from this pool, so the row would check nothing.
        error(vec![UserPool::new(OTHER).any_client()]),
        error(vec![
            UserPool::new("eu_1").any_client(),
            UserPool::new(OTHER).client("").resource(" "),
            UserPool::new("eu-west-1_Third"),
        ]),
    ];
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    expect![[r#"
        0 user pools are configured; give between 1 and 1,000
        1001 user pools are configured; give between 1 and 1,000
        user pool eu-west-1_Tenant1 lets no app client in; name them with `.client("…")`, or allow all with `.any_client()`
        user pool ap-south-1_abcdefghi is configured twice; join its app clients in one `UserPool`
        the keys cannot be fetched: the vault has no folder for it
        row `GET /tenant` of the route table: every access token that is let in meets `user pool eu-west-1_Tenant1, or scope a/b`, so it checks nothing; remove the alternative that always holds, or change `.accept(…)`
        the configuration has 4 problems:
        - `eu` in the user pool id `eu_1` is not a Region of a known partition; name the pool's issuer with `.issuer("https://…")`
        - `.client("")` of user pool eu-west-1_Tenant1 is empty or has white space; give the id that the Cognito console shows
        - `.resource(" ")` of user pool eu-west-1_Tenant1 is empty or has white space; give the identifier that clients ask for, such as `https://orders.example.com`
        - user pool eu-west-1_Third lets no app client in; name them with `.client("…")`, or allow all with `.any_client()`"#]].assert_eq(&errors.join("\n"));
    assert!(matches!(error(vec![own(), own()]), ConfigError::Pool(PoolError::Twice { .. })));
    assert!(auth.status().pools.into_iter().map(|pool| pool.pool).eq(before));
    assert_eq!(source.fetches(), 2);
}

/// Without a source of keys, every later pool needs its key set from the start.
#[tokio::test]
async fn supplied_keys_serve_the_pools_that_they_are_for_and_no_others() {
    let clock = clock();
    let (first, second) = (pool(&clock), tenant(&clock));
    let own = || UserPool::new(POOL).client(CLIENT);
    let other = || UserPool::new(OTHER).client(CLIENT);
    let sets = [(POOL, keys(&first)), (OTHER, keys(&second))];
    let auth = builder(&clock).user_pool(other()).with_keys(sets).expect("a layer");
    let both = async || (status(&auth, &token(&first)).await, status(&auth, &token(&second)).await);
    assert_eq!(both().await, (200, 200));
    auth.set_user_pools([other()]).expect("it holds");
    assert_eq!(both().await, (401, 200));
    auth.set_user_pools([other(), own()]).expect("they hold");
    assert_eq!(both().await, (200, 200));
    let third = UserPool::new("eu-west-1_Third").any_client();
    let error = auth.set_user_pools([own(), third]).expect_err("it has no keys");
    assert!(matches!(&error, ConfigError::NoKeys { pool } if pool.as_str() == "eu-west-1_Third"), "{error}");
    assert_eq!(both().await, (200, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_of_a_thousand_tenants_come_and_go_while_requests_are_under_way() {
    let clock = clock();
    let keys = tenant(&clock);
    let source = Shared::of(&keys);
    // Signed with one key, each with the issuer of its pool.
    let of = |n: usize| {
        let issuer = format!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Tenant{n}");
        bearer(keys.access_token("ada").client(CLIENT).issuer(issuer).expires_in(24 * HOUR).sign())
    };
    let tokens: Arc<Vec<String>> = Arc::new([0, 499, 500, 998, 999].map(of).into());
    let layer = tenants(1000).into_iter().skip(1).fold(
        CognitoAuthLayer::builder(tenants(1).remove(0)).clock(clock.clone()),
        cognito_authorizer::CognitoAuthBuilder::user_pool,
    );
    let auth = layer.keys(Jwks::from_source(source.clone()).fetch_timeout(Duration::from_secs(20)));
    let auth = auth.connect().await.expect("keys");
    assert_eq!(source.fetches(), 1000);

    let ends = Arc::new(AtomicBool::new(false));
    let traffic: Vec<_> = (0..2)
        .map(|_| {
            let (auth, tokens, ends) = (auth.clone(), tokens.clone(), ends.clone());
            tokio::spawn(async move {
                let mut served = [0_u32; 2];
                while !ends.load(SeqCst) {
                    for (index, token) in tokens.iter().enumerate() {
                        let code = status(&auth, token).await;
                        match index {
                            0 | 1 => assert_eq!(code, 200, "tenants that stay are always served"),
                            _ => assert!(matches!(code, 200 | 401), "{code}"),
                        }
                        served[usize::from(code == 200)] += 1;
                    }
                    tokio::task::yield_now().await;
                }
                served
            })
        })
        .collect();
    for _ in 0..3 {
        auth.set_user_pools(tenants(500)).expect("they hold");
        for (token, expected) in tokens.iter().zip([200, 200, 401, 401, 401]) {
            assert_eq!(status(&auth, token).await, expected, "as soon as the call returns");
        }
        auth.set_user_pools(tenants(1000)).expect("they hold");
        // All pools share one key, so its `kid` is known already and no request waits for it.
        // The status of a thousand pools takes time, so it is looked at seldom.
        let ready = async {
            while !auth.status().is_ready() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), ready).await.expect("the keys of the new tenants");
        for token in &*tokens {
            assert_eq!(status(&auth, token).await, 200, "after the first fetch of a new tenant");
        }
        tokio::task::yield_now().await;
    }
    until("the keys of all", || auth.status().is_ready()).await;
    ends.store(true, SeqCst);
    for traffic in traffic {
        let [_, let_in] = traffic.await.expect("no panic");
        assert!(let_in > 0);
    }
    assert_eq!(auth.status().pools.len(), 1000);
    assert_eq!(source.fetches(), 1000 + 3 * 500, "one fetch for each added tenant");
}
