//! The example `lambda`. This test simulates Lambda: it serves the runtime API ("Using the Lambda runtime API for custom runtimes", AWS
//! Lambda developer guide), from which the program fetches events and to which it sends responses.

use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use cognito_local_pool::{AppClient, LocalPool, PoolServer};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::binary;

const CLIENT: &str = "4example23456789";

/// Takes the function's response to an event, or its error.
type Waiting = oneshot::Sender<Result<Value, Value>>;

/// The runtime API, for one process of the function.
#[derive(Clone)]
struct Runtime {
    events: Arc<tokio::sync::Mutex<mpsc::Receiver<(String, Value)>>>,
    waiting: Arc<Mutex<HashMap<String, Waiting>>>,
}

async fn next(State(runtime): State<Runtime>) -> impl IntoResponse {
    let (id, event) = runtime.events.lock().await.recv().await.expect("the test waits for a response");
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:orders".to_owned(),
        ),
    ];
    (headers, axum::Json(event))
}

async fn respond(
    State(runtime): State<Runtime>,
    Path((id, kind)): Path<(String, String)>,
    body: String,
) -> StatusCode {
    let body = serde_json::from_str(&body).expect("JSON");
    let sender = runtime.waiting.lock().expect("no panic").remove(&id).expect("one response to each event");
    let response = if kind == "response" { Ok(body) } else { Err(body) };
    sender.send(response).expect("the test waits");
    StatusCode::ACCEPTED
}

/// A process of the function, in an execution environment of its own.
struct Function {
    child: Child,
    runtime: Runtime,
    events: mpsc::Sender<(String, Value)>,
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Function {
    async fn start(pool: &LocalPool, temporary: &TempDir) -> Self {
        let (events, receiver) = mpsc::channel(1);
        let runtime = Runtime { events: Arc::new(receiver.into()), waiting: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let api = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(respond))
            .with_state(runtime.clone());
        tokio::spawn(async move { axum::serve(listener, api).await });
        let child = Command::new(binary("lambda"))
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "orders"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("COGNITO_USER_POOL_ID", pool.id()),
                ("COGNITO_CLIENT_IDS", CLIENT),
                ("COGNITO_ISSUER", pool.issuer()),
                ("TMPDIR", temporary.path().to_str().expect("UTF-8")),
                ("RUST_LOG", "off"),
            ])
            .stdin(Stdio::null())
            .spawn()
            .expect("the program");
        Self { child, runtime, events }
    }

    /// What the function URL answers to `GET PATH`.
    async fn get(&self, path: &str, token: Option<&str>) -> (u64, Value) {
        let id = format!("event-{}", self.runtime.waiting.lock().expect("no panic").len());
        let (sender, receiver) = oneshot::channel();
        self.runtime.waiting.lock().expect("no panic").insert(id.clone(), sender);
        self.events.send((id.clone(), event(&id, path, token))).await.expect("the runtime API");
        // A process that has ended takes no event.
        let response = timeout(Duration::from_secs(60), receiver).await.expect("a response in time");
        let response = response.expect("a response").expect("no error of the function");
        (response["statusCode"].as_u64().expect("a status"), response)
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.expect("kill").success());
    }
}

/// The payload of a function URL ("Request payload format", AWS Lambda developer guide).
fn event(id: &str, path: &str, token: Option<&str>) -> Value {
    let host = "urlid.lambda-url.eu-west-1.on.aws";
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"host": host, "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "anonymous", "apiId": "urlid", "domainName": host, "domainPrefix": "urlid",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
            "requestId": id, "routeKey": "$default", "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1_773_342_238_000_u64,
        },
        "isBase64Encoded": false,
    });
    if let Some(token) = token {
        event["headers"]["authorization"] = format!("Bearer {token}").into();
    }
    event
}

/// A pool whose issuer is its address.
fn served() -> (LocalPool, PoolServer) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}/ap-south-1_LocalPool", listener.local_addr().expect("an address"));
    let pool =
        LocalPool::builder("ap-south-1_LocalPool").issuer(issuer).app_client(AppClient::public(CLIENT));
    let pool = pool.build().expect("a pool");
    let server = pool.serve_on(listener).expect("a server");
    (pool, server)
}

fn token(pool: &LocalPool) -> String {
    pool.access_token("ada").scope("orders/read").sign()
}

#[tokio::test]
async fn a_function_url_answers_as_the_service_does() {
    let ((pool, _server), temporary) = (served(), TempDir::new().expect("a folder"));
    let function = Function::start(&pool, &temporary).await;
    let (status, response) = function.get("/orders", Some(&token(&pool))).await;
    assert_eq!(status, 200, "{response}");
    assert!(response["body"].as_str().is_some_and(|body| body.starts_with("the orders of ")), "{response}");
    let (status, response) = function.get("/orders", None).await;
    assert_eq!((status, &response["headers"]["www-authenticate"]), (401, &json!("Bearer realm=\"api\"")));
    let write = pool.access_token("ada").scope("orders/write").sign();
    assert_eq!(function.get("/orders", Some(&write)).await.0, 403);
    assert_eq!(function.get("/orders", Some(&pool.id_token("ada").sign())).await.0, 401);
    assert_eq!(function.get("/health", None).await.0, 200);
}

/// Lambda freezes a process between events, so keys are not refreshed. A new key is fetched for the request that needs it.
#[cfg(unix)]
#[tokio::test]
async fn a_token_with_a_new_key_is_accepted_after_a_freeze() {
    let ((pool, _server), temporary) = (served(), TempDir::new().expect("a folder"));
    let function = Function::start(&pool, &temporary).await;
    assert_eq!(function.get("/orders", Some(&token(&pool))).await.0, 200);
    function.signal("-STOP");
    pool.rotate();
    let new = token(&pool);
    function.signal("-CONT");
    assert_eq!(function.get("/orders", Some(&new)).await.0, 200);
}

#[tokio::test]
async fn a_restarted_function_serves_with_its_last_known_keys_while_the_pool_is_away() {
    let ((pool, server), temporary) = (served(), TempDir::new().expect("a folder"));
    let first = Function::start(&pool, &temporary).await;
    assert_eq!(first.get("/orders", Some(&token(&pool))).await.0, 200);
    // The keys are written beside the requests.
    while !temporary.path().join("cognito-keys.json").exists() {
        first.get("/health", None).await;
    }
    drop(first);
    drop(server);
    let second = Function::start(&pool, &temporary).await;
    assert_eq!(second.get("/orders", Some(&token(&pool))).await.0, 200);
}

#[test]
fn a_function_without_a_pool_does_not_start() {
    let output =
        Command::new(binary("lambda")).env_remove("COGNITO_USER_POOL_ID").output().expect("the program");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.starts_with("error: COGNITO_USER_POOL_ID: not set"), "{error}");
}
