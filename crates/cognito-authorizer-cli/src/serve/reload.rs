//! When the routes are read again: at SIGHUP, when a file has changed, and after what it needed could not be reached.

use std::{fs, path::PathBuf, time::Duration};

use apigateway_definition::Import;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use crate::error::ServeError;

/// How often the files are looked at. A mounted `ConfigMap` replaces a symbolic link, which notifications of the file system miss.
/// Files that have changed are read once they are the same at two looks: half of a file can be a table that lets in more.
const INTERVAL: Duration = Duration::from_secs(1);
/// When to try again after the keys or the list of revoked tokens could not be reached.
const RETRY: Duration = Duration::from_secs(30);

/// What tells one version of a file from the next.
type Version = Vec<(PathBuf, Option<(u64, Option<std::time::SystemTime>, u64)>)>;

/// Notices changes from the moment when it is made.
pub(super) struct Watch {
    files: Vec<PathBuf>,
    known: Version,
    hangups: Hangups,
}

impl Watch {
    /// Make it before the files are read for the first time, so that no change is missed; from then on, SIGHUP does not end the
    /// process.
    pub(super) fn new(files: Vec<PathBuf>) -> Self {
        let known = version(&files);
        Self { files, known, hangups: hangups() }
    }

    /// Sends a message at each SIGHUP and each change, until the receiver is gone.
    pub(super) async fn run(mut self, changes: mpsc::Sender<&'static str>) {
        let mut changing = None;
        loop {
            let why = tokio::select! {
                () = self.hangups.next() => "SIGHUP",
                () = sleep(INTERVAL) => {
                    let files = self.files.clone();
                    // A file system may hang.
                    let Ok(now) = tokio::task::spawn_blocking(move || version(&files)).await else { continue };
                    if now == self.known {
                        changing = None;
                        continue;
                    }
                    if changing.as_ref() != Some(&now) {
                        changing = Some(now);
                        continue;
                    }
                    self.known = now;
                    changing = None;
                    "a file has changed"
                }
            };
            if changes.send(why).await.is_err() {
                return;
            }
        }
    }
}

/// Calls `renew` at each change, until `changes` ends. An error leaves everything as it is. If it may pass without a change of
/// the files, `renew` is called again after a while.
pub(super) async fn replace<A, F>(
    mut changes: mpsc::Receiver<&'static str>,
    mut renew: impl FnMut() -> F,
    mut replaced: impl FnMut(Result<A, &ServeError>),
) where
    F: Future<Output = Result<A, ServeError>>,
{
    let mut again: Option<Instant> = None;
    loop {
        let why = tokio::select! {
            change = changes.recv() => match change {
                Some(why) => why,
                None => return,
            },
            () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => "another attempt",
        };
        again = None;
        match renew().await {
            Ok(authorizer) => {
                replaced(Ok(authorizer));
                tracing::info!(why, "the routes are replaced");
            }
            Err(error) => {
                replaced(Err(&error));
                if error.may_pass() {
                    again = Some(Instant::now() + RETRY);
                    let seconds = RETRY.as_secs();
                    tracing::error!(
                        why, %error, seconds,
                        "the routes are not replaced; the old ones stay in force until another attempt succeeds"
                    );
                } else {
                    tracing::error!(why, %error, "the routes are not replaced; the old ones stay in force");
                }
            }
        }
    }
}

/// For a directory, the definitions in it, without the files that they refer to.
fn version(paths: &[PathBuf]) -> Version {
    let mut files = Vec::new();
    for path in paths {
        match Import::files_in(path) {
            Ok(found) if path.is_dir() => files.extend(found),
            _ => files.push(path.clone()),
        }
    }
    let of = |path: &PathBuf| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok(), inode(&metadata)))
    };
    files
        .into_iter()
        .map(|path| {
            let version = of(&path);
            (path, version)
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;

    fn unreachable() -> ServeError {
        ServeError::DenyList { problem: "no answer".to_owned() }
    }

    fn unusable() -> ServeError {
        ServeError::File { file: "routes.toml".to_owned(), problem: "no pool".to_owned() }
    }

    /// What became of each attempt, and after how many seconds.
    async fn attempts(
        mut results: Vec<Result<u8, ServeError>>,
        wait: Duration,
    ) -> Vec<(u64, Result<u8, String>)> {
        results.reverse();
        let results = Rc::new(RefCell::new(results));
        let seen = Rc::new(RefCell::new(Vec::new()));
        let (changed, changes) = mpsc::channel(1);
        let began = Instant::now();
        changed.send("SIGHUP").await.unwrap();
        let renew = || {
            let next = results.borrow_mut().pop().expect("no attempt too many");
            async { next }
        };
        let replaced = |result: Result<u8, &ServeError>| {
            let result = result.map_err(ToString::to_string);
            seen.borrow_mut().push((began.elapsed().as_secs(), result));
        };
        let _ = tokio::time::timeout(wait, replace(changes, renew, replaced)).await;
        assert!(results.borrow().is_empty(), "every attempt is made");
        seen.take()
    }

    /// A route that was closed while the key endpoint was down must not stay open unnoticed.
    #[tokio::test(start_paused = true)]
    async fn what_could_not_be_reached_is_tried_again_until_it_can() {
        let results = vec![Err(unreachable()), Err(unreachable()), Ok(1)];
        let seen = attempts(results, Duration::from_secs(600)).await;
        let times: Vec<_> = seen.iter().map(|(seconds, result)| (*seconds, result.is_ok())).collect();
        assert_eq!(times, [(0, false), (30, false), (60, true)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_cannot_be_used_is_not_read_again_until_it_changes() {
        let seen = attempts(vec![Err(unusable())], Duration::from_secs(600)).await;
        assert_eq!(seen.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_read_once_it_does_not_change_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("routes.toml");
        fs::write(&file, "").unwrap();
        let (changed, mut changes) = mpsc::channel(1);
        let watching = tokio::spawn(Watch::new(vec![file.clone()]).run(changed));
        // Between two looks.
        sleep(INTERVAL / 2).await;
        for length in 1..=5 {
            fs::write(&file, "#".repeat(length)).unwrap();
            sleep(INTERVAL).await;
            assert!(changes.try_recv().is_err(), "it is still written");
        }
        sleep(INTERVAL).await;
        assert_eq!(changes.try_recv(), Ok("a file has changed"));
        sleep(INTERVAL * 5).await;
        assert!(changes.try_recv().is_err(), "it was one change");
        watching.abort();
    }

    #[test]
    fn a_change_inside_a_directory_is_a_change_of_its_definition() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("template.yaml", "a");
        let paths = [folder.path().to_owned()];
        let before = version(&paths);
        write("notes.txt", "a");
        assert_eq!(version(&paths), before, "another file is none of the definition");
        write("template.yaml", "ab");
        assert_ne!(version(&paths), before);
    }

    /// Links are followed, as a mounted `ConfigMap` replaces one.
    #[cfg(unix)]
    #[test]
    fn a_replaced_link_a_directory_and_an_absent_file_are_changes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("one"), "a").unwrap();
        fs::write(at("two"), "a").unwrap();
        let link = at("routes.toml");
        std::os::unix::fs::symlink(at("one"), &link).unwrap();
        let paths = [link.clone()];
        let first = version(&paths);
        fs::remove_file(&link).unwrap();
        let absent = version(&paths);
        std::os::unix::fs::symlink(at("two"), &link).unwrap();
        let second = version(&paths);
        fs::remove_file(&link).unwrap();
        fs::create_dir(&link).unwrap();
        let directory = version(&paths);
        let all = [first, absent, second, directory];
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other != one), "{index}");
        }
    }
}
