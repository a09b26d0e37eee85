//! The compiler's errors for common mistakes. Each file in `compile/` is compiled separately, against the libraries that this test was linked
//! with. `//~ text` is a text that the errors must have, and `//!~ text` one that they must not; all else that compilers say
//! changes with their versions, which is why the whole output is not compared.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::SystemTime,
};

const CORRECT: &str = "as_the_notes_say.rs";

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile");
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<PathBuf> = entries.collect();
    cases.sort();
    cases
}

/// The libraries that a case names.
#[derive(Clone, Debug)]
struct Libraries {
    folder: PathBuf,
    authorizer: PathBuf,
    axum: PathBuf,
}

impl Libraries {
    fn compile(&self, case: &Path, out: &Path) -> Output {
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command.args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--color", "never"]);
        command.arg("-L").arg(format!("dependency={}", self.folder.display()));
        command.arg("--extern").arg(format!("cognito_authorizer={}", self.authorizer.display()));
        command.arg("--extern").arg(format!("axum={}", self.axum.display()));
        command.arg("--out-dir").arg(out).arg(case);
        // Where the toolchain is chosen by folder, it is that of the workspace.
        command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("a compiler")
    }

    /// Cargo names the libraries beside this program by hashes and does not say which one it linked. It is one of those with
    /// which what is correct compiles; among these the newest, but none newer than this program.
    fn find(out: &Path) -> Self {
        let program = std::env::current_exe().expect("this program");
        let folder = program.parent().expect("its folder").to_owned();
        let built = |path: &Path| {
            fs::metadata(path).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        let named = |start: &str| {
            let entries =
                fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
            let is_named = |path: &PathBuf| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let is_library = path.extension().is_some_and(|extension| extension == "rlib");
                is_library && name.starts_with(start) && built(path) <= built(&program)
            };
            let mut libraries: Vec<PathBuf> = entries.filter(is_named).collect();
            libraries.sort_by_key(|path| std::cmp::Reverse(built(path)));
            libraries
        };
        let correct = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile").join(CORRECT);
        let mut last = String::new();
        for authorizer in named("libcognito_authorizer-") {
            for axum in named("libaxum-") {
                let libraries = Self { folder: folder.clone(), authorizer: authorizer.clone(), axum };
                let output = libraries.compile(&correct, out);
                if output.status.success() {
                    return libraries;
                }
                last = String::from_utf8_lossy(&output.stderr).into_owned();
            }
        }
        panic!("{CORRECT} does not compile with any library in {}:\n{last}", folder.display());
    }
}

#[test]
fn the_compiler_says_what_to_write_instead_of_a_mistake() {
    let out = tempfile::tempdir().expect("a folder");
    let libraries = Libraries::find(out.path());
    let mut wrong = Vec::new();
    let mistakes = cases().into_iter().filter(|case| !case.ends_with(CORRECT));
    for case in mistakes {
        let source = fs::read_to_string(&case).expect("a file of text");
        let output = libraries.compile(&case, out.path());
        let errors = String::from_utf8_lossy(&output.stderr);
        let lines = |start: &'static str| source.lines().filter_map(move |line| line.strip_prefix(start));
        assert!(lines("//~ ").next().is_some(), "{} expects nothing", case.display());
        let missing =
            lines("//~ ").filter(|text| !errors.contains(text)).map(|text| format!("lacks: {text}"));
        let unwanted = lines("//!~ ").filter(|text| errors.contains(text)).map(|text| format!("has: {text}"));
        let compiles = output.status.success().then(|| "it compiles".to_owned());
        let problems: Vec<String> = missing.chain(unwanted).chain(compiles).collect();
        if !problems.is_empty() {
            wrong.push(format!("{}\n{}\n{errors}", case.display(), problems.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
