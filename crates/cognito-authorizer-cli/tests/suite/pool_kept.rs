//! The local pool of the program across restarts, by https, and for other machines.

use std::{io::Read, process::Command, time::Duration};

use cognito_authorizer::{CognitoAuthLayer, UserPool};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    pool::{LAST, Running, call, curl},
    pool_settings::file,
    support::run,
};

const CLIENT: &str = "4example23456789";
const POOL: &str = "ap-south-1_LocalPool";

async fn sign_in(url: &str) -> Value {
    let request = json!({
        "ClientId": CLIENT, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "ada", "PASSWORD": "Ada-1815" },
    });
    call(url, "InitiateAuth", &request).await["AuthenticationResult"].take()
}

async fn refresh(url: &str, token: &Value) -> Value {
    call(url, "GetTokensFromRefreshToken", &json!({ "ClientId": CLIENT, "RefreshToken": token })).await
}

async fn jwks(url: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let keys = client.get(format!("{url}/{POOL}/.well-known/jwks.json"));
    keys.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_killed_pool_continues_with_its_keys_users_and_refresh_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let options = ["--state", state.to_str().unwrap()];
    let mut first = Running::start(&options, LAST);
    let keys = jwks(&first.url).await;
    let token = sign_in(&first.url).await["RefreshToken"].take();
    // Killed while it writes: whichever state is there is a whole one, and has what was answered before.
    let url = first.url.clone();
    let load = tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        loop {
            let request = client
                .post(&url)
                .header("content-type", "application/x-amz-json-1.1")
                .header("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth")
                .body(
                    json!({
                        "ClientId": CLIENT, "AuthFlow": "USER_PASSWORD_AUTH",
                        "AuthParameters": { "USERNAME": "ada", "PASSWORD": "Ada-1815" },
                    })
                    .to_string(),
                );
            if request.send().await.is_err() {
                return;
            }
        }
    });
    for _ in 0..20 {
        sign_in(&first.url).await;
    }
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    load.await.unwrap();

    let second = Running::start(&options, LAST);
    assert_eq!(jwks(&second.url).await, keys);
    let again = refresh(&second.url, &token).await;
    assert!(again["AuthenticationResult"]["AccessToken"].is_string(), "{again}");
    let mut files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, [".state.json.lock", "state.json"], "no temporary file is left");

    // The file is this pool's for as long as it runs.
    let before = std::fs::read(&state).unwrap();
    let ran = run(&[&["pool", "--listen", "127.0.0.1:0"], &options[..]].concat(), "").await;
    assert!(
        ran.exit == 2 && ran.messages.contains("state.json: another pool uses it; stop that pool"),
        "{ran:?}"
    );
    assert_eq!(std::fs::read(&state).unwrap(), before);
    drop(second);
    drop(Running::start(&options, LAST));
}

#[tokio::test]
async fn a_state_that_cannot_be_used_is_an_error_and_never_a_new_pool() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let path = state.to_str().unwrap();
    drop(Running::start(&["--state", path], LAST));
    let good = std::fs::read(&state).unwrap();
    let other = file(&folder, "other.toml", "id = 'eu-west-1_other'");
    for (bytes, options, message) in [
        (
            &good[..good.len() / 2],
            &[][..],
            "state.json: the kept state of the pool is damaged: it ends too early",
        ),
        (b"", &[], "restore it from a copy, or remove it"),
        (&good, &["--config", &other], "and this pool is `eu-west-1_other`"),
    ] {
        std::fs::write(&state, bytes).unwrap();
        let ran = run(&[&["pool", "--listen", "127.0.0.1:0", "--state", path], options].concat(), "").await;
        assert!(ran.exit == 2 && ran.messages.contains(message), "{ran:?}");
        assert_eq!(std::fs::read(&state).unwrap(), bytes, "it is left as it was");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(&state, &good).unwrap();
        std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o666)).unwrap();
        let ran = run(&["pool", "--listen", "127.0.0.1:0", "--state", path], "").await;
        assert!(ran.exit == 2 && ran.messages.contains("run `chmod 600` on it"), "{ran:?}");
    }
    let ran = run(&["pool", "--listen", "127.0.0.1:0", "--state", "/nonexistent/state.json"], "").await;
    assert!(ran.exit == 2 && ran.messages.contains("/nonexistent/state.json: cannot be used"), "{ran:?}");
}

#[tokio::test]
async fn other_machines_reach_the_pool_only_with_the_option_for_it() {
    for (options, message) in [
        (&["--listen", "0.0.0.0:0"][..], "add `--reachable-from-other-machines`, as in a container"),
        (&["--listen", "192.0.2.1:0"], "anyone who reaches it can get tokens"),
        (
            &["--listen", "0.0.0.0:0", "--reachable-from-other-machines"],
            "--issuer http://cognito:0/ap-south-1_LocalPool",
        ),
    ] {
        let ran = run(&[&["pool"], options].concat(), "").await;
        assert!(ran.exit == 2 && ran.messages.contains(message), "{ran:?}");
    }
}

