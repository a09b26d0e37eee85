//! Tokens that a local pool mints on demand.

use cognito_local_pool::PoolServer;

use crate::support::{MACHINE, POOL, Ran, WEB_APP, pool, run, run_by};

async fn serve() -> PoolServer {
    pool().serve("127.0.0.1:0").await.unwrap()
}

async fn mint(server: &PoolServer, options: &[&str]) -> Ran {
    let url = server.url();
    run(&[&["token", "--pool-url", &url], options].concat(), "").await
}

/// What `explain` says of a minted token.
async fn explained(server: &PoolServer, token: &str, options: &[&str]) -> Ran {
    let url = server.jwks_url();
    let arguments = ["explain", "--pool", POOL, "--jwks-url", &url];
    run(&[&arguments[..], options].concat(), token).await
}

/// A claim of a token.
fn claim(token: &str, name: &str) -> serde_json::Value {
    use base64::Engine as _;
    let payload = token.trim().split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice::<serde_json::Value>(&payload).unwrap()[name].take()
}

#[tokio::test]
async fn a_user_gets_any_scope_without_a_password() {
    let server = serve().await;
    let ran = mint(&server, &["--as", "ada", "--scope", "orders/read", "--scope", "openid"]).await;
    assert_eq!((ran.exit, ran.out.lines().count(), &*ran.messages), (0, 1, ""), "{ran:?}");
    let good =
        explained(&server, &ran.out, &["--client", WEB_APP, "--scope", "orders/read", "--group", "ops"]);
    assert_eq!(good.await.exit, 0);
    assert_eq!(explained(&server, &ran.out, &["--any-client", "--scope", "orders/write"]).await.exit, 1);
}

#[tokio::test]
async fn groups_claims_and_the_app_client_are_as_they_were_said() {
    let server = serve().await;
    let options = [
        "--as",
        "ada",
        "--client",
        MACHINE,
        "--group",
        "night",
        "--claim",
        "tenant=\"a=b\"",
        "--claim",
        "levels=[1,2]",
    ];
    let token = mint(&server, &options).await.out;
    for (name, value) in [
        ("client_id", serde_json::json!(MACHINE)),
        ("cognito:groups", serde_json::json!(["ops", "night"])),
        ("tenant", serde_json::json!("a=b")),
        ("levels", serde_json::json!([1, 2])),
    ] {
        assert_eq!(claim(&token, name), value, "{name}");
    }
}

#[tokio::test]
async fn id_expired_and_machine_tokens_are_minted() {
    let server = serve().await;
    let id = mint(&server, &["--as", "ada", "--id"]).await.out;
    assert_eq!(explained(&server, &id, &["--any-client", "--accept", "id"]).await.exit, 0);
    let expired = mint(&server, &["--as", "ada", "--expired"]).await.out;
    let ran = explained(&server, &expired, &["--any-client"]).await;
    assert!(ran.exit == 1 && ran.out.contains("expired 60 min"), "{ran:?}");
    let machine = mint(&server, &["--client", MACHINE]).await.out;
    assert_eq!(claim(&machine, "sub"), MACHINE);
    assert_eq!(explained(&server, &machine, &["--client", MACHINE, "--scope", "orders/read"]).await.exit, 0);
}

#[tokio::test]
async fn a_scope_that_the_pool_does_not_have_is_minted_with_a_warning() {
    let ran = mint(&serve().await, &["--as", "ada", "--scope", "orders/raed"]).await;
    assert!(ran.exit == 0 && claim(&ran.out, "scope") == "orders/raed", "{ran:?}");
    assert!(ran.messages.starts_with("warning: the pool does not define the scope `orders/raed`"), "{ran:?}");
}

#[tokio::test]
async fn an_unknown_user_or_client_is_reported_with_the_fix() {
    let server = serve().await;
    for (options, message) in [
        (&["--as", "eve"][..], "the pool has no user `eve`; it has ada; name another with `--as`"),
        (
            &["--as", "ada", "--client", "x"],
            "the pool has no app client `x`; it has 4example23456789, 7machine",
        ),
        (&["--client", MACHINE, "--id"], "a machine has no ID token"),
        (&[], "name the user with `--as`, or the machine with `--client`"),
    ] {
        let ran = mint(&server, options).await;
        assert!(
            ran.exit == 1 && ran.out.is_empty() && ran.messages.contains(message),
            "{options:?}: {ran:?}"
        );
    }
}

