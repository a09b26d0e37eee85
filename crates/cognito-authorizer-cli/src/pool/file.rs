//! Files with secrets: read only if no other user can change them, and replaced in one step.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("cannot be used: {0}")]
    Io(#[from] io::Error),
    #[error("is not a regular file; give the path of a file")]
    NotAFile,
    #[cfg(unix)]
    #[error("can be changed by other users (mode {mode:o}); check it, and run `chmod 600` on it")]
    Writable { mode: u32 },
    #[cfg(unix)]
    #[error("belongs to user {user}, who is neither the user of this process nor root; use your own file")]
    Owner { user: u32 },
    #[error("has more than {limit} bytes; it was not written by this command")]
    TooLarge { limit: u64 },
}

/// The content of the file; `None` if it does not exist.
pub(super) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FileError> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a named pipe would wait for a writer. It is refused below.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    check(&file)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(Some(bytes))
    } else {
        Err(FileError::TooLarge { limit })
    }
}

/// Checks that only the user of this process, or root, can change the file.
fn check(file: &File) -> Result<(), FileError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (user, mode) = (metadata.uid(), metadata.mode() & 0o7777);
        if user != 0 && user != rustix::process::geteuid().as_raw() {
            return Err(FileError::Owner { user });
        }
        if mode & 0o022 != 0 {
            return Err(FileError::Writable { mode });
        }
    }
    Ok(())
}

/// Replaces or creates the file, with mode 0600. If this process is killed, a reader finds the old file or the new one.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder(path);
    let mut file = tempfile::Builder::new().prefix(&prefix(path)).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|refused| refused.error)?;
    // The new directory entry must survive a power failure too. Windows cannot open folders.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Removes the temporary files of processes that were killed while they wrote. Call it before the first write.
pub(super) fn clean_up(path: &Path) -> io::Result<()> {
    let prefix = prefix(path);
    for entry in fs::read_dir(folder(path))?.flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Other processes cannot lock the file until this is dropped or the process ends.
pub(super) struct Lock {
    _file: File,
}

/// Locks the file at `path` for this process, whether or not it exists. The error is of the kind `WouldBlock` if another
/// process has it.
///
/// The lock is on a file beside it, `.state.json.lock`, because each write replaces the file itself. That file stays: a process
/// that removed it could let in two others.
pub(super) fn lock(path: &Path) -> io::Result<Lock> {
    let name = format!(".{}.lock", path.file_name().unwrap_or_default().to_string_lossy());
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
        let file = options.open(folder(path).join(name))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
        Ok(Lock { _file: file })
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        const SHARING_VIOLATION: i32 = 32;
        // A file that is opened without sharing cannot be opened again.
        let opened = options.share_mode(0).open(folder(path).join(name));
        opened.map(|file| Lock { _file: file }).map_err(|error| match error.raw_os_error() {
            Some(SHARING_VIOLATION) => io::ErrorKind::WouldBlock.into(),
            _ => error,
        })
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The prefix of the names of its temporary files.
fn prefix(path: &Path) -> String {
    format!(".{}.tmp-", path.file_name().unwrap_or_default().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_in_one_step_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert!(read(&path, 10).unwrap().is_none());
        write(&path, b"old").unwrap();
        // A temporary file of a process that was killed.
        fs::write(folder.path().join(".state.json.tmp-abc"), b"ne").unwrap();
        assert_eq!(read(&path, 10).unwrap().unwrap(), b"old");
        clean_up(&path).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(read(&path, 10).unwrap().unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(matches!(read(&path, 2), Err(FileError::TooLarge { limit: 2 })));
        assert!(matches!(read(folder.path(), 2), Err(FileError::NotAFile)));
    }

    #[test]
    fn a_file_is_locked_once_until_the_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let kind = |path: &Path| lock(path).err().map(|error| error.kind());
        let first = lock(&path).unwrap();
        assert_eq!(kind(&path), Some(io::ErrorKind::WouldBlock));
        assert_eq!(kind(&folder.path().join("other.json")), None);
        // A write replaces the file, and not the lock.
        write(&path, b"x").unwrap();
        assert_eq!(kind(&path), Some(io::ErrorKind::WouldBlock));
        drop(first);
        assert_eq!(kind(&path), None);
        assert_eq!(kind(Path::new("/nonexistent/state.json")), Some(io::ErrorKind::NotFound));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_written_for_its_owner_and_refused_if_others_can_write_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        write(&path, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for (mode, refused) in [(0o644, false), (0o620, true), (0o602, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(matches!(read(&path, 9), Err(FileError::Writable { .. })), refused, "{mode:o}");
        }
    }
}
