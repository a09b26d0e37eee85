//! Files that are broken or made to do harm: no panic, no unbounded time, and no route that becomes open.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

use std::{collections::BTreeSet, fs, path::Path};

use apigateway_definition::{ApiKind, Import, Rule, Severity};
use proptest::prelude::*;

fn definitions() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions");
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.is_file() && path.extension().is_some_and(|kind| kind != "expected"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into(), fs::read(path).unwrap()))
        .collect()
}

/// A change to a file: of a part, to another part of any file or to a text that means something.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Repeat,
    Insert(&'static str),
    Flip(u8),
}

fn change() -> impl Strategy<Value = Change> {
    let words = [
        "NONE",
        "!Ref ",
        "!GetAtt ",
        "!Sub ",
        "${",
        "}",
        "{",
        "[",
        "]",
        ": ",
        "\n",
        "  ",
        "&a ",
        "*a",
        "<<: ",
        "~",
        "''",
        "- ",
        "Fn::If",
        "AWS::NoValue",
        "AuthorizationType",
        "security: []",
        "${self:custom.a}",
        "\u{feff}",
        "\0",
        "---\n",
        "ä",
        "%",
        "authorizer: ",
        "\"",
        "Ref: ",
        "|",
        ">-\n",
    ];
    prop_oneof![
        Just(Change::Remove),
        Just(Change::Repeat),
        prop::sample::select(words.to_vec()).prop_map(Change::Insert),
        any::<u8>().prop_map(Change::Flip),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, usize, Change)]) -> Vec<u8> {
    for (place, length, change) in changes {
        let start = place.index(bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        match change {
            Change::Remove => {
                bytes.drain(start..end);
            }
            Change::Repeat => {
                let part = bytes[start..end].to_vec();
                bytes.splice(end..end, part);
            }
            Change::Insert(word) => {
                bytes.splice(start..start, word.bytes());
            }
            Change::Flip(byte) => {
                if let Some(slot) = bytes.get_mut(start) {
                    *slot = *byte;
                }
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(1000)))]

    #[test]
    fn a_changed_definition_is_read_or_refused(
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..60_usize, change()), 1..6),
    ) {
        let definitions = definitions();
        let (name, bytes) = &definitions[file.index(definitions.len())];
        let bytes = changed(bytes.clone(), &changes);
        let import = Import::new()
            .file(name, bytes)
            .region("eu-west-1")
            .parameter("Stage", "prod")
            .accept_parameter_defaults()
            .unused_inputs(Severity::Warning)
            .kind(ApiKind::Rest);
        let (strict, partial) = (import.read(), import.partial().read());
        match &strict {
            Ok(strict) => prop_assert_eq!(&strict.definition, &partial.unwrap().definition),
            Err(problems) => prop_assert!(!problems.to_string().is_empty() && !problems.diagnostics().is_empty()),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Import::new().file("a.yaml", bytes.clone()).exports(bytes.clone()).values(bytes).read();
    }
}

/// Whatever one line of a REST API's template is lost: what was protected is protected, or the import fails.
#[test]
fn no_lost_line_opens_a_route() {
    for name in ["cfn-rest-basic.yaml", "cfn-conditions.yaml", "cfn-import.yaml"] {
        let text = definitions().into_iter().find(|(other, _)| other == name).unwrap().1;
        let text = String::from_utf8(text).unwrap();
        let import = |text: String| Import::new().file(name, text).parameter("Stage", "prod");
        let read = |text: String| {
            import(text).accept_parameter_defaults().unused_inputs(Severity::Warning).partial().read()
        };
        let open = |text: String| -> BTreeSet<String> {
            let imported = read(text);
            let routes = imported.iter().flat_map(|imported| imported.definition.routes());
            routes
                .filter(|route| matches!(route.rule, Rule::Open(_)))
                .map(|route| route.key.to_string())
                .collect()
        };
        // What cannot be read has no open routes, so the file itself must be readable.
        assert!(read(text.clone()).is_ok(), "{name}");
        let before = open(text.clone());
        let lines: Vec<&str> = text.lines().collect();
        for lost in 0..lines.len() {
            let rest: Vec<&str> =
                lines.iter().enumerate().filter(|(place, _)| *place != lost).map(|(_, line)| *line).collect();
            let after = open(rest.join("\n"));
            assert!(after.is_subset(&before), "without line {}: {after:?}", lost + 1);
        }
    }
}

/// Two files that include each other, and one that includes itself, come to an end.
#[test]
fn files_that_include_each_other_come_to_an_end() {
    let nesting = |name: &str| {
        format!("Resources: {{A: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {name}}}}}}}")
    };
    let including = "Resources: {A: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {Fn::Transform: {Name: \
                     AWS::Include, Parameters: {Location: c.yaml}}}}}}";
    let itself = "{Fn::Transform: {Name: AWS::Include, Parameters: {Location: c.yaml}}}";
    let import = Import::new()
        .file("a.yaml", nesting("b.yaml"))
        .file("b.yaml", nesting("a.yaml"))
        .file("d.yaml", including)
        .includes(move |_| Ok(itself.into()));
    assert!(import.read().is_err());
}

/// The caller's resolver is asked for nothing outside its root.
#[test]
fn no_name_leads_out_of_the_root() {
    for location in ["../x.yaml", "/etc/passwd", "a/../../x.yaml", "..\\x.yaml", "file:///etc/passwd", "a\0b"]
    {
        let template = format!(
            "Resources: {{A: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {location:?}}}}}}}"
        );
        let import = Import::new().file("t.yaml", template).includes(|name| panic!("asked for {name}"));
        assert!(import.read().is_err(), "{location}");
    }
}
