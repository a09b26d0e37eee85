//! The inputs and options of `explain`.

use std::fmt::Write as _;

use expect_test::expect;
use proptest::prelude::*;

use crate::support::{KeysFile, POOL, explain, pool, run, run_typed};

#[tokio::test]
async fn the_token_may_be_the_argument() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    let ran = run(&["explain", "--pool", POOL, "--jwks", keys.path(), &token], "").await;
    assert!(ran.exit == 0 && ran.out.contains("✓ source       from the argument"), "{ran:?}");
    let dash = run(&["explain", "--pool", POOL, "--jwks", keys.path(), "-"], &token).await;
    assert!(dash.exit == 0 && dash.out.contains("✓ source       from standard input"), "{dash:?}");
}

#[tokio::test]
async fn the_moment_of_the_check_can_be_chosen() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    for (at, exit) in [
        ("2023-11-14T22:13:20Z", 0),
        ("2023-11-14T23:13:19Z", 0),
        ("2023-11-14T23:13:20Z", 1),
        ("1699999999", 1),
    ] {
        let ran = keys.explain(&token, &["--at", at]).await;
        assert_eq!(ran.exit, exit, "{at}: {ran:?}");
    }
    for (at, exit) in [("2023-11-14T23:14:19Z", 0), ("2023-11-14T23:14:20Z", 1)] {
        let ran = keys.explain(&token, &["--at", at, "--leeway", "60"]).await;
        assert_eq!(ran.exit, exit, "{at}: {ran:?}");
    }
}

#[tokio::test]
async fn any_scope_and_any_group_is_enough() {
    let pool = pool();
    let keys = KeysFile::of(&pool);
    let token = pool.access_token("ada").scope("orders/read").sign();
    for (options, exit) in [
        (&["--scope", "orders/write", "--scope", "orders/read"][..], 0),
        (&["--scope", "orders/write"], 1),
        (&["--group", "dev", "--group", "ops"], 0),
        (&["--scope", "orders/read", "--group", "dev"], 1),
    ] {
        assert_eq!(keys.explain(&token, options).await.exit, exit, "{options:?}");
    }
}

#[tokio::test]
async fn live_keys_are_those_of_the_pool() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let token = pool.access_token("ada").sign();
    let url = server.jwks_url();
    let live = ["explain", "--pool", POOL, "--jwks-url", &url];
    let ran = explain(&token, &live).await;
    assert!(ran.exit == 0 && ran.out.contains("(1 key, fetched now)"), "{ran:?}");
    assert_eq!(server.jwks_fetches(), 1);

    // No keys are fetched for a malformed token.
    assert_eq!(explain("a.b", &live).await.exit, 1);
    assert_eq!(server.jwks_fetches(), 1);

    pool.rotate();
    let ran = explain(&token, &live).await;
    assert!(ran.one_line().contains("It rotated its keys after the token was issued"), "{ran:?}");
}

#[tokio::test]
async fn an_option_for_one_pool_is_not_for_several() {
    for (option, value) in
        [("--jwks", "jwks.json"), ("--issuer", "https://idp.example"), ("--jwks-url", "https://idp.example")]
    {
        let pools = ["explain", "--pool", POOL, "--pool", "us-east-1_Zz98Yy76X", option, value];
        let ran = run(&pools, "a.b.c").await;
        let message = format!("{option} is about one user pool, and 2 are given; give `--pool` once");
        assert_eq!((ran.exit, ran.messages), (2, message));
    }
}

#[tokio::test]
async fn without_keys_the_token_is_not_checked() {
    let token = pool().access_token("ada").sign();
    let closed = "http://127.0.0.1:1/jwks.json";
    let ran = explain(&token, &["explain", "--pool", POOL, "--jwks-url", closed]).await;
    assert_eq!((ran.exit, ran.out.as_str()), (3, ""));
    expect!["http://127.0.0.1:1/jwks.json could not be reached: Connection refused (os error 111)"]
        .assert_eq(&ran.messages);

    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let nothing = format!("{}/nothing", server.url());
    let ran = explain(&token, &["explain", "--pool", POOL, "--jwks-url", &nothing]).await;
    assert!(ran.exit == 3 && ran.messages.contains("answers with status 404"), "{ran:?}");

    for (path, text) in
        [("/nonexistent/jwks.json", "could not be read from"), ("Cargo.toml", "is not a usable JWK Set")]
    {
        let ran = explain(&token, &["explain", "--pool", POOL, "--jwks", path]).await;
        assert!(ran.exit == 2 && ran.messages.contains(text), "{ran:?}");
    }
}

