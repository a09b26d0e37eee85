//! The same request many times, for callgrind to count its instructions. Everything within [`measured`] is counted.

use std::{fs, future::Future, path::Path, pin::Pin, time::Duration};

use bench_harness::{CLIENT, POOL};
use cognito_authorizer::{CognitoAuthLayer, KeySet, UnixTime, clock::Clock};
use http::Request;

use crate::{Protected, call, protect, request};

const REQUESTS: usize = 100;

/// A clock that stays at a time when the kept tokens are valid.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(1_700_000_060)
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

/// Sends the requests of the path `what` with the tokens and keys in `folder`, and prints how many were measured.
pub fn run(what: &str, folder: &Path) {
    let read = |name| fs::read_to_string(folder.join(name)).expect("a kept file");
    let (user, machine) = (read("user"), read("machine"));
    let (token, ttl) = match what {
        "hit" => (user.trim().to_owned(), 300),
        "cold_user" => (user.trim().to_owned(), 0),
        "cold_machine" => (machine.trim().to_owned(), 0),
        "garbage" => ("garbage.not-a-token".to_owned(), 300),
        "unknown_key" => (unknown(user.trim()), 300),
        _ => panic!("no such path: {what}"),
    };
    let keys = KeySet::from_json(read("jwks.json").as_bytes()).expect("they can be used");
    let layer = CognitoAuthLayer::builder(POOL).client(CLIENT).clock(Still);
    let layer = layer.result_ttl(Duration::from_secs(ttl)).with_keys([(POOL, keys)]).expect("it holds");
    let mut service = protect(&layer);
    let requests = || (0..REQUESTS).map(|_| request("/", &token)).collect::<Vec<_>>();
    for request in requests() {
        drop(call(&mut service, request));
    }
    measured(&mut service, requests());
    println!("{REQUESTS}");
}

#[inline(never)]
fn measured(service: &mut Protected, requests: Vec<Request<()>>) {
    for request in requests {
        drop(call(service, request));
    }
}

/// The token with a `kid` that the pool does not have.
fn unknown(token: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let (_, rest) = token.split_once('.').expect("three segments");
    let header = format!(r#"{{"kid":"{}","alg":"RS256"}}"#, "x".repeat(44));
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}
