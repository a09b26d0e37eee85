//! `memory TOKENS`: what this process occupies while it is shown so many tokens that it has not seen before. Prints, at some of
//! them, how many it was and the bytes.

use std::{env, fs, sync::mpsc::sync_channel, thread};

use bench_harness::{CLIENT, POOL};
use cognito_authorizer::CognitoAuthLayer;
use cognito_bench::{keys, pool, protect, request, status, user};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let tokens: usize = env::args().nth(1).and_then(|count| count.parse().ok()).expect("a number of tokens");
    let pool = pool();
    let layer = CognitoAuthLayer::builder(POOL).client(CLIENT).with_keys([(pool.id(), keys(&pool))]).expect("it holds");
    let service = protect(&layer);
    // What is known of the tokens stays behind in this process, so those who sign must have had their memory before.
    let (sender, receiver) = sync_channel(64);
    for _ in 0..2 {
        let (pool, sender) = (pool.clone(), sender.clone());
        thread::spawn(move || while sender.send(user(&pool).sign()).is_ok() {});
    }
    receiver.iter().take(500).for_each(drop);
    println!("0 {}", resident());
    for (place, token) in receiver.iter().take(tokens).enumerate() {
        assert_eq!(status(&service, request("/", &token)).await, 200);
        let seen = place + 1;
        if matches!(seen, 1_000 | 5_000 | 10_000 | 20_000 | 50_000) || seen % 100_000 == 0 || seen == tokens {
            println!("{seen} {}", resident());
        }
    }
}

/// Bytes of memory of its own that the process occupies.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux counts it");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("a line");
    let kilobytes: usize = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    kilobytes * 1024
}
