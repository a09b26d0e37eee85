//! Embeds the workspace's sources and documents in the test binary, for tests of their text.
//!
//! If tests read the files when they run, they could compare the compiled types with later files, or with those of another
//! checkout if the target folder was copied.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo runs a build script in the folder of its package.
    let root = Path::new("..");
    let mut folders = vec![root.join("tests"), root.join("examples")];
    for package in entries(&root.join("crates"))? {
        folders.extend(
            ["src", "docs"]
                .map(|folder| package.path().join(folder))
                .into_iter()
                .filter(|path| path.is_dir()),
        );
    }
    let mut files = Vec::new();
    for folder in &folders {
        collect(folder, &mut files)?;
    }
    // The documents of the workspace and of each package.
    let packages = entries(&root.join("crates"))?;
    for folder in packages.iter().map(DirEntry::path).filter(|path| path.is_dir()).chain([root.to_owned()]) {
        for document in entries(&folder)?.iter().map(DirEntry::path) {
            if has_extension(&document, &["md"]) {
                println!("cargo::rerun-if-changed={}", document.display());
                files.push(document);
            }
        }
    }
    // A new package changes the lock file.
    println!("cargo::rerun-if-changed=../Cargo.lock");
    for folder in folders {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    files.sort();

    let mut table = String::from("static FILES: &[(&str, &str)] = &[\n");
    for file in files {
        let name = file.strip_prefix(root)?.to_str().ok_or("a path is not UTF-8")?.replace('\\', "/");
        writeln!(table, "({name:?}, {:?}),", fs::read_to_string(&file)?)?;
    }
    table += "];\n";
    let out = env::var_os("OUT_DIR").ok_or("cargo sets `OUT_DIR`")?;
    fs::write(PathBuf::from(out).join("sources.rs"), table)?;
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(folder)?.collect()
}

/// Every source and document below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for path in entries(folder)?.iter().map(DirEntry::path) {
        if path.ends_with("target") {
            // `cargo fuzz` builds into its own folder unless it is configured otherwise.
        } else if path.is_dir() {
            collect(&path, files)?;
        } else if has_extension(&path, &["rs", "md"]) {
            files.push(path);
        }
    }
    Ok(())
}

fn has_extension(path: &Path, of: &[&str]) -> bool {
    path.extension().is_some_and(|extension| of.iter().any(|one| extension == *one))
}
