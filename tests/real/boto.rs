//! boto3, AWS's own client, signs in at the local pool.

use std::process::Output;

use cognito_local_pool::{LocalPool, PoolServer};
use tokio::process::Command;

use super::setting;
use crate::support::{CLIENT, clock, pool};

async fn served() -> (LocalPool, PoolServer) {
    let pool = pool(&clock());
    let server = pool.serve("127.0.0.1:0").await.expect("a free port");
    (pool, server)
}

/// The exit code of the script, and its output.
async fn sign_in(server: &PoolServer, client: &str, user: &str, password: &str) -> (Option<i32>, String) {
    let run = Command::new(setting("BOTO_PYTHON"))
        .arg(setting("BOTO_SIGN_IN"))
        .args([&*server.url(), client, user, password, "ap-south-1"])
        .kill_on_drop(true)
        .output();
    let Output { status, stdout, stderr } = run.await.expect("`BOTO_PYTHON` can be run");
    let printed = [stdout, stderr].concat();
    (status.code(), String::from_utf8_lossy(&printed).trim().to_owned())
}

#[tokio::test]
async fn boto3_signs_a_user_in() {
    let (_pool, server) = served().await;
    let signed_in = sign_in(&server, CLIENT, "ada", "Correct-horse-1").await;
    assert_eq!(signed_in, (Some(0), "AccessToken IdToken RefreshToken".into()));
}

#[tokio::test]
async fn boto3_gets_the_error_codes_of_aws_if_it_cannot_sign_in() {
    let (_pool, server) = served().await;
    for (client, user, password, code) in [
        (CLIENT, "ada", "wrong", "NotAuthorizedException"),
        (CLIENT, "nobody", "Correct-horse-1", "NotAuthorizedException"),
        ("4unknown23456789", "ada", "Correct-horse-1", "ResourceNotFoundException"),
    ] {
        assert_eq!(
            sign_in(&server, client, user, password).await,
            (Some(3), code.into()),
            "{client}, {user}"
        );
    }
}
