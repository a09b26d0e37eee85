//! Independent issuers, AWS's own verifier, and AWS's own client: `bash .ci/run real_suite` starts them.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a helper of a test may fail as the test does"
)]
#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

mod api_gateway;
mod boto;
mod cognito;
mod definitions;
mod example;
mod gateway;
mod gateway_responses;
mod ministack;
mod moto;
mod outcome;
mod peer;
mod program;
mod revocation;
mod rotation;
mod scene;
mod second_opinion;
mod traffic;

use std::{env, time::Duration};

/// Where `.ci/run` has put something. Nothing is skipped: without it, the test fails.
fn setting(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| {
        panic!(
            "`{variable}` is not set; `bash .ci/run real_suite definitions` starts the servers and sets it"
        )
    })
}

/// Asks again and again until it is so, for at most 30 seconds.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let asking = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), asking).await;
    in_time.unwrap_or_else(|_| panic!("not within 30 seconds: {what}"));
}
