//! A pool's keys, and tokens: a file for each load, with one token per line.

use std::{
    fs,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use bench_harness::AUDIENCE;
use cognito_bench::{LIFETIME, machine, pool, user};
use cognito_local_pool::TokenBuilder;

const DISTINCT: usize = 10_000;

/// Writes the keys and the tokens of each load; in the folder `audience`, the same for servers that require an audience.
pub(crate) fn loads(folder: &Path) {
    let pool = pool();
    let with_audience = folder.join("audience");
    fs::create_dir_all(&with_audience).expect("a folder");
    mint(&with_audience, &|| user(&pool).claim("aud", AUDIENCE));
    mint(folder, &|| user(&pool));
    // Last: the files are complete if this one is there.
    write(folder, "jwks.json", [pool.jwks()]);
}

/// Writes the files that the instruction counts are taken with. They are kept, so that a count changes only with the code.
pub(crate) fn probe(folder: &Path) {
    let pool = pool();
    let issued = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    write(folder, "jwks.json", [pool.jwks()]);
    write(folder, "user", [user(&pool).issued_at(issued).expires_in(LIFETIME).sign()]);
    write(folder, "machine", [machine(&pool).issued_at(issued).expires_in(LIFETIME).sign()]);
}

fn mint(folder: &Path, token: &(dyn Fn() -> TokenBuilder + Sync)) {
    let good = |_| token().sign();
    let forged = |_| token().forged().sign();
    let unknown = |index| token().header("kid", format!("a-key-that-the-pool-never-had-{index:013}=")).sign();
    let garbage = |index| format!("garbage-{index}.not-a-token");
    write(folder, "hot", (0..1).map(good));
    write(folder, "forged", (0..100).map(forged));
    write(folder, "unknown", (0..100).map(unknown));
    write(folder, "garbage", (0..100).map(garbage));
    let tokens = std::thread::scope(|scope| {
        let half = || (0..DISTINCT / 2).map(good).collect::<Vec<String>>();
        let (one, two) = (scope.spawn(half), scope.spawn(half));
        [one, two].map(|half| half.join().expect("no panic")).concat()
    });
    write(folder, "distinct", tokens);
}

fn write(folder: &Path, name: &str, lines: impl IntoIterator<Item = String>) {
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    fs::write(folder.join(name), text).expect("a file");
}
