//! Counters, gauges and histograms through the [`metrics`](https://docs.rs/metrics) facade (feature `metrics`).
//!
//! The layer records its decisions, fetches of keys and look-ups in the cache. The program installs a recorder for them, such as
//! `metrics-exporter-prometheus`; without one, nothing is recorded. Call [`describe_metrics`] after the recorder is installed, and
//! [`CognitoAuthLayer::record_key_metrics`](crate::CognitoAuthLayer::record_key_metrics) before each scrape.
//!
//! The names, the labels and their values are part of the crate's stable interface: they change only with a breaking release, but new
//! values may be added. All label values come from the program or its configuration, never from a request: no client id, `kid`,
//! subject, path or scope. So clients cannot add series.
//!
//! | series | kind | labels |
//! |---|---|---|
//! | [`DECISIONS_TOTAL`] | counter | `decision`, `reason`, `token_use` |
//! | [`VERIFY_SECONDS`] | histogram | `result` |
//! | [`CACHE_TOTAL`] | counter | `outcome` |
//! | [`CACHE_ENTRIES`] | gauge | |
//! | [`KEY_FETCHES_TOTAL`] | counter | `pool`, `cause`, `result` |
//! | [`KEY_FETCH_SECONDS`] | histogram | `pool`, `result` |
//! | [`KEYS`] | gauge | `pool` |
//! | [`KEYS_AGE_SECONDS`] | gauge | `pool` |
//! | [`KEYS_STALE`] | gauge | `pool` |
//! | [`UNKNOWN_KID_TOTAL`] | counter | `pool`, `outcome` |
//! | [`REVOCATION_CHECKS_TOTAL`] | counter | `result` |
//!
//! `pool` is the id of a configured user pool.
//!
//! ```
//! use cognito_authorizer::metrics::{DECISIONS_TOTAL, describe_metrics};
//!
//! // After the recorder is installed, for example by `PrometheusBuilder::new().install_recorder()?`:
//! describe_metrics();
//! assert_eq!(DECISIONS_TOTAL, "cognito_authorizer_decisions_total");
//! ```
//!
//! A Prometheus endpoint with alert rules and a Grafana dashboard is the example `metrics` in the repository.

mod record;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) use record::*;

/// Decisions about requests and tokens. If the layer lets a request in and an extractor then refuses it, both decisions count.
///
/// | label | values |
/// |---|---|
/// | `decision` | `allowed`, `refused` |
/// | `reason` | `none` if allowed; otherwise the [`code`](crate::Refusal::code) of the refusal |
/// | `token_use` | `access` or `id` if the request is allowed with a token, otherwise `none` |
pub const DECISIONS_TOTAL: &str = "cognito_authorizer_decisions_total";
/// How long the verification of a token takes that is not in the cache: its signature and its claims, in seconds.
///
/// `result` is `accepted` or `rejected`.
pub const VERIFY_SECONDS: &str = "cognito_authorizer_verify_seconds";
/// Look-ups in the cache of verified tokens.
///
/// `outcome` is `hit`, `miss`, or `dropped_key`: the token was cached, but its key is no longer among the pool's keys.
pub const CACHE_TOTAL: &str = "cognito_authorizer_cache_total";
/// The tokens in the caches of all layers of the process, including those that are too old to be used and not yet replaced.
pub const CACHE_ENTRIES: &str = "cognito_authorizer_cache_entries";
/// Fetches of key sets.
///
/// | label | values |
/// |---|---|
/// | `cause` | `start`, `schedule`, `unknown_kid` (a token names an unknown key), `manual` ([`refresh`](crate::CognitoAuthLayer::refresh)) |
/// | `result` | `fetched`, or the [`code`](crate::keys::FetchError::code) of the error |
pub const KEY_FETCHES_TOTAL: &str = "cognito_authorizer_key_fetches_total";
/// How long a fetch of a key set takes, in seconds, including the wait for its turn where many pools fetch at a time. The labels
/// are those of [`KEY_FETCHES_TOTAL`] without `cause`.
pub const KEY_FETCH_SECONDS: &str = "cognito_authorizer_key_fetch_seconds";
/// The usable keys of a user pool.
pub const KEYS: &str = "cognito_authorizer_keys";
/// The age of a user pool's keys in seconds. It is recorded after each fetch and by
/// [`record_key_metrics`](crate::CognitoAuthLayer::record_key_metrics).
pub const KEYS_AGE_SECONDS: &str = "cognito_authorizer_keys_age_seconds";
/// 1 while a user pool's keys are too old to be trusted, otherwise 0.
pub const KEYS_STALE: &str = "cognito_authorizer_keys_stale";
/// Tokens that name a key that the user pool of their issuer has not published.
///
/// | label | values |
/// |---|---|
/// | `pool` | the pool; `unknown` if the token was not read that far, because all pools are cooling down |
/// | `outcome` | `fetched` if the request waits for a fetch, `cooled_down` if it is decided without one |
pub const UNKNOWN_KID_TOTAL: &str = "cognito_authorizer_unknown_kid_total";
/// Runs of the [`RevocationCheck`](crate::RevocationCheck).
///
/// `result` is `in_force`, `revoked`, `failed` or `timed_out`.
pub const REVOCATION_CHECKS_TOTAL: &str = "cognito_authorizer_revocation_checks_total";

/// Gives the installed recorder the unit and a description of each series. Call it once, after the recorder is installed.
pub fn describe_metrics() {
    describe_counter!(DECISIONS_TOTAL, Unit::Count, "Decisions about requests and tokens.");
    describe_histogram!(VERIFY_SECONDS, Unit::Seconds, "Verification of a token that is not cached.");
    describe_counter!(CACHE_TOTAL, Unit::Count, "Look-ups in the cache of verified tokens.");
    describe_gauge!(CACHE_ENTRIES, Unit::Count, "Tokens in the cache.");
    describe_counter!(KEY_FETCHES_TOTAL, Unit::Count, "Fetches of key sets.");
    describe_histogram!(KEY_FETCH_SECONDS, Unit::Seconds, "Duration of a fetch of a key set.");
    describe_gauge!(KEYS, Unit::Count, "Usable keys of a user pool.");
    describe_gauge!(KEYS_AGE_SECONDS, Unit::Seconds, "Age of a user pool's keys.");
    describe_gauge!(KEYS_STALE, Unit::Count, "1 while a user pool's keys are too old to be trusted.");
    describe_counter!(UNKNOWN_KID_TOTAL, Unit::Count, "Tokens that name a key that is not published.");
    describe_counter!(REVOCATION_CHECKS_TOTAL, Unit::Count, "Runs of the revocation check.");
}
