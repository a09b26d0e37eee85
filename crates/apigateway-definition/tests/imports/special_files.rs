//! Only regular files are read: a FIFO would wait for a writer, and a device may never end.

use std::{fs, io, path::Path, process::Command, sync::mpsc, thread, time::Duration};

use apigateway_definition::{Import, Imported, Problems};

use crate::support::told;

/// A folder with a FIFO that nothing writes to, a link to it, and a link to a device that never ends.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("mkfifo").arg(folder.path().join("fifo.yml")).status().unwrap();
        assert!(made.success());
        std::os::unix::fs::symlink("fifo.yml", folder.path().join("link.yml")).unwrap();
        fs::create_dir(folder.path().join("folder.yml")).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Reads a definition of this name with this text.
    fn read(&self, name: &str, text: &str) -> Result<Imported, Problems> {
        fs::write(self.path().join(name), text).unwrap();
        let path = self.path().join(name);
        at_once(move || Import::from_path(path).unwrap().read())
    }
}

/// The result, unless it has to be waited for: nothing opens the other end of the FIFO.
fn at_once<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("it waits for a writer")
}

#[test]
fn a_definition_that_is_not_a_regular_file_is_an_error() {
    let folder = Folder::new();
    for name in ["fifo.yml", "link.yml", "folder.yml"] {
        let path = folder.path().join(name);
        let error = at_once(move || Import::from_path(path).map(drop)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}");
        assert!(error.to_string().contains("is not a regular file"), "{error}");
    }
    let device = at_once(|| Import::from_path("/dev/zero").map(drop)).unwrap_err();
    assert!(device.to_string().contains("is not a regular file"), "{device}");
}

#[test]
fn what_a_definition_includes_must_be_a_regular_file() {
    let folder = Folder::new();
    for name in ["fifo.yml", "link.yml", "folder.yml"] {
        let service = format!(
            "service: shop\nprovider: {{name: aws}}\nfunctions: {{f: {{handler: h, events: [{{http: '${{file({name}):route}}'}}]}}}}\n"
        );
        let nested = format!(
            "Resources: {{A: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {name}}}}}}}\n"
        );
        let included = format!(
            "Resources: {{A: {{Type: AWS::ApiGateway::RestApi, Properties: {{Body: {{Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {name}}}}}}}}}}}}}\n"
        );
        let document = format!(
            "Transform: AWS::Serverless-2016-10-31\nResources: {{A: {{Type: AWS::Serverless::Api, Properties: {{StageName: live, DefinitionUri: {name}}}}}}}\n"
        );
        for (file, text) in
            [("serverless.yml", service), ("t.yaml", nested), ("u.yaml", included), ("v.yaml", document)]
        {
            let told = told(&folder.read(file, &text));
            let is_told = told.iter().any(|line| line.contains(&format!("`{name}` is not a regular file")));
            assert!(is_told, "{file} with {name}: {told:?}");
        }
    }
}
