//! Files of deployed APIs, states and cloud assemblies, one construct each, with what must come of them.
//!
//! In each folder of `tests/readers`, a case is a file with its `.expected` beside it, or a folder of files that are read together,
//! with a file `expected`. Of `expected`, lines that start with `>` set the import up, and all others are what it gives. If a folder
//! has a `manifest.json`, only that file is given.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use apigateway_definition::{ApiKind, Diagnostic, Import, Imported, Problems, Severity};

/// A case: the folder, the files in it, and the file with what is expected.
struct Case {
    folder: PathBuf,
    files: Vec<String>,
    expected: PathBuf,
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn files_below(folder: &Path, prefix: &str) -> Vec<String> {
    let mut files = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            files.extend(files_below(&path, &format!("{prefix}{name}/")));
        } else if name != "expected" {
            files.push(format!("{prefix}{name}"));
        }
    }
    files
}

fn cases(group: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(group);
    let mut cases = Vec::new();
    for name in names(&folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let files = files_below(&path, "");
            let manifest = "manifest.json".to_owned();
            let files = if files.contains(&manifest) { vec![manifest] } else { files };
            cases.push(Case { expected: path.join("expected"), folder: path, files });
        } else if !name.ends_with(".expected") {
            let expected = folder.join(&name).with_extension("expected");
            cases.push(Case { folder: folder.clone(), files: vec![name], expected });
        }
    }
    cases
}

