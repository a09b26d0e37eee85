//! Triggers that reload the routes: SIGHUP, and a changed file.

use std::{fs, path::PathBuf, time::Duration};

use tokio::sync::mpsc;

/// How often the files are checked. A mounted `ConfigMap` replaces a symbolic link, which file system notifications miss.
const INTERVAL: Duration = Duration::from_secs(2);

/// Identifies a version of a file.
type Version = Vec<Option<(u64, Option<std::time::SystemTime>, u64)>>;

/// Sends a message for each SIGHUP and each change, until the receiver is dropped.
pub(super) async fn watch(files: Vec<PathBuf>, changes: mpsc::Sender<&'static str>) {
    let mut known = version(&files);
    let mut hangups = hangups();
    loop {
        let why = tokio::select! {
            () = hangups.next() => "SIGHUP",
            () = tokio::time::sleep(INTERVAL) => {
                let now = version(&files);
                if now == known {
                    continue;
                }
                known = now;
                "a file has changed"
            }
        };
        if changes.send(why).await.is_err() {
            return;
        }
    }
}

fn version(files: &[PathBuf]) -> Version {
    let of = |path: &PathBuf| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok(), inode(&metadata)))
    };
    files.iter().map(of).collect()
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

fn hangups() -> Hangups {
    Hangups {
        #[cfg(unix)]
        signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
    }
}

impl Hangups {
    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
