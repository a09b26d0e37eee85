//! Runs the examples as programs, as a reader of `README.md` does: each printed `curl` line gets the printed status.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops, and says where"
)]

#[path = "programs/access.rs"]
mod access;
#[path = "programs/grpc.rs"]
mod grpc;
#[path = "programs/lambda.rs"]
mod lambda;
#[path = "programs/metrics.rs"]
mod metrics;
#[path = "programs/openapi.rs"]
mod openapi;
#[path = "programs/websocket.rs"]
mod websocket;

use std::{
    collections::HashMap,
    env::{consts::EXE_SUFFIX, current_exe},
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use axum::http::{HeaderName, HeaderValue};
use reqwest::Response;

/// A running program, which is killed when this is dropped, and its output up to the line `listening on`.
struct Program {
    child: Child,
    printed: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts it on free ports, with an empty `RUST_LOG`, as a script with an unset variable does.
    fn start(name: &str, arguments: &[&str]) -> Self {
        Self::start_with(name, arguments, &[])
    }

    /// The same with further variables.
    fn start_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let binary = binary(name);
        let mut child = Command::new(&binary)
            .args(arguments)
            .envs([("LISTEN", "127.0.0.1:0"), ("POOL_LISTEN", "127.0.0.1:0"), ("RUST_LOG", "")])
            .env("METRICS_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
        let mut printed = String::new();
        let mut lines = BufReader::new(child.stdout.as_mut().expect("piped"));
        while !printed.lines().last().is_some_and(|line| line.starts_with("listening on ")) {
            if lines.read_line(&mut printed).expect("text") == 0 {
                let _ = child.kill();
                let output = child.wait_with_output().expect("its output");
                panic!("{printed}{}", String::from_utf8_lossy(&output.stderr));
            }
        }
        Self { child, printed }
    }

    /// The variables that it exports.
    fn variables(&self) -> HashMap<&str, &str> {
        self.printed.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('=')).collect()
    }

    /// Each line with this command, and the line above it.
    fn commands(&self, command: &str) -> Vec<(&str, &str)> {
        let lines = self.printed.lines().zip(self.printed.lines().skip(1));
        lines.filter(|(_, line)| line.split(' ').next() == Some(command)).collect()
    }

    /// Each `curl` line, and the status in the line above it, or 200 without one.
    fn trials(&self) -> Vec<(u16, &str)> {
        let trials = self.commands("curl").into_iter();
        let status = |above: &str| above.strip_prefix("# ")?.split(':').next()?.parse().ok();
        trials.map(|(above, line)| (status(above).unwrap_or(200), line)).collect()
    }

    /// Tries every line.
    async fn try_all(&self) -> usize {
        let (variables, trials) = (self.variables(), self.trials());
        for (status, line) in &trials {
            assert_eq!(curl(line, &variables).await.status().as_u16(), *status, "{line}");
        }
        trials.len()
    }
}

/// The path of an example's program, which is in the parent of this test's folder.
fn binary(name: &str) -> PathBuf {
    let mut binary = current_exe().expect("this binary");
    binary.pop();
    binary.set_file_name(format!("{name}{EXE_SUFFIX}"));
    binary
}

/// The words of a line, as a shell with these variables reads it.
fn words(line: &str, variables: &HashMap<&str, &str>) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (closing, Some(opening)) if closing == opening => quote = None,
            ('$', None | Some('"')) => {
                let in_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
                let name: String = std::iter::from_fn(|| characters.next_if(in_name)).collect();
                word += variables.get(&*name).unwrap_or_else(|| panic!("${name} in {line}"));
            }
            (' ', None) => words.push(std::mem::take(&mut word)),
            (other, _) => word.push(other),
        }
    }
    words.push(word);
    words
}

/// Sends the request that `curl` sends for this line.
async fn curl(line: &str, variables: &HashMap<&str, &str>) -> Response {
    let words = words(line, variables);
    let after = |option| words.windows(2).filter(move |pair| pair[0] == option).map(|pair| pair[1].as_str());
    let body = after("-d").next();
    let method = after("-X").next().unwrap_or(if body.is_some() { "POST" } else { "GET" });
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = words.last().expect("a URL");
    let mut request = client.request(method.parse().expect("a method"), url);
    if let Some(body) = body {
        request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body.to_owned());
    }
    let header = |header: &str| {
        let (name, value) = header.split_once(": ").expect("a header");
        let name: HeaderName = name.parse().expect("a name");
        (name, value.parse::<HeaderValue>().expect("a value"))
    };
    request = request.headers(after("-H").map(header).collect());
    if let Some((user, password)) = after("-u").next().and_then(|pair| pair.split_once(':')) {
        request = request.basic_auth(user, Some(password));
    }
    request.send().await.unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The transcripts of the README, in their order.
