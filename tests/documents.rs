//! Documents agree with each other and with what they describe, and render as they are meant to.

use std::{collections::BTreeMap, env, path::Path, process::Command};

use apigateway_definition::Code;
use serde_json::Value;

use crate::support::sources;

const README: &str = include_str!("../README.md");
const ERRORS: &str = include_str!("../crates/cognito-authorizer/docs/errors.md");

/// Longer text belongs in the guide.
#[test]
fn the_readme_is_short_and_leads_to_every_chapter_of_the_guide() {
    assert!(README.lines().count() <= 250, "{} lines", README.lines().count());
    let guide = sources::of("crates/cognito-authorizer/src");
    let (_, guide) = guide.iter().find(|(path, _)| path.ends_with("guide.rs")).expect("the guide");
    let mut chapters = 0;
    for file in guide.split('"').filter(|text| {
        !text.contains('/') && Path::new(text).extension().is_some_and(|extension| extension == "md")
    }) {
        chapters += 1;
        let path = format!("crates/cognito-authorizer/docs/{file}");
        // `security.md` is a link to `SECURITY.md`, which has no code. GitHub shows links as their target's path.
        let is_security = file == "security.md";
        let shown = if is_security { "(SECURITY.md)" } else { &path };
        assert!(README.contains(shown), "README.md does not lead to {file}");
        let is_compiled = is_security || include_str!("lib.rs").contains(&path);
        assert!(is_compiled, "the code of {file} is not compiled: add it to tests/lib.rs");
    }
    assert!(chapters >= 12, "the search found too little: {chapters}");
}

/// Each relative link of a document leads to a file.
#[test]
fn every_link_between_documents_has_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut links = 0;
    for (path, text) in sources::documents() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if link.is_empty() || link.contains("::") || link.contains(':') {
                continue;
            }
            links += 1;
            let target = root.join(path).parent().expect("a folder").join(link);
            assert!(target.exists(), "{}: {link}", path.display());
        }
    }
    assert!(links > 20, "the search found too little: {links}");
}

/// The definitions of references, `[label]: target`.
fn definitions_of(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).collect()
}

/// The chapters are read as files, for example on GitHub, and as pages of rustdoc. A link such as `(crate::RouteTable)` would be broken in
/// the files, so the chapters use references, which the file defines for its readers and `links.md` for rustdoc.
#[test]
fn every_link_of_a_chapter_works_in_the_file_and_in_rustdoc() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let guide = sources::documents().find(|(path, _)| path.ends_with("src/guide/links.md"));
    let for_rustdoc = definitions_of(guide.expect("the links of the guide").1);
    let mut references = 0;
    for (path, text) in
        sources::documents().filter(|(path, _)| path.starts_with("crates/cognito-authorizer/docs"))
    {
        let path = path.display();
        assert!(
            !text.contains("](crate::"),
            "{path}: write [`X`], and define it here and in src/guide/links.md"
        );
        for (label, target) in definitions_of(text) {
            references += 1;
            assert!(for_rustdoc.contains_key(label), "{path}: src/guide/links.md does not define [{label}]");
            let file = target.split('#').next().expect("a text");
            let folder = root.join("crates/cognito-authorizer/docs");
            assert!(target.starts_with("https://") || folder.join(file).exists(), "{path}: {target}");
        }
        for label in for_rustdoc.keys() {
            let is_used = text.contains(&format!("[{label}]"));
            assert!(!is_used || definitions_of(text).contains_key(label), "{path}: [{label}] is not defined");
        }
    }
    assert!(references > 50, "the search found too little: {references}");
}

/// A path between backquotes that begins with a folder of the workspace.
#[test]
fn every_path_that_contributing_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let named = include_str!("../CONTRIBUTING.md").split('`').skip(1).step_by(2);
    let paths: Vec<_> = named
        .filter(|text| {
            ["crates/", "tests/", "examples/", ".ci/"].iter().any(|folder| text.starts_with(folder))
        })
        .filter_map(|text| text.split(' ').next())
        // `.ci/run` creates this folder, which git ignores, so a fresh clone does not have it.
        .filter(|path| *path != ".ci/cache")
        .collect();
    assert!(paths.len() > 25, "the search found too little: {paths:?}");
    for path in paths {
        assert!(root.join(path).exists(), "CONTRIBUTING.md: {path}");
    }
}

/// The table of the guide, by code: the cells of each row.
fn entries_of_errors() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut entries = BTreeMap::new();
    for row in ERRORS.lines().filter(|line| line.starts_with("| `")) {
        let cells = cells(row);
        assert!(entries.insert(cells[0].trim_matches('`'), cells).is_none(), "two entries: {row}");
    }
    entries
}

