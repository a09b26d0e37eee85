//! The inputs of an import, as options.

use std::{
    fs,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    str::FromStr,
};

use apigateway_definition::{ApiKind, BasePath, Import, PathPattern};
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use crate::{
    definition::flags::flag,
    error::{FactsError, InputError},
    secret::Secret,
};

/// The longest file of inputs that is read. `list-exports` of a large account has a few hundred kilobytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The inputs of an import: what the files of a definition do not say. AWS is not asked.
#[derive(Clone, Debug, Default, Args)]
// These options are errors without a definition. Each command gives the argument of its definition this id.
#[group(requires = "definition")]
#[command(next_help_heading = HEADING)]
pub(crate) struct Facts {
    /// The stage of a Serverless service, as in `serverless deploy --stage`; templates have a parameter for theirs
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// The Region of the deployment
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The AWS account of the deployment
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// A parameter of the template or of the Serverless Framework; may be repeated
    ///
    /// For a parameter that names one in Systems Manager, give its value, or a name that begins with `/`.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<Pair>,
    /// Let the defaults of the template's parameters decide what a request needs, if `--param` gives no value
    #[arg(long)]
    defaults: bool,
    /// An option of the Serverless Framework's command line, `${opt:…}`; may be repeated
    #[arg(long = "opt", value_name = "NAME=VALUE")]
    options: Vec<Pair>,
    /// A variable for `${env:…}`; may be repeated. The environment of this command is not used
    #[arg(long = "env", value_name = "NAME=VALUE")]
    environment: Vec<Pair>,
    /// The deployed id of a user pool or app client, by its logical id; may be repeated
    ///
    /// NAME is `Pool`, or `Stack.Pool` in a nested stack, with all stacks around it (`Outer.Inner.Pool`). If several files have
    /// the name, put the file before it (`customers.yaml:Pool`). A logical id that several stacks have is refused. Attributes
    /// (`Resource.Attribute`) and exports, by their names, can be bound too.
    #[arg(long = "bind", value_name = "NAME=ID")]
    bindings: Vec<Pair>,
    /// The output of `aws cloudformation describe-stack-resources`; may be repeated, in any order
    ///
    /// For nested stacks, also give the output for the parent stack, which has their ARNs. `--bind` takes precedence.
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
    /// Confirm that a route may be open, such as `GET /health`; may be repeated. It does not open protected routes
    ///
    /// A route that the definition does not have is refused.
    #[arg(long, value_name = "ROUTE")]
    allow_open: Vec<String>,
    /// Read only the API with this logical id; `Stack.Api` or `file:Api` if several stacks have it
    #[arg(long, value_name = "ID")]
    api: Option<String>,
    /// Of a cloud assembly of the CDK, read only this stack, or the stacks of this stage; may be repeated
    ///
    /// Stacks that it depends on are read as well. NAME is that of the stack, its id, or its path, such as `Prod/Orders`.
    #[arg(long = "stack", value_name = "NAME")]
    stacks: Vec<String>,
    /// The kind of API, for an OpenAPI document that does not say it
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Option<Kind>,
    /// What to do with the base path of an OpenAPI document [default: ignore]
    #[arg(long, value_name = "HOW", value_enum)]
    base_path: Option<BasePathRule>,
    /// The path of the parent resource of the routes, if it is declared elsewhere
    #[arg(long, value_name = "PATH")]
    prefix: Option<PathPattern>,
    /// Read what can be read, and refuse the routes with errors
    #[arg(long)]
    partial: bool,
    /// The folder that the definition may read files from [default: the current one]
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

/// The heading of these options in `--help`.
const HEADING: &str = "Options that describe the definition";

/// The same options for a command whose help does not list them: `routes --help` does. They are the same for each command, and
/// would hide its own options among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unlisted(Facts);

impl Unlisted {
    pub(crate) fn inputs(&self) -> &Facts {
        &self.0
    }
}

impl From<Facts> for Unlisted {
    fn from(facts: Facts) -> Self {
        Self(facts)
    }
}

impl FromArgMatches for Unlisted {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Facts::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Args for Unlisted {
    fn augment_args(command: Command) -> Command {
        unlist(Facts::augment_args(command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        unlist(Facts::augment_args_for_update(command))
    }

    fn group_id() -> Option<clap::Id> {
        Facts::group_id()
    }
}

/// Leaves the options out of the help, but not out of completions and manual pages.
fn unlist(command: Command) -> Command {
    command.mut_args(|arg| match arg.get_help_heading() {
        Some(HEADING) => arg.hide_short_help(true).hide_long_help(true),
        _ => arg,
    })
}

impl Facts {
    /// An import of these definitions with the inputs.
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
        import = self.stacks.iter().fold(import, Import::stack);
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

    /// The inputs with one more binding, unless the name is already bound.
    pub(crate) fn bound(mut self, name: &str, id: &str) -> Self {
        if !self.bindings.iter().any(|pair| pair.name == name) {
            self.bindings.push(Pair { name: name.to_owned(), value: id.to_owned().into() });
        }
        self
    }

    /// The inputs for the deployed form of a definition: another tool has other names for its APIs and stacks.
    pub(crate) fn deployed(&self) -> Self {
        Self { api: None, stacks: Vec::new(), ..self.clone() }
    }

    /// The files that these facts are read from.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.stack_resources.iter().chain(&self.exports).chain(&self.values)
    }

    /// Whether `--allow-open` confirms this route.
    pub(crate) fn confirms(&self, route: &str) -> bool {
        self.allow_open.iter().any(|confirmed| confirmed == route)
    }
}

/// The definitions, with names relative to the folder that they may read files from. That is the current folder, so that
/// locations in messages can be opened from there, or else the nearest folder that contains all definitions.
fn files(root: Option<&Path>, definitions: &[PathBuf]) -> Result<Import, InputError> {
    let unreadable =
        |path: &Path, source| InputError::File { what: "definition", path: path.to_owned(), source };
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in definitions {
        let found = fs::canonicalize(path).map_err(|source| unreadable(path, source))?;
        if found.is_dir() {
            paths.extend(Import::files_in(&found).map_err(|source| unreadable(path, source))?);
        } else {
            paths.push(found);
        }
    }
    let given = root.unwrap_or(Path::new("."));
    let folder =
        fs::canonicalize(given).map_err(|source| FactsError::Root { path: given.to_owned(), source })?;
    let outside = paths.iter().find(|path| !path.starts_with(&folder));
    let folder = match (outside, root) {
        (None, _) => folder,
        (Some(path), Some(root)) => {
            return Err(FactsError::Outside { path: path.clone(), root: root.to_owned() }.into());
        }
        (Some(_), None) => nearest_with_all(&paths),
    };
    let mut import = Import::new();
    for path in &paths {
        let name = path.strip_prefix(&folder).unwrap_or(path);
        import = import.from_root(&folder, [name]).map_err(|source| unreadable(path, source))?;
    }
    Ok(import)
}

fn nearest_with_all(paths: &[PathBuf]) -> PathBuf {
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

/// Refuses anything but regular files: opening a FIFO waits for a writer, and a device may be endless. A pipe that the shell
/// opened for this process, as in `--values <(command)`, ends with its writer, so it is allowed.
pub(crate) fn regular(path: &Path) -> io::Result<()> {
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
