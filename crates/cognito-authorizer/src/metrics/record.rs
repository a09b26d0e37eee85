//! Records the series. `off.rs` has the same functions without effect, for a build without the feature.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use cognito_verify::{TokenUse, UserPoolId};
use metrics::{counter, gauge, histogram};

use super::{
    CACHE_ENTRIES, CACHE_TOTAL, DECISIONS_TOTAL, KEY_FETCH_SECONDS, KEY_FETCHES_TOTAL, KEYS,
    KEYS_AGE_SECONDS, KEYS_STALE, REVOCATION_CHECKS_TOTAL, UNKNOWN_KID_TOTAL, VERIFY_SECONDS,
};
use crate::clock::Stopwatch;

/// The tokens in all caches of the process.
static CACHED: AtomicUsize = AtomicUsize::new(0);

/// A request or token that is let in; with its token, if it has one. All labels are constants, so that nothing is allocated.
pub(crate) fn allowed(token_use: Option<TokenUse>) {
    let counter = match token_use {
        Some(TokenUse::Access) => {
            counter!(DECISIONS_TOTAL, "decision" => "allowed", "reason" => "none", "token_use" => "access")
        }
        Some(TokenUse::Id) => {
            counter!(DECISIONS_TOTAL, "decision" => "allowed", "reason" => "none", "token_use" => "id")
        }
        _ => counter!(DECISIONS_TOTAL, "decision" => "allowed", "reason" => "none", "token_use" => "none"),
    };
    counter.increment(1);
}

/// A request or token that is refused, with the code of its refusal.
pub(crate) fn refused(reason: &'static str) {
    counter!(DECISIONS_TOTAL, "decision" => "refused", "reason" => reason, "token_use" => "none")
        .increment(1);
}

/// Verifies a token that is not cached, and records how long it takes.
pub(crate) fn verification<T, E>(verify: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let started = Stopwatch::start();
    let result = verify();
    let histogram = if result.is_ok() {
        histogram!(VERIFY_SECONDS, "result" => "accepted")
    } else {
        histogram!(VERIFY_SECONDS, "result" => "rejected")
    };
    histogram.record(started.elapsed());
    result
}

/// The token was in the cache.
pub(crate) fn cache_hit() {
    counter!(CACHE_TOTAL, "outcome" => "hit").increment(1);
}

/// The token was not in the cache, or is too old there.
pub(crate) fn cache_miss() {
    counter!(CACHE_TOTAL, "outcome" => "miss").increment(1);
}

/// The token was in the cache, but its key is gone.
pub(crate) fn cache_dropped_key() {
    counter!(CACHE_TOTAL, "outcome" => "dropped_key").increment(1);
}

/// A cache has this many tokens now. `reported` is its share in the gauge of all caches.
pub(crate) fn cache_entries(reported: &AtomicUsize, entries: impl FnOnce() -> usize) {
    let entries = entries();
    let before = reported.swap(entries, Relaxed);
    // The sum wraps, so that the order of concurrent changes does not matter.
    let all = CACHED.fetch_add(entries.wrapping_sub(before), Relaxed);
    let all = all.wrapping_add(entries).wrapping_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "caches have far fewer than 2^52 tokens")]
    gauge!(CACHE_ENTRIES).set(all as f64);
}

/// A fetch of a key set that has ended.
pub(crate) fn key_fetch(pool: &UserPoolId, cause: &'static str, result: &'static str, started: Stopwatch) {
    let pool = pool.to_string();
    histogram!(KEY_FETCH_SECONDS, "pool" => pool.clone(), "result" => result).record(started.elapsed());
    counter!(KEY_FETCHES_TOTAL, "pool" => pool, "cause" => cause, "result" => result).increment(1);
}

/// The state of a pool's keys: their number, 0 if they are too old to be trusted, and their age.
pub(crate) fn pool_keys(pool: &UserPoolId, keys: usize, age: Option<Duration>) {
    let pool = pool.to_string();
    #[expect(clippy::cast_precision_loss, reason = "a key set has at most 100 keys")]
    gauge!(KEYS, "pool" => pool.clone()).set(keys as f64);
    // Keys that the program supplied have no age.
    if let Some(age) = age {
        gauge!(KEYS_AGE_SECONDS, "pool" => pool.clone()).set(age.as_secs_f64());
    }
    let is_stale = age.is_some() && keys == 0;
    gauge!(KEYS_STALE, "pool" => pool).set(f64::from(u8::from(is_stale)));
}

/// A token with an unknown `kid` causes a fetch, or waits for one.
pub(crate) fn unknown_kid_fetched(pool: &UserPoolId) {
    counter!(UNKNOWN_KID_TOTAL, "pool" => pool.to_string(), "outcome" => "fetched").increment(1);
}

/// A token with an unknown `kid` is decided without a fetch. `None` if its pool is not known.
pub(crate) fn unknown_kid_cooled_down(pool: Option<&UserPoolId>) {
    let pool = pool.map_or_else(|| "unknown".to_owned(), ToString::to_string);
    counter!(UNKNOWN_KID_TOTAL, "pool" => pool, "outcome" => "cooled_down").increment(1);
}

/// The revocation check found this.
pub(crate) fn revocation_check(result: &'static str) {
    counter!(REVOCATION_CHECKS_TOTAL, "result" => result).increment(1);
}
