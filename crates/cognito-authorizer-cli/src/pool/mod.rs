//! `pool`: a user pool on this machine, configured by a small file or a template.

mod codes;
mod explained;
mod file;
mod how_to;
mod options;
mod reach;
mod running;
mod settings;
mod state;
pub(crate) mod stop;
mod template;
mod tls;

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, UNIX_EPOCH},
};

use cognito_local_pool::{LocalPoolBuilder, PoolError};
use tokio::sync::mpsc;

pub(crate) use self::options::Pool;
use self::{
    running::Running,
    settings::{Settings, SettingsError},
    state::StateFile,
    template::{FromTemplate, TemplateError},
    tls::Certificate,
};
use crate::{
    error::{CommandError, InputError, PoolCommandError},
    exit::Exit,
    surroundings::{Surroundings, read_text},
};

/// The configuration that is used if none is given.
const SAMPLE: &str = include_str!("../../examples/pool.toml");
/// Longer than any configuration for tests.
const LIMIT: usize = 1024 * 1024;
/// How many lines may wait to be written. Further ones are dropped, so that sign-ups cannot use up the memory.
const LINES: usize = 256;
/// How long requests may take to finish after a signal.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the command.
pub(crate) async fn run(options: Pool, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    if options.print_sample {
        surroundings.out.write_all(SAMPLE.as_bytes())?;
        return Ok(Exit::Good);
    }
    let file = options.config.as_deref().or(options.templates.first().map(PathBuf::as_path));
    let file = file.map_or("the sample".to_owned(), |path| path.display().to_string());
    let invalid =
        |error: SettingsError| PoolCommandError::Settings { file: file.clone(), problem: error.to_string() };
    let FromTemplate { mut settings, groups, notes, bindings } = if options.templates.is_empty() {
        let settings = Settings::parse(&text(options.config.as_deref())?).map_err(invalid)?;
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
    // From here on, a signal lets requests finish.
    let stop = stop::signal()?;
    let unusable = |source| PoolCommandError::Listen { address: options.listen, source };
    // The issuer contains the port, so the socket is bound before the pool is built.
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
        _ => invalid(error),
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
    // Connections whose requests take longer are closed.
    let _ = tokio::time::timeout(GRACE, server.stop()).await;
    // If standard error is closed, the message is lost.
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
    // The parameters' defaults may decide here: a local pool opens no route.
    let imported = options.facts.inputs().import(&options.templates)?.accept_parameter_defaults().read();
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
