//! `mint FOLDER`: a pool's keys and the tokens of each load, a file each. `mint probe FOLDER`: what the instruction counts are
//! taken with, which is kept, so that a count changes with the code alone.

use std::{
    env, fs,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use cognito_bench::{LIFETIME, machine, pool, user};
use cognito_local_pool::LocalPool;

const DISTINCT: usize = 10_000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let pool = pool();
    match arguments[..] {
        ["probe", folder] => mint_probe(&pool, Path::new(folder)),
        [folder] => mint_loads(&pool, Path::new(folder)),
        _ => panic!("`mint FOLDER` or `mint probe FOLDER`"),
    }
}

fn mint_loads(pool: &LocalPool, folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    let good = |_| user(pool).sign();
    let forged = |_| user(pool).signed_by_stranger().sign();
    let unknown =
        |place| user(pool).header("kid", format!("a-key-that-no-pool-has-{place:08}-and-never-had=")).sign();
    let garbage = |place| format!("garbage-{place}.not-a-token");
    write(folder, "jwks.json", [pool.jwks()]);
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

fn mint_probe(pool: &LocalPool, folder: &Path) {
    let issued = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    write(folder, "jwks.json", [pool.jwks()]);
    write(folder, "user", [user(pool).issued_at(issued).expires_in(LIFETIME).sign()]);
    write(folder, "machine", [machine(pool).issued_at(issued).expires_in(LIFETIME).sign()]);
}

fn write(folder: &Path, name: &str, lines: impl IntoIterator<Item = String>) {
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    fs::write(folder.join(name), text).expect("a file");
}
