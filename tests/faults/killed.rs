//! A process that is killed while it writes the file of last known keys leaves the old file or the new one.

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use cognito_authorizer::{CognitoAuthLayer, clock::ManualClock, keys::Jwks};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    HOUR, LONG, ROTATION, SECOND, code,
    server::{Answer, FaultServer},
    until,
};
use crate::support::{PoolSettings, builder, clock};

/// The variables that make this process the child: the URL of the keys, and the file.
const CHILD: [&str; 2] = ["COGNITO_TESTS_KEYS_URL", "COGNITO_TESTS_KEYS_FILE"];
const KILLS: u64 = 50;

/// A child that is killed when this is dropped, also if the test fails; otherwise it would run for ever.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_file_is_whole_whenever_the_process_is_killed() {
    let clock = clock();
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("keys.json");
    // Each child's clock begins at the same moment. It must not be ahead of this one, or its keys would be from the future.
    clock.advance(HOUR);
    let mut versions = std::collections::BTreeSet::new();
    for kill in 0..KILLS {
        let (before, written) = (server.count(), fs::read(&file).ok());
        server.answer(Answer::good(&ROTATION.old));
        let child = Command::new(env::current_exe().expect("this binary"))
            .args(["--exact", "faults::killed::each_fetch_writes_the_file_anew_and_whole", "--nocapture"])
            .envs(CHILD.into_iter().zip([server.url(), file.to_str().expect("UTF-8")]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Killed)
            .expect("a child");
        until("the child's first write", || fs::read(&file).is_ok_and(|now| Some(now) != written)).await;
        // From here on, it fetches and writes other keys each time. It is killed at a different moment in each round.
        let rest = Duration::from_micros(kill * 997 % 20_000);
        let start = tokio::time::Instant::now();
        let mut sets = [&ROTATION.old, &ROTATION.both].into_iter().cycle();
        while start.elapsed() < rest {
            server.answer(Answer::good(sets.next().expect("endless")));
            tokio::time::sleep(Duration::from_millis(1)).await;
            // A kill at this moment would leave this file.
            keys_in(&file);
        }
        drop(child);
        assert!(server.count() > before);

        server.answer(Answer::Status(500));
        let keys = Jwks::https().fetch_timeout(LONG).last_known(&file);
        let later = builder(&clock).jwks_url(server.url()).keys(keys);
        clock.advance(SECOND);
        let auth = later.connect().await.expect("the file is whole");
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
        versions.insert(auth.status().pools[0].key_ids.len());
    }
    let left = fs::read_dir(folder.path()).expect("a folder").count() - 1;
    println!("{left} of {KILLS} were killed in the middle; sets of {versions:?} keys were found");
}

/// The body of the child process, which runs until it is killed. Without the variables, it does nothing.
#[tokio::test]
async fn each_fetch_writes_the_file_anew_and_whole() {
    let clock = clock();
    if let [Ok(url), Ok(file)] = CHILD.map(env::var) {
        let auth =
            builder(&clock).jwks_url(url).keys(Jwks::https().last_known(file)).connect().await.expect("keys");
        loop {
            write(&auth, &clock).await;
        }
    }
    let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("keys.json");
    let kept = Jwks::https().fetch_timeout(LONG).last_known(&file);
    let auth = builder(&clock).jwks_url(server.url()).keys(kept);
    let auth = auth.connect().await.expect("keys");
    until("the first file", || file.exists()).await;
    for set in [&ROTATION.both, &ROTATION.old, &ROTATION.both] {
        let before = fs::read(&file).expect("a file");
        server.answer(Answer::good(set));
        write(&auth, &clock).await;
        until("another file", || fs::read(&file).expect("there is always one") != before).await;
        let set: Value = serde_json::from_str(set).expect("a key set");
        assert_eq!(keys_in(&file), set);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
}

/// The key set in the file, which is whole.
fn keys_in(file: &Path) -> Value {
    let text = fs::read(file).expect("a file");
    let mut document: Value = serde_json::from_slice(&text).expect("it is whole");
    document["pools"][0]["jwks"].take()
}

/// Causes another fetch, at another moment, and with it another file.
async fn write(auth: &CognitoAuthLayer, clock: &ManualClock) {
    clock.advance(Duration::from_millis(100));
    auth.refresh().await;
}
