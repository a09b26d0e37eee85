//! `pool`: a user pool on this machine, from a small file or a template.

mod codes;
mod explained;
mod file;
mod how_to;
mod reach;
mod settings;
mod state;
mod stop;
mod template;
mod tls;

use std::{
    fs::File,
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, UNIX_EPOCH},
};

use clap::{ArgGroup, Args};
use cognito_local_pool::{LocalPool, LocalPoolBuilder, PoolError, PoolServer, ServeError};
use tokio::sync::mpsc;

use self::{
    settings::{Settings, SettingsError},
    state::StateFile,
    template::{FromTemplate, TemplateError},
    tls::Certificate,
};
use crate::{
    definition::Facts,
    error::{CommandError, InputError},
    exit::Exit,
    secret::Secret,
    surroundings::{Surroundings, read_text},
};

/// Run a user pool on this machine, for development and tests
///
/// It answers as Amazon Cognito does: the JWK Set, discovery, managed login with its pages, the OAuth endpoints and the
/// sign-in API. In a browser its URL is a page that mints and explains tokens, and shows the last sign-ins, codes and refusals.
/// Without `--state` it has new keys at each start. Codes that Cognito would send by mail or text message are printed to
/// standard error. The lines that it prints to get tokens with hold the secrets and passwords of its file, which guard
/// nothing but this pool.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("definition").args(["template", "definitions"]).multiple(true))]
#[command(after_help = concat!(
    "Examples:\n",
    "  cognito-authorizer pool\n",
    "  cognito-authorizer pool --print-sample > pool.toml\n",
    "  cognito-authorizer pool --config pool.toml --listen 127.0.0.1:0\n",
    "  cognito-authorizer pool --template serverless.yml --user ada:Ada-1815\n",
    "  cognito-authorizer pool --state pool-state.json --tls\n",
    "  cognito-authorizer pool --listen 0.0.0.0:9229 --reachable-from-other-machines \\\n",
    "    --issuer http://cognito:9229/ap-south-1_LocalPool\n\n",
    "From a template it has resource servers, scopes, app clients with their URLs and flows, users and groups: each\n",
    "user is in every group, and where there are no users, there is one. Ids are the logical ones until they are bound.\n\n",
    "It runs until SIGINT (Ctrl-C) or SIGTERM, and lets requests end first.\n\n",
    "Exit codes:\n",
    "  0  it ran and was stopped\n",
    "  2  the file or the address cannot be used"
))]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
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
    /// Add a user with this password, in every group of a template; for a user there is, set the password
    #[arg(long = "user", value_name = "NAME:PASSWORD", conflicts_with = "print_sample", value_parser = secret)]
    users: Vec<Secret>,
    /// Where it listens: a loopback address, unless other machines may reach it; port 0 takes a free one
    ///
    /// The pool is reached by `localhost` as well, but the issuer of its tokens is this address. A service compares
    /// issuers to the letter, so give it the issuer as it is printed.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9229", value_parser = reach::address)]
    listen: SocketAddr,
    /// Let `--listen` take an address that other machines reach, as is needed in a container
    ///
    /// Whoever reaches the pool gets its tokens.
    #[arg(long)]
    reachable_from_other_machines: bool,
    /// The issuer of its tokens, such as `http://cognito:9229/ap-south-1_LocalPool`, instead of that of its file
    ///
    /// For services that reach the pool by another name than this machine does. They fetch the keys from there too.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Serve by https, as Amplify's redirect sign-in needs it
    ///
    /// The certificate is for `localhost`, `127.0.0.1` and `::1`, and for the host of the issuer or the address of `--listen`
    /// if that is another one. It is made once and kept in the user's cache folder; the command that makes browsers trust it is
    /// printed.
    #[arg(long)]
    tls: bool,
    /// Keep keys, users and refresh tokens in this file across restarts; it is made if there is none
    ///
    /// The file holds private keys and passwords. Users in it are as they were, whatever the configuration says of
    /// them. One pool uses it at a time: a second one is refused.
    #[arg(long, value_name = "FILE", conflicts_with = "print_sample")]
    state: Option<PathBuf>,
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
/// So many lines wait to be written. Further ones are dropped: a client must not fill the memory with sign-ups.
const LINES: usize = 256;
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
    /// A user of the command line has no name or no password.
    #[error("`--user` takes a name and a password, such as `--user ada:Ada-1815`")]
    User,
    /// Other machines can reach the address.
    #[error(
        "other machines can reach {address}, and whoever reaches it gets tokens; give a loopback address, or add \
         `--reachable-from-other-machines`, as in a container"
    )]
    Reachable {
        /// The address.
        address: SocketAddr,
    },
    /// The pool listens on all addresses, so that none of them is its name.
    #[error(
        "a pool on {address} has no name for its issuer; say by which name services reach it, such as \
         `--issuer http://cognito:{}/{pool}`", .address.port()
    )]
    Unnamed {
        /// The address.
        address: SocketAddr,
        /// The id of the pool.
        pool: String,
    },
    /// The file of the state cannot be used.
    #[error("{file}: {problem}")]
    State {
        /// The file.
        file: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The certificate cannot be used or made.
    #[error("{file} {problem}")]
    Tls {
        /// Where it is kept.
        file: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// There is no folder for the certificate.
    #[error("there is no cache folder for the certificate; set {variable} to an absolute path")]
    NoCacheFolder {
        /// The variable of the environment.
        variable: &'static str,
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
            Self::Settings { .. }
            | Self::User
            | Self::Reachable { .. }
            | Self::Unnamed { .. }
            | Self::State { .. }
            | Self::Tls { .. }
            | Self::NoCacheFolder { .. }
            | Self::Listen { .. }
            | Self::Serve(_) => Exit::Usage,
        }
    }
}

