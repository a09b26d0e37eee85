//! What is known beyond the files of a definition, as options.

use std::{
    fs,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    str::FromStr,
};

use apigateway_definition::{ApiKind, BasePath, Import, PathPattern};
use clap::{Args, ValueEnum};

use crate::{definition::flags::flag, error::InputError, secret::Secret};

/// The longest file of facts that is read: `list-exports` of a large account has some hundred kilobytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// What is known beyond the files of a definition. Nothing is asked of AWS.
#[derive(Clone, Debug, Args)]
// An option without a definition to say it of is a mistake; each command calls its definition so.
#[group(requires = "definition")]
#[command(next_help_heading = "What is known beyond the definition")]
pub(crate) struct Facts {
    /// The stage of a Serverless service, as in `serverless deploy --stage`; templates take theirs by a parameter
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// The Region that it is deployed to
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The AWS account that it is deployed to
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// A parameter of the template, or of the Serverless Framework; may be repeated. Of a parameter that names one of
    /// Systems Manager it is the value, or a name that begins with `/`
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<Pair>,
    /// Let the defaults of the template's parameters decide what a request needs where `--param` gives no value
    #[arg(long)]
    defaults: bool,
    /// An option of the Serverless Framework's command line, `${opt:…}`; may be repeated
    #[arg(long = "opt", value_name = "NAME=VALUE")]
    options: Vec<Pair>,
    /// A variable that `${env:…}` sees; this command's own environment is not looked at. May be repeated
    #[arg(long = "env", value_name = "NAME=VALUE")]
    environment: Vec<Pair>,
    /// The deployed id of a user pool or app client, by its logical id; may be repeated
    ///
    /// NAME is `Pool`, or `Stack.Pool` in a nested stack, with each stack on the way to it (`Outer.Inner.Pool`); where
    /// several files have the name, put the file's before it (`customers.yaml:Pool`). A logical id that several stacks
    /// have is refused. Attributes (`Resource.Attribute`) and the values of exports, by their names, can be bound too.
    #[arg(long = "bind", value_name = "NAME=ID")]
    bindings: Vec<Pair>,
    /// The output of `aws cloudformation describe-stack-resources`; may be repeated, in any order
    ///
    /// For nested stacks, give the output for the stack that nests them as well: it has their ARNs. `--bind` takes
    /// precedence.
    #[arg(long, value_name = "FILE")]
    stack_resources: Vec<PathBuf>,
    /// The output of `aws cloudformation list-exports`, or an object of names and values; may be repeated
    ///
    /// An export with two different values is refused. `--bind` takes precedence.
    #[arg(long, value_name = "FILE")]
    exports: Vec<PathBuf>,
    /// An object of values from elsewhere, such as `{"ssm:/name": "…", "cf:stack.Output": "…"}`; may be repeated
    ///
    /// A name that the definition does not have, or that has two different values, is refused.
    #[arg(long, value_name = "FILE")]
    values: Vec<PathBuf>,
    /// Confirm that a route may be open, such as `GET /health`; it opens none that is protected. May be repeated
    ///
    /// A route that the definition does not have is refused.
    #[arg(long, value_name = "ROUTE")]
    allow_open: Vec<String>,
    /// Read this API alone, by its logical id; where several stacks have it, `Stack.Api` or `file:Api`
    #[arg(long, value_name = "ID")]
    api: Option<String>,
    /// The kind of API, for an OpenAPI document that does not tell
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Option<Kind>,
    /// How the base path of an OpenAPI document counts [default: ignore]
    #[arg(long, value_name = "HOW", value_enum)]
    base_path: Option<BasePathRule>,
    /// The path of the resource, declared elsewhere, that the routes hang from
    #[arg(long, value_name = "PATH")]
    prefix: Option<PathPattern>,
    /// Read what can be read, and refuse the routes that have problems
    #[arg(long)]
    partial: bool,
    /// The folder that files named by the definition are read from, and none above [default: the current one]
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

/// `NAME=VALUE`. The value may be a secret.
#[derive(Clone, Debug)]
struct Pair {
    name: String,
    value: Secret,
}

impl FromStr for Pair {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                Ok(Self { name: name.to_owned(), value: value.to_owned().into() })
            }
            _ => Err("give a name, `=`, and a value"),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Rest,
    Http,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BasePathRule {
    Ignore,
    Prepend,
    Split,
}

/// Why there is no definition to read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// The folder of the definition's files is not there.
    #[error("the folder {} cannot be used: {source}", .path.display())]
    Root {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A definition lies outside the folder that was given.
    #[error("{} is not in the folder {}; name one with `--root` that has it", .path.display(), .root.display())]
    Outside {
        /// The definition.
        path: PathBuf,
        /// The folder.
        root: PathBuf,
    },
}

impl Facts {
    /// The import of these definitions with all that is known.
    pub(crate) fn import(&self, definitions: &[PathBuf]) -> Result<Import, InputError> {
        let mut import = files(self.root.as_deref(), definitions)?.name_inputs(flag);
        if self.defaults {
            import = import.accept_parameter_defaults();
        }
        let texts = [
            (&self.stage, Import::stage as fn(Import, String) -> Import),
            (&self.region, Import::region),
            (&self.account, Import::account),
            (&self.api, Import::api),
        ];
        for (text, set) in texts {
            import = text.iter().cloned().fold(import, set);
        }
        let pairs = [
            (&self.parameters, Import::parameter as fn(Import, String, String) -> Import),
            (&self.options, Import::option),
            (&self.environment, Import::environment),
            (&self.bindings, Import::bind),
        ];
        for (pairs, set) in pairs {
            import = pairs.iter().fold(import, |import, Pair { name, value }| {
                set(import, name.clone(), value.reveal().into())
            });
        }
        let files = [
            (
                "stack resources",
                &self.stack_resources,
                Import::stack_resources_file as fn(Import, String, Vec<u8>) -> Import,
            ),
            ("exports", &self.exports, Import::exports_file),
            ("values", &self.values, Import::values_file),
        ];
        for (what, paths, set) in files {
            for path in paths {
                import = set(import, path.display().to_string(), bytes(what, path)?);
            }
        }
        import = self.allow_open.iter().fold(import, Import::allow_open);
        if let Some(kind) = self.kind {
            import = import.kind(match kind {
                Kind::Rest => ApiKind::Rest,
                Kind::Http => ApiKind::Http,
            });
        }
        if let Some(rule) = self.base_path {
            import = import.base_path(match rule {
                BasePathRule::Ignore => BasePath::Ignore,
                BasePathRule::Prepend => BasePath::Prepend,
                BasePathRule::Split => BasePath::Split,
            });
        }
        if let Some(path) = &self.prefix {
            import = import.prefix(path.clone());
        }
        Ok(if self.partial { import.partial() } else { import })
    }

