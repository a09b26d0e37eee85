//! `--state`: the pool's keys, users and refresh tokens in a file.

use std::{
    io,
    path::{Path, PathBuf},
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
}

impl StateFile {
    pub(super) fn open(path: &Path) -> Result<Self, PoolCommandError> {
        let refused = |problem: String| unusable(path, problem);
        let kept = file::read(path, LIMIT).map_err(|error| refused(error.to_string()))?;
        file::clean_up(path).map_err(|error| refused(format!("cannot be used: {error}")))?;
        Ok(Self { path: path.to_owned(), kept })
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
        pool.on_state(move |state| {
            if let Err(error) = write(&path, state, LIMIT) {
                // If the channel is full, earlier warnings are waiting in it.
                let _ =
                    lines.try_send(format!("warning: the state is not kept: {}: {error}", path.display()));
            }
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
