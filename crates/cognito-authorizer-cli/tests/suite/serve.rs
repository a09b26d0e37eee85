//! `serve` as a program: what it answers, when its files change, and how it ends.

use std::{
    fs,
    io::Read,
    path::PathBuf,
    process::{Command, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use cognito_local_pool::{LocalPool, PoolServer};
use http::StatusCode;
use tempfile::TempDir;

use crate::{pool::Running, support::run};

const POOL: &str = "eu-west-1_Ab12Cd34E";

/// A pool with its server, the program, and the file of its routes.
pub(crate) struct Scene {
    pub(crate) pool: LocalPool,
    _server: PoolServer,
    pub(crate) folder: TempDir,
    pub(crate) running: Running,
    pub(crate) client: reqwest::Client,
}

fn table(server: &PoolServer, routes: &str) -> String {
    let jwks = server.jwks_url();
    format!("[[pool]]\nid = \"{POOL}\"\nany_client = true\njwks_url = \"{jwks}\"\n{routes}")
}

async fn get(client: &reqwest::Client, url: &str) -> (StatusCode, String) {
    let response = client.get(url).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

/// Asks again until the answer is so, for at most a minute.
async fn until(client: &reqwest::Client, url: &str, is_so: impl Fn(StatusCode, &str) -> bool) {
    let asking = async {
        loop {
            let (status, body) = get(client, url).await;
            if is_so(status, &body) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), asking).await;
    in_time.unwrap_or_else(|_| panic!("{url} does not become so"));
}

/// Waits until the program at this URL has its keys.
async fn until_ready(client: &reqwest::Client, url: &str) {
    until(client, &format!("{url}/readyz"), |status, _| status == StatusCode::NO_CONTENT).await;
}

const ROUTES: &str = r#"
[[route]]
route = "GET /orders"
scopes = ["orders/read"]
[[route]]
route = "GET /health"
open = true
[[route]]
route = "GET /feed"
optional = true
"#;

impl Scene {
    /// Starts it, and waits for its keys.
    pub(crate) async fn start(more: &[&str]) -> Self {
        let scene = Self::listening(more).await;
        until_ready(&scene.client, &scene.running.url).await;
        scene
    }

    /// Starts it, and waits until it listens.
    pub(crate) async fn listening(more: &[&str]) -> Self {
        let pool = LocalPool::builder(POOL).build().unwrap();
        let server = pool.serve("127.0.0.1:0").await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("routes.toml");
        fs::write(&file, table(&server, ROUTES)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"));
        command.args(["serve", "--proxy", "nginx", "--listen", "127.0.0.1:0"]);
        if !more.contains(&"--threads") {
            command.args(["--threads", "1"]);
        }
        command.args(["--config", file.to_str().unwrap()]).args(more).env_remove("RUST_LOG");
        let running = Running::wait(command, "listening on http://");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { pool, _server: server, folder, running, client }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("routes.toml")
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        get(&self.client, &format!("{}{path}", self.running.url)).await
    }

    /// Asks again until the answer is so.
    pub(crate) async fn until(&self, path: &str, is_so: impl Fn(StatusCode, &str) -> bool) {
        until(&self.client, &format!("{}{path}", self.running.url), is_so).await;
    }

    pub(crate) async fn check(&self, path: &str, token: &str) -> StatusCode {
        ask(&self.client, &self.running.url, path, token).await
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.running.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    fn ended(&mut self) -> (ExitStatus, String) {
        let status = self.running.child.wait().unwrap();
        let mut log = String::new();
        self.running.child.stderr.as_mut().unwrap().read_to_string(&mut log).unwrap();
        (status, log)
    }
}

pub(crate) async fn ask(client: &reqwest::Client, url: &str, path: &str, token: &str) -> StatusCode {
    let check = client.get(format!("{url}/check"));
    let check = check.header("x-original-method", "GET").header("x-original-uri", path);
    let check = if token.is_empty() { check } else { check.bearer_auth(token) };
    check.send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_answers_checks_below_check_and_probes_beside_them() {
    let scene = Scene::start(&[]).await;
    let token = scene.pool.access_token("ada").scope("orders/read").sign();
    assert_eq!(scene.check("/orders", &token).await, StatusCode::OK);
    assert_eq!(scene.check("/orders", "").await, StatusCode::UNAUTHORIZED);
    assert_eq!(scene.check("/nowhere", &token).await, StatusCode::NOT_FOUND);
    assert_eq!(scene.check("/feed", "").await, StatusCode::OK);
    assert_eq!(scene.check("/feed", &token).await, StatusCode::OK);
    assert_eq!(scene.check("/feed", "garbage").await, StatusCode::UNAUTHORIZED);
    // The answer of a probe is never that of an allowed check.
    for (path, status) in [("/livez", 204), ("/readyz", 204), ("/status", 203), ("/", 404), ("/checks", 404)]
    {
        assert_eq!(scene.get(path).await.0.as_u16(), status, "{path}");
    }
    let (_, status) = scene.get("/status").await;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["ready"], true);
    assert_eq!(status["pools"][0]["pool"], POOL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_are_replaced_without_a_lost_request_and_a_bad_file_leaves_the_old_ones() {
    let scene = Scene::start(&[]).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (client, url, is_over) = (scene.client.clone(), scene.running.url.clone(), is_over.clone());
        let token = scene.pool.access_token("ada").scope("orders/read").sign();
        async move {
            let mut checks = 0;
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(ask(&client, &url, "/orders", &token).await, StatusCode::OK);
                checks += 1;
            }
            checks
        }
    });
    let old = fs::read_to_string(scene.file()).unwrap();
    assert_eq!(scene.check("/new", "").await, StatusCode::NOT_FOUND);

    fs::write(scene.file(), format!("{old}\n[[route]]\nroute = \"GET /new\"\nopen = true\n")).unwrap();
    scene.signal("HUP");
    scene.until("/status", |_, body| body.contains(r#""replaced":1"#)).await;
    assert_eq!(scene.check("/new", "").await, StatusCode::OK);

    // What cannot be read, and what cannot be a table.
    for (number, bad) in [
        "[[pool",
        "[[route]]\nroute = \"GET /a\"\n",
        &format!("{old}\n[[route]]\nroute = \"GET /orders\"\nopen = true\n"),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(scene.file(), bad).unwrap();
        scene.signal("HUP");
        scene.until("/status", |_, body| body.contains(r#""last_replacement_failed":true"#)).await;
        assert_eq!(scene.check("/new", "").await, StatusCode::OK, "{bad}");
        // Without a signal, only the change of the file.
        fs::write(scene.file(), format!("{old}\n[[route]]\nroute = \"GET /new\"\nopen = true\n")).unwrap();
        let replaced = format!(r#""replaced":{}"#, number + 2);
        scene.until("/status", |_, body| body.contains(&replaced)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(load.await.unwrap() > 10, "requests arrived all the time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_drains_at_sigterm() {
    // One thread is that of the command itself.
    let threads = ["1", "2"];
    let [one, two] = threads.map(async |threads| {
        let scene = Scene::start(&["--drain-delay", "5", "--threads", threads]).await;
        scene.signal("TERM");
        scene.until("/readyz", |status, _| status == StatusCode::SERVICE_UNAVAILABLE).await;
        // Checks are answered until the load balancers have noticed.
        assert_eq!(scene.check("/health", "").await, StatusCode::OK);
        scene
    });
    let (one, two) = tokio::join!(one, two);
    for (threads, mut scene) in threads.into_iter().zip([one, two]) {
        let (status, log) = scene.ended();
        assert_eq!(status.code(), Some(0), "{threads} threads");
        assert!(log.contains("stopped"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_definition_is_served_with_the_flags_of_an_import() {
    let scene = Scene::start(&[]).await;
    let template = scene.folder.path().join("template.yaml");
    fs::write(
        &template,
        "Resources:
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: HTTP, Name: orders } }
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: pool
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: !Sub 'https://cognito-idp.eu-west-1.amazonaws.com/${UserPool}', Audience: [client] }
  UserPool: { Type: 'AWS::Cognito::UserPool' }
  Orders:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: GET /orders, AuthorizationType: JWT, AuthorizerId: !Ref Authorizer }
",
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"));
    command.args(["serve", "--proxy", "nginx", "--listen", "127.0.0.1:0", "--definition"]);
    command.arg(&template).args(["--bind", &format!("UserPool={POOL}"), "--root"]).arg(scene.folder.path());
    command.args(["--jwks-url", "http://127.0.0.1:1/jwks.json"]);
    let running = Running::wait(command, "listening on http://");
    assert_eq!(ask(&scene.client, &running.url, "/orders", "").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&scene.client, &running.url, "/nowhere", "").await, StatusCode::NOT_FOUND);
}

/// The settings about audiences, actors, levels and ages in the file.
#[tokio::test]
async fn audiences_actors_and_levels_are_read_from_the_file() {
    let pool = LocalPool::builder(POOL).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("routes.toml");
    let settings = r#"
        audiences = ["orders"]
        resources = ["https://orders.example"]
        max_token_age = 3600
        replica_regions = ["us-west-2"]
        [[route]]
        route = "GET /plain"
        [[route]]
        route = "GET /acr"
        acr = "urn:cognito:loa:3"
        [[route]]
        route = "GET /gold"
        acr = "gold"
        acr_levels = ["silver", "gold"]
        [[route]]
        route = "GET /recent"
        signed_in_within = 300
        [[route]]
        route = "GET /in-person"
        no_actor = true
        [[route]]
        route = "GET /by-proxy"
        actors = ["proxy", "gateway"]
    "#;
    fs::write(&file, table(&server, settings)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"));
    command.args(["serve", "--proxy", "nginx", "--threads", "1", "--listen", "127.0.0.1:0"]);
    command.args(["--config", file.to_str().unwrap()]).env_remove("RUST_LOG");
    let running = Running::wait(command, "listening on http://");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    until_ready(&client, &running.url).await;
    let token = || pool.access_token("ada").audience("orders");
    let replica = pool.issuer().replace("eu-west-1.", "us-west-2.");
    for (path, token, status) in [
        ("/plain", token(), 200),
        ("/plain", pool.access_token("ada").audience("https://orders.example"), 200),
        ("/plain", pool.access_token("ada"), 401),
        ("/plain", token().issuer(replica), 200),
        ("/plain", token().claim("iat", 1_700_000_000), 401),
        ("/acr", token().acr("urn:cognito:loa:4"), 200),
        ("/acr", token().acr("urn:cognito:loa:2"), 401),
        ("/gold", token().acr("gold"), 200),
        ("/gold", token().acr("silver"), 401),
        ("/recent", token(), 200),
        ("/recent", token().claim("auth_time", 1_700_000_000), 401),
        ("/in-person", token(), 200),
        ("/in-person", token().actor("proxy"), 403),
        ("/by-proxy", token().actor("gateway"), 200),
        ("/by-proxy", token().actor("other"), 403),
    ] {
        let answer = ask(&client, &running.url, path, &token.sign()).await;
        assert_eq!(answer.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_served_says_why_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("routes.toml");
    let path = file.to_str().unwrap();
    let serve = ["serve", "--proxy", "caddy", "--listen", "127.0.0.1:0", "--config", path];
    let pool = format!("[[pool]]\nid = \"{POOL}\"\nany_client = true\n");
    for (text, message) in [
        ("[[pools]]", "unknown field `pools`"),
        ("[[route]]\nroute = \"GET /a\"\n", "there is no `[[pool]]`"),
        (&pool, "there is no `[[route]]`"),
        (&format!("{pool}[[route]]\nroute = \"GET a\"\n"), "the path \"a\" does not begin with"),
        (&format!("{pool}[[route]]\nroute = \"GET /a\"\nopen = true\nscopes = [\"a/b\"]\n"), "give one"),
        (&format!("{pool}[[route]]\nroute = \"GET /a\"\nscopes = []\n"), "GET /a"),
        (
            &format!("{pool}[[route]]\nroute = \"GET /a\"\nacr = \"gold\"\n"),
            "`gold` must be among the levels",
        ),
        (
            &format!("{pool}[[route]]\nroute = \"GET /a\"\nacr_levels = [\"gold\"]\n"),
            "`acr_levels` without `acr`",
        ),
        (&format!("{pool}[[route]]\nroute = \"GET /a\"\nno_actor = true\nactors = [\"a\"]\n"), "give one"),
        (&format!("{pool}[[route]]\nroute = \"GET /a\"\nopen = true\nno_actor = true\n"), "give one"),
        (&format!("{pool}[[route]]\nroute = \"GET /a\"\nactors = []\n"), "GET /a"),
        (&format!("{pool}max_token_age = 0\n[[route]]\nroute = \"GET /a\"\n"), "`.max_token_age(0ns)`"),
        (
            &format!("{pool}accept_with_or_without_audience = true\n[[route]]\nroute = \"GET /a\"\n"),
            "has no effect",
        ),
        (
            &format!("{pool}replica_regions = [\"mars\"]\n[[route]]\nroute = \"GET /a\"\n"),
            "`.replica_region(\"mars\")`",
        ),
        ("[[pool]]\nid = \"nonsense\"\n[[route]]\nroute = \"GET /a\"\n", "nonsense"),
    ] {
        fs::write(&file, text).unwrap();
        let ran = run(&serve, "").await;
        assert_eq!(ran.exit, 2, "{text}: {ran:?}");
        assert!(ran.messages.contains(message), "{text}: {}", ran.messages);
    }
    let absent =
        run(&["serve", "--proxy", "caddy", "--listen", "127.0.0.1:0", "--config", "absent.toml"], "").await;
    assert_eq!(absent.exit, 2);
    assert!(absent.messages.contains("absent.toml"), "{}", absent.messages);
}

#[cfg(not(feature = "deny-list"))]
#[tokio::test]
async fn a_deny_list_needs_its_feature_and_is_never_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("routes.toml");
    fs::write(&file, run(&["serve", "--print-sample"], "").await.out).unwrap();
    let serve = ["serve", "--proxy", "caddy", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()];
    let ran = run(&[&serve[..], &["--deny-list", "redis://:hunter2@127.0.0.1:1"]].concat(), "").await;
    assert_eq!(ran.exit, 2);
    assert!(ran.messages.contains("deny-list") && !ran.messages.contains("hunter2"), "{}", ran.messages);
}

#[tokio::test]
async fn an_address_in_use_is_named_with_its_option() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("routes.toml");
    fs::write(&file, run(&["serve", "--print-sample"], "").await.out).unwrap();
    let config = file.to_str().unwrap();
    for option in ["--listen", "--grpc-listen"] {
        let mut arguments = vec!["serve", "--proxy", "envoy", "--config", config, option, &address];
        if option != "--listen" {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        let ran = run(&arguments, "").await;
        assert_eq!(ran.exit, 2);
        assert!(ran.messages.contains(&format!("another address with `{option}`")), "{}", ran.messages);
    }
}

#[tokio::test]
async fn the_printed_configuration_has_the_addresses_that_were_given() {
    let targets = [
        "nginx",
        "caddy",
        "traefik",
        "haproxy",
        "haproxy-lua",
        "envoy",
        "envoy-grpc",
        "gateway-api",
        "envoy-gateway",
        "istio",
        "kubernetes",
    ];
    for target in targets {
        let ran = run(&["serve", "--print-config", target, "--listen", "192.0.2.7:9777"], "").await;
        assert_eq!(ran.exit, 0);
        assert!(ran.out.len() > 500, "{target}");
        if ["nginx", "caddy", "traefik", "haproxy-lua"].contains(&target) {
            assert!(ran.out.contains("192.0.2.7:9777"), "{target}");
        }
    }
}