/// The pool that runs, for what is printed.
struct Running<'r> {
    settings: &'r Settings,
    pool: &'r LocalPool,
    server: &'r PoolServer,
    certificate: Option<&'r Certificate>,
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
    let FromTemplate { mut settings, groups, notes, bindings } = if options.templates.is_empty() {
        let settings = Settings::parse(&text(options.config.as_deref())?).map_err(holds)?;
        FromTemplate { settings, groups: Vec::new(), notes: Vec::new(), bindings: Vec::new() }
    } else {
        from_template(&options, &file)?
    };
    for user in &options.users {
        let (name, password) = user.reveal().split_once(':').ok_or(PoolCommandError::User)?;
        if name.is_empty() || password.is_empty() {
            return Err(PoolCommandError::User.into());
        }
        settings.set_user(name, password.to_owned().into(), &groups);
    }
    if let Some(issuer) = &options.issuer {
        settings.issuer = Some(issuer.clone());
    }
    reach::check(&options, &settings)?;
    let certificate = certificate(&options, &settings, surroundings)?;
    let mut state = options.state.as_deref().map(StateFile::open).transpose()?;
    // From here on a signal lets requests end.
    let stop = stop::signal()?;
    let unusable = |source| PoolCommandError::Listen { address: options.listen, source };
    // The issuer names the port, so the socket comes before the pool.
    let listener = TcpListener::bind(options.listen).map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let scheme = if options.tls { "https" } else { "http" };
    let issuer = format!("{scheme}://{address}/{}", settings.id);
    let (lines, mut printed) = mpsc::channel(LINES);
    let complete = |pool: LocalPoolBuilder| {
        let pool = pool.on_code(codes::printer(lines.clone()));
        match &mut state {
            Some(state) => state.keep(pool, lines),
            None => pool,
        }
    };
    let pool = settings.build(&issuer, complete).map_err(|error| match (&error, &options.state) {
        (SettingsError::Pool(PoolError::State { .. } | PoolError::StateOfAnotherPool { .. }), Some(path)) => {
            state::unusable(path, error.to_string())
        }
        _ => holds(error),
    })?;
    explained::mount(&options, &bindings, &settings, &pool)?;
    if let Some(state) = &state {
        state.begin(&pool)?;
    }
    let server = reach::serve(&pool, listener, certificate.as_ref()).map_err(PoolCommandError::from)?;

    let running =
        Running { settings: &settings, pool: &pool, server: &server, certificate: certificate.as_ref() };
    if options.json {
        how_to::write_json(&running, surroundings.out)?;
    } else {
        how_to::write(&running, surroundings.out)?;
        how_to::write_bindings(&bindings, surroundings.out)?;
    }
    if let Some(warning) = reach::warning(address, options.tls) {
        let _ = writeln!(surroundings.messages, "{warning}");
    }
    surroundings.out.flush()?;
    for note in notes {
        let _ = writeln!(surroundings.messages, "note: {note}");
    }
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(line) = printed.recv() => {
                let _ = writeln!(surroundings.messages, "{line}");
            }
        }
    }
    // Whoever does not end a request in time is cut off.
    let _ = tokio::time::timeout(GRACE, server.stop()).await;
    // Nobody is there to read it if standard error is gone.
    let _ = writeln!(surroundings.messages, "stopped");
    Ok(Exit::Good)
}

fn certificate(
    options: &Pool,
    settings: &Settings,
    surroundings: &Surroundings<'_>,
) -> Result<Option<Certificate>, PoolCommandError> {
    if !options.tls {
        return Ok(None);
    }
    let variable = if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" };
    let folder = tls::cache_folder(surroundings.variable);
    let folder = folder.ok_or(PoolCommandError::NoCacheFolder { variable })?;
    let now = u64::try_from((surroundings.now)().as_secs()).unwrap_or_default();
    let name = reach::certificate_name(settings.issuer.as_deref(), options.listen);
    tls::certificate(&folder, name.as_deref(), UNIX_EPOCH + Duration::from_secs(now)).map(Some)
}

fn from_template(options: &Pool, file: &str) -> Result<FromTemplate, CommandError> {
    // A local pool opens no route: the defaults of parameters may say what is in it.
    let imported = options.facts.import(&options.templates)?.accept_parameter_defaults().read();
    let definition = imported.map_err(|problems| InputError::Problems(Box::new(problems)))?.definition;
    let unusable = |error: TemplateError| PoolCommandError::Settings {
        file: file.to_owned(),
        problem: error.to_string(),
    };
    Ok(template::read(&definition, options.named.as_deref(), options.users.len()).map_err(unusable)?)
}

fn text(config: Option<&Path>) -> Result<String, InputError> {
    let Some(path) = config else { return Ok(SAMPLE.to_owned()) };
    let unreadable = |source| InputError::File { what: "configuration", path: path.to_owned(), source };
    read_text(&mut File::open(path).map_err(unreadable)?, "configuration", LIMIT)
}

/// Kept from what is printed. What is wrong with it is said later, without it.
#[expect(clippy::unnecessary_wraps, reason = "clap takes functions that can fail")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::from(text.to_owned()))
}