#[tokio::test]
async fn invalid_settings_are_reported_in_terms_of_options() {
    for (options, message) in [
        (&["--pool", "local_1a2b3c4d"][..], "give the issuer with `--issuer URL`"),
        (&["--pool", POOL, "--pool", POOL], "is given twice"),
        (&["--pool", POOL, "--scope", "orders read"], "is not a scope"),
        (&["--pool", POOL, "--group", "a b"], "is not a group name"),
        (&["--pool", POOL, "--client", ""], "is a variable not set?"),
    ] {
        let mut arguments = vec!["explain"];
        arguments.extend(options);
        let ran = run(&arguments, "a.b.c").await;
        assert!(ran.exit == 2 && ran.messages.contains(message), "{options:?}: {ran:?}");
    }
    for (input, message) in [("", "the token is empty"), ("Bearer ", "the token is empty")] {
        let ran = run(&["explain"], input).await;
        assert!(ran.exit == 2 && ran.messages.contains(message), "{input:?}: {ran:?}");
    }
    let ran = run(&["explain"], &"a".repeat(65 * 1024)).await;
    assert!(ran.exit == 2 && ran.messages.contains("is longer than the 65536 bytes"), "{}", ran.messages);
}

#[tokio::test]
async fn on_a_terminal_the_command_says_that_it_waits_for_a_token() {
    let ran = run_typed(&["explain"], b"a.b\n").await;
    assert_eq!(ran.exit, 1);
    expect![[r"
        reading the token from standard input; end it with Ctrl-D
    "]]
    .assert_eq(&ran.messages);
}

#[tokio::test]
async fn claims_cannot_steer_the_terminal() {
    let pool = pool();
    let token = pool.access_token("ada").claim("scope", "a\u{1b}[2J\u{202e}b").forged().sign();
    for options in [&[][..], &["--json"]] {
        let ran = KeysFile::of(&pool).explain(&token, options).await;
        assert!(ran.out.contains(r"u{1b}[2J") && !ran.out.contains('\u{1b}'), "{ran:?}");
        assert!(!ran.out.contains('\u{202e}'), "{ran:?}");
    }
}

#[tokio::test]
async fn a_profile_gives_its_answer_without_a_definition_too() {
    let pool = pool();
    let keys = KeysFile::of(&pool);
    let mut told = String::new();
    for profile in ["standard", "rest-api", "http-api"] {
        for (token, scope) in [
            (pool.access_token("ada").sign(), "orders/read"),
            (pool.id_token("ada").sign(), "orders/read"),
            (pool.access_token("ada").scope("orders/read").sign(), "orders/read"),
            ("Bearer a.b".to_owned(), "orders/read"),
        ] {
            let options = ["--any-client", "--profile", profile, "--scope", scope];
            let ran = keys.explain(&token, &options).await;
            let last = ran.out.lines().last().unwrap();
            let _ = writeln!(told, "{} {profile}: {last}", ran.exit);
        }
    }
    expect![[r#"
        1 standard: The client gets: 403 {"message":"Forbidden"}
        1 standard: The client gets: 401 {"message":"Unauthorized"}
        0 standard: The client gets: what the service answers, because the request is accepted
        1 standard: The client gets: 401 {"message":"Unauthorized"}
        1 rest-api: A REST API answers: 401 {"message":"Unauthorized"}
        1 rest-api: A REST API answers: 401 {"message":"Unauthorized"}
        0 rest-api: A REST API answers: what the service answers, because the request is accepted
        1 rest-api: A REST API answers: 401 {"message":"Unauthorized"}
        1 http-api: An HTTP API answers: 403 {"message":"Forbidden"}
        1 http-api: An HTTP API answers: 403 {"message":"Forbidden"}
        0 http-api: An HTTP API answers: what the service answers, because the request is accepted
        1 http-api: An HTTP API answers: 401 {"message":"Unauthorized"}
    "#]]
    .assert_eq(&told);
}

proptest! {
    #[test]
    fn whatever_is_pasted_is_answered(input in "(Bearer |authorization: |\"){0,3}[A-Za-z0-9_. \\PC\n-]{0,120}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ran = runtime.block_on(run(&["explain"], &input));
        prop_assert!((ran.exit == 1 && ran.messages.is_empty()) || (ran.exit == 2 && !ran.messages.is_empty()), "{:?}", ran);
    }
}
