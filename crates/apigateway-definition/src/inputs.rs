//! The inputs of an import other than its definitions: values, names and choices.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    sync::Arc,
};

use apigateway_routes::PathPattern;

use crate::{diagnostic::Severity, help::ImportInput, model::ApiKind};

/// How to use the base path of an OpenAPI document ("Set the OpenAPI basePath property", API Gateway developer guide).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BasePath {
    /// Ignores it, which is AWS's default.
    #[default]
    Ignore,
    /// Puts it before every path.
    Prepend,
    /// Removes its first part, which is the base path of the API, and puts the rest before every path.
    Split,
}

/// A file with values, such as the output of an AWS CLI command.
#[derive(Clone)]
pub(crate) struct FactsFile {
    /// Its name in diagnostics, if the caller gave one.
    pub(crate) name: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl FactsFile {
    pub(crate) fn unnamed(bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: None, bytes: bytes.into() }
    }

    pub(crate) fn named(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: Some(name.into()), bytes: bytes.into() }
    }
}

/// Reads the file with this name: a relative path with `/` as separator and without `..`.
pub(crate) type FileResolver = Arc<dyn Fn(&str) -> io::Result<Vec<u8>> + Send + Sync>;

/// How the help of a diagnostic names a missing input.
pub(crate) type InputName = fn(&ImportInput) -> String;

#[derive(Clone, Default)]
pub(crate) struct Inputs {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) resolver: Option<FileResolver>,
    pub(crate) stage: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) parameters: BTreeMap<String, String>,
    /// Whether the defaults of parameters may decide what a request needs.
    pub(crate) parameter_defaults: bool,
    /// The severity of an unused input; `None` is an error.
    pub(crate) unused: Option<Severity>,
    /// By default, the method calls of `Import`.
    pub(crate) input_name: Option<InputName>,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) environment: BTreeMap<String, String>,
    /// In the order of the calls: a name may be given twice.
    pub(crate) bindings: Vec<(String, String)>,
    pub(crate) stack_resources: Vec<FactsFile>,
    pub(crate) exports: Vec<FactsFile>,
    pub(crate) values: Vec<FactsFile>,
    pub(crate) allowed_open: BTreeSet<String>,
    pub(crate) api: Option<String>,
    /// The stacks of cloud assemblies that are read; all if there are none.
    pub(crate) stacks: Vec<String>,
    pub(crate) kind: Option<ApiKind>,
    pub(crate) base_path: BasePath,
    pub(crate) prefix: Option<PathPattern>,
    pub(crate) partial: bool,
}

/// Shows only the names, because values may be secrets.
impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
        f.debug_struct("Import")
            .field("files", &self.files.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("stage", &self.stage)
            .field("region", &self.region)
            .field("parameters", &names(&self.parameters))
            .field("parameter_defaults", &self.parameter_defaults)
            .field("options", &names(&self.options))
            .field("environment", &names(&self.environment))
            .field("bindings", &self.bindings)
            .field("allowed_open", &self.allowed_open)
            .field("api", &self.api)
            .field("stacks", &self.stacks)
            .field("kind", &self.kind)
            .field("partial", &self.partial)
            .finish_non_exhaustive()
    }
}