#[tokio::test]
async fn a_pool_that_does_not_answer_is_reported() {
    let ran = run(&["token", "--pool-url", "http://127.0.0.1:1", "--as", "ada"], "").await;
    assert!(
        ran.exit == 3 && ran.messages.contains("is it running? `cognito-authorizer pool` starts one"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn another_server_is_not_taken_for_a_pool() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async { axum::serve(listener, axum::Router::new()).await });
    let ran = run(&["token", "--pool-url", &url, "--as", "ada"], "").await;
    assert!(ran.exit == 3 && ran.messages.contains("status 404, and is not a local pool"), "{ran:?}");
    served.abort();
}

#[tokio::test]
async fn no_other_machine_is_asked_unless_it_is_named() {
    for url in [
        "http://cognito:9229",
        "https://cognito-idp.eu-west-1.amazonaws.com",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "http://10.0.0.1:9229",
        "ftp://127.0.0.1",
        "nonsense",
    ] {
        for allowed in [&[][..], &["--allow-host", "other"]] {
            let arguments = [&["token", "--pool-url", url, "--as", "ada"], allowed].concat();
            let ran = run(&arguments, "").await;
            assert!(ran.exit == 2 && ran.messages.contains("is not a local pool on this machine"), "{ran:?}");
        }
    }
    // The host is requested, and does not exist: `.invalid` never does (RFC 2606 §2).
    let arguments =
        ["token", "--pool-url", "http://pool.invalid:1", "--as", "ada", "--allow-host", "POOL.invalid"];
    let ran = run(&arguments, "").await;
    assert!(ran.exit == 3 && ran.messages.contains("the local pool does not answer"), "{ran:?}");
}

#[tokio::test]
async fn the_options_of_minting_go_with_a_pool_alone() {
    use clap::Parser as _;
    let refused = |arguments: &[&str]| {
        let arguments = [&["cognito-authorizer", "token"], arguments].concat();
        cognito_authorizer_cli::Cli::try_parse_from(arguments).is_err()
    };
    let url = "http://127.0.0.1:1";
    let sign_in = ["--username", "ada", "--password-env", "A", "--endpoint", url, "--client", "a"];
    assert!(!refused(&sign_in));
    for option in
        [&["--as", "ada"][..], &["--group", "a"], &["--claim", "a=1"], &["--expired"], &["--scope", "a"]]
    {
        assert!(refused(&[&sign_in, option].concat()), "{option:?}");
    }
    for option in [
        &["--claim", "a"][..],
        &["--claim", "=1"],
        &["--claim", "a=b"],
        &["--password-env", "A"],
        &["--client-secret-env", "A"],
        &["--json"],
        &["--username", "ada"],
    ] {
        assert!(refused(&[&["--pool-url", url, "--as", "ada"], option].concat()), "{option:?}");
    }
    assert!(refused(&["--username", "ada", "--password-env", "A", "--endpoint", url]), "a client is needed");
}

/// The page of a running pool, after its form was sent to `path`.
async fn submit(url: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = client.get(url).header("accept", "text/html").send().await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = page.text().await.unwrap();
    let csrf = page.split("name=\"_csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut form = form_urlencoded::Serializer::new(String::new());
    let body = form.append_pair("_csrf", &csrf).extend_pairs(fields).finish();
    let request = client.post(format!("{url}{path}")).header("cookie", cookie);
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    request.send().await.unwrap().text().await.unwrap()
}

/// Explains a token of the pool on the page of a program that was started with these options.
async fn on_page(options: &[&str], mint: &[&str], route: &str) -> String {
    let running = super::pool::Running::start(options, "cognito-authorizer explain");
    let arguments = [&["token", "--pool-url", &running.url], mint].concat();
    let token = run_by(&cognito_authorizer_cli::system_time, &arguments, "").await;
    assert_eq!(token.exit, 0, "{token:?}");
    submit(&running.url, "/console/decode", &[("token", token.out.trim()), ("route", route)]).await
}

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/imported/serverless.yml");

#[tokio::test]
async fn the_page_of_the_pool_explains_a_token() {
    let page = on_page(&[], &["--as", "ada"], "").await;
    assert!(page.contains("✓ passed </span>Accepted: a good access token"), "{page}");
    assert!(page.contains("✓ passed </span>key: published by ap-south-1_LocalPool"), "{page}");
    assert!(!page.contains("id=\"route\""), "{page}");
    let page = on_page(&[], &["--as", "ada", "--expired"], "").await;
    assert!(page.contains("✗ failed </span>Refused: expired 60 min"), "{page}");
}

#[tokio::test]
async fn the_page_of_a_pool_from_a_template_explains_for_its_routes() {
    let template = ["--template", TEMPLATE];
    let scoped = ["--as", "ada", "--scope", "user_management_lambdas/api"];
    let page = on_page(&template, &scoped, "POST /my_path").await;
    assert!(page.contains("<option value=\"POST /my_path\">"), "{page}");
    assert!(page.contains("✓ passed </span>Accepted"), "{page}");
    assert!(page.contains("A REST API answers: what the service answers"), "{page}");
    let page = on_page(&template, &["--as", "ada", "--scope", "openid"], "POST /my_path").await;
    assert!(page.contains("✗ failed </span>Refused, though the token is good"), "{page}");
    let page = on_page(&template, &scoped, "GET /nothing").await;
    assert!(page.contains("✗ failed </span>No route of the definition matches GET /nothing"), "{page}");
}

#[tokio::test]
async fn a_definition_can_be_named_beside_the_settings() {
    let definition = ["--definition", TEMPLATE, "--bind", "UserPool=ap-south-1_LocalPool"];
    let scoped = ["--as", "ada", "--scope", "user_management_lambdas/api"];
    let page = on_page(&definition, &scoped, "POST /my_path").await;
    assert!(page.contains("✓ passed </span>Accepted"), "{page}");
    // Its keys are elsewhere, and nothing is fetched for the page.
    let other = ["--definition", TEMPLATE, "--bind", "UserPool=eu-west-1_Ab12Cd34E"];
    let page = on_page(&other, &scoped, "POST /my_path").await;
    assert!(page.contains("takes tokens of the user pool eu-west-1_Ab12Cd34E"), "{page}");
    let page = on_page(&["--definition", TEMPLATE], &scoped, "POST /my_path").await;
    assert!(page.contains("give its id with `--bind NAME=ID`"), "{page}");
}

#[tokio::test]
async fn a_definition_that_cannot_be_read_is_reported_at_the_start() {
    let ran = run(&["pool", "--listen", "127.0.0.1:0", "--definition", "/nonexistent.yml"], "").await;
    assert!(ran.exit == 2 && ran.messages.contains("the definition could not be read from"), "{ran:?}");
}

#[test]
fn a_pool_without_an_api_starts_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, "Resources:\n  UserPool:\n    Type: AWS::Cognito::UserPool\n").unwrap();
    let running = super::pool::Running::start(&["--template", file.to_str().unwrap()], "--bind UserPool=");
    assert!(running.url.starts_with("http://127.0.0.1:"));
}
