//! The memory of this process while it receives many tokens, each once.

use std::{fs, sync::mpsc::sync_channel, thread};

use cognito_bench::{layer, pool, protect, request, status, user};

/// Prints some counts of tokens, and the bytes at each.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn print(tokens: usize) {
    let pool = pool();
    let service = protect(&layer(&pool, |builder| builder));
    // The tokens are signed in this process too, so the memory of the signing threads is touched before the first measurement.
    let (sender, receiver) = sync_channel(64);
    for _ in 0..2 {
        let (pool, sender) = (pool.clone(), sender.clone());
        thread::spawn(move || while sender.send(user(&pool).sign()).is_ok() {});
    }
    receiver.iter().take(500).for_each(drop);
    println!("0 {}", resident());
    for (index, token) in receiver.iter().take(tokens).enumerate() {
        assert_eq!(status(&service, request("/", &token)).await, 200);
        let seen = index + 1;
        if matches!(seen, 1_000 | 5_000 | 10_000 | 20_000 | 50_000) || seen % 100_000 == 0 || seen == tokens {
            println!("{seen} {}", resident());
        }
    }
}

/// The anonymous memory of this process in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("a line");
    let kilobytes: usize = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    kilobytes * 1024
}
