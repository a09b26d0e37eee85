//! serverless.yml, garbled: it never panics, and what guards a route never opens it.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its file fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use apigateway_definition::{Import, Rule, Severity};
use proptest::prelude::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions")
}

fn guarded() -> String {
    fs::read_to_string(folder().join("sls-guarded.yml")).unwrap()
}

/// The open routes of the file, in a partial import: what it refuses is not among them.
fn open_routes(text: &str) -> BTreeSet<String> {
    let read = Import::new().file("serverless.yml", text).partial().read();
    let Ok(imported) = read else { return BTreeSet::new() };
    let routes = imported.definition.routes().filter(|route| matches!(route.rule, Rule::Open(_)));
    routes.map(|route| route.key.to_string()).collect()
}

/// The key of the line, if its value decides about requests.
fn guarding(line: &str) -> Option<&str> {
    const KEYS: [&str; 16] = [
        "- ",
        "AuthorizationType: ",
        "AuthorizerId: ",
        "IdentitySource: ",
        "RestApiId: ",
        "Type: ",
        "arn: ",
        "authorizer: ",
        "authorizerId: ",
        "identitySource: ",
        "issuerUrl: ",
        "name: ",
        "resultTtlInSeconds: ",
        "stage: ",
        "type: ",
        "audience: ",
    ];
    let bare = line.trim_start();
    let key = KEYS.iter().find(|key| bare.starts_with(**key) && !bare.contains("http"))?;
    line.get(..line.len() - bare.len() + key.len())
}

#[test]
fn a_guarded_service_has_no_open_route() {
    let read = Import::new().file("serverless.yml", guarded()).read().unwrap();
    assert_eq!(read.definition.routes().count(), 9);
    assert_eq!(open_routes(&guarded()), BTreeSet::new());
}

#[test]
fn a_missing_character_opens_no_route() {
    let text = guarded();
    // Without the end of the line before it there is no `resources` to override anything.
    let resources = text.find("\nresources:").unwrap();
    for (at, _) in text.char_indices().filter(|(at, _)| *at != resources) {
        let mut garbled = text.clone();
        garbled.remove(at);
        let open = open_routes(&garbled);
        assert!(open.is_empty(), "{open:?} without the character at {at}:\n{garbled}");
    }
}

#[test]
fn a_missing_line_opens_only_the_route_that_asks_for_nothing_then() {
    let text = guarded();
    let lines: Vec<&str> = text.lines().collect();
    let mut opened = BTreeMap::new();
    for missing in 0..lines.len() {
        let rest: Vec<&str> =
            lines.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, line)| *line).collect();
        for route in open_routes(&rest.join("\n")) {
            opened.insert(route, lines[missing].trim());
        }
    }
    // Without the key the event asks for nothing, and says so; an authorizer beside `NONE` is ignored, with a warning.
    let expected = BTreeMap::from([
        ("GET /by-extension".into(), "AuthorizationType: COGNITO_USER_POOLS"),
        ("GET /by-override".into(), "AuthorizationType: COGNITO_USER_POOLS"),
        ("GET /by-variable".into(), "authorizer: ${self:custom.auth.${self:provider.stage}}"),
        ("GET /by-function".into(), "authorizer: ${self:custom.name}"),
        ("GET /by-iam".into(), "authorizer: aws_iam"),
        ("GET /by-name".into(), "authorizer: jwt"),
    ]);
    assert_eq!(opened, expected);
}

#[test]
fn no_other_value_of_a_guard_opens_a_route() {
    const VALUES: [&str; 26] = [
        "",
        "''",
        "null",
        "~",
        "false",
        "true",
        "0",
        "{}",
        "[]",
        "NONE",
        "none",
        "CUSTOM",
        "aws_iam",
        "TOKEN",
        "\"",
        "|",
        "# x",
        "*x",
        "&x",
        "!Ref AWS::NoValue",
        "!Ref Nobody",
        "!If [No, a, b]",
        "${env:X, ''}",
        "${self:custom.nobody, null}",
        "${Pool}",
        "#{Pool}",
    ];
    let text = guarded();
    let guards = text.lines().enumerate().filter_map(|(at, line)| Some((at, guarding(line)?)));
    for (at, key) in guards {
        for value in VALUES {
            let line = format!("{key}{value}");
            let lines = text.lines().enumerate();
            let lines: Vec<&str> =
                lines.map(|(other, kept)| if other == at { &line } else { kept }).collect();
            let open = open_routes(&lines.join("\n"));
            // The one way in which an override opens a route by definition.
            let by_definition = key.trim() == "AuthorizationType:" && value.eq_ignore_ascii_case("NONE");
            assert!(open.is_empty() || by_definition, "{open:?} by `{line}` in line {}", at + 1);
        }
    }
}

#[test]
fn a_problem_shows_the_way_through_the_variables() {
    let text = fs::read_to_string(folder().join("sls-stage.yml")).unwrap();
    let problems = Import::new().file("serverless.yml", text).read().unwrap_err();
    expect_test::expect![[r#"
        error[APIGW-SLS-002]: what a request needs depends on the stage, which was not given
            --> serverless.yml:3:30
             |
           3 | provider: {name: aws, stage: "${opt:stage, 'dev'}"}
             |                              ^^^^^^^^^^^^^^^^^^^^^ here
            ::: serverless.yml:10:50
             |
          10 |       - http: {path: a, method: get, authorizer: "${self:custom.auth.${self:provider.stage}}"}
             |                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is used here
             = help: give the stage with `.stage(…)`

        1 error and 0 warnings"#]].assert_eq(&problems.to_string());
}

proptest! {
    #[test]
    fn a_garbled_guard_opens_no_route(place in any::<prop::sample::Index>(), value in "[ -~]{0,20}") {
        let text = guarded();
        let places: Vec<(usize, &str)> =
            text.lines().enumerate().filter_map(|(at, line)| Some((at, guarding(line)?))).collect();
        let (garbled, key) = places[place.index(places.len())];
        let lines = text.lines().enumerate();
        let lines: Vec<String> = lines
            .map(|(at, line)| if at == garbled { format!("{key}{value}") } else { line.to_owned() })
            .collect();
        // The two of the API itself say so by `AuthorizationType: NONE`, which opens a route by definition.
        prop_assume!(!value.to_ascii_uppercase().contains("NONE"));
        prop_assert_eq!(open_routes(&lines.join("\n")), BTreeSet::new());
    }

    #[test]
    fn garbled_definitions_never_panic(
        file in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, "[ -~\n\t]{0,12}"), 1..6),
    ) {
        let names: Vec<PathBuf> = fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("sls-")))
            .filter(|path| path.extension().is_some_and(|extension| extension != "expected"))
            .collect();
        let mut text = fs::read_to_string(&names[file.index(names.len())]).unwrap();
        for (at, length, new) in edits {
            let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            ends.push(text.len());
            let start = at.index(ends.len());
            let end = (start + length).min(ends.len() - 1);
            text.replace_range(ends[start]..ends[end], &new);
        }
        let none: [&str; 0] = [];
        let import = Import::new().from_root(folder(), none).unwrap().file("serverless.yml", text);
        let partial = import.clone().partial().stage("dev").environment("UNSET", "");
        for import in [import, partial.accept_parameter_defaults().unused_inputs(Severity::Warning)] {
            let _ = import.read();
        }
    }
}