    /// The same facts with one more binding, unless the name is bound already.
    pub(crate) fn bound(mut self, name: &str, id: &str) -> Self {
        if !self.bindings.iter().any(|pair| pair.name == name) {
            self.bindings.push(Pair { name: name.to_owned(), value: id.to_owned().into() });
        }
        self
    }

    /// The files that these facts are read from.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.stack_resources.iter().chain(&self.exports).chain(&self.values)
    }

    /// Whether this route is confirmed to be open.
    pub(crate) fn confirms(&self, route: &str) -> bool {
        self.allow_open.iter().any(|confirmed| confirmed == route)
    }
}

/// The definitions, named from the folder that their own files are read from: the current one, so that places in them can
/// be opened from where the command was called; else the nearest that has all of them.
fn files(root: Option<&Path>, definitions: &[PathBuf]) -> Result<Import, InputError> {
    let unreadable =
        |path: &Path, source| InputError::File { what: "definition", path: path.to_owned(), source };
    let paths: Vec<PathBuf> = definitions
        .iter()
        .map(|path| fs::canonicalize(path).map_err(|source| unreadable(path, source)))
        .collect::<Result<_, _>>()?;
    let given = root.unwrap_or(Path::new("."));
    let folder =
        fs::canonicalize(given).map_err(|source| FactsError::Root { path: given.to_owned(), source })?;
    let outside = paths.iter().find(|path| !path.starts_with(&folder));
    let folder = match (outside, root) {
        (None, _) => folder,
        (Some(path), Some(root)) => {
            return Err(FactsError::Outside { path: path.clone(), root: root.to_owned() }.into());
        }
        (Some(_), None) => nearest_of_all(&paths),
    };
    let mut import = Import::new();
    for path in &paths {
        let name = path.strip_prefix(&folder).unwrap_or(path);
        import = import.from_root(&folder, [name]).map_err(|source| unreadable(path, source))?;
    }
    Ok(import)
}

fn nearest_of_all(paths: &[PathBuf]) -> PathBuf {
    let first = paths.first().and_then(|path| path.parent()).unwrap_or(Path::new("/"));
    let has_all = |folder: &&Path| paths.iter().all(|path| path.starts_with(folder));
    first.ancestors().find(has_all).unwrap_or(first).to_owned()
}

fn bytes(what: &'static str, path: &Path) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    regular(path)
        .and_then(|()| File::open(path))
        .and_then(|file| file.take(LIMIT).read_to_end(&mut bytes))
        .map_err(|source| InputError::File { what, path: path.to_owned(), source })?;
    Ok(bytes)
}

/// An error for what is not a regular file: opening a FIFO waits for a writer, and a device may never end. A pipe that
/// the shell opened for this process, as for `--values <(command)`, ends with its writer.
fn regular(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    let is_open = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    if metadata.is_file() || is_open && is_pipe(&metadata) {
        return Ok(());
    }
    let text = "it is not a regular file; directories, FIFOs and devices are not read";
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

#[cfg(unix)]
fn is_pipe(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &fs::Metadata) -> bool {
    false
}