/// Reads every case of a group. Set `UPDATE_EXPECT=1` to write the tables, and read the difference before it is committed.
fn check(group: &str, least: usize) {
    let cases = cases(group);
    assert!(cases.len() >= least, "{group} has {} cases", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(difference).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_output_of_the_aws_cli_gives_its_table() {
    check("deployed", 30);
}

#[test]
fn every_state_and_plan_of_terraform_gives_its_table() {
    check("terraform", 30);
}

#[test]
fn every_stack_of_pulumi_gives_its_table() {
    check("pulumi", 8);
}

#[test]
fn every_cloud_assembly_gives_its_table() {
    check("cdk", 8);
}

#[test]
fn every_file_of_another_tool_is_answered_with_the_command_of_that_tool() {
    check("others", 14);
}

#[test]
fn every_jwt_authorizer_of_a_rest_api_gives_its_table() {
    check("rest-jwt", 6);
}

/// The keys of the open routes of these files, or nothing if they cannot be read.
fn open_routes(files: &[(String, String)]) -> Vec<String> {
    let import = files.iter().fold(Import::new(), |import, (name, text)| import.file(name, text.as_str()));
    let read = import.unused_inputs(Severity::Warning).partial().read();
    let definition = read.map(|imported| imported.definition);
    definition.map_or(Vec::new(), |definition| {
        definition.open_routes().map(|route| format!("{}", route.key)).collect()
    })
}

/// A file that was cut, or edited by hand, opens nothing that was not open. The outputs of programs have one member a line.
#[test]
fn no_lost_line_opens_a_route() {
    let mut tried = 0;
    for (group, names) in [
        ("terraform", &["state.json", "raw.tfstate", "http.json", "plan.json", "plan-http.json"][..]),
        ("pulumi", &["rest.json", "http.json"]),
        ("deployed", &["export-rest.json", "export-http.json"]),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(group);
        for name in names {
            let text = fs::read_to_string(folder.join(name)).unwrap();
            let open = open_routes(&[((*name).to_owned(), text.clone())]);
            for (index, lost) in text.lines().enumerate() {
                let rest: Vec<&str> = text
                    .lines()
                    .enumerate()
                    .filter(|(other, _)| *other != index)
                    .map(|(_, line)| line)
                    .collect();
                let found = open_routes(&[((*name).to_owned(), rest.join("\n"))]);
                let opened: Vec<&String> = found.iter().filter(|key| !open.contains(key)).collect();
                assert!(opened.is_empty(), "{group}/{name} without line {}, `{lost}`: {opened:?}", index + 1);
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
}

fn difference(case: &Case) -> Option<String> {
    let wanted = fs::read_to_string(&case.expected).unwrap_or_default();
    let setup: Vec<&str> = wanted.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    let import = Import::new().from_root(&case.folder, &case.files).unwrap();
    let import = setup.iter().fold(import, |import, line| set_up(import, line));
    let mut found: String = setup.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "> {line}");
        text
    });
    let read = import.read();
    found.push_str(&table(&read));
    // Nothing that is marked as a secret is printed, in whatever way.
    for printed in
        [format!("{read:?}"), read.as_ref().err().map(ToString::to_string).unwrap_or_default(), found.clone()]
    {
        assert!(!printed.contains("hunter2"), "{}: {printed}", case.expected.display());
    }
    if found == wanted {
        return None;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&case.expected, found).unwrap();
        return None;
    }
    Some(format!("{}:\n{found}\nexpected:\n{wanted}", case.expected.display()))
}

fn set_up(import: Import, line: &str) -> Import {
    let (word, value) = line.split_once(' ').unwrap_or((line, ""));
    let pair = || value.split_once('=').unwrap();
    match word {
        "bind" => import.bind(pair().0, pair().1),
        "parameter" => import.parameter(pair().0, pair().1),
        "allow-open" => import.allow_open(value),
        "api" => import.api(value),
        "stack" => import.stack(value),
        "kind" => import.kind(if value == "http" { ApiKind::Http } else { ApiKind::Rest }),
        "partial" => import.partial(),
        other => panic!("`{other}` sets nothing up"),
    }
}

/// One line a route, an authorizer, and a diagnostic.
fn table(read: &Result<Imported, Problems>) -> String {
    let mut text = String::new();
    let diagnostics = match read {
        Ok(imported) => {
            let definition = &imported.definition;
            for api in &definition.apis {
                let stage = api.stage.as_ref().map_or(String::new(), |stage| format!(" stage {stage}"));
                let _ = writeln!(text, "{:?} {}{stage}", api.kind, api.id);
                for route in &api.routes {
                    let _ = writeln!(text, "  {route}");
                }
                for authorizer in &api.authorizers {
                    let _ = writeln!(text, "  {authorizer}");
                }
                for response in &api.gateway_responses {
                    let _ = writeln!(text, "  response {} {:?}", response.response_type, response.status);
                }
                if let Some(cors) = &api.cors {
                    let _ = writeln!(text, "  cors {}", cors.allow_origins.join(","));
                }
            }
            for pool in &definition.user_pools {
                let _ = writeln!(text, "pool {} {}", pool.full_name, pool.pool);
            }
            for client in &definition.app_clients {
                let secret = if client.has_secret { " with a secret" } else { "" };
                let pool = client.pool.as_ref().map(ToString::to_string).unwrap_or_default();
                let _ = writeln!(text, "client {} {} of {pool}{secret}", client.full_name, client.id);
                let flows = (&client.oauth_flows, &client.scopes, &client.callback_urls, &client.logout_urls);
                let _ = writeln!(text, "  {flows:?}");
            }
            for server in &definition.resource_servers {
                let _ = writeln!(text, "scopes {}", server.full_scopes().collect::<Vec<_>>().join(" "));
            }
            for group in &definition.groups {
                let _ = writeln!(text, "group {}", group.name);
            }
            for user in &definition.users {
                let _ = writeln!(text, "user {}", user.name);
            }
            for left_out in &definition.not_carried_over {
                let _ = writeln!(text, "not carried over: {} ({})", left_out.what, left_out.why);
            }
            &imported.diagnostics
        }
        Err(problems) => problems.diagnostics(),
    };
    for diagnostic in diagnostics {
        write_diagnostic(diagnostic, &mut text);
    }
    text
}

/// The place and the element, the message, and the help.
fn write_diagnostic(diagnostic: &Diagnostic, text: &mut String) {
    let sign = if diagnostic.severity() == Severity::Error { 'E' } else { 'W' };
    let place = diagnostic.labels().first().map_or("-".into(), |label| {
        let element = label.element().map(|element| format!(" ({element})")).unwrap_or_default();
        format!("{}{element}", label.location())
    });
    let _ = writeln!(text, "{sign} {} {place} {}", diagnostic.code(), diagnostic.message());
    if let Some(help) = diagnostic.help() {
        let _ = writeln!(text, "  help: {help}");
    }
}