#[tokio::test]
async fn services_verify_the_tokens_of_a_pool_in_another_container() {
    let issuer = format!("http://cognito:9229/{POOL}");
    let options = ["--reachable-from-other-machines", "--issuer", &issuer];
    let mut running = Running::start_at("0.0.0.0:0", &options, LAST);
    assert!(running.printed.contains(&format!("issuer {issuer}\n")), "{}", running.printed);
    assert!(running.printed.contains(".dangerous_allow_http(\"cognito\")"), "{}", running.printed);
    let line = running.curl_lines()[0].to_owned();
    let url = line.rsplit(' ').next().unwrap().trim_end_matches("/oauth2/token").to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let token = curl(&line).await["access_token"].as_str().unwrap().to_owned();

    let pool = UserPool::new(POOL).issuer(&issuer).any_client();
    let pool = pool.jwks_url(format!("{url}/{POOL}/.well-known/jwks.json"));
    let layer = CognitoAuthLayer::builder(pool).connect().await.unwrap();
    let status = async |token: &str| {
        let service = service_fn(async |_: Request<String>| {
            Ok::<_, std::convert::Infallible>(Response::new(String::new()))
        });
        let request = Request::get("/").header("authorization", format!("Bearer {token}"));
        layer.layer(service).oneshot(request.body(String::new()).unwrap()).await.unwrap().status()
    };
    assert_eq!(status(&token).await, StatusCode::OK);
    assert_eq!(status(token.trim_end_matches(|c| c != '.')).await, StatusCode::UNAUTHORIZED);

    running.child.kill().unwrap();
    let mut messages = String::new();
    running.child.stderr.as_mut().unwrap().read_to_string(&mut messages).unwrap();
    assert!(messages.starts_with("WARNING: other machines can reach this pool at 0.0.0.0:"), "{messages}");
}

#[tokio::test]
async fn a_pool_by_https_prints_what_to_trust_and_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"));
        command
            .env("XDG_CACHE_HOME", folder.path())
            .env("HOME", folder.path())
            .env("LOCALAPPDATA", folder.path());
        command.args(["pool", "--listen", "127.0.0.1:0", "--tls"]);
        Running::wait(command, LAST)
    };
    let first = start();
    let line = first.printed.lines().find_map(|line| line.trim().strip_prefix("curl --cacert ")).unwrap();
    let path = line.split(' ').next().unwrap().to_owned();
    let pem = std::fs::read(&path).unwrap();
    assert!(first.printed.contains("Trust its certificate, once"), "{}", first.printed);
    assert!(
        first.printed.contains(&format!("curl -s --cacert {path} -u 7machine23456789")),
        "{}",
        first.printed
    );
    let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap();
    let second = start();
    assert_eq!(std::fs::read(&path).unwrap(), pem, "it is made once");
    for running in [&first, &second] {
        let issuer = running.printed.lines().find_map(|line| line.trim().strip_prefix("issuer ")).unwrap();
        let document = client.get(format!("{issuer}/.well-known/openid-configuration")).send().await.unwrap();
        let document: Value = serde_json::from_slice(&document.bytes().await.unwrap()).unwrap();
        assert_eq!(document["issuer"], issuer);
        assert_eq!(document["jwks_uri"], format!("{issuer}/.well-known/jwks.json"));
    }
}

#[tokio::test]
async fn the_certificate_is_for_the_host_of_the_issuer_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"));
    command
        .env("XDG_CACHE_HOME", folder.path())
        .env("HOME", folder.path())
        .env("LOCALAPPDATA", folder.path());
    let issuer = format!("https://cognito:9229/{POOL}");
    command.args(["pool", "--listen", "127.0.0.1:0", "--tls", "--issuer", &issuer]);
    let running = Running::wait(command, LAST);
    let path = running.printed.lines().find_map(|line| line.trim().strip_prefix("curl --cacert ")).unwrap();
    let pem = std::fs::read(path.split(' ').next().unwrap()).unwrap();
    let keys = running.printed.lines().find_map(|line| line.trim().strip_prefix("keys   https://")).unwrap();
    let address: std::net::SocketAddr = keys.split('/').next().unwrap().parse().unwrap();
    let client = |host: &str| {
        let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
        let client =
            reqwest::Client::builder().no_proxy().tls_certs_only([certificate]).resolve(host, address);
        client.timeout(Duration::from_secs(60)).build().unwrap()
    };
    let keys = |host: &str| format!("https://{host}:{}/{POOL}/.well-known/jwks.json", address.port());
    for host in ["cognito", "localhost"] {
        assert_eq!(client(host).get(keys(host)).send().await.unwrap().status(), 200, "{host}");
    }
    assert!(client("other").get(keys("other")).send().await.is_err(), "it is for no other name");
}

const COMPOSE: &str = include_str!("../../../../examples/compose/compose.yaml");

#[tokio::test]
async fn the_compose_file_says_what_the_command_and_its_services_take() {
    let commands = COMPOSE.lines().filter_map(|line| line.trim().strip_prefix("command: "));
    let commands: Vec<Vec<String>> = commands.map(|list| serde_json::from_str(list).unwrap()).collect();
    let command = &commands[0];
    let arguments = std::iter::once("cognito-authorizer").chain(command.iter().map(String::as_str));
    <cognito_authorizer_cli::Cli as clap::Parser>::try_parse_from(arguments).unwrap();
    let issuer = command.last().unwrap();
    let named = COMPOSE.matches(&format!("COGNITO_ISSUER: {issuer}\n")).count();
    assert_eq!(named, 2, "both services compare the issuer exactly");

    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/compose/pool.toml");
    let options = ["--config", settings, "--reachable-from-other-machines", "--issuer", issuer];
    let running = Running::start_at("0.0.0.0:0", &options, LAST);
    assert!(curl(running.curl_lines()[0]).await["access_token"].is_string(), "{}", running.printed);
    for line in COMPOSE.lines().filter_map(|line| line.trim().strip_prefix("COGNITO_CLIENT_IDS: ")) {
        for client in line.split(',') {
            assert!(running.printed.contains(&format!(".client(\"{client}\")")), "{client}");
        }
    }
}
