//! Definition files, one construct each, with what must come of them.
//!
//! Beside `name.yaml` stands `name.expected`: lines that start with `>` set the import up, all others are what it gives.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::{fmt::Write as _, fs, path::Path};

use apigateway_definition::{ApiKind, BasePath, Import, Imported, Problems, Severity};

/// Set `UPDATE_EXPECT=1` to write the tables, and read the difference before it is committed.
#[test]
fn every_definition_gives_its_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".expected") && !folder.join(name).is_dir())
        .collect();
    names.sort();
    assert!(names.len() >= 8, "{names:?}");
    let wrong: Vec<String> = names
        .iter()
        .filter_map(|name| {
            difference(&folder, name, &folder.join(Path::new(name).with_extension("expected")))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The definition of `examples/imported.rs`, which is not copied.
#[test]
fn the_definition_of_the_example_gives_its_table() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = here.join("tests/definitions/sls-my-path.expected");
    let wrong = difference(&here.join("../../examples/imported"), "serverless.yml", &expected);
    assert_eq!(wrong, None);
}

/// What the definition gives, unless it is what is expected.
fn difference(folder: &Path, name: &str, expected: &Path) -> Option<String> {
    let wanted = fs::read_to_string(expected).unwrap_or_default();
    let setup: Vec<&str> = wanted.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    let import = setup
        .iter()
        .fold(Import::new().from_root(folder, [name]).unwrap(), |import, line| set_up(import, line));
    let mut found: String = setup.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "> {line}");
        text
    });
    found.push_str(&table(&import.read()));
    if found == wanted {
        return None;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(expected, found).unwrap();
        return None;
    }
    Some(format!("{name}:\n{found}\nexpected:\n{wanted}"))
}

fn set_up(import: Import, line: &str) -> Import {
    let (word, value) = line.split_once(' ').unwrap_or((line, ""));
    let pair = || value.split_once('=').unwrap();
    match word {
        "region" => import.region(value),
        "stage" => import.stage(value),
        "account" => import.account(value),
        "parameter" => import.parameter(pair().0, pair().1),
        "option" => import.option(pair().0, pair().1),
        "environment" => import.environment(pair().0, pair().1),
        "bind" => import.bind(pair().0, pair().1),
        "exports" => import.exports(value),
        "values" => import.values(value),
        "stack-resources" => import.stack_resources(value),
        "allow-open" => import.allow_open(value),
        "api" => import.api(value),
        "prefix" => import.prefix(value.parse().unwrap()),
        "kind" => import.kind(if value == "http" { ApiKind::Http } else { ApiKind::Rest }),
        "base-path" => import.base_path(if value == "split" { BasePath::Split } else { BasePath::Prepend }),
        "partial" => import.partial(),
        "defaults" => import.accept_parameter_defaults(),
        other => panic!("`{other}` sets nothing up"),
    }
}

/// One line a route, an authorizer, and a diagnostic.
fn table(read: &Result<Imported, Problems>) -> String {
    let mut text = String::new();
    let diagnostics = match read {
        Ok(imported) => {
            for api in &imported.definition.apis {
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
            for server in &imported.definition.resource_servers {
                let _ = writeln!(text, "scopes {}", server.full_scopes().collect::<Vec<_>>().join(" "));
            }
            for left_out in &imported.definition.not_carried_over {
                let _ = writeln!(text, "not carried over: {} ({})", left_out.what, left_out.why);
            }
            &imported.diagnostics
        }
        Err(problems) => problems.diagnostics(),
    };
    for diagnostic in diagnostics {
        let sign = if diagnostic.severity() == Severity::Error { 'E' } else { 'W' };
        let place = diagnostic.labels().first().map_or("-".into(), |label| label.location().to_string());
        let _ = writeln!(text, "{sign} {} {place} {}", diagnostic.code(), diagnostic.message());
    }
    text
}
