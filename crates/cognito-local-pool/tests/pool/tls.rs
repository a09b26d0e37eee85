//! A pool that is served by https.

use std::time::Duration;

use cognito_local_pool::{AppClient, Clock, LocalPool, PoolServer, TlsIdentity};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{ID, builder};

fn identity() -> TlsIdentity {
    TlsIdentity::generate(Clock::system().now()).unwrap()
}

fn pool_with_login() -> LocalPool {
    let client = AppClient::public("browser").callback_url("http://localhost:3000/").allow_scope("openid");
    builder().app_client(client).build().unwrap()
}

/// A client that trusts this certificate and no other.
fn trusting(identity: &TlsIdentity) -> reqwest::Client {
    let certificate = reqwest::Certificate::from_pem(identity.certificate_pem().as_bytes()).unwrap();
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([certificate]);
    builder.timeout(Duration::from_secs(60)).build().unwrap()
}

/// The URL of a path by this host.
fn url(server: &PoolServer, host: &str, path: &str) -> String {
    format!("https://{host}:{}{path}", server.address().port())
}

async fn json(client: &reqwest::Client, url: &str) -> Value {
    serde_json::from_slice(&client.get(url).send().await.unwrap().bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn who_trusts_the_certificate_reaches_the_pool_by_each_of_its_names() {
    let identity = identity();
    let server = pool_with_login().serve_tls("127.0.0.1:0", &identity).await.unwrap();
    assert!(server.jwks_url().starts_with("https://127.0.0.1:"));
    let client = trusting(&identity);
    for host in ["localhost", "127.0.0.1"] {
        let base = url(&server, host, "");
        let document = json(&client, &format!("{base}/{ID}/.well-known/openid-configuration")).await;
        assert_eq!(document["authorization_endpoint"], format!("{base}/oauth2/authorize"));
        let jwks = json(&client, document["jwks_uri"].as_str().unwrap()).await;
        assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    }
    let other = trusting(&TlsIdentity::generate(Clock::system().now()).unwrap());
    assert!(other.get(server.jwks_url()).send().await.is_err(), "another certificate is not trusted");
}

#[tokio::test]
async fn cookies_are_secure_by_https_alone() {
    let identity = identity();
    let pool = pool_with_login();
    let path = "/login?client_id=browser&response_type=code&redirect_uri=http://localhost:3000/";
    let plain = pool.serve("127.0.0.1:0").await.unwrap();
    let secure = pool.serve_tls("127.0.0.1:0", &identity).await.unwrap();
    for (server, expected) in [(&plain, false), (&secure, true)] {
        let answer = trusting(&identity).get(format!("{}{path}", server.url())).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert_eq!(cookie.contains("; Secure"), expected, "{cookie}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_greet_keeps_no_other_one_waiting() {
    let identity = identity();
    let server = pool_with_login().serve_tls("127.0.0.1:0", &identity).await.unwrap();
    let _silent = TcpStream::connect(server.address()).await.unwrap();
    let mut plain = TcpStream::connect(server.address()).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/"), "plain http is not answered");
    assert_eq!(trusting(&identity).get(server.jwks_url()).send().await.unwrap().status(), 200);
}

/// A stopped clock jumps to the next time-out as soon as the program waits for the network.
#[tokio::test(start_paused = true)]
async fn a_stopped_clock_ends_no_handshake() {
    let server = pool_with_login().serve_tls("127.0.0.1:0", &identity()).await.unwrap();
    let mut slow = TcpStream::connect(server.address()).await.unwrap();
    let hour = Duration::from_secs(3600);
    assert!(
        tokio::time::timeout(hour, slow.read_u8()).await.is_err(),
        "the pool still waits for the greeting"
    );
}

#[tokio::test]
async fn other_machines_are_refused_by_https_too() {
    let identity = identity();
    let pool = pool_with_login();
    assert!(pool.serve_tls("0.0.0.0:0", &identity).await.is_err());
    let open = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let server = pool.dangerous_serve_tls_anywhere_on(open, &identity).unwrap();
    assert!(server.url().starts_with("https://127.0.0.1:"), "{}", server.url());
}
