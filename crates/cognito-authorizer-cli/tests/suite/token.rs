//! Tokens from a pool on this machine.

use cognito_local_pool::PoolServer;
use expect_test::expect;

use crate::support::{MACHINE, POOL, Ran, WEB_APP, member, pool, run, run_typed};

async fn serve() -> PoolServer {
    pool().serve("127.0.0.1:0").await.unwrap()
}

async fn as_machine(server: &PoolServer, options: &[&str]) -> Ran {
    let url = server.url();
    let mut arguments = vec!["token", "--client-credentials", "--domain", &url];
    arguments.extend(options);
    run(&arguments, "its-secret\n").await
}

async fn as_ada(server: &PoolServer, options: &[&str]) -> Ran {
    let url = server.url();
    let mut arguments = vec!["token", "--username", "ada", "--endpoint", &url];
    arguments.extend(options);
    run(&arguments, "Ada-1815\n").await
}

/// What is printed of a token, as the pool sees it.
async fn explained(server: &PoolServer, token: &str, options: &[&str]) -> Ran {
    let url = server.jwks_url();
    let mut arguments = vec!["explain", "--pool", POOL, "--any-client", "--jwks-url", &url];
    arguments.extend(options);
    run(&arguments, token).await
}

#[tokio::test]
async fn a_machine_gets_the_scopes_of_its_app_client() {
    let server = serve().await;
    for secret in [&["--client-secret-env", "SECRET"], &["--client-secret-file", "-"]] {
        let ran = as_machine(&server, &[&["--client", MACHINE], &secret[..]].concat()).await;
        assert_eq!((ran.exit, ran.out.lines().count(), ran.messages.as_str()), (0, 1, ""), "{ran:?}");
        assert_eq!(explained(&server, &ran.out, &["--scope", "orders/read"]).await.exit, 0);
    }
}

#[tokio::test]
async fn a_user_gets_an_access_token_or_an_id_token() {
    let server = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password.txt");
    std::fs::write(&file, "Ada-1815\r\n").unwrap();
    for password in [
        &["--password-env", "PASSWORD"],
        &["--password-file", "-"],
        &["--password-file", file.to_str().unwrap()],
    ] {
        let options = [&["--client", WEB_APP], &password[..]].concat();
        let access = as_ada(&server, &options).await;
        assert_eq!(explained(&server, &access.out, &[]).await.exit, 0, "{access:?}");
        let id = as_ada(&server, &[&options[..], &["--id"]].concat()).await;
        assert_eq!(explained(&server, &id.out, &["--accept", "id"]).await.exit, 0, "{id:?}");
    }
}

#[tokio::test]
async fn a_confidential_client_proves_its_secret_for_a_user() {
    let server = serve().await;
    let options = ["--client", MACHINE, "--password-env", "PASSWORD", "--client-secret-env", "SECRET"];
    assert_eq!(as_ada(&server, &options).await.exit, 0);
}

#[tokio::test]
async fn json_has_all_that_was_issued() {
    let server = serve().await;
    let ran = as_ada(&server, &["--client", WEB_APP, "--password-env", "PASSWORD", "--json"]).await;
    for name in ["access_token", "id_token", "refresh_token"] {
        assert!(!member(&ran.out, name).is_empty(), "{name}");
    }
    let ran = as_machine(&server, &["--client", MACHINE, "--client-secret-env", "SECRET", "--json"]).await;
    let issued: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(issued["id_token"].is_null() && issued["expires_in"] == 3600, "{}", ran.exit);
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    let server = serve().await;
    let machine: [(&[&str], &str); 4] = [
        (
            &["--client", MACHINE, "--client-secret-env", "WRONG"],
            "refuses: invalid_client; check the app client's id and its secret",
        ),
        (
            &["--client", MACHINE, "--client-secret-env", "SECRET", "--scope", "orders/write"],
            "refuses: invalid_grant; allow the app client the scope",
        ),
        (
            &["--client", MACHINE, "--client-secret-env", "SECRET", "--scope", "orders/none"],
            "refuses: invalid_scope; allow the app client the scope",
        ),
        (&["--client", "nobody", "--client-secret-env", "SECRET"], "refuses: invalid_client"),
    ];
    for (options, message) in machine {
        let ran = as_machine(&server, options).await;
        assert!(ran.exit == 1 && ran.out.is_empty() && ran.messages.contains(message), "{ran:?}");
    }
    let user: [(&[&str], &str); 4] = [
        (
            &["--client", WEB_APP, "--password-env", "WRONG"],
            "refuses: NotAuthorizedException: Incorrect username or password",
        ),
        (&["--client", "nobody", "--password-env", "PASSWORD"], "check the app client's id and the Region"),
        (&["--client", MACHINE, "--password-env", "PASSWORD"], "name it with `--client-secret-env`"),
        (
            &["--client", WEB_APP, "--password-env", "PASSWORD", "--client-secret-env", "SECRET"],
            "leave `--client-secret-env` out",
        ),
    ];
    for (options, message) in user {
        let ran = as_ada(&server, options).await;
        assert!(ran.exit == 1 && ran.out.is_empty() && ran.messages.contains(message), "{ran:?}");
        assert!(!ran.messages.contains("1815") && !ran.messages.contains("its-secret"), "{ran:?}");
    }
}

#[tokio::test]
async fn missing_secrets_are_reported() {
    let server = serve().await;
    for (options, message) in [
        (
            &["--client", MACHINE, "--client-secret-env", "UNSET"][..],
            "the environment variable UNSET is not set",
        ),
        (&["--client", MACHINE, "--client-secret-file", "/nonexistent/secret"], "could not be read from"),
    ] {
        let ran = as_machine(&server, options).await;
        assert!(ran.exit == 2 && ran.messages.contains(message), "{ran:?}");
    }
}

#[tokio::test]
async fn a_password_is_not_typed_where_it_shows() {
    let arguments = ["token", "--username", "ada", "--client", WEB_APP, "--endpoint", "http://127.0.0.1:1"];
    let ran = run_typed(&[&arguments[..], &["--password-file", "-"]].concat(), b"Ada-1815\n").await;
    assert!(
        ran.exit == 2 && ran.messages.contains("name an environment variable with --password-env"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn a_server_that_gives_no_token_is_reported() {
    let server = serve().await;
    let elsewhere = format!("{}/elsewhere", server.url());
    for (domain, message) in [
        (elsewhere.as_str(), "answers with status 404 and no token; is it the right URL?"),
        ("http://127.0.0.1:1", "could not be reached"),
    ] {
        let arguments =
            ["token", "--client-credentials", "--client", MACHINE, "--client-secret-env", "SECRET"];
        let ran = run(&[&arguments[..], &["--domain", domain]].concat(), "").await;
        assert!(ran.exit == 3 && ran.messages.contains(message), "{ran:?}");
    }
    let ran = run(
        &[
            "token",
            "--username",
            "ada",
            "--password-env",
            "PASSWORD",
            "--client",
            "a",
            "--pool",
            "local_1a2b3c4d",
        ],
        "",
    )
    .await;
    assert_eq!(ran.exit, 2);
    expect!["`local_1a2b3c4d` has no AWS Region; give the URL of Cognito's API with `--endpoint URL`"]
        .assert_eq(&ran.messages);
}
