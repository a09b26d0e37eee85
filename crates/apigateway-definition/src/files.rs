//! Files below the root of an import.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crate::sources::LARGEST_STATE;

/// Reads a regular file. Follows links, but not out of the root.
pub(crate) fn read_below(root: &Path, name: &Path) -> io::Result<Vec<u8>> {
    let path: PathBuf = fs::canonicalize(root.join(name))?;
    if !path.starts_with(root) {
        let text = format!("`{}` is outside the root of the import", name.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    // Check before opening: opening a FIFO waits for a writer, and opening a device may have side effects.
    regular(&fs::metadata(&path)?, name)?;
    let file = fs::File::open(path)?;
    // Check again: the file may have been replaced in between.
    regular(&file.metadata()?, name)?;
    // Read one byte more than the limit, so that the session can detect files that are too large.
    let mut bytes = Vec::new();
    file.take(LARGEST_STATE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn regular(metadata: &fs::Metadata, name: &Path) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let text =
        format!("`{}` is not a regular file; directories, FIFOs and devices are not read", name.display());
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}
