//! Imports from files and directories on disk.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::Import;
use crate::files;

impl Import {
    /// Adds the definition in this file, and reads the files that it refers to from the same directory and those below.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is a directory, a FIFO or a device.
    pub fn from_path(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let name = path.strip_prefix(folder).unwrap_or(path);
        Self::new().from_root(folder, [name])
    }

    /// The definitions in a directory, for [`from_root`](Self::from_root): the manifest of a cloud assembly of the CDK (`cdk.out`), a
    /// definition with a well-known name such as `serverless.yml`, or else every JSON and state file, such as the output of the AWS CLI
    /// for one API. Directories in it are not read.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read, or has none of these.
    pub fn files_in(directory: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
        files::in_folder(directory.as_ref())
    }

    /// Adds the definitions [in a directory](Self::files_in), and reads the files that they refer to from it.
    ///
    /// ```no_run
    /// use apigateway_definition::Import;
    ///
    /// let definition = Import::from_directory("cdk.out")?.stack("Prod").read()?.definition;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`files_in`](Self::files_in) and [`from_root`](Self::from_root).
    pub fn from_directory(directory: impl AsRef<Path>) -> io::Result<Self> {
        let directory = directory.as_ref();
        let files = Self::files_in(directory)?;
        let names = files.iter().map(|file| file.strip_prefix(directory).unwrap_or(file));
        Self::new().from_root(directory, names)
    }

    /// Adds definitions below a directory, and reads the files that they refer to from anywhere in it.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, is outside of the directory, or is a directory, a FIFO or a device. Those are never opened.
    pub fn from_root(
        mut self,
        root: impl AsRef<Path>,
        files: impl IntoIterator<Item = impl AsRef<Path>>,
    ) -> io::Result<Self> {
        let root = fs::canonicalize(root)?;
        for file in files {
            let file = file.as_ref();
            let parts: Vec<_> = file
                .components()
                .filter(|part| !matches!(part, Component::CurDir))
                .map(|part| part.as_os_str().to_string_lossy())
                .collect();
            let bytes = files::read_below(&root, file)?;
            self = self.file(parts.join("/"), bytes);
        }
        Ok(self.includes(move |name| files::read_below(&root, Path::new(name))))
    }
}
