//! `pool`: a user pool on this machine, from a small file or a template.

mod explained;
mod how_to;
mod settings;
mod stop;
mod template;

use std::{
    fs::File,
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{ArgGroup, Args};
use cognito_local_pool::ServeError;

use self::{
    settings::{Settings, SettingsError},
    template::{FromTemplate, TemplateError},
};
use crate::{
    definition::Facts,
    error::{CommandError, InputError},
    exit::Exit,
    surroundings::{Surroundings, read_text},
};

/// Run a user pool on this machine, for development and tests
///
/// It answers as Amazon Cognito does: the JWK Set, discovery, the token endpoint (`client_credentials`,
/// `refresh_token`) and the API call `InitiateAuth`. In a browser its URL is a page that mints and explains tokens, and shows
/// the last sign-ins, codes and refusals. It has no state on disk and new keys at each start. The lines that
/// it prints to get tokens with hold the secrets and passwords of its file, which guard nothing but this pool.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("definition").args(["template", "definitions"]).multiple(true))]
#[command(after_help = concat!(
    "Examples:\n",
    "  cognito-authorizer pool\n",
    "  cognito-authorizer pool --print-sample > pool.toml\n",
    "  cognito-authorizer pool --config pool.toml --listen 127.0.0.1:0\n",
    "  cognito-authorizer pool --template serverless.yml\n\n",
    "From a template it has resource servers, scopes, app clients, users and groups: each user is in every group, and\n",
    "where there are no users, there is one. Ids are the logical ones until they are bound.\n\n",
    "It runs until SIGINT (Ctrl-C) or SIGTERM, and lets requests end first.\n\n",
    "Exit codes:\n",
    "  0  it ran and was stopped\n",
    "  2  the file or the address cannot be used"
))]
pub(crate) struct Pool {
    /// What the pool has, in TOML; without it, the sample
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take what the pool has from the `AWS::Cognito` resources of a definition; several are read together
    #[arg(id = "template", long, value_name = "FILE", conflicts_with_all = ["config", "print_sample"])]
    templates: Vec<PathBuf>,
    /// The pool's logical id, if the template has several; `Stack.Pool` or `file:Pool` where several stacks have it
    #[arg(long = "user-pool", value_name = "NAME", requires = "template")]
    named: Option<String>,
    /// Where it listens: a loopback address; port 0 takes a free one
    ///
    /// The pool is reached by `localhost` as well, but the issuer of its tokens is this address. A service compares
    /// issuers to the letter, so give it the issuer as it is printed.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9229", value_parser = loopback)]
    listen: SocketAddr,
    /// Print the sample file and end
    #[arg(long)]
    print_sample: bool,
    /// Print where the pool is as one line of JSON, without secrets
    #[arg(long)]
    json: bool,
    /// Explain tokens on the page of the pool for the routes of this API definition [default: the template, if it has
    /// an API]; several are read together
    #[arg(id = "definitions", long = "definition", value_name = "FILE", conflicts_with = "print_sample")]
    definitions: Vec<PathBuf>,
    #[command(flatten)]
    facts: Facts,
}

/// What runs where no file is given, and what a file of one's own may start from.
const SAMPLE: &str = include_str!("../../examples/pool.toml");
/// No pool of a test is larger.
const LIMIT: usize = 1024 * 1024;
/// How long requests may take to end after a signal.
const GRACE: Duration = Duration::from_secs(10);

/// Why there is no local pool.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolCommandError {
    /// The file does not hold.
    #[error("{file}: {problem}")]
    Settings {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; stop what does, or choose another port with `--listen` (0 takes a free one)"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The pool is not served.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl PoolCommandError {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Settings { .. } | Self::Listen { .. } | Self::Serve(_) => Exit::Usage,
        }
    }
}

/// Runs the command.
pub(crate) async fn run(options: Pool, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    if options.print_sample {
        surroundings.out.write_all(SAMPLE.as_bytes())?;
        return Ok(Exit::Good);
    }
    let file = options.config.as_deref().or(options.templates.first().map(PathBuf::as_path));
    let file = file.map_or("the sample".to_owned(), |path| path.display().to_string());
    let holds =
        |error: SettingsError| PoolCommandError::Settings { file: file.clone(), problem: error.to_string() };
    let FromTemplate { settings, bindings } = if options.templates.is_empty() {
        let settings = Settings::parse(&text(options.config.as_deref())?).map_err(holds)?;
        FromTemplate { settings, bindings: Vec::new() }
    } else {
        from_template(&options, &file)?
    };
    // From here on a signal lets requests end.
    let stop = stop::signal()?;
    let unusable = |source| PoolCommandError::Listen { address: options.listen, source };
    // The issuer names the port, so the socket comes before the pool.
    let listener = TcpListener::bind(options.listen).map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let pool = settings.build(address).map_err(holds)?;
    explained::mount(&options, &bindings, &settings, &pool)?;
    let server = pool.serve_on(listener).map_err(PoolCommandError::from)?;

    if options.json {
        how_to::write_json(&settings, &pool, &server, surroundings.out)?;
    } else {
        how_to::write(&settings, &pool, &server, surroundings.out)?;
        how_to::write_bindings(&bindings, surroundings.out)?;
    }
    surroundings.out.flush()?;
    stop.await;
    // Whoever does not end a request in time is cut off.
    let _ = tokio::time::timeout(GRACE, server.stop()).await;
    // Nobody is there to read it if standard error is gone.
    let _ = writeln!(surroundings.messages, "stopped");
    Ok(Exit::Good)
}

fn from_template(options: &Pool, file: &str) -> Result<FromTemplate, CommandError> {
    // A local pool opens no route: the defaults of parameters may say what is in it.
    let imported = options.facts.import(&options.templates)?.accept_parameter_defaults().read();
    let definition = imported.map_err(|problems| InputError::Problems(Box::new(problems)))?.definition;
    let unusable = |error: TemplateError| PoolCommandError::Settings {
        file: file.to_owned(),
        problem: error.to_string(),
    };
    Ok(template::read(&definition, options.named.as_deref()).map_err(unusable)?)
}

fn text(config: Option<&Path>) -> Result<String, InputError> {
    let Some(path) = config else { return Ok(SAMPLE.to_owned()) };
    let unreadable = |source| InputError::File { what: "configuration", path: path.to_owned(), source };
    read_text(&mut File::open(path).map_err(unreadable)?, "configuration", LIMIT)
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "give an address and a port, such as 127.0.0.1:9229")?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("other machines can reach it, and whoever reaches it gets tokens; give a loopback address"
            .to_owned())
    }
}
