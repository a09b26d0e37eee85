//! Tests against issuers from other projects, AWS's own verifier and AWS's own client: `bash .ci/run real_suite` starts them.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a function of a test may panic as the test does"
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

/// The value of a variable that `.ci/run` sets. Without it the test fails; it is never skipped.
fn setting(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| {
        panic!(
            "`{variable}` is not set; `bash .ci/run real_suite definitions` starts the servers and sets it"
        )
    })
}

/// Checks the condition until it holds, for at most 30 seconds: servers and programs run in real time.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let checking = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), checking).await;
    in_time.unwrap_or_else(|_| panic!("timed out waiting for: {what}"));
}
