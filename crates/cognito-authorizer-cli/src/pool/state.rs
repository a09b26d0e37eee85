//! `--state`: the pool's keys, users and refresh tokens in a file.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use cognito_local_pool::{LocalPool, LocalPoolBuilder};
use tokio::sync::mpsc;

use super::{PoolCommandError, file};

/// Ten thousand users with as many grants are a tenth of it. A client can sign up users with attributes that make it more.
const LIMIT: u64 = 128 * 1024 * 1024;

/// The file of the state, and what it had at the start.
pub(super) struct StateFile {
    path: PathBuf,
    kept: Option<Vec<u8>>,
    /// Keeps other processes out for as long as this one runs.
    _lock: file::Lock,
}

impl StateFile {
    pub(super) fn open(path: &Path) -> Result<Self, PoolCommandError> {
        let refused = |problem: String| unusable(path, problem);
        // First: what another process writes now must be neither read nor cleaned up.
        let lock = file::lock(path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => {
                refused("another pool uses it; stop that pool, or give this one a file of its own".to_owned())
            }
            _ => refused(format!("cannot be used: {error}")),
        })?;
        let kept = file::read(path, LIMIT).map_err(|error| refused(error.to_string()))?;
        file::clean_up(path).map_err(|error| refused(format!("cannot be used: {error}")))?;
        Ok(Self { path: path.to_owned(), kept, _lock: lock })
    }

    /// The pool with the kept state, which writes each change of it before it answers. What cannot be written is said
    /// in `lines`.
    pub(super) fn keep(
        &mut self,
        mut pool: LocalPoolBuilder,
        lines: mpsc::Sender<String>,
    ) -> LocalPoolBuilder {
        if let Some(kept) = self.kept.take() {
            pool = pool.state(kept);
        }
        let path = self.path.clone();
        let warned = AtomicBool::new(false);
        pool.on_state(move |state| {
            let written = write(&path, state, LIMIT);
            match &written {
                // Once for as long as it lasts: each request tries again.
                Err(error) if !warned.swap(true, Ordering::Relaxed) => {
                    let warning = format!(
                        "warning: the state is not kept: {}: {error}; the next request tries again",
                        path.display()
                    );
                    let _ = lines.try_send(warning); // A full channel says enough.
                }
                Err(_) => {}
                Ok(()) => {
                    if warned.swap(false, Ordering::Relaxed) {
                        let _ = lines.try_send(format!("the state is kept again: {}", path.display()));
                    }
                }
            }
            written
        })
    }

    /// Writes the state before the first request, so that keys are kept even if none comes.
    pub(super) fn begin(&self, pool: &LocalPool) -> Result<(), PoolCommandError> {
        write(&self.path, &pool.export_state(), LIMIT)
            .map_err(|error| unusable(&self.path, format!("cannot be written: {error}; choose another file")))
    }
}

/// Writes a state that the next start will read. A larger one would keep the pool from starting, so the file stays as it is.
fn write(path: &Path, state: &[u8], limit: u64) -> io::Result<()> {
    if u64::try_from(state.len()).is_ok_and(|length| length <= limit) {
        return file::write(path, state);
    }
    let problem = format!("it has more than {limit} bytes; delete users that signed up");
    Err(io::Error::new(io::ErrorKind::FileTooLarge, problem))
}

/// Why the state in the file at `path` is not used.
pub(super) fn unusable(path: &Path, problem: String) -> PoolCommandError {
    PoolCommandError::State { file: path.display().to_string(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_no_start_would_read_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        write(&path, b"1234", 4).unwrap();
        let error = write(&path, b"12345", 4).unwrap_err().to_string();
        assert!(error.contains("more than 4 bytes"), "{error}");
        assert_eq!(file::read(&path, 4).unwrap().unwrap(), b"1234");
    }
}
