//! What each measured server has in common.
//!
//! A server is a program with two commands: `serve` listens on a free port of the loopback address, prints it, and serves until it
//! is ended; `oneshot` puts the loads to its router without a socket, and prints what each cost. It finds its keys at `$JWKS_URL`.

use std::{convert::Infallible, env, fs, path::Path};

use http::{Request, Response, header::AUTHORIZATION};
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower::{Service, ServiceExt};

/// Made up, and of the form of a real one.
pub const POOL: &str = "eu-west-1_Ab12Cd34E";
/// The `iss` of the pool's tokens.
pub const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
/// The app client that is let in.
pub const CLIENT: &str = "4example23456789";
/// What is asked of the server, one file with tokens each, and how it must answer: with 200 or with another status.
pub const LOADS: [(&str, bool); 5] =
    [("hot", true), ("distinct", true), ("forged", false), ("unknown", false), ("garbage", false)];

/// The claims that a neighbour's handler asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub client_id: String,
    pub scope: String,
    pub exp: u64,
}

/// Where the pool's keys are.
#[must_use]
pub fn jwks_url() -> String {
    env::var("JWKS_URL").expect("$JWKS_URL says where the keys are")
}

/// What the program was started for.
pub enum Command {
    /// Serve where [`listen`] says.
    Serve,
    /// Answer so many requests of each load of this folder.
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
            _ => panic!("`serve`, or `oneshot FOLDER REQUESTS`"),
        }
    }
}

/// Listens, and prints where: to be called once the server is ready.
pub async fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("its address").port());
    listener
}

/// Puts so many requests of each load to the service, and prints the nanoseconds of this thread for each request.
pub async fn oneshot<S, B, R>(service: S, body: fn() -> B, folder: &str, requests: usize)
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone,
{
    ask_all(service, body, folder, requests, |good| good).await;
}

/// The same of a server that lets everybody in.
pub async fn oneshot_open<S, B, R>(service: S, body: fn() -> B, folder: &str, requests: usize)
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone,
{
    ask_all(service, body, folder, requests, |_| true).await;
}

async fn ask_all<S, B, R>(
    service: S,
    body: fn() -> B,
    folder: &str,
    requests: usize,
    is_let_in: fn(bool) -> bool,
) where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone,
{
    for (load, good) in LOADS {
        let tokens = tokens(Path::new(folder), load);
        let ask = async |count: usize| {
            for token in tokens.iter().cycle().take(count) {
                let request = Request::get("/").header(AUTHORIZATION, token).body(body()).expect("a request");
                let response = service.clone().oneshot(request).await.expect("an answer");
                assert_eq!(response.status() == 200, is_let_in(good), "{load}: {}", response.status());
            }
        };
        // What is remembered, if anything is, and pages that are touched the first time.
        ask(tokens.len()).await;
        let before = cpu_nanoseconds();
        ask(requests).await;
        println!("{load} {}", (cpu_nanoseconds() - before) / requests as u64);
    }
}

/// The values of `Authorization` of a load.
#[must_use]
pub fn tokens(folder: &Path, load: &str) -> Vec<String> {
    let file = fs::read_to_string(folder.join(load)).expect("a file with tokens");
    file.lines().map(|token| format!("Bearer {token}")).collect()
}

/// What this thread, the only one, has had of a processor.
#[must_use]
pub fn cpu_nanoseconds() -> u64 {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(spent.tv_sec * 1_000_000_000 + spent.tv_nsec).expect("it began at zero")
}