/// The codes that a type's method `code` returns.
fn codes_of(of_type: &str) -> Vec<&'static str> {
    let files = sources::of("crates").into_iter().map(|(_, text)| text);
    let mut methods =
        files.filter_map(|text| text.split_once(&format!("\nimpl {of_type} {{"))?.1.split_once("fn code("));
    let body = methods.next().expect("its method `code`").1.split("\n    }\n").next().expect("its end");
    body.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_code_has_an_entry_in_the_guide() {
    let mut entries = entries_of_errors();
    let refusals = ["Refusal", "RouteError", "IdentityError", "Rejected"].map(codes_of).concat();
    assert!(refusals.len() > 35, "the search found too little: {refusals:?}");
    for code in &refusals {
        assert!(entries.contains_key(code), "docs/errors.md has no entry for `{code}`");
    }
    for (code, meaning) in Code::ALL {
        let entry =
            entries.remove(code.as_str()).unwrap_or_else(|| panic!("docs/errors.md has no entry for {code}"));
        assert_eq!(entry[1], *meaning, "the meaning of {code}");
        assert!(!entry[2].is_empty(), "what to do about {code}");
    }
    entries.retain(|code, _| !refusals.contains(code));
    assert!(entries.is_empty(), "no such codes: {entries:?}");
}

/// Cargo writes the pages of each target to the folder of its name, and only warns where two targets share one.
#[test]
fn no_two_targets_are_documented_on_the_same_pages() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .output()
        .expect("cargo runs");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let mut documented = BTreeMap::<String, Vec<String>>::new();
    for package in metadata["packages"].as_array().expect("packages") {
        for target in package["targets"].as_array().expect("targets") {
            if target["doc"] == true {
                let name = target["name"].as_str().expect("a name").replace('-', "_");
                documented
                    .entry(name)
                    .or_default()
                    .push(format!("{} of {}", target["kind"], package["name"]));
            }
        }
    }
    for library in ["cognito_authorizer", "cognito_authorizer_cli"] {
        assert!(documented.contains_key(library), "{library} has no pages: {documented:?}");
    }
    documented.retain(|_, targets| targets.len() > 1);
    assert!(documented.is_empty(), "set `doc = false` for one of each: {documented:?}");
}

/// A table ends at the first line that is not a row. Rows after an empty line would be shown as text with bars.
#[test]
fn every_table_is_whole() {
    let comments = ["crates", "examples", "tests"].into_iter().flat_map(sources::of);
    let comments = comments.map(|(path, text)| (path, doc_comments(text)));
    let documents = sources::documents().map(|(path, text)| (path, text.to_owned()));
    let mut tables = 0;
    for (path, text) in documents.chain(comments) {
        let (found, broken) = rows_outside_of_tables(&text);
        assert_eq!(broken, [""; 0], "in {}", path.display());
        tables += found;
    }
    assert!(tables > 20, "the search found too little: {tables}");
}

#[test]
fn a_row_outside_of_its_table_is_found() {
    let table = "| a | b |\n|---|:-:|\n| `x\\|y` | c |\n";
    assert_eq!(rows_outside_of_tables(&format!("text\n\n{table}\ntext\n")), (1, Vec::new()));
    assert_eq!(rows_outside_of_tables(&format!("```text\n| a\n```\n\n{table}\n{table}")), (2, Vec::new()));
    assert_eq!(rows_outside_of_tables(&format!("{table}\n| d | e |\n")).1, ["| d | e |"]);
    assert_eq!(rows_outside_of_tables(&format!("{table}| d |\n")).1, ["| d |"]);
    assert_eq!(rows_outside_of_tables("| a | b |\n|---|\n").1, ["| a | b |", "|---|"]);
}

/// How many tables a text in Markdown has, and its rows that belong to none or have more or fewer cells than the head.
fn rows_outside_of_tables(text: &str) -> (usize, Vec<&str>) {
    let (mut tables, mut broken, mut is_code) = (0, Vec::new(), false);
    let mut lines = text.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        is_code ^= line.starts_with("```");
        if is_code || !line.starts_with('|') {
            continue;
        }
        let head = cells(line).len();
        let is_ruled = |line: &&str| {
            let cells = cells(line);
            cells.len() == head
                && cells.iter().all(|cell| cell.contains('-') && cell.trim_matches(['-', ':']).is_empty())
        };
        if lines.next_if(is_ruled).is_some() {
            tables += 1;
        } else {
            broken.push(line);
        }
        while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
            if cells(row).len() != head || broken.last() == Some(&line) {
                broken.push(row);
            }
        }
    }
    (tables, broken)
}

/// The cells of a row. A bar that belongs to a cell has a backslash before it, also in code.
fn cells(row: &str) -> Vec<&str> {
    let mut ends = row.match_indices('|').map(|(at, _)| at).filter(|at| !row[..*at].ends_with('\\'));
    let mut cells = Vec::new();
    let mut start = ends.next().map_or(0, |at| at + 1);
    for end in ends {
        cells.push(row[start..end].trim());
        start = end + 1;
    }
    cells
}

/// The documentation of a Rust file, as Markdown. Comments of different items do not run into one another.
fn doc_comments(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_start();
        line.strip_prefix("//!").or_else(|| line.strip_prefix("///")).unwrap_or_default().trim().to_owned()
            + "\n"
    };
    text.lines().map(line).collect()
}
