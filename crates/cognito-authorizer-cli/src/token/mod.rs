//! `token`: fetches a token, for a machine or for a user, or mints one of a local pool.

mod advice;
mod fetch;
mod mint;
mod options;
pub(crate) mod secret_hash;

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use self::fetch::Issued;
pub(crate) use self::options::{SCOPES_OF_PASSWORD, Token};
use crate::{
    error::{CommandError, InputError, TokenError},
    exit::Exit,
    http::HttpClient,
    secret::Secret,
    style::printable,
    surroundings::{Input, Surroundings, read_text},
};

/// Longer than any secret or password.
const LIMIT: usize = 4096;

/// Runs the command.
pub(crate) async fn run(options: Token, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let http = HttpClient::new(Duration::from_secs(options.timeout));
    if let Some(url) = &options.minting.pool_url {
        let minted = mint::mint(&options, url, http).await?;
        for warning in &minted.warnings {
            // If standard error is closed, the warning is lost and the token is still good.
            let _ = writeln!(surroundings.messages, "warning: {}", printable(warning));
        }
        writeln!(surroundings.out, "{}", minted.token.reveal())?;
        return Ok(Exit::Good);
    }
    let client_secret = secret(
        "client secret",
        "--client-secret-env",
        options.client_secret_env.as_ref(),
        options.client_secret_file.as_ref(),
        surroundings,
    )?;
    let issued = match (&options.username, &options.domain) {
        (None, Some(domain)) => fetch::client_credentials(&options, domain, client_secret, http).await?,
        (None, None) => {
            return Err(InputError::Empty { what: "domain", fix: "give it with `--domain`" }.into());
        }
        (Some(username), _) => {
            let password = secret(
                "password",
                "--password-env",
                options.password_env.as_ref(),
                options.password_file.as_ref(),
                surroundings,
            )?;
            fetch::password(&options, username.reveal(), password, client_secret, http).await?
        }
    };
    write(&options, &issued, surroundings)
}

fn write(
    options: &Token,
    issued: &Issued,
    surroundings: &mut Surroundings<'_>,
) -> Result<Exit, CommandError> {
    if options.json {
        writeln!(surroundings.out, "{}", issued.to_json())?;
    } else {
        let token = if options.id { issued.id_token.as_ref() } else { Some(&issued.access_token) };
        let token = token.ok_or(TokenError::NoIdToken)?;
        // Printing the whole token is the purpose of this command. No other command does it.
        writeln!(surroundings.out, "{}", token.reveal())?;
    }
    Ok(Exit::Good)
}

/// A secret from the environment, a file or standard input; `None` if no option names one.
fn secret(
    what: &'static str,
    option: &'static str,
    variable: Option<&String>,
    file: Option<&PathBuf>,
    surroundings: &mut Surroundings<'_>,
) -> Result<Option<Secret>, InputError> {
    let text = match (variable, file) {
        (Some(name), _) => {
            let value = (surroundings.variable)(name).filter(|value| !value.is_empty());
            return match value {
                Some(value) => Ok(Some(value.into())),
                None => Err(InputError::Variable { name: name.clone() }),
            };
        }
        (None, None) => return Ok(None),
        (None, Some(path)) if path.as_os_str() == "-" => match surroundings.input {
            Input::Keyboard(_) => return Err(InputError::Shown { what, option }),
            Input::Piped(_) => surroundings.read_input(what, LIMIT)?,
        },
        (None, Some(path)) => text_of(path, what)?,
    };
    // Editors end a file with a line break, which is not part of the secret.
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(InputError::Empty {
            what,
            fix: "give it in a file, an environment variable or on standard input",
        });
    }
    Ok(Some(text.to_owned().into()))
}

fn text_of(path: &Path, what: &'static str) -> Result<String, InputError> {
    let unreadable = |source| InputError::File { what, path: path.to_owned(), source };
    read_text(&mut File::open(path).map_err(unreadable)?, what, LIMIT)
}
