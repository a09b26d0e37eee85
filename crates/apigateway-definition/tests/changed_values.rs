//! What a program writes and a person edits, cuts or converts: no changed value opens a route that was closed.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use apigateway_definition::{Import, Severity};
use serde_json::{Value, json};

/// What a value is changed to: nothing, an empty value, a value of another type, a function of a template.
fn changes() -> [Value; 6] {
    [Value::Null, json!(""), json!([]), json!({}), json!(true), json!({ "Ref": "AWS::NoValue" })]
}

/// The keys of the open routes and of the others.
struct Routes {
    open: BTreeSet<String>,
    closed: BTreeSet<String>,
}

/// The routes of these files; none if they cannot be read.
fn routes(files: &[(String, String)]) -> Option<Routes> {
    let import = files.iter().fold(Import::new(), |import, (name, text)| import.file(name, text.as_str()));
    let definition = import.unused_inputs(Severity::Warning).partial().read().ok()?.definition;
    let open: BTreeSet<String> = definition.open_routes().map(|route| route.key.to_string()).collect();
    let all = definition.routes().map(|route| route.key.to_string());
    let closed = all.filter(|key| !open.contains(key)).collect();
    Some(Routes { open, closed })
}

/// The way to every value below the root, as JSON pointers (RFC 6901).
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut add = |step: &str, value: &Value| {
        let pointer = format!("{at}/{}", step.replace('~', "~0").replace('/', "~1"));
        found.push(pointer.clone());
        pointers(value, &pointer, found);
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| add(&index.to_string(), item));
        }
        Value::Object(members) => members.iter().for_each(|(name, value)| add(name, value)),
        _ => {}
    }
}

/// What an empty value means where AWS and the tools write one for a setting that is off.
fn is_off(pointer: &str, change: &Value) -> bool {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    matches!(name, "apiKeyRequired" | "api_key_required") && change.is_null()
}

/// Changes each value of each file to each other value.
fn check(folder: &Path, names: &[&str]) -> usize {
    let files: Vec<(String, String)> = names
        .iter()
        .map(|name| ((*name).to_owned(), fs::read_to_string(folder.join(name)).unwrap()))
        .collect();
    let before = routes(&files).unwrap_or_else(|| panic!("{names:?} is not read"));
    let (mut tried, mut wrong) = (0, Vec::new());
    for (index, (name, text)) in files.iter().enumerate() {
        let document: Value = serde_json::from_str(text).unwrap();
        let mut all = Vec::new();
        pointers(&document, "", &mut all);
        for pointer in all {
            for change in changes() {
                if is_off(&pointer, &change) {
                    continue;
                }
                let mut changed = document.clone();
                *changed.pointer_mut(&pointer).unwrap() = change.clone();
                let mut files = files.clone();
                files.get_mut(index).unwrap().1 = changed.to_string();
                tried += 1;
                let Some(after) = routes(&files) else { continue };
                let opened: Vec<&String> = after.open.intersection(&before.closed).collect();
                if !opened.is_empty() || after.open.len() > before.open.len() {
                    wrong.push(format!("{name}: {pointer} as {change} opens {opened:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    tried
}

fn readers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers")
}

#[test]
fn no_changed_value_of_a_state_or_a_plan_opens_a_route() {
    let folder = readers().join("terraform");
    let names = ["api-key.json", "http.json", "plan-http.json", "raw.tfstate"];
    let tried: usize = names.iter().map(|name| check(&folder, &[name])).sum();
    assert!(tried > 1000, "{tried}");
}

#[test]
fn no_changed_value_of_a_stack_of_pulumi_opens_a_route() {
    let folder = readers().join("pulumi");
    let tried: usize = ["http.json", "rest.json"].iter().map(|name| check(&folder, &[name])).sum();
    assert!(tried > 500, "{tried}");
}

#[test]
fn no_changed_value_of_an_output_of_the_aws_cli_opens_a_route() {
    let mut tried = 0;
    for case in ["http", "rest", "rest-iam-and-lambda"] {
        let folder = readers().join("deployed").join(case);
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "expected")
            .collect();
        names.sort();
        tried += check(&folder, &names.iter().map(String::as_str).collect::<Vec<_>>());
    }
    assert!(tried > 1000, "{tried}");
}
