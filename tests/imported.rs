//! The service of `examples/imported.rs`, which protects its routes as API Gateway would by the same `serverless.yml`.

#[path = "../examples/imported/pool.rs"]
mod pool;
#[path = "../examples/imported/service.rs"]
mod service;
#[path = "../examples/imported/try_it.rs"]
mod try_it;

use std::{collections::HashMap, net::TcpListener};

use cognito_local_pool::{LocalPool, PoolServer};
use expect_test::expect;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use self::service::Service;
use crate::{
    profiles::full,
    support::{Answer, Api, bearer},
};

const SCOPE: &str = "user_management_lambdas/api";

struct Imported {
    api: Api,
    pool: LocalPool,
    /// Ends with the test.
    server: PoolServer,
}

impl Imported {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let Service { router, pool, pool_server } = Service::start(listener).await.expect("a service");
        Self { api: Api::serve(router).await, pool, server: pool_server }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a name");
            all.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        let method: Method = method.parse().expect("a method");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client.request(method, format!("{}{path}", self.api.url())).headers(all);
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("a body of text") }
    }

    /// Status and body, in one line.
    async fn brief(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
        let answer = self.send(method, path, headers).await;
        format!("{} {}", answer.status.as_u16(), answer.body.trim_end())
    }
}

#[tokio::test]
async fn a_serverless_yml_is_served_as_api_gateway_would() {
    let imported = Imported::start().await;
    let access = || imported.pool.access_token("ada").client("BrowserClient");
    let mut shown = String::new();
    for (what, method, path, token) in [
        ("no token", "POST", "/my_path", String::new()),
        ("ID token", "POST", "/my_path", imported.pool.id_token("ada").client("BrowserClient").sign()),
        ("access token with the scope", "POST", "/my_path", access().scope(SCOPE).sign()),
        ("machine", "POST", "/my_path", imported.pool.machine_token("MachineClient").sign()),
        ("access token without the scope", "POST", "/my_path", access().sign()),
        (
            "another scope of the server",
            "POST",
            "/my_path",
            access().scope("user_management_lambdas/other").sign(),
        ),
        ("expired", "POST", "/my_path", access().scope(SCOPE).expired().sign()),
        ("forged", "POST", "/my_path", access().scope(SCOPE).forged().sign()),
        (
            "any app client, as in API Gateway",
            "POST",
            "/my_path",
            access().client("another").scope(SCOPE).sign(),
        ),
        ("another method", "GET", "/my_path", access().scope(SCOPE).sign()),
        ("unknown path", "POST", "/nowhere", access().scope(SCOPE).sign()),
        ("unknown path, no token", "GET", "/", String::new()),
    ] {
        let value = bearer(&token);
        let headers = if token.is_empty() { Vec::new() } else { vec![("authorization", &*value)] };
        shown.push_str(&format!("{what}: {}\n", imported.brief(method, path, &headers).await));
    }
    expect![[r#"
        no token: 401 {"message":"Unauthorized"}
        ID token: 401 {"message":"Unauthorized"}
        access token with the scope: 200 called by ada
        machine: 200 called by MachineClient
        access token without the scope: 401 {"message":"Unauthorized"}
        another scope of the server: 401 {"message":"Unauthorized"}
        expired: 401 {"message":"The incoming token has expired"}
        forged: 401 {"message":"Unauthorized"}
        any app client, as in API Gateway: 200 called by ada
        another method: 403 {"message":"Missing Authentication Token"}
        unknown path: 403 {"message":"Missing Authentication Token"}
        unknown path, no token: 403 {"message":"Missing Authentication Token"}
    "#]]
    .assert_eq(&shown);
}

#[tokio::test]
async fn the_answers_have_all_headers_of_a_rest_api() {
    let imported = Imported::start().await;
    expect![[r#"
        401
        access-control-allow-origin: *
        content-length: 26
        content-type: application/json
        x-amz-apigw-id: <id>
        x-amzn-errortype: UnauthorizedException
        x-amzn-requestid: <uuid>

        {"message":"Unauthorized"}"#]]
    .assert_eq(&full(&imported.send("POST", "/my_path", &[]).await));
    expect![[r#"
        403
        access-control-allow-origin: *
        content-length: 42
        content-type: application/json
        x-amz-apigw-id: <id>
        x-amzn-errortype: MissingAuthenticationTokenException
        x-amzn-requestid: <uuid>

        {"message":"Missing Authentication Token"}"#]]
    .assert_eq(&full(&imported.send("POST", "/nowhere", &[]).await));
}

#[tokio::test]
async fn a_preflight_needs_no_token_and_is_answered() {
    let imported = Imported::start().await;
    let headers = [("origin", "http://localhost:8080"), ("access-control-request-method", "POST")];
    let answer = imported.send("OPTIONS", "/my_path", &headers).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(answer.headers["access-control-allow-methods"], "POST");
    // `Authorization` by its name: for browsers, `*` does not include it.
    assert_eq!(answer.headers["access-control-allow-headers"], "authorization,content-type");
    // The `CorsLayer` is outside, so it answers for paths without a route too. The request that follows is refused.
    assert_eq!(imported.brief("OPTIONS", "/nowhere", &headers).await, "200 ");
    let request = imported.brief("POST", "/nowhere", &headers).await;
    assert_eq!(request, r#"403 {"message":"Missing Authentication Token"}"#);
}

/// Without CORS headers, a browser does not show a refusal to the page that sent the request.
#[tokio::test]
async fn a_refusal_has_cors_headers() {
    let imported = Imported::start().await;
    let no_scope = bearer(imported.pool.access_token("ada").client("BrowserClient").sign());
    let expired =
        bearer(imported.pool.access_token("ada").client("BrowserClient").scope(SCOPE).expired().sign());
    for (method, path, authorization, status) in [
        ("POST", "/my_path", "", 401),
        ("POST", "/my_path", &*no_scope, 401),
        ("POST", "/my_path", &*expired, 401),
        ("GET", "/my_path", &*no_scope, 403),
        ("POST", "/nowhere", "", 403),
    ] {
        let mut headers = vec![("origin", "http://localhost:8080")];
        headers.extend((!authorization.is_empty()).then_some(("authorization", authorization)));
        let answer = imported.send(method, path, &headers).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*", "{method} {path}");
    }
}

/// Reads the printed text as a shell would.
#[tokio::test]
async fn every_printed_line_gets_the_printed_status() {
    let imported = Imported::start().await;
    let mut text = Vec::new();
    try_it::write(&imported.pool, &imported.server, imported.api.url(), &mut text).expect("a text");
    let text = String::from_utf8(text).expect("a text");
    let variables: HashMap<&str, &str> =
        text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('=')).collect();
    let mut tried = 0;
    for (above, command) in text.lines().zip(text.lines().skip(1)) {
        let Some(arguments) = command.strip_prefix("curl -i ") else { continue };
        let arguments = variables
            .iter()
            .fold(arguments.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value));
        let (mut method, mut headers) = ("GET", Vec::new());
        let words: Vec<&str> = arguments
            .split('"')
            .flat_map(|part| {
                if part.contains(": ") {
                    vec![part]
                } else {
                    part.split(' ').filter(|word| !word.is_empty()).collect()
                }
            })
            .collect();
        for pair in words.windows(2) {
            match pair[0] {
                "-X" => method = pair[1],
                "-H" => headers.push(pair[1].split_once(": ").expect("a header")),
                _ => {}
            }
        }
        let path = words.last().and_then(|url| url.strip_prefix(imported.api.url())).expect("a path");
        let status = above.trim_start_matches("# ").split(':').next().expect("a status");
        assert_eq!(imported.send(method, path, &headers).await.status.as_str(), status, "{above}\n{command}");
        tried += 1;
    }
    assert_eq!(tried, try_it::TRIALS.len());
}
