//! `--state`: the pool's keys, users and refresh tokens in a file.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use cognito_local_pool::{LocalPool, LocalPoolBuilder};
use tokio::sync::mpsc;

use super::file;
use crate::error::PoolCommandError;

/// Ten times the size of ten thousand users with as many grants. Sign-ups with large attributes can make a state larger.
const LIMIT: u64 = 128 * 1024 * 1024;

/// The file of the state, and its content at the start.
pub(super) struct StateFile {
    path: PathBuf,
    kept: Option<Vec<u8>>,
    /// Keeps other processes out for as long as this one runs.
    _lock: file::Lock,
}

impl StateFile {
    pub(super) fn open(path: &Path) -> Result<Self, PoolCommandError> {
        let refused = |problem: String| unusable(path, problem);
        // Lock first: what another process is writing must be neither read nor cleaned up.
        let lock = file::lock(path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => {
                refused("another pool uses it; stop that pool, or give this one its own file".to_owned())
            }
            _ => refused(format!("cannot be used: {error}")),
        })?;
        let kept = file::read(path, LIMIT).map_err(|error| refused(error.to_string()))?;
        file::clean_up(path).map_err(|error| refused(format!("cannot be used: {error}")))?;
        Ok(Self { path: path.to_owned(), kept, _lock: lock })
    }

    /// Gives the pool its kept state, and lets it write each change before it answers. Failed writes are reported in `lines`.
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
                // One warning until a write succeeds: each request tries again.
                Err(error) if !warned.swap(true, Ordering::Relaxed) => {
                    let warning = format!(
                        "warning: the state is not kept: {}: {error}; the next request tries again",
                        path.display()
                    );
                    let _ = lines.try_send(warning); // If the channel is full, other lines are waiting in it.
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

    /// Writes the state before the first request, so that the keys are kept even if there is no request.
    pub(super) fn begin(&self, pool: &LocalPool) -> Result<(), PoolCommandError> {
        write(&self.path, &pool.export_state(), LIMIT)
            .map_err(|error| unusable(&self.path, format!("cannot be written: {error}; choose another file")))
    }
}

/// Writes a state that the next start can read. The pool would not start with a larger one, so that is not written.
fn write(path: &Path, state: &[u8], limit: u64) -> io::Result<()> {
    if u64::try_from(state.len()).is_ok_and(|length| length <= limit) {
        return file::write(path, state);
    }
    let problem = format!("it has more than {limit} bytes; delete users that signed up");
    Err(io::Error::new(io::ErrorKind::FileTooLarge, problem))
}

/// The error for a state file that cannot be used.
pub(super) fn unusable(path: &Path, problem: String) -> PoolCommandError {
    PoolCommandError::State { file: path.display().to_string(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_too_large_to_be_read_again_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        write(&path, b"1234", 4).unwrap();
        let error = write(&path, b"12345", 4).unwrap_err().to_string();
        assert!(error.contains("more than 4 bytes"), "{error}");
        assert_eq!(file::read(&path, 4).unwrap().unwrap(), b"1234");
    }
}