fn transcripts() -> Vec<&'static str> {
    let blocks = include_str!("../README.md").split("\n```text\n").skip(1);
    blocks.map(|block| block.split("\n```").next().expect("its end")).collect()
}

#[tokio::test]
async fn every_line_of_orders_gets_its_status() {
    assert_eq!(Program::start("orders", &["--tokens"]).try_all().await, 18);
}

#[tokio::test]
async fn every_line_of_imported_gets_its_status() {
    assert_eq!(Program::start("imported", &[]).try_all().await, 9);
}

#[tokio::test]
async fn mcp_prints_how_a_client_finds_the_pool() {
    let program = Program::start("mcp", &[]);
    assert_eq!(program.try_all().await, 3);
    let variables = program.variables();
    let [refused, metadata, _] = program.trials()[..] else { panic!("{}", program.printed) };
    let challenge = curl(refused.1, &variables).await.headers()["www-authenticate"].clone();
    let challenge = challenge.to_str().expect("text");
    let url = metadata.1.rsplit(' ').next().expect("a URL");
    assert_eq!(challenge, format!(r#"Bearer scope="orders/read", resource_metadata="{url}""#));
    let metadata = curl(metadata.1, &variables).await.text().await.expect("text");
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("JSON");
    assert_eq!(metadata["resource"], variables["MCP_URL"]);
    assert_eq!(metadata["authorization_servers"][0], variables["POOL_ISSUER"]);
    assert_eq!(metadata["scopes_supported"], serde_json::json!(["orders/read", "orders/write"]));
    assert_eq!(metadata["bearer_methods_supported"], serde_json::json!(["header"]));
    assert_eq!(metadata["resource_name"], "Orders");
}

/// The README has the default ports, shortens tokens and omits lines.
#[tokio::test]
async fn the_readme_shows_what_orders_prints_and_answers() {
    let program = Program::start("orders", &["--tokens"]);
    let variables = program.variables();
    let [printed, answer] = transcripts()[..2] else { panic!("two transcripts") };
    let by_default = program
        .printed
        .replace(variables["API"], "http://127.0.0.1:3000")
        .replace(variables["POOL"], "http://127.0.0.1:9229");
    let mut lines = by_default.lines();
    for shown in printed.lines() {
        let is_shown = |line: &str| match shown.strip_suffix('…') {
            Some(start) => line.starts_with(start.trim_end_matches(|c| c != '=')) && line.contains("=eyJ"),
            None => line == shown,
        };
        assert!(lines.any(is_shown), "{shown:?} is missing, or in another order, in\n{by_default}");
    }

    let (command, expected) = answer.split_once('\n').expect("a command and an answer");
    let response = curl(command.strip_prefix("$ ").expect("a prompt"), &variables).await;
    let mut text = format!("{:?} {}\n", response.version(), response.status());
    for (name, value) in response.headers() {
        let value = if name == "date" { "<now>" } else { value.to_str().expect("text") };
        text.extend([name.as_str(), ": ", value, "\n"]);
    }
    text.extend(["\n", &*response.text().await.expect("text")]);
    let date = expected.lines().find(|line| line.starts_with("date: ")).expect("a date");
    assert_eq!(text, expected.replace(date, "date: <now>"));
}

#[tokio::test]
async fn orders_prints_its_page_and_no_token_unless_it_is_asked_to() {
    let program = Program::start("orders", &[]);
    assert!(!program.printed.contains("eyJ"), "{}", program.printed);
    let first = program.printed.lines().next().unwrap_or_default();
    let page = first.split(' ').find(|word| word.starts_with("http://")).expect("the URL of the page");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let response = client.get(page).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200, "{page}");
    let policy = response.headers()["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("script-src 'self'"), "{policy}");
    assert!(response.text().await.expect("a page").contains("<h1>Orders</h1>"));
}
