//! A pool to test with, tokens taken apart, and a plain HTTP client.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cognito_local_pool::{AppClient, Clock, LocalPool, LocalPoolBuilder, PoolServer, ResourceServer, User};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const ID: &str = "ap-south-1_abcdefghi";
/// 2026-01-01, the time of the tests' clocks.
pub(crate) const NOW: u64 = 1_767_225_600;

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A pool of its own for each test; the keys are made once for all of them.
pub(crate) fn builder() -> LocalPoolBuilder {
    LocalPool::builder(ID)
        .keys_of(keys())
        .clock(Clock::fixed(at(NOW)))
        .resource_server(ResourceServer::new("orders").scope("read").scope("write").scope("admin"))
        .app_client(AppClient::public("web"))
        .app_client(
            AppClient::confidential("m2m", "its:secret+%")
                .allow_scope("orders/read")
                .allow_scope("orders/write")
                .allow_scope("openid")
                .access_token_lifetime(Duration::from_secs(600)),
        )
        .user(
            User::new("ada", "her-password")
                .group("ops")
                .group("admins")
                .attribute("email", "ada@example.com")
                .attribute("email_verified", "true")
                .attribute("custom:role", "chief"),
        )
}

/// A pool whose users sign in with their addresses, to be completed with the kind of address.
pub(crate) fn addresses() -> LocalPoolBuilder {
    LocalPool::builder(ID)
        .keys_of(keys())
        .clock(Clock::fixed(at(NOW)))
        .app_client(AppClient::public("web"))
        .user(User::new("ada@example.com", "her-password"))
        .user(User::new("+441234567", "his-password"))
}

/// Keys that are made once for all tests.
fn keys() -> &'static LocalPool {
    static KEYS: OnceLock<LocalPool> = OnceLock::new();
    KEYS.get_or_init(LocalPool::new)
}

pub(crate) fn pool() -> LocalPool {
    builder().build().unwrap()
}

pub(crate) struct Token {
    pub(crate) header: String,
    pub(crate) payload: String,
    message: String,
    signature: Vec<u8>,
}

impl Token {
    pub(crate) fn of(compact: &str) -> Self {
        let parts: Vec<&str> = compact.split('.').collect();
        assert_eq!(parts.len(), 3, "{compact}");
        let text = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        Self {
            header: text(parts[0]),
            payload: text(parts[1]),
            message: format!("{}.{}", parts[0], parts[1]),
            signature: URL_SAFE_NO_PAD.decode(parts[2]).unwrap(),
        }
    }

    pub(crate) fn claims(&self) -> Value {
        serde_json::from_str(&self.payload).unwrap()
    }

    pub(crate) fn claim(&self, name: &str) -> Value {
        self.claims()[name].clone()
    }

    pub(crate) fn header(&self) -> Value {
        serde_json::from_str(&self.header).unwrap()
    }

    /// The names of the claims in alphabetical order.
    pub(crate) fn names(&self) -> String {
        let mut names: Vec<String> = self.claims().as_object().unwrap().keys().cloned().collect();
        names.sort();
        names.join(" ")
    }

    /// Whether the published key under `kid` made the signature.
    pub(crate) fn signed_by(&self, pool: &LocalPool, kid: &str) -> bool {
        let jwks: Value = serde_json::from_str(&pool.jwks()).unwrap();
        let keys = jwks["keys"].as_array().unwrap();
        let Some(key) = keys.iter().find(|key| key["kid"] == kid) else { return false };
        let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
        let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, self.message.as_bytes(), &self.signature).is_ok()
    }
}

pub(crate) fn key_ids(pool: &LocalPool) -> Vec<String> {
    let jwks: Value = serde_json::from_str(&pool.jwks()).unwrap();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Sends one request with exactly these header lines, and reads to the end of the connection.
pub(crate) async fn send(server: &PoolServer, request: &str, headers: &[&str], body: &str) -> Response {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let mut text = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|line| line.starts_with("Host:")) {
        text.push_str("Host: localhost:9229\r\n");
    }
    for line in headers {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.extend(["Content-Length: ", &body.len().to_string(), "\r\n\r\n", body]);
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Response { status, head: head.to_owned(), body: body.to_owned() }
}

pub(crate) async fn get(server: &PoolServer, path: &str) -> Response {
    send(server, &format!("GET {path}"), &[], "").await
}

/// A request to the token endpoint; `basic` is `id:secret` before encoding.
pub(crate) async fn token_request(server: &PoolServer, basic: Option<&str>, form: &str) -> Response {
    let authorization = basic.map(|pair| format!("Authorization: Basic {}", STANDARD.encode(pair)));
    let mut headers = vec!["Content-Type: application/x-www-form-urlencoded"];
    headers.extend(authorization.as_deref());
    send(server, "POST /oauth2/token", &headers, form).await
}

pub(crate) async fn initiate_auth(server: &PoolServer, body: &Value) -> Response {
    let headers = [
        "Content-Type: application/x-amz-json-1.1",
        "X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth",
    ];
    send(server, "POST /", &headers, &body.to_string()).await
}

/// The code of the app with the secret `GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ` at this time (RFC 6238).
pub(crate) fn code(seconds: u64) -> String {
    code_with(b"12345678901234567890", seconds)
}

pub(crate) fn code_with(secret: &[u8], seconds: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &(seconds / 30).to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
