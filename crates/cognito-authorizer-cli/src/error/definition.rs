//! Why the files of a definition are not found.

use std::{io, path::PathBuf};

/// Why there is no definition to read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// The folder of the definition's files cannot be used.
    #[error("the folder {} cannot be used: {source}", .path.display())]
    Root {
        /// The folder.
        path: PathBuf,
        /// What the system reports.
        source: io::Error,
    },
    /// A definition is outside the folder of `--root`.
    #[error("{} is not in the folder {}; give a folder that contains it with `--root`", .path.display(), .root.display())]
    Outside {
        /// The definition.
        path: PathBuf,
        /// The folder.
        root: PathBuf,
    },
}
