//! The examples `access` and `sources`: each printed `curl` line gets the printed status, and a challenge says what is missing.

use crate::{Program, curl};

#[tokio::test]
async fn every_line_of_access_gets_its_status_and_a_challenge_that_says_what_the_next_sign_in_needs() {
    let program = Program::start("access", &[]);
    assert_eq!(program.try_all().await, 10);
    let variables = program.variables();
    for (token, expected) in [
        ("$WEAK", r#"acr_values="urn:cognito:loa:3 urn:cognito:loa:4""#),
        ("$OLD", r#"max_age="300""#),
        ("$ELSEWHERE", r#"error="invalid_token""#),
    ] {
        let line = program.trials().into_iter().map(|(_, line)| line).find(|line| line.contains(token));
        let response = curl(line.expect("a line with this token"), &variables).await;
        let challenge = response.headers()["www-authenticate"].to_str().expect("text");
        assert!(challenge.contains(expected), "{token}: {challenge}");
    }
}

#[tokio::test]
async fn every_line_of_sources_gets_its_status() {
    assert_eq!(Program::start("sources", &[]).try_all().await, 10);
}
