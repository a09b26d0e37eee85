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

/// File names that identify the tool of a folder. The first one that exists counts.
const KNOWN: [&str; 16] = [
    "manifest.json",
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
    "serverless.ts",
    "template.yaml",
    "template.yml",
    "sst.config.ts",
    "cdk.json",
    "Pulumi.yaml",
    "terragrunt.hcl",
    "cdk.tf.json",
    "zappa_settings.json",
    "samconfig.toml",
    "app.arc",
    "terraform.tfstate",
];

/// The definitions in a folder: the file by which a tool is known, or else all JSON and state files.
pub(crate) fn in_folder(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let known = |names: &[&str]| names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    // For a CDK application, its output.
    if let Some(path) = known(&["cdk.out/manifest.json"]).or_else(|| known(&KNOWN)) {
        return Ok(vec![path]);
    }
    for (folder_name, file) in [(".chalice", "config.json"), ("amplify", "backend.ts")] {
        let path = folder.join(folder_name).join(file);
        if path.is_file() {
            return Ok(vec![path]);
        }
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if matches!(extension, "json" | "tfstate") && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        // Source of a tool. Its error names the command that writes a definition.
        let mut code: Vec<PathBuf> =
            fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        code.sort();
        code.retain(|path| path.extension().is_some_and(|extension| extension == "tf") && path.is_file());
        found.extend(code.into_iter().next());
    }
    if found.is_empty() {
        let text = format!("`{}` has no JSON and no definition of a known name", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_by_its_definition_or_by_all_of_its_json() {
        for (files, expected) in [
            (&["manifest.json", "A.template.json"][..], Some(&["manifest.json"][..])),
            (&["cdk.json", "package.json"], Some(&["cdk.json"])),
            (&["cdk.json", "cdk.out/manifest.json"], Some(&["cdk.out/manifest.json"])),
            (&["b.json", "a.json", "notes.txt"], Some(&["a.json", "b.json"])),
            (&["main.tf", "api.tf"], Some(&["api.tf"])),
            (&["x.tfstate", "main.tf"], Some(&["x.tfstate"])),
            (&["serverless.yml", "package.json"], Some(&["serverless.yml"])),
            (&[".chalice/config.json", "app.py"], Some(&[".chalice/config.json"])),
            (&["notes.txt"], None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            for file in files {
                let path = folder.path().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            let found = in_folder(folder.path());
            let found = found.ok().map(|found| {
                found
                    .iter()
                    .map(|path| path.strip_prefix(folder.path()).unwrap().to_owned())
                    .collect::<Vec<_>>()
            });
            let expected = expected.map(|expected| expected.iter().map(PathBuf::from).collect::<Vec<_>>());
            assert_eq!(found, expected, "{files:?}");
        }
    }
}
