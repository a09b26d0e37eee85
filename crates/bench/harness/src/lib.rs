//! What all measured servers have in common.
//!
//! A server is a program with two commands. `serve` listens on a free port of the loopback address, prints the port, and serves until
//! it is stopped. `oneshot` sends each load to the router without a socket, and prints the CPU time per request. The server fetches
//! its keys from `$JWKS_URL`.

use std::{convert::Infallible, env, fs, path::Path};

use http::{Request, Response, header::AUTHORIZATION};
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower::{Service, ServiceExt};

/// A made-up user pool id in the form of a real one.
pub const POOL: &str = "eu-west-1_Ab12Cd34E";
/// The `iss` of the pool's tokens.
pub const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
/// The app client whose tokens are accepted.
pub const CLIENT: &str = "4example23456789";
/// The `aud` of the tokens for servers that require one. An ordinary access token of Cognito has none.
pub const AUDIENCE: &str = "https://orders.example.com";
/// The loads, each a file with one token per line, and whether a server must accept them.
pub const LOADS: [(&str, bool); 5] =
    [("hot", true), ("distinct", true), ("forged", false), ("unknown", false), ("garbage", false)];

/// The claims that an alternative's handler extracts.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub client_id: String,
    pub scope: String,
    pub exp: u64,
}

/// The URL of the pool's keys.
#[must_use]
pub fn jwks_url() -> String {
    env::var("JWKS_URL").expect("$JWKS_URL is the URL of the keys")
}

/// What the program was started for.
pub enum Command {
    /// Serve on the port that [`listen`] chooses.
    Serve,
    /// Answer this many requests of each load in this folder.
    OneShot { folder: String, requests: usize },
}

impl Command {
    /// Reads the arguments.
    #[must_use]
    pub fn from_arguments() -> Self {
        let arguments: Vec<String> = env::args().skip(1).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            ["serve"] => Self::Serve,
            ["oneshot", folder, requests] => {
                Self::OneShot { folder: folder.into(), requests: requests.parse().expect("a number") }
            }
            _ => panic!("usage: `serve`, or `oneshot FOLDER REQUESTS`"),
        }
    }
}

/// Listens, and prints the port. Call it when the server is ready.
pub async fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("its address").port());
    listener
}

/// Sends this many requests of each load to the service, and prints this thread's CPU time per request in nanoseconds.
pub async fn oneshot<S, B, R>(service: S, body: fn() -> B, folder: &str, requests: usize)
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone,
{
    send_all(service, body, folder, requests, |good| good).await;
}

/// The same for a server that accepts every request.
pub async fn oneshot_open<S, B, R>(service: S, body: fn() -> B, folder: &str, requests: usize)
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone,
{
    send_all(service, body, folder, requests, |_| true).await;
}

async fn send_all<S, B, R>(
    service: S,
    body: fn() -> B,
    folder: &str,
    requests: usize,
    is_accepted: fn(bool) -> bool,
) where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone,
{
    for (load, good) in LOADS {
        let tokens = tokens(Path::new(folder), load);
        let send = async |count: usize| {
            for token in tokens.iter().cycle().take(count) {
                let request = Request::get("/").header(AUTHORIZATION, token).body(body()).expect("a request");
                let response = service.clone().oneshot(request).await.expect("an answer");
                assert_eq!(response.status() == 200, is_accepted(good), "{load}: {}", response.status());
            }
        };
        // Fills caches, and touches the pages of memory for the first time.
        send(tokens.len()).await;
        let before = cpu_nanoseconds();
        send(requests).await;
        println!("{load} {}", (cpu_nanoseconds() - before) / requests as u64);
    }
}

/// The values of `Authorization` of a load.
#[must_use]
pub fn tokens(folder: &Path, load: &str) -> Vec<String> {
    let file = fs::read_to_string(folder.join(load)).expect("a file with tokens");
    file.lines().map(|token| format!("Bearer {token}")).collect()
}

/// The CPU time that this thread has used.
#[must_use]
pub fn cpu_nanoseconds() -> u64 {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(spent.tv_sec * 1_000_000_000 + spent.tv_nsec).expect("it starts at zero")
}
