//! Cloud assemblies that are made to do harm: they end in time, and nothing outside of their folder is read.

#![expect(clippy::panic, reason = "a test that cannot go on stops, and says where")]

use std::fs;

use apigateway_definition::{Code, Import, Problems};

fn problems(import: &Import) -> Problems {
    match import.read() {
        Err(problems) => problems,
        Ok(imported) => panic!("it was read: {:?}", imported.definition),
    }
}

/// Without a limit, each level of assemblies would be twenty times the one before.
#[test]
fn an_assembly_that_includes_itself_many_times_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let include = |index: usize| {
        format!(r#""again{index}": {{"type": "cdk:cloud-assembly", "properties": {{"directoryName": "."}}}}"#)
    };
    let artifacts: Vec<String> = (0..20).map(include).collect();
    let manifest = format!(r#"{{"version": "48.0.0", "artifacts": {{{}}}}}"#, artifacts.join(","));
    fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    let problems = problems(&Import::new().from_root(folder.path(), ["manifest.json"]).unwrap());
    assert!(problems.to_string().contains("more than 256 assemblies"), "{problems}");
}

/// An API whose body is all open, outside of the assembly.
const OUTSIDE: &str = "openapi: 3.0.1\npaths: {/secret: {get: {security: []}}}\n";

#[test]
fn nothing_outside_of_an_assembly_is_read() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("cdk.out");
    fs::create_dir(&folder).unwrap();
    fs::write(above.path().join("outside.yaml"), OUTSIDE).unwrap();
    fs::write(above.path().join("outside.template.json"), r#"{"Resources": {}}"#).unwrap();
    let absolute = above.path().join("outside.template.json").to_string_lossy().into_owned();
    let mut paths =
        vec!["../outside.template.json".to_owned(), "a/../../outside.template.json".into(), absolute];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../outside.template.json", folder.join("linked.json")).unwrap();
        std::os::unix::fs::symlink("..", folder.join("linked")).unwrap();
        paths.extend(["linked.json".to_owned(), "linked/outside.template.json".into()]);
    }
    for path in paths {
        let stack = serde_json::json!({
            "version": "48.0.0",
            "artifacts": {"Main": {"type": "aws:cloudformation:stack", "properties": {"templateFile": path}}},
        });
        fs::write(folder.join("manifest.json"), stack.to_string()).unwrap();
        let problems = problems(&Import::new().from_root(&folder, ["manifest.json"]).unwrap());
        let codes: Vec<Code> =
            problems.diagnostics().iter().map(apigateway_definition::Diagnostic::code).collect();
        assert_eq!(codes, [Code::FILE_001], "{path}: {problems}");
    }
}

#[test]
fn a_body_outside_of_an_assembly_is_that_of_an_object_elsewhere() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("cdk.out");
    fs::create_dir(&folder).unwrap();
    fs::write(above.path().join("outside.yaml"), OUTSIDE).unwrap();
    let write =
        |name: &str, value: serde_json::Value| fs::write(folder.join(name), value.to_string()).unwrap();
    write(
        "manifest.json",
        serde_json::json!({
            "version": "48.0.0",
            "artifacts": {
                "Main": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Main.template.json"}},
                "Main.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Main.assets.json"}},
            },
        }),
    );
    write(
        "Main.assets.json",
        serde_json::json!({
            "version": "48.0.0",
            "files": {"a": {
                "source": {"path": "../outside.yaml", "packaging": "file"},
                "destinations": {"b": {"bucketName": "c", "objectKey": "a.yaml"}},
            }},
            "dockerImages": {},
        }),
    );
    write(
        "Main.template.json",
        serde_json::json!({"Resources": {"Api": {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {"BodyS3Location": {"Bucket": "c", "Key": "a.yaml"}},
        }}}),
    );
    let problems = problems(&Import::new().from_root(&folder, ["manifest.json"]).unwrap());
    assert!(problems.diagnostics().iter().any(|found| found.code() == Code::CFN_020), "{problems}");
    assert!(!problems.to_string().contains("/secret"), "{problems}");
}
