//! Fetching keys from a server that fails in every possible way.
//!
//! Tokens, schedules and cool-downs use a clock that only the test advances. Real time passes only for the time-out of a fetch,
//! and where a test waits for something that it caused.

mod cool_down;
mod killed;
mod last_known;
mod many_pools;
mod moments;
mod outage;
mod replicas;
mod rules;
mod server;
mod table;

use std::{convert::Infallible, fmt, future::ready, sync::LazyLock, time::Duration};

use axum::body::Body;
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer,
    clock::ManualClock,
    keys::{Https, Jwks, PoolStatus},
};
use cognito_local_pool::LocalPool;
use http::{Response, header::RETRY_AFTER};
use tower::{Layer, ServiceExt};

use crate::support::{PoolSettings, bearer, builder, clock, pool, pool_builder, request, until};
use server::FaultServer;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The time-out of a fetch in tests that reach it. Other fetches of the same layer are answered within it, on a busy machine too.
const SHORT: Duration = SECOND;
/// The time-out of a fetch in tests that must not reach it, however busy the machine is.
const LONG: Duration = Duration::from_secs(20);

/// How often an unknown key may cause a fetch. It is longer than [`LONG`], so that no request waits for its end; the tests in
/// `cool_down` have requests that wait.
const COOL_DOWN: Duration = Duration::from_secs(60);

/// What a pool publishes before, during and after a rotation, and tokens of the old and the new key, valid for years. Shared,
/// because creating RSA keys is slow.
struct Rotation {
    old: String,
    both: String,
    new: String,
    old_token: String,
    new_token: String,
    /// A key set in which another key has the old one's id, and a token of that key.
    reused: (String, String),
}

static ROTATION: LazyLock<Rotation> = LazyLock::new(|| {
    let clock = clock();
    let token = |pool: &LocalPool| bearer(pool.access_token("ada").expires_in(10 * 365 * DAY).sign());
    let pool = pool(&clock);
    let (old, old_token, old_id) = (pool.jwks(), token(&pool), pool.access_key_id());
    pool.publish_next_keys();
    let both = pool.jwks();
    pool.use_next_keys();
    let new_token = token(&pool);
    pool.withdraw_old_keys();
    let new = pool.jwks();
    let other = pool_builder(&clock).key_id(old_id).build().expect("the settings hold");
    Rotation { old, both, new, old_token, new_token, reused: (other.jwks(), token(&other)) }
});

/// A token whose key was never published.
fn forged(n: usize) -> String {
    static FORGED: LazyLock<LocalPool> = LazyLock::new(|| pool(&clock()));
    bearer(FORGED.access_token("ada").header("kid", format!("forged-{n}")).expires_in(10 * 365 * DAY).sign())
}

/// A layer for the pool, whose keys are on this server.
fn layer_on(server: &FaultServer, clock: &ManualClock, timeout: Duration) -> CognitoAuthBuilder {
    builder_on(server, clock, jwks(timeout))
}

/// The same with these settings of the keys.
fn builder_on(server: &FaultServer, clock: &ManualClock, keys: Jwks<Https>) -> CognitoAuthBuilder {
    builder(clock).jwks_url(server.url()).keys(keys)
}

/// The settings of [`layer_on`].
fn jwks(timeout: Duration) -> Jwks<Https> {
    Jwks::https().fetch_timeout(timeout).cool_down(COOL_DOWN)
}

/// The answer to a request; prints as its status, and the seconds of `Retry-After`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answered {
    status: u16,
    retry_after: Option<u64>,
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.retry_after {
            None => write!(f, "{}", self.status),
            Some(seconds) => write!(f, "{} in {seconds} s", self.status),
        }
    }
}

/// Sends a request with this token through the layer.
async fn ask(auth: &CognitoAuthLayer, token: &str) -> Answered {
    let inner = tower::service_fn(|_| ready(Ok::<_, Infallible>(Response::new(Body::empty()))));
    let answer = auth.layer(inner).oneshot(request(token)).await.expect("an answer");
    let retry_after = answer.headers().get(RETRY_AFTER);
    Answered {
        status: answer.status().as_u16(),
        retry_after: retry_after.map(|value| value.to_str().expect("ASCII").parse().expect("seconds")),
    }
}

/// Only the status.
async fn code(auth: &CognitoAuthLayer, token: &str) -> u16 {
    ask(auth, token).await.status
}

/// The first pool's state.
fn state(auth: &CognitoAuthLayer) -> PoolStatus {
    auth.status().pools.swap_remove(0)
}
